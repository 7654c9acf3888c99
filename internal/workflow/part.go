package workflow

import (
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
	"refit/internal/yaml"
)

// Part is a piece of a scalar: a path in a list, a line of an input.
type Part struct {
	Node     *yaml.Node
	From, To int // the bytes Node.Value[From:To]
}

// Text is the piece as it reads.
func (p Part) Text() string { return p.Node.Value[p.From:p.To] }

// Span is where the piece stands in the file; false when it is not written there as it reads.
func (p Part) Span() (source.Span, bool) { return p.Node.Sub(p.From, p.To) }

// Replace writes another text in its place.
func (p Part) Replace(text string, opts ...yaml.Option) ([]edit.Edit, error) {
	return p.Node.ReplaceInScalar(p.From, p.To, text, opts...)
}

// whole is the part that is all of a scalar.
func whole(n *yaml.Node) Part { return Part{n, 0, len(n.Value)} }

// Lines are the entries of an input that lists one a line, without the white space around them and
// without empty ones. Separators are further characters that separate entries, such as ",".
func Lines(n *yaml.Node, separators string) []Part {
	if n == nil || n.Kind != yaml.Scalar {
		return nil
	}
	var parts []Part
	for from := 0; from <= len(n.Value); {
		to := len(n.Value)
		if i := strings.IndexAny(n.Value[from:], "\n"+separators); i >= 0 {
			to = from + i
		}
		a, b := from, to
		for a < b && strings.IndexByte(" \t\r", n.Value[a]) >= 0 {
			a++
		}
		for b > a && strings.IndexByte(" \t\r", n.Value[b-1]) >= 0 {
			b--
		}
		if a < b {
			parts = append(parts, Part{n, a, b})
		}
		from = to + 1
	}
	return parts
}

// get is the value of a key of a mapping, aliases and merges followed; nil when there is none.
func get(n *yaml.Node, keys ...string) *yaml.Node {
	if n == nil {
		return nil
	}
	return n.Lookup(keys...).Node
}

// scalar is get for a scalar that is not null.
func scalar(n *yaml.Node, keys ...string) *yaml.Node {
	if v := get(n, keys...); v != nil && v.Kind == yaml.Scalar && !v.IsNull() {
		return v
	}
	return nil
}

// text is the value of a scalar, "" when there is none.
func text(n *yaml.Node, keys ...string) string {
	if v := scalar(n, keys...); v != nil {
		return v.Value
	}
	return ""
}

// scalars are the scalars of a value that is one or a list of them, lists in lists included.
// By anchors a small file can have any number; of those it is the first maxSteps that count.
func scalars(n *yaml.Node) []*yaml.Node {
	budget := maxSteps
	return scalarsIn(n, nil, 0, &budget)
}

func scalarsIn(n *yaml.Node, out []*yaml.Node, depth int, budget *int) []*yaml.Node {
	n = n.Resolve()
	*budget--
	switch {
	case n == nil || depth > 10 || *budget < 0:
	case n.Kind == yaml.Scalar && !n.IsNull():
		out = append(out, n)
	case n.Kind == yaml.Sequence && !strings.HasPrefix(n.Tag, "!reference"):
		for _, i := range n.Items {
			out = scalarsIn(i.Value, out, depth+1, budget)
		}
	}
	return out
}

// parts are the scalars of a value as parts.
func parts(n *yaml.Node) []Part {
	var out []Part
	for _, s := range scalars(n) {
		out = append(out, whole(s))
	}
	return out
}

// vars are the entries of a mapping with scalar values, merges included.
func vars(n *yaml.Node) []Var {
	if n == nil || n.Kind != yaml.Mapping {
		return nil
	}
	var out []Var
	for _, e := range n.All() {
		if v := e.Value.Resolve(); v != nil && v.Kind == yaml.Scalar {
			out = append(out, Var{e.Key.Value, v})
		}
	}
	return out
}

// members calls visit for each entry of a mapping, merges included, with its value resolved.
func members(n *yaml.Node, visit func(key string, value *yaml.Node)) {
	if n == nil || n.Kind != yaml.Mapping {
		return
	}
	for _, e := range n.All() {
		if v := e.Value.Resolve(); v != nil {
			visit(e.Key.Value, v)
		}
	}
}

// items calls visit for each item of a sequence, resolved.
func items(n *yaml.Node, visit func(*yaml.Node)) {
	if n == nil || n.Kind != yaml.Sequence {
		return
	}
	for _, i := range n.Items {
		if v := i.Value.Resolve(); v != nil {
			visit(v)
		}
	}
}
