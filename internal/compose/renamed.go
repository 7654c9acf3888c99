package compose

import (
	"context"
	"strings"

	"refit/internal/yaml"
)

// Renamed is the model that Load would make where the files differ from those of m by their `name:` alone (SameButName)
// and all else that the request names is as it was: m, with another origin of its name. It is nil when the
// project's name is another one, which volumes, networks and variables would tell.
func Renamed(ctx context.Context, m *Model, r Request) *Model {
	l, err := newLoading(ctx, r)
	if err != nil {
		return nil
	}
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

// plainName says whether a document has no name, or one that is as it is written.
func plainName(doc *yaml.Node) bool {
	for _, e := range doc.Entries {
		if v := e.Value; e.Key.Value == "name" && (v.Kind != yaml.Scalar || v.Tag != "!!str" || v.Tagged || v.Anchor != "" || e.Key.Anchor != "" || strings.Contains(v.Value, "$")) {
			return false
		}
	}
	return true
}
