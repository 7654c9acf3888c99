package yaml

import (
	"fmt"

	"refit/internal/edit"
)

// RemoveEntry takes an entry out of a mapping, with its lines. See WithComments and OrEmpty.
func (n *Node) RemoveEntry(key string, opts ...Option) ([]edit.Edit, error) {
	v := n.verb(opts, key)
	for i := range n.Entries {
		if e := &n.Entries[i]; e.Key.Kind == Scalar && e.Key.Value == key {
			return v.removePart(n, i)
		}
	}
	return nil, fmt.Errorf("%s: no such key", v.addr)
}

// RemoveItem takes an item, counted from 0, out of a sequence, with its lines. See WithComments and OrEmpty.
func (n *Node) RemoveItem(index int, opts ...Option) ([]edit.Edit, error) {
	v := n.verb(opts, fmt.Sprint(index))
	if n.Kind != Sequence || index < 0 || index >= len(n.Items) {
		return nil, fmt.Errorf("%s: no such item", v.addr)
	}
	return v.removePart(n, index)
}

func (v *verb) removePart(n *Node, i int) ([]edit.Edit, error) {
	parts := n.parts()
	v.loses = true
	v.want = func(c *comparison, after *Node) error { return c.without(n, after, i, -1) }
	switch {
	case len(parts) == 1 && !v.empty:
		return nil, fmt.Errorf("%s is the only one: without it, the %s would be empty", v.addr, n.Kind)
	case n.Style == Flow && n.Kind == Mapping && !n.braced:
		return nil, ambiguous("%s is a pair without braces", v.addr)
	case n.Style == Flow:
		v.removeFlow(parts, i)
	case len(parts) == 1:
		v.removeOnly(n, parts[0])
	default:
		v.removeBlock(n, parts, i)
	}
	return v.done()
}

// removeBlock cuts the lines of a child of a block collection.
func (v *verb) removeBlock(n *Node, parts []part, i int) {
	f, p := n.file, parts[i]
	end := p.span.End
	if v.withComments {
		end = p.end()
	}
	if f.indentOf(p.span.Start) < 0 { // the first one, behind a dash: the next one moves up
		to, _ := space(f.Text, f.nextLine(end))
		v.try(v.remove(p.span.Start, to))
		return
	}
	start := f.lineStart(p.span.Start)
	if v.withComments {
		start = f.lineStart(p.lead.Start)
	}
	v.cut(f, start, f.nextLine(end))
}

// cut removes whole lines. Of the empty lines around them only one side stays, and a file without a
// final line end goes on having none, where that changes no value.
func (v *verb) cut(f *File, start, end int) {
	before := start
	for before > 0 {
		line := f.lineStart(before - 1)
		if f.Text[before-1] != '\n' || !onlyBlanks(trimBreak(f.Text[line:before])) || line == before {
			break
		}
		before = line
	}
	last := end == len(f.Text)
	if last && f.lineEnd(max(start, end-1)) == end && before > 0 {
		k := before - 1
		if k > 0 && f.Text[k] == '\n' && f.Text[k-1] == '\r' {
			k--
		}
		v.try(v.remove(k, end))
	}
	if before < start && (last || onlyBlanks(f.Text[end:f.lineEnd(end)])) {
		v.try(v.remove(before, end))
	}
	v.try(v.remove(start, end))
}

func trimBreak(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}

// removeOnly leaves an empty flow collection in the place of a block collection.
func (v *verb) removeOnly(n *Node, p part) {
	f := n.file
	empty := map[Kind]string{Mapping: "{}", Sequence: "[]"}[n.Kind]
	if f.indentOf(p.span.Start) < 0 || n.Parent == nil {
		v.try(v.replace(n.Span, empty))
		return
	}
	start, end := p.span.Start, p.span.End
	if v.withComments {
		start, end = p.lead.Start, p.end()
	}
	v.try(v.insert(n.head, " "+empty), v.remove(f.lineStart(start), f.nextLine(end)))
	v.try(v.replace(n.Span, empty))
}

// removeFlow cuts a child of a flow collection with its comma.
func (v *verb) removeFlow(parts []part, i int) {
	f, p := v.file, parts[i]
	behind, _ := space(f.Text, p.span.End)
	comma := behind < len(f.Text) && f.Text[behind] == ','
	if comma {
		behind++
	} else {
		behind = p.span.End
	}
	rest := f.Text[behind:f.lineEnd(behind)]
	blank, _ := space(rest, 0)
	if f.indentOf(p.span.Start) >= 0 && f.lineStart(p.span.Start) <= behind && (blank == len(rest) || rest[blank] == '#') {
		start := p.span.Start
		if v.withComments {
			start = p.lead.Start
		}
		v.try(v.remove(f.lineStart(start), f.nextLine(behind)))
	}
	switch {
	case i+1 < len(parts):
		v.try(v.remove(p.span.Start, parts[i+1].span.Start))
	case i > 0:
		v.try(v.remove(parts[i-1].span.End, p.span.End))
	case comma:
		v.try(v.remove(p.span.Start, behind))
	default:
		v.try(v.remove(p.span.Start, p.span.End))
	}
}
