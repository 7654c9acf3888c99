package project

import (
	"path"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/source"
)

// dockerfileReferences are the paths in Dockerfiles that are looked up in a build context: sources
// of COPY and ADD, and of bind mounts.
func (d *discovery) dockerfileReferences() []Reference {
	all := make([]Reference, 0, 4*len(d.p.Dockerfiles))
	for _, f := range d.p.Dockerfiles {
		uses, _ := parsedAs(d.c, d.entry(f.Path), "sources", func(string, []byte) ([]contextUse, error) { return contextUses(f.File), nil })
		contexts := f.Contexts()
		if len(f.Builds) == 0 && d.found(uses, ".") > d.found(uses, contexts[0]) {
			contexts = []string{"."}
		}
		for _, context := range contexts {
			for _, u := range uses {
				all = d.usedFrom(all, f, u, context)
			}
		}
	}
	return all
}

// maxMatches bounds the references that one pattern makes.
const maxMatches = 500

// contextUse is one path that an instruction takes from the build context.
type contextUse struct {
	value  string // variables filled in as far as the file tells
	raw    string
	span   source.Span
	unsure string
}

func contextUses(f *dockerfile.File) []contextUse {
	var uses []contextUse
	for _, in := range f.Instructions {
		if in.Trigger != nil {
			continue // an ONBUILD takes effect in another repository's build
		}
		if c, ok := in.Copy(); ok && c.From == "" {
			for _, s := range c.Sources {
				if s.Heredoc != nil || s.IsRemote() {
					continue
				}
				if u := newUse(f, in, s.Value, s.Span); in.Keyword != "ADD" || !dockerfile.IsRemote(u.value) { // an ARG can hold the URL
					uses = append(uses, u)
				}
			}
		}
		for _, m := range in.Mounts() {
			if m.Type != "bind" || m.From != "" {
				continue
			}
			source, ok := m.Field("source")
			if !ok {
				source, ok = m.Field("src")
			}
			if ok && source.Value != "" {
				uses = append(uses, newUse(f, in, source.Value, source.ValueSpan))
			}
		}
	}
	return uses
}

func newUse(f *dockerfile.File, in *dockerfile.Instruction, value string, span source.Span) contextUse {
	u := contextUse{value: value, span: span, raw: string(span.Of(f.Text))}
	if n := len(u.raw); in.JSON && n >= 2 && u.raw[0] == '"' {
		u.raw, u.span = u.raw[1:n-1], source.Span{Start: span.Start + 1, End: span.End - 1}
	}
	if u.span.IsZero() || u.raw != value {
		u.unsure = "the path is quoted, escaped or not written in one piece"
	}
	if strings.Contains(value, "$") {
		u.unsure = "the path holds a variable"
		if expanded, unproven := f.StateAt(in, nil).Expand(value); len(unproven) == 0 {
			u.value = expanded
		}
	}
	return u
}

// inContext is the repo-relative path of a source in a context. A leading slash and ".." mean the
// root of the context, as for BuildKit.
func inContext(context, value string) string { return path.Join(context, path.Clean("/"+value)) }

func isPattern(value string) bool { return strings.ContainsAny(value, "*?[") }

// found counts the sources that are there when the build context is the folder.
func (d *discovery) found(uses []contextUse, context string) int {
	n := 0
	for _, u := range uses {
		if len(d.matches(u, context)) > 0 || !isPattern(u.value) && d.p.present(inContext(context, u.value)) {
			n++
		}
	}
	return n
}

// usedFrom appends the references of one use in one context to all. A pattern refers to each file that it
// matches, unsure, because a move may take the file out of the pattern.
func (d *discovery) usedFrom(all []Reference, f *Dockerfile, u contextUse, context string) []Reference {
	r := Reference{From: f.Path, Span: u.span, Raw: u.raw, To: inContext(context, u.value), Kind: RefDockerfile, Base: context, Unsure: u.unsure}
	if !isPattern(u.value) {
		r.Missing = !strings.Contains(u.value, "$") && !d.p.present(r.To)
		return append(all, r)
	}
	r.Unsure = "a pattern names it"
	matches := d.matches(u, context)
	if len(matches) > maxMatches {
		r.Unsure = "a pattern names too many files to list"
		return append(all, r)
	}
	for _, to := range matches {
		r.To = to
		all = append(all, r)
	}
	if len(matches) == 0 {
		r.Missing = true
		all = append(all, r)
	}
	return all
}

// matches are the files and folders of the context that a pattern matches.
func (d *discovery) matches(u contextUse, context string) []string {
	if !isPattern(u.value) {
		return nil
	}
	key := [2]string{context, strings.TrimPrefix(path.Clean("/"+u.value), "/")}
	found, known := d.matched[key]
	if !known {
		if d.matched == nil {
			d.matched = map[[2]string][]string{}
		}
		found = d.match(context, key[1])
		d.matched[key] = found
	}
	return found
}

// match goes through all files of the context; many Dockerfiles have the same patterns, and the same context.
func (d *discovery) match(context, pattern string) []string {
	depth := strings.Count(pattern, "/") + 1
	var found []string
	seen := map[string]bool{}
	for _, p := range d.p.Files.Under(context) {
		rel := p
		if context != "." {
			rel = p[len(context)+1:]
		}
		parts := strings.SplitN(rel, "/", depth+1)
		if len(parts) < depth {
			continue
		}
		head := strings.Join(parts[:depth], "/")
		if seen[head] {
			continue
		}
		seen[head] = true
		if ok, err := path.Match(pattern, head); ok && err == nil {
			found = append(found, path.Join(context, head))
		}
	}
	return found
}
