package compose

import (
	"context"
	"strings"

	"refit/internal/yaml"
)

// Renamed is the model that Load would make where the files differ from those of m by their `name:` alone (SameButName)
// and all else that the request names is as it was: m, with another origin of its name. It is nil when the
// project's name is another one, which volumes, networks and variables would tell. parsed are the files of the request.
func Renamed(ctx context.Context, m *Model, r Request, parsed map[string]*File) *Model {
	l, err := newLoading(ctx, r)
	if err != nil {
		return nil
	}
	l.parsed = parsed
	name, origin, err := l.projectName()
	if err != nil || name != m.Name || len(l.unset) > 0 {
		return nil
	}
	renamed := *m
	renamed.NameOrigin = origin
	return &renamed
}

// SameButName says whether two files, or two versions of one, mean the same but for a plain `name:` at the top.
func SameButName(a, b *File) bool {
	if a == nil || b == nil || len(a.YAML.Docs) != len(b.YAML.Docs) {
		return false
	}
	for i, doc := range a.YAML.Docs {
		if !plainName(doc) || !plainName(b.YAML.Docs[i]) || !yaml.Same(doc, b.YAML.Docs[i], "name") {
			return false
		}
	}
	return true
}

// lastName is the last name in a file whose names are plain, "" when there is none.
func lastName(f *File) (name string) {
	for _, doc := range f.YAML.Docs {
		for _, e := range doc.Entries {
			if e.Key.Value == "name" && e.Value.Value != "" {
				name = e.Value.Value
			}
		}
	}
	return name
}

// plainName says whether a document has no name, or one that is as it is written and that nothing merges in.
func plainName(doc *yaml.Node) bool {
	for _, e := range doc.Entries {
		if e.Key.Value == "<<" {
			return false
		}
		if v := e.Value; e.Key.Value == "name" && (v.Kind != yaml.Scalar || v.Tag != "!!str" || v.Tagged || v.Anchor != "" || e.Key.Anchor != "" || strings.Contains(v.Value, "$")) {
			return false
		}
	}
	return true
}
