package yaml

import (
	"fmt"
	"strconv"
	"strings"

	"refit/internal/edit"
)

// AddEntry adds "key: value" to a mapping, at its end or where After or First say. The value is YAML
// text of any number of lines, its first line at column 0 ("image: x\nports:\n  - 80"); it is indented
// like its surroundings, and in a flow mapping written in flow style. A null ("volumes:") and "{}" become a mapping.
func (n *Node) AddEntry(key, value string, opts ...Option) ([]edit.Edit, error) {
	v := n.verb(opts, key)
	if n.Kind != Mapping && !n.IsNull() {
		return nil, fmt.Errorf("%s: not a mapping but a %s", v.addr, n.Kind)
	}
	if n.Entry(key) != nil {
		return nil, fmt.Errorf("%s is there already", v.addr)
	}
	fr, err := newFragment(value)
	if err != nil {
		return nil, err
	}
	v.added = fr.comments()
	at := len(n.Entries)
	for i := range n.Entries {
		if v.after != "" && n.Entries[i].Key.Value == v.after {
			at = i + 1
		}
	}
	if v.first {
		at = 0
	}
	v.want = func(c *comparison, after *Node) error {
		if len(after.Entries) <= at || after.Kind != Mapping {
			return fmt.Errorf("%s would not be there", v.addr)
		}
		e := after.Entries[at]
		if e.Key.Value != key || e.Key.Kind != Scalar || e.Key.Tag != "!!str" && e.Key.Tag != "!!merge" || !equal(fr.root, e.Value) {
			return fmt.Errorf("%s would read as something else", v.addr)
		}
		if n.Kind == Scalar {
			return nil
		}
		return c.without(n, after, -1, at)
	}
	for _, k := range []string{key, `"` + escapeDouble(key) + `"`} {
		v.add(n, at, childText{
			line:   func(column int) string { return fr.asEntry(n.file, n, k, column) },
			inline: flowEntry(k, fr.text),
			flow:   flowEntry(k, fr.inFlow(n)),
			kind:   Mapping,
		})
	}
	return v.done()
}

func flowEntry(key, value string) string {
	if value == "" {
		return key + ":"
	}
	return key + ": " + value
}

// AddItem adds a value to a sequence, at its end or where After or First say. The value is YAML text;
// see AddEntry. A null and "[]" become a sequence.
func (n *Node) AddItem(value string, opts ...Option) ([]edit.Edit, error) {
	v := n.verb(opts, "+"+value)
	if n.Kind != Sequence && !n.IsNull() {
		return nil, fmt.Errorf("%s: not a sequence but a %s", v.addr, n.Kind)
	}
	fr, err := newFragment(value)
	if err != nil {
		return nil, err
	}
	v.added = fr.comments()
	at := len(n.Items)
	if i, err := strconv.Atoi(v.after); err == nil && i >= 0 && i < at {
		at = i + 1
	}
	if v.first {
		at = 0
	}
	v.want = func(c *comparison, after *Node) error {
		if after.Kind != Sequence || len(after.Items) <= at || !equal(fr.root, after.Items[at].Value) {
			return fmt.Errorf("%s would read as something else", v.addr)
		}
		if n.Kind == Scalar {
			return nil
		}
		return c.without(n, after, -1, at)
	}
	v.add(n, at, childText{
		line:   func(column int) string { return fr.asItem(n.file, column) },
		inline: fr.text,
		flow:   fr.inFlow(n),
		kind:   Sequence,
	})
	return v.done()
}

// childText is a new entry or item in the forms in which it may be written.
type childText struct {
	line   func(column int) string // on lines of its own, the first not indented
	inline string                  // inside of braces or brackets, as it is given
	flow   string                  // the same in flow style: on one line, where that is possible
	kind   Kind
}

// add tries the ways of writing a new child as number at of a collection.
func (v *verb) add(n *Node, at int, text childText) {
	switch children := n.parts(); {
	case n.Kind == Scalar:
		v.addToNothing(n, text)
	case n.Style == Block && at == 0:
		v.addFirst(n, children[0], text)
	case n.Style == Block:
		v.addBlock(n, children, at, text)
	case len(children) == 0:
		if !strings.Contains(text.inline, "\n") {
			v.try(v.insert(n.Span.Start+1, text.inline))
		}
		if column, ok := n.columnBelow(text.kind); ok {
			v.addBelow(n, column, text)
		}
	default:
		v.addFlow(n, children, at, text)
	}
}

// addToNothing makes a collection of a null.
func (v *verb) addToNothing(n *Node, text childText) {
	if column, ok := n.columnBelow(text.kind); ok {
		v.addBelow(n, column, text)
	}
	braces := map[Kind]string{Mapping: "{%s}", Sequence: "[%s]"}[text.kind]
	inline := fmt.Sprintf(braces, text.inline)
	if n.Span.Len() == 0 {
		inline = " " + inline
	}
	v.try(v.replace(n.Span, inline))
}

// addBelow writes the child on the line below the key of n, whose own text goes away.
func (v *verb) addBelow(n *Node, column int, text childText) {
	eol := n.file.eol()
	at := n.file.lineEnd(n.Span.End)
	from := n.Span.Start
	for from > n.head && isBlank(n.file.Text[from-1]) {
		from--
	}
	line := eol + strings.Repeat(" ", column) + text.line(column)
	if n.Parent == nil && n.file.indentOf(n.Span.Start) == 0 {
		v.try(v.replace(n.Span, text.line(0)))
		return
	}
	if n.Span.Len() == 0 {
		v.try(v.insert(at, line))
		return
	}
	v.try(v.remove(from, n.Span.End), v.insert(at, line))
}

// columnBelow is the column at which the children of n would stand if it were written in block style;
// false inside of flow style.
func (n *Node) columnBelow(kind Kind) (int, bool) {
	if n.Parent == nil {
		return 0, true
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Style == Flow {
			return 0, false
		}
	}
	if n.Parent.Kind == Sequence {
		return n.Parent.column + 2, true
	}
	return n.Parent.column + n.file.below(kind, n.Parent), true
}

// addFirst writes a child before the first one of a block collection.
func (v *verb) addFirst(n *Node, first part, text childText) {
	indent := strings.Repeat(" ", n.column)
	if n.file.indentOf(first.span.Start) >= 0 {
		at := n.file.lineStart(first.lead.Start)
		v.try(v.insert(at, indent+text.line(n.column)+n.file.eol()))
		return
	}
	v.try(v.insert(first.span.Start, text.line(n.column)+n.file.eol()+indent))
}

// addBlock writes a child on the lines behind child at-1 of a block collection.
func (v *verb) addBlock(n *Node, children []part, at int, text childText) {
	f := n.file
	after := children[at-1]
	line := strings.Repeat(" ", n.column) + text.line(n.column)
	blank := ""
	if len(children) > 1 {
		i := max(at-1, 1)
		if f.blankBetween(children[i-1].end(), children[i].lead.Start) {
			blank = f.eol()
		}
	}
	last := after.end()
	if at == len(children) {
		last = f.ownComments(last, n.column)
	}
	if end := f.nextLine(last); end > f.lineEnd(last) {
		v.try(v.insert(end, blank+line+f.eol()))
		return
	}
	v.try(v.insert(len(f.Text), f.eol()+blank+line)) // the file ends without a line end, and goes on doing so
}

// ownComments is the end of the comment lines in a column that follow the line of an offset directly:
// behind the last child of a block collection they still belong to it.
func (f *File) ownComments(end, column int) int {
	for i := f.commentAfter(end); i < len(f.Comments); i++ {
		c := f.Comments[i]
		if f.lineStart(c.Span.Start) != f.lineStart(end) &&
			(!c.Alone || f.columnOf(c.Span.Start) != column || f.lineStart(c.Span.Start) != f.nextLine(end)) {
			break
		}
		end = c.Span.End
	}
	return end
}

// addFlow writes a child behind child at-1 (or before the first) of a flow collection.
func (v *verb) addFlow(n *Node, children []part, at int, text childText) {
	f := n.file
	if strings.Contains(text.flow, "\n") {
		return
	}
	if at == 0 {
		sep := ", "
		if f.indentOf(children[0].span.Start) >= 0 {
			sep = "," + f.eol() + string(f.Text[f.lineStart(children[0].span.Start):children[0].span.Start])
		}
		v.try(v.insert(children[0].span.Start, text.flow+sep))
		return
	}
	after := children[at-1].span
	if f.indentOf(after.Start) >= 0 && f.lineEnd(after.End) < n.Span.End {
		// One child a line: keep it so, and keep a comment on its line.
		indent := string(f.Text[f.lineStart(after.Start):after.Start])
		if comma, _ := space(f.Text, after.End); f.Text[comma] == ',' {
			v.try(v.insert(f.lineEnd(comma), f.eol()+indent+text.flow+","))
		} else {
			v.try(v.insert(after.End, ","), v.insert(f.lineEnd(after.End), f.eol()+indent+text.flow))
		}
	}
	v.try(v.insert(after.End, ", "+text.flow))
}
