package yaml

import (
	"fmt"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
)

// ReplaceEntryValue gives an entry of a mapping another value, which is YAML text; see AddEntry.
// The key, the comments above it and a comment at the end of its line stay; comments inside of the old
// value go with it.
func (n *Node) ReplaceEntryValue(key, value string, opts ...Option) ([]edit.Edit, error) {
	e := n.Entry(key)
	if e == nil {
		return nil, fmt.Errorf("%s: no such key", strings.Join(append(n.address(), key), "."))
	}
	return e.Value.Replace(value, opts...)
}

// Replace writes another value, YAML text as in AddEntry, in the place of the node: the value of an
// entry, an item, or the root of a document. An anchor or tag written before the old value goes away.
func (n *Node) Replace(value string, opts ...Option) ([]edit.Edit, error) {
	v := n.verb(opts)
	fr, err := newFragment(value)
	if err != nil {
		return nil, err
	}
	if n.Parent != nil && n.isKey() {
		return nil, fmt.Errorf("%s is a key", v.addr)
	}
	if n.Anchor != "" || n.Tagged {
		return nil, ambiguous("%s has an anchor or a tag of its own", v.addr)
	}
	v.loses = true
	v.added = fr.comments()
	v.want = func(c *comparison, after *Node) error {
		if !equal(fr.root, after) {
			return fmt.Errorf("%s would read as something else", v.addr)
		}
		return nil
	}
	v.value(n, fr)
	return v.done()
}

func (n *Node) isKey() bool {
	for i := range n.Parent.Entries {
		if n.Parent.Entries[i].Key == n {
			return true
		}
	}
	return false
}

// value tries the ways of writing a fragment in the place of a node.
func (v *verb) value(n *Node, fr fragment) {
	f := n.file
	below := f.lineStart(n.Span.Start) > f.lineStart(n.head) // the old value begins on a line below its key
	column, block := n.columnBelow(fr.root.Kind)
	parent := 0
	if n.Parent != nil {
		parent = n.Parent.column
	}
	inline := fr.indented(strings.Repeat(" ", parent), f.eol(), false)
	indent := strings.Repeat(" ", column)
	if n.Parent != nil && n.Parent.Kind == Mapping {
		fr = fr.stepped(f.step(n.Parent))
	}
	switch {
	case n.Parent == nil:
		v.try(v.replace(n.Span, fr.indented("", f.eol(), false)))
	case !fr.lines && below:
		// Comments between the key and the old value stay.
		from := f.lineStart(n.Span.Start)
		v.try(v.insert(n.head, " "+inline), v.remove(trimEnd(f, from), n.Span.End))
		v.try(v.replace(source.Span{Start: n.head, End: n.Span.End}, " "+inline))
		v.try(v.replace(source.Span{Start: n.head, End: f.lineEnd(n.Span.End)}, " "+inline))
	case !fr.lines:
		if n.Span.Len() == 0 && !isBlank(f.Text[n.head-1]) {
			inline = " " + inline
		}
		if header, body, ok := strings.Cut(inline, f.eol()); ok {
			v.try(v.replace(n.Span, header), v.insert(f.lineEnd(n.Span.End), f.eol()+body)) // a comment stays on its line
		}
		v.try(v.replace(n.Span, inline))
	case !block:
		if flow := fr.inFlow(n.Parent); !strings.Contains(flow, "\n") {
			v.try(v.replace(n.Span, flow))
		}
	case n.Parent.Kind == Sequence:
		lead := ""
		if n.Span.Len() == 0 {
			lead = " "
		}
		at := strings.Repeat(" ", parent+2)
		if !below {
			at = strings.Repeat(" ", f.columnOf(n.Span.Start)+len(lead))
		}
		text := lead + fr.indented(at, f.eol(), false)
		if header, body, ok := strings.Cut(text, f.eol()); ok {
			v.try(v.replace(n.Span, header), v.insert(f.lineEnd(n.Span.End), f.eol()+body))
		}
		v.try(v.replace(n.Span, text))
	case below:
		if n.Kind == Mapping && fr.root.Kind == Mapping || n.Kind == Sequence && fr.root.Kind == Sequence {
			indent = strings.Repeat(" ", n.column)
		}
		from := f.lineStart(n.Span.Start)
		v.try(v.replace(source.Span{Start: from, End: n.Span.End}, fr.indented(indent, f.eol(), true)))
	default:
		// A comment at the end of the line stays with the key.
		text := f.eol() + fr.indented(indent, f.eol(), true)
		v.try(v.remove(n.head, n.Span.End), v.insert(f.lineEnd(n.Span.End), text))
		v.try(v.replace(source.Span{Start: n.head, End: n.Span.End}, text))
	}
}

// trimEnd is the offset of the line break before the line that starts at offset.
func trimEnd(f *File, offset int) int {
	if offset > 0 && f.Text[offset-1] == '\n' {
		offset--
	}
	if offset > 0 && f.Text[offset-1] == '\r' {
		offset--
	}
	return offset
}
