package yaml

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"refit/internal/edit"
	"refit/internal/source"
)

// SetScalar writes another value into a scalar. It keeps the way the scalar is quoted where that can
// hold the value, and quotes it otherwise, so that it reads as exactly this string. A plain number,
// boolean or null may be replaced by another of its kind.
func (n *Node) SetScalar(value string, opts ...Option) ([]edit.Edit, error) {
	v := n.verb(opts)
	if n.Kind != Scalar {
		return nil, fmt.Errorf("%s is not a scalar but a %s", v.addr, n.Kind)
	}
	if !utf8.ValidString(value) {
		return nil, fmt.Errorf("%s: the new value is not UTF-8", v.addr)
	}
	v.wantScalar(n, value)
	v.scalar(n, value)
	return v.done()
}

// ReplaceInScalar replaces Value[from:to] of a scalar. The bytes around it stay as they are where the
// file holds that part verbatim; otherwise the scalar is written anew.
func (n *Node) ReplaceInScalar(from, to int, text string, opts ...Option) ([]edit.Edit, error) {
	v := n.verb(opts)
	if v.addr == strings.Join(n.address(), ".") {
		v.addr = fmt.Sprintf("%s[%d:%d]", v.addr, from, to) // edits of different parts don't clash
	}
	if n.Kind != Scalar || from < 0 || from > to || to > len(n.Value) {
		return nil, fmt.Errorf("%s has no range %d to %d", v.addr, from, to)
	}
	value := n.Value[:from] + text + n.Value[to:]
	if !utf8.ValidString(value) {
		return nil, fmt.Errorf("%s: the new value is not UTF-8", v.addr)
	}
	v.wantScalar(n, value)
	if s, ok := n.Sub(from, to); ok {
		switch n.Style {
		case SingleQuoted:
			text = strings.ReplaceAll(text, "'", "''")
		case DoubleQuoted:
			text = escapeDouble(text)
		case Literal, Folded:
			text = strings.ReplaceAll(text, "\n", n.file.eol()+n.bodyIndent())
		}
		v.try(v.replace(s, text))
	}
	v.scalar(n, value)
	return v.done()
}

// ReplaceSpan replaces bytes of the file that lie inside of one scalar's value, as ReplaceInScalar does:
// the text is escaped and indented as that scalar needs. The ends of the span must be verbatim bytes.
func (f *File) ReplaceSpan(s source.Span, text string, opts ...Option) ([]edit.Edit, error) {
	n := f.At(s.Start)
	if n == nil || n.Kind != Scalar || s.Len() < 1 {
		return nil, fmt.Errorf("%s: no value stands here", f.Position(s.Start))
	}
	from, ok := n.ValueOffset(s.Start)
	last, ok2 := n.ValueOffset(s.End - 1)
	if !ok || !ok2 {
		return nil, ambiguous("the text at %s is not written as it reads", f.Position(s.Start))
	}
	return n.ReplaceInScalar(from, last+1, text, opts...)
}

// RenameKey gives an entry of a mapping another key.
func (n *Node) RenameKey(key, name string, opts ...Option) ([]edit.Edit, error) {
	e := n.Entry(key)
	v := n.verb(opts, key)
	if e == nil {
		return nil, fmt.Errorf("%s: no such key", v.addr)
	}
	if n.Entry(name) != nil {
		return nil, fmt.Errorf("%s can't be renamed: the key %q is taken", v.addr, name)
	}
	v.target = e.Key
	v.wantScalar(e.Key, name)
	v.scalar(e.Key, name)
	return v.done()
}

// wantScalar demands that the scalar reads as value: of its old type, or a string.
func (v *verb) wantScalar(n *Node, value string) {
	v.want = func(c *comparison, after *Node) error {
		if after.Kind != Scalar || after.Value != value || after.Anchor != n.Anchor || after.Tagged != n.Tagged {
			return fmt.Errorf("%s would read as something else", v.addr)
		}
		if after.Tag != n.Tag && after.Tag != "!!str" {
			return fmt.Errorf("%s would read as %s", v.addr, after.Tag)
		}
		return nil
	}
}

// scalar tries the ways of writing value in the place of n, the present one first.
func (v *verb) scalar(n *Node, value string) {
	put := func(text string) {
		if n.Span.Len() == 0 && n.head == n.Span.Start && n.head > 0 && !isBlank(n.file.Text[n.head-1]) {
			text = " " + text
		}
		v.try(v.replace(n.Span, text))
	}
	single := "'" + strings.ReplaceAll(value, "'", "''") + "'"
	double := `"` + escapeDouble(value) + `"`
	switch n.Style {
	case Plain:
		if value != "" && value == strings.TrimSpace(value) && !strings.ContainsAny(value, "\r\n") {
			put(value)
		}
		if strings.ContainsAny(value, `"\`) && !strings.ContainsAny(value, "\r\n") {
			put(single)
		}
	case SingleQuoted:
		if !strings.ContainsAny(value, "\r\n") {
			put(single)
		}
	case Literal, Folded:
		v.block(n, value)
	}
	put(double)
}

// block tries to write value as a block scalar with the indentation of the present one.
func (v *verb) block(n *Node, value string) {
	f := n.file
	headerEnd := min(f.lineEnd(n.Span.Start), n.Span.End)
	indicators := n.Span
	for indicators.End = n.Span.Start; indicators.End < headerEnd && !isBlank(f.Text[indicators.End]); indicators.End++ {
	}
	old := f.Slice(indicators)
	prefix, eol := n.bodyIndent(), f.eol()
	body := strings.TrimRight(value, "\n")
	ending := len(value) - len(body)
	chomp := [...]string{"-", "", "+"}[min(ending, 2)]
	for _, style := range []string{old, strings.TrimRight(old, "+-") + chomp, "|" + chomp} {
		lines := body
		if style[0] == '>' {
			lines = strings.ReplaceAll(body, "\n", "\n\n")
		}
		text := ""
		for _, line := range strings.Split(lines, "\n") {
			text += eol
			if line != "" {
				text += prefix + line
			}
		}
		if strings.HasSuffix(style, "+") {
			text += strings.Repeat(eol, max(0, ending-1))
		}
		v.try(v.replace(indicators, style), v.replace(source.Span{Start: headerEnd, End: n.Span.End}, text))
	}
}

// bodyIndent is the indentation of the lines of a block scalar.
func (n *Node) bodyIndent() string {
	if len(n.segs) > 0 {
		first := n.segs[0].file
		if line := n.file.Text[n.file.lineStart(first):first]; onlyBlanks(line) {
			return string(line)
		}
	}
	column := 0
	if n.Parent != nil && n.Parent.Style == Block {
		column = n.Parent.column
	}
	return strings.Repeat(" ", column+n.file.step(n))
}

// escapeDouble writes text for a place between double quotes.
func escapeDouble(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x20 || r >= 0x7f && r <= 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// eol is the line end that the file uses.
func (f *File) eol() string { return source.EOL(f.Text) }
