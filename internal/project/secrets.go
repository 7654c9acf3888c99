package project

import (
	"bytes"
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/dotenv"
	"refit/internal/secret"
	"refit/internal/source"
	"refit/internal/yaml"
)

// minSecret is the shortest value, in bytes, that is masked: shorter ones stand in every text.
const minSecret = 5

// secretPlace is one secret value in a file. at is zero when the bytes there are not the value: it
// is quoted with escapes.
type secretPlace struct {
	at    source.Span
	value string
}

// Secrets lists the values that must never be printed, sorted, each once: those of secret variables
// in env files, Compose files, workflows, Dockerfiles, scripts and the Makefile. Placeholders and
// everyday words that serve as passwords are left out, as masking them would mask other text; so is the name
// of the repository, or of one of its files or folders: whoever sees the repository guesses it.
func Secrets(p *Project) []string {
	var values []string
	for _, f := range secretFiles(p) {
		for _, s := range f.places {
			values = append(values, s.value)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// SecretRefs says where each value of Secrets stands in the files, sorted by path and offset.
func SecretRefs(p *Project) []change.SecretRef {
	var refs []change.SecretRef
	for _, f := range secretFiles(p) {
		for _, s := range f.places {
			if !s.at.IsZero() {
				refs = append(refs, change.SecretRef{Path: f.path, Start: s.at.Start, End: s.at.End, Hash: change.HashOf([]byte(s.value))})
			}
		}
	}
	slices.SortFunc(refs, func(a, b change.SecretRef) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End))
	})
	return slices.Compact(refs)
}

type secretFile struct {
	path   string
	places []secretPlace
}

// publicNames are the names in the paths of the repository, its own among them, in lower case and without extension too.
func publicNames(p *Project) map[string]bool {
	names := map[string]bool{strings.ToLower(p.Name): true}
	for _, at := range p.Files.Paths() {
		for _, name := range strings.Split(strings.ToLower(at), "/") {
			names[name] = true
			names[strings.TrimSuffix(name, path.Ext(name))] = true
		}
	}
	return names
}

func secretFiles(p *Project) []secretFile {
	var all []secretFile
	names := publicNames(p)
	add := func(at string, places []secretPlace) {
		places = slices.DeleteFunc(places, func(s secretPlace) bool { return names[strings.ToLower(s.value)] })
		if len(places) > 0 {
			all = append(all, secretFile{at, places})
		}
	}
	for _, f := range p.EnvFiles {
		add(f.Path, inDotenv(f.File))
	}
	for _, c := range p.Compose {
		add(c.Path, inYAML(c.File.YAML))
	}
	for _, w := range p.Workflows {
		add(w.Path, inYAML(w.File.YAML))
	}
	for _, d := range p.Dockerfiles {
		add(d.Path, inDockerfile(d.File))
	}
	for _, s := range p.Scripts {
		add(s.Path, inAssignments(s.Text))
	}
	if p.Makefile != nil {
		if text, err := p.Files.Read(p.Makefile.Path); err == nil {
			add(p.Makefile.Path, inAssignments(text))
		}
	}
	return all
}

// judged is the secret in a value, if it is one to mask. locate gives the place of a part of the value.
func judged(key, value string, locate func(source.Span) source.Span) []secretPlace {
	v := secret.Judge(key, value)
	part := string(v.Span.Of([]byte(value)))
	if len(part) < minSecret || v.Class != secret.Secret && (v.Class != secret.Weak || isEverydayWord(part)) {
		return nil
	}
	return []secretPlace{{locate(v.Span), part}}
}

// isEverydayWord says whether a weak password is made of letters only, such as "postgres".
func isEverydayWord(s string) bool {
	return strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz") == ""
}

func inDotenv(f *dotenv.File) []secretPlace {
	var all []secretPlace
	for _, v := range f.Vars {
		all = append(all, judged(v.Key, v.Value, func(s source.Span) source.Span {
			return within(f.Text, v.ValueSpan, v.Value, s)
		})...)
	}
	return all
}

// within is the place of a part of a value that stands, perhaps in quotes, at a span of the text;
// zero when it is not written there as it reads.
func within(text []byte, at source.Span, value string, part source.Span) source.Span {
	for _, skip := range []int{0, 1} {
		s := part.Shift(at.Start + skip)
		if s.End <= at.End && bytes.Equal(s.Of(text), []byte(value[part.Start:part.End])) {
			return s
		}
	}
	return source.Span{}
}

// inYAML judges every scalar: by the key in front of it, and "KEY=value" in lists by what they say.
func inYAML(f *yaml.File) []secretPlace {
	var all []secretPlace
	judge := func(key string, n *yaml.Node) {
		if n.Kind != yaml.Scalar || n.Value == "" {
			return
		}
		text, from := n.Value, 0
		if name, value, ok := strings.Cut(text, "="); ok && dotenv.IsName(name) {
			key, text, from = name, value, len(name)+1
		}
		all = append(all, judged(key, text, func(s source.Span) source.Span {
			at, _ := n.Sub(from+s.Start, from+s.End)
			return at
		})...)
	}
	for _, doc := range f.Docs {
		doc.Walk(func(n *yaml.Node) bool {
			for _, e := range n.Entries {
				judge(e.Key.Value, e.Value)
			}
			for _, item := range n.Items {
				judge("", item.Value)
			}
			return true
		})
	}
	return all
}

func inDockerfile(f *dockerfile.File) []secretPlace {
	var all []secretPlace
	for _, in := range f.Instructions {
		if in.Keyword != "ENV" && in.Keyword != "ARG" {
			continue
		}
		for _, p := range in.Pairs {
			value := strings.Trim(p.Value, `"'`)
			all = append(all, judged(p.Name, value, func(s source.Span) source.Span {
				return within(f.Text, p.ValueSpan, value, s)
			})...)
		}
	}
	return all
}

// assignment is NAME=value or NAME := value on a line of a script or a Makefile.
var assignment = regexp.MustCompile(`(?m)(?:^|[\s;])([A-Za-z_][A-Za-z0-9_]*)[ \t]*[:?+]?=[ \t]*("[^"\n]*"|'[^'\n]*'|[^\s"';#]+)`)

func inAssignments(text []byte) []secretPlace {
	var all []secretPlace
	for _, m := range assignment.FindAllSubmatchIndex(text, -1) {
		at := source.Span{Start: m[4], End: m[5]}
		if b := text[at.Start]; b == '"' || b == '\'' {
			at = source.Span{Start: at.Start + 1, End: at.End - 1}
		}
		value := string(at.Of(text))
		all = append(all, judged(string(text[m[2]:m[3]]), value, func(s source.Span) source.Span { return s.Shift(at.Start) })...)
	}
	return all
}
