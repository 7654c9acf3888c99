package json

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"refit/internal/edit"
	"refit/internal/source"
)

// Quote writes text as a JSON string; "/", "<" and the like stay as they are.
func Quote(text string) string {
	var b strings.Builder
	b.WriteByte('"')
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
		case r < ' ' || r == 0x7f || r == 0x2028 || r == 0x2029:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// SetString gives a string another value.
func (n *Node) SetString(value string) ([]edit.Edit, error) {
	if n.Kind != String {
		return nil, fmt.Errorf("%s is not a string", n.address())
	}
	return n.write(value, source.Span{}, "")
}

// ReplaceInString replaces Value[from:to] of a string; the bytes around it stay as they are where the
// file holds that part verbatim.
func (n *Node) ReplaceInString(from, to int, text string) ([]edit.Edit, error) {
	if n.Kind != String || from < 0 || from > to || to > len(n.Value) {
		return nil, fmt.Errorf("%s has no range %d to %d", n.address(), from, to)
	}
	s, _ := n.Sub(from, to)
	return n.write(n.Value[:from]+text+n.Value[to:], s, text)
}

// write replaces part (or, where that is zero, the whole) of a string.
func (n *Node) write(value string, part source.Span, text string) ([]edit.Edit, error) {
	if !utf8.ValidString(value) || !utf8.ValidString(text) {
		return nil, fmt.Errorf("%s: the new value is not UTF-8", n.address())
	}
	if !part.IsZero() {
		q := Quote(text)
		return []edit.Edit{edit.Replace(part, q[1:len(q)-1], n.address())}, nil
	}
	return []edit.Edit{edit.Replace(n.Span, Quote(value), n.address())}, nil
}

// AddEntry adds a key to an object, at its end. The value is JSON text; lines behind its first are
// indented like the new entry.
func (n *Node) AddEntry(key, value string) ([]edit.Edit, error) {
	addr := n.address(key)
	if n.Kind != Object {
		return nil, fmt.Errorf("%s: not an object", addr)
	}
	if n.child(key) != nil {
		return nil, fmt.Errorf("%s is there already", addr)
	}
	if _, err := Parse("", []byte(value)); err != nil {
		return nil, fmt.Errorf("the new value is not JSON: %w", err)
	}
	var starts, ends []int
	for _, e := range n.Entries {
		starts, ends = append(starts, e.KeySpan.Start), append(ends, e.Value.Span.End)
	}
	return n.add(Quote(key)+": "+strings.TrimSpace(value), addr, starts, ends), nil
}

// AddItem adds a value, as JSON text, to the end of an array.
func (n *Node) AddItem(value string) ([]edit.Edit, error) {
	addr := n.address("+" + value)
	if n.Kind != Array {
		return nil, fmt.Errorf("%s: not an array", addr)
	}
	if _, err := Parse("", []byte(value)); err != nil {
		return nil, fmt.Errorf("the new value is not JSON: %w", err)
	}
	var starts, ends []int
	for _, i := range n.Items {
		starts, ends = append(starts, i.Span.Start), append(ends, i.Span.End)
	}
	return n.add(strings.TrimSpace(value), addr, starts, ends), nil
}

// add writes a new member behind the last one: on a line of its own when that one stands so.
func (n *Node) add(text, addr string, starts, ends []int) []edit.Edit {
	f := n.file
	eol := source.EOL(f.Text)
	if len(starts) == 0 {
		return n.addFirst(text, addr, eol)
	}
	start, end := starts[len(starts)-1], ends[len(ends)-1]
	indent, own := f.indent(start)
	if !own {
		return []edit.Edit{edit.Insert(end, ", "+reindent(text, indent, eol), addr)}
	}
	text = eol + indent + reindent(text, indent, eol)
	comma := f.comma(end, n.Span.End)
	at := end
	if comma >= 0 {
		at, text = comma+1, text+","
	}
	// A comment behind the last member stays on its line.
	line := f.lineEnd(at)
	if line >= n.Span.End || !f.onlyTrivia(at, line) {
		line = at
	}
	if comma >= 0 {
		return []edit.Edit{edit.Insert(line, text, addr)}
	}
	return []edit.Edit{edit.Insert(end, ",", addr), edit.Insert(line, text, addr)}
}

// addFirst fills an empty object or array.
func (n *Node) addFirst(text, addr, eol string) []edit.Edit {
	f := n.file
	outer, _ := f.indent(n.Span.Start)
	inner := n.Span
	inner.Start++
	inner.End--
	if !bytes.Contains(inner.Of(f.Text), []byte("\n")) && !strings.Contains(text, "\n") || len(bytes.TrimSpace(inner.Of(f.Text))) > 0 && !f.endsLine(inner) {
		return []edit.Edit{edit.Insert(inner.End, reindent(text, outer, eol), addr)}
	}
	indent := outer + f.unit()
	text = eol + indent + reindent(text, indent, eol) + eol + outer
	body := bytes.TrimRight(inner.Of(f.Text), " \t\r\n")
	return []edit.Edit{edit.Replace(source.Span{Start: inner.Start + len(body), End: inner.End}, text, addr)}
}

// endsLine says whether the last line of a span holds nothing but white space.
func (f *File) endsLine(s source.Span) bool {
	text := s.Of(f.Text)
	i := bytes.LastIndexByte(text, '\n')
	return i >= 0 && len(bytes.TrimSpace(text[i:])) == 0
}

// indent is the white space at the start of the line of offset, and whether nothing else is before offset.
func (f *File) indent(offset int) (string, bool) {
	start := bytes.LastIndexByte(f.Text[:offset], '\n') + 1
	end := start
	for end < offset && (f.Text[end] == ' ' || f.Text[end] == '\t') {
		end++
	}
	return string(f.Text[start:end]), end == offset && start > 0
}

// unit is one step of indentation in this file: that of the first indented line, or two spaces.
func (f *File) unit() string {
	if f.Root.Kind == Object && len(f.Root.Entries) > 0 {
		if in, own := f.indent(f.Root.Entries[0].KeySpan.Start); own && in != "" {
			return in
		}
	}
	return "  "
}

func (f *File) lineEnd(offset int) int {
	if i := bytes.IndexAny(f.Text[offset:], "\r\n"); i >= 0 {
		return offset + i
	}
	return len(f.Text)
}

// comma is the offset of the trailing comma between two offsets that hold nothing else but trivia, or -1.
func (f *File) comma(from, to int) int {
	s := &scanner{file: &File{lines: f.lines}, text: f.Text[:to], pos: from}
	if s.trivia() == nil && s.peek() == ',' {
		return s.pos
	}
	return -1
}

// onlyTrivia says whether the bytes between two offsets are white space and whole comments.
func (f *File) onlyTrivia(from, to int) bool {
	s := &scanner{file: &File{lines: f.lines}, text: f.Text[:to], pos: from}
	return s.trivia() == nil && s.pos == to
}

// reindent moves all lines of text but the first to the right.
func reindent(text, indent, eol string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i := 1; i < len(lines); i++ {
		lines[i] = indent + lines[i]
	}
	return strings.Join(lines, eol)
}
