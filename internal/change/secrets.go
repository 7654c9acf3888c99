package change

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// secret is a value that must not be written, with where the baseline holds it.
type secret struct {
	ref   SecretRef
	file  Hash // of the whole file that holds it
	value string
}

// minSecret is the shortest value, in bytes, that is treated as a secret: one of two letters is in
// every text, and hiding it hides nothing.
const minSecret = 3

// loadSecrets reads the values that refs speak of. It returns an error when one is no longer there.
func loadSecrets(refs []SecretRef, read func(string) ([]byte, error)) ([]secret, error) {
	var list []secret
	hashes := map[string]Hash{}
	for _, ref := range refs {
		text, err := read(ref.Path)
		if err != nil {
			return nil, err
		}
		if ref.Start < 0 || ref.End > len(text) || ref.Start > ref.End {
			return nil, fmt.Errorf("%s: secret at [%d,%d) lies outside of the file", ref.Path, ref.Start, ref.End)
		}
		value := text[ref.Start:ref.End]
		if ref.Hash != "" && HashOf(value) != ref.Hash {
			return nil, &Stale{Paths: []string{ref.Path}}
		}
		if len(value) < minSecret {
			continue
		}
		if hashes[ref.Path] == "" {
			hashes[ref.Path] = HashOf(text)
		}
		list = append(list, secret{ref: ref, file: hashes[ref.Path], value: string(value)})
	}
	return list, nil
}

// unit is one byte of a way to write a secret: a byte of the secret itself, or a literal one (an
// escape character, which gives nothing away).
type unit struct {
	at      int // offset in the secret; -1 for a literal
	literal byte
}

// form is one way to write a secret: bare, or escaped for the place where it stands.
type form struct {
	text  string
	units []unit
}

// forms are the ways in which a value may be written when it moves from one file format to another:
// what the old place escaped is read (a dollar doubled for Compose, a backslash in double quotes,
// a quote doubled in single quotes), then escaped for the new place or percent-encoded for a URL.
func forms(value string) []form {
	bare := make([]unit, len(value))
	for i := range len(value) {
		bare[i] = unit{at: i}
	}
	var all []form
	seen := map[string]bool{}
	for _, plain := range [][]unit{bare, halved(value, bare, '$'), halved(value, bare, '\''), unescaped(value, bare)} {
		text := spell(value, plain)
		for _, units := range [][]unit{plain, doubled(text, plain, "$"), doubled(text, plain, "'"), escaped(text, plain, `"\`), escaped(text, plain, "\"\\$`"), percent(text, plain)} {
			if s := spell(value, units); s != "" && !seen[s] {
				seen[s] = true
				all = append(all, form{s, units})
			}
		}
	}
	return all
}

func spell(value string, units []unit) string {
	var b strings.Builder
	for _, u := range units {
		if u.at < 0 {
			b.WriteByte(u.literal)
		} else {
			b.WriteByte(value[u.at])
		}
	}
	return b.String()
}

// halved drops the second of two equal characters c.
func halved(text string, units []unit, c byte) []unit {
	var out []unit
	for i := 0; i < len(text); i++ {
		out = append(out, units[i])
		if text[i] == c && i+1 < len(text) && text[i+1] == c {
			i++
		}
	}
	return out
}

// unescaped drops a backslash before another character.
func unescaped(text string, units []unit) []unit {
	var out []unit
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		out = append(out, units[i])
	}
	return out
}

func doubled(text string, units []unit, chars string) []unit {
	var out []unit
	for i, u := range units {
		out = append(out, u)
		if strings.IndexByte(chars, text[i]) >= 0 {
			out = append(out, u)
		}
	}
	return out
}

func escaped(text string, units []unit, chars string) []unit {
	var out []unit
	for i, u := range units {
		if strings.IndexByte(chars, text[i]) >= 0 {
			out = append(out, unit{at: -1, literal: '\\'})
		}
		out = append(out, u)
	}
	return out
}

// percent writes what RFC 3986 does not leave unreserved as %XX.
func percent(text string, units []unit) []unit {
	var out []unit
	for i, u := range units {
		c := text[i]
		if 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			out = append(out, u)
			continue
		}
		for _, b := range []byte(fmt.Sprintf("%%%02X", c)) {
			out = append(out, unit{at: -1, literal: b})
		}
	}
	return out
}

// place is where a text holds a secret in one of its forms.
type place struct {
	start, end int
	secret     int
	form       *form
}

// manyPlaces is how many places in one text may overlap themselves ("abab" in "ababab"); a hostile
// text of millions must not fill the memory.
const manyPlaces = 10_000

// finder looks for secrets in texts.
type finder struct {
	secrets []secret
	forms   [][]form
}

func newFinder(secrets []secret) *finder {
	f := &finder{secrets: secrets}
	for _, s := range secrets {
		f.forms = append(f.forms, forms(s.value))
	}
	return f
}

// find lists the places, sorted, overlapping ones included: longer first where they start together.
func (f *finder) find(text []byte) []place {
	var places []place
	seen := map[string]bool{}
	for i, list := range f.forms {
		for n, one := range list {
			if seen[one.text] {
				continue // the same value at another place of the baseline: one reference is enough
			}
			seen[one.text] = true
			for at := 0; ; {
				k := bytes.Index(text[at:], []byte(one.text))
				if k < 0 {
					break
				}
				places = append(places, place{at + k, at + k + len(one.text), i, &list[n]})
				at += k + 1
				if len(places) > manyPlaces {
					at += len(one.text) - 1
				}
			}
		}
	}
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
	return places
}
