package secret

import (
	"encoding/json"
	"net/url"
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// masked stands for every secret; its length says nothing of the secret's.
const masked = "********"

// Mask is what is printed in the place of a secret: nothing of it, not even its length. An empty
// value stays empty.
func Mask(value string) string {
	if value == "" {
		return ""
	}
	return masked
}

// MaskIn hides every occurrence of the secrets in text, also as URLs and JSON spell them. A secret
// of less than four characters is hidden only where it stands alone, since it would make holes
// everywhere.
func MaskIn(text string, secrets []string) string {
	var hidden []span
	for _, s := range secrets {
		for _, form := range spellings(s) {
			hidden = append(hidden, occurrences(text, form)...)
		}
	}
	if len(hidden) == 0 {
		return text
	}
	sort.Slice(hidden, func(i, j int) bool { return hidden[i].start < hidden[j].start })
	var out strings.Builder
	at := 0
	for i := 0; i < len(hidden); {
		start, end := hidden[i].start, hidden[i].end
		for i++; i < len(hidden) && hidden[i].start <= end; i++ { // overlapping ones are one hole
			end = max(end, hidden[i].end)
		}
		out.WriteString(text[at:start] + masked)
		at = end
	}
	return out.String() + text[at:]
}

// MaskURLs hides the password of every URL in text, also one that is too ordinary to be searched for
// everywhere ("postgres://app:app@db"). Variables and placeholders stay.
//
// What stands alone before the "@" of an HTTP address is a token as often as a name
// ("git+https://TOKEN@github.com/x/y"), and is hidden too.
func MaskURLs(text string) string {
	text = alone.ReplaceAllStringFunc(text, func(found string) string {
		m := alone.FindStringSubmatch(found)
		if isReference(m[2]) || isPlaceholder(m[2]) {
			return found
		}
		return m[1] + masked + "@"
	})
	var out strings.Builder
	for {
		password, ok := URLPassword(text)
		if !ok {
			return out.String() + text
		}
		value := text[password.Start:password.End]
		if isReference(value) || isPlaceholder(value) {
			out.WriteString(text[:password.End])
		} else {
			out.WriteString(text[:password.Start] + masked)
		}
		text = text[password.End:]
	}
}

// alone is the user of an HTTP URL that has no password.
var alone = regexp.MustCompile(`(?i)(https?://)([^\s/?#@:"'` + "`" + `<>\\{}$]+)@`)

type span struct{ start, end int }

// spellings are the forms in which a secret may show up, each once.
func spellings(s string) []string {
	if s == "" {
		return nil
	}
	forms := []string{s, url.QueryEscape(s), url.PathEscape(s), url.UserPassword("", s).String()[1:]}
	if quoted, err := json.Marshal(s); err == nil {
		forms = append(forms, string(quoted[1:len(quoted)-1]))
	}
	sort.Strings(forms)
	unique := forms[:0]
	for i, f := range forms {
		if f != "" && (i == 0 || f != forms[i-1]) {
			unique = append(unique, f)
		}
	}
	return unique
}

func occurrences(text, s string) []span {
	var found []span
	short := utf8.RuneCountInString(s) < 4
	for at := 0; ; {
		i := strings.Index(text[at:], s)
		if i < 0 {
			return found
		}
		start := at + i
		at = start + 1 // the next may overlap
		if !short || standsAlone(text, start, start+len(s)) {
			found = append(found, span{start, start + len(s)})
		}
	}
}

func standsAlone(text string, start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:start])
	after, _ := utf8.DecodeRuneInString(text[end:])
	return !isWordRune(before) && !isWordRune(after)
}

func isWordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}
