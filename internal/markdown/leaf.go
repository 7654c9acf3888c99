package markdown

import (
	"bytes"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// startsLeaf says whether the text ends an open paragraph, as everything does but text, indented code
// and some HTML. all says that the line is in the paragraph's own containers.
func (s *scanner) startsLeaf(c *cursor, all bool) bool {
	d := *c
	d.skip(3)
	rest := d.rest()
	if all && isUnderline(rest) {
		return true
	}
	if _, _, ok := fence(rest); ok {
		return true
	}
	html, until := htmlStart(rest)
	return heading(rest) > 0 || isBreak(rest) || html && until != anyTag
}

func (s *scanner) startLeaf(c *cursor, at, stop, next int) {
	if c.indent() >= 4 {
		if s.leaf.kind != leafIndented {
			s.endLeaf(at)
			s.leaf = leaf{kind: leafIndented, block: Block{Closed: true, Span: source.Span{Start: at, End: next}}}
		}
		s.codeLine(c, 4, at, stop, next)
		s.leaf.blank, s.leaf.end = 0, next
		return
	}
	indent := c.indent()
	d := *c
	d.skip(3)
	rest := d.rest()
	from := at + d.at
	if s.leaf.kind == leafParagraph && isUnderline(rest) {
		level := 2
		if rest[0] == '=' {
			level = 1
		}
		s.endParagraph(level)
		return
	}
	s.endLeaf(at)
	if length, info, ok := fence(rest); ok {
		s.leaf = leaf{kind: leafFence, fence: rest[0], length: length, indent: indent}
		s.leaf.block = newFence(rest, length, info, from, source.Span{Start: from, End: next})
		return
	}
	if level := heading(rest); level > 0 {
		s.heading(rest, level, from)
		return
	}
	if isBreak(rest) {
		return
	}
	if ok, until := htmlStart(rest); ok {
		s.leaf = leaf{kind: leafHTML, until: until}
		s.htmlLine(&d, at)
		return
	}
	s.leaf.kind = leafParagraph
	s.addText(c, at, stop, next)
}

// addText adds a line to the paragraph.
func (s *scanner) addText(c *cursor, at, stop, next int) {
	from := at + len(c.s) - len(bytes.TrimLeft(c.rest(), " \t"))
	s.leaf.parts = append(s.leaf.parts, shell.Verbatim(s.text, source.Span{Start: from, End: stop}), s.newline(stop, next))
}

// endLeaf ends the open leaf in front of an offset.
func (s *scanner) endLeaf(at int) {
	switch l := s.leaf; l.kind {
	case leafParagraph:
		s.endParagraph(0)
	case leafFence:
		l.block.Span.End = at
		l.block.Text = shell.Join(l.parts...)
		s.doc.Blocks = append(s.doc.Blocks, l.block)
	case leafIndented:
		l.block.Span.End = l.end
		l.block.Text = shell.Join(l.parts[:len(l.parts)-l.blank]...)
		s.doc.Blocks = append(s.doc.Blocks, l.block)
	}
	s.leaf = leaf{}
}

// fence reads an opening fence.
func fence(rest []byte) (length int, info string, ok bool) {
	if len(rest) < 3 || rest[0] != '`' && rest[0] != '~' {
		return 0, "", false
	}
	for length < len(rest) && rest[length] == rest[0] {
		length++
	}
	info = strings.TrimSpace(string(rest[length:]))
	return length, info, length >= 3 && (rest[0] == '~' || !strings.Contains(info, "`"))
}

func newFence(rest []byte, length int, info string, from int, span source.Span) Block {
	b := Block{Fenced: true, Info: info, Span: span}
	start := from + length
	if info != "" {
		start += bytes.Index(rest[length:], []byte(info))
	}
	b.At = source.Span{Start: start, End: start + len(info)}
	lang, _, _ := strings.Cut(strings.TrimLeft(info, "{. "), " ")
	lang, _, _ = strings.Cut(lang, ",")
	b.Lang = strings.ToLower(strings.TrimRight(lang, "}"))
	if i := strings.IndexAny(b.Lang, "{:"); i > 0 {
		b.Lang = b.Lang[:i]
	}
	return b
}

func (s *scanner) fenceLine(c *cursor, at, stop, next int) {
	l := &s.leaf
	if c.indent() < 4 {
		rest := bytes.TrimSpace(c.rest())
		if len(rest) >= l.length && len(bytes.Trim(rest, string(l.fence))) == 0 {
			l.block.Closed = true
			s.endLeaf(next)
			return
		}
	}
	s.codeLine(c, l.indent, at, stop, next)
}

// codeLine adds a line to a code block, n columns of its indentation taken off.
func (s *scanner) codeLine(c *cursor, n, at, stop, next int) {
	c.skip(n)
	if c.consumed > 0 && c.at < len(c.s) && c.s[c.at] == '\t' { // what is left of a tab is spaces
		width := 4 - c.col%4
		tab := source.Span{Start: at + c.at, End: at + c.at + 1}
		c.at++
		if width == 1 { // one byte for one byte would look as if the file held a space
			tab = shell.Nowhere
		}
		s.leaf.parts = append(s.leaf.parts, shell.NewText(shell.Piece{Text: strings.Repeat(" ", width), Span: tab, Use: tab}))
	}
	s.leaf.parts = append(s.leaf.parts, shell.Verbatim(s.text, source.Span{Start: at + c.at, End: stop}), s.newline(stop, next))
}

// heading is the level of a "# heading", 0 when the text is none.
func heading(rest []byte) int {
	n := 0
	for n < len(rest) && rest[n] == '#' {
		n++
	}
	if n == 0 || n > 6 || n < len(rest) && rest[n] != ' ' && rest[n] != '\t' {
		return 0
	}
	return n
}

func (s *scanner) heading(rest []byte, level, from int) {
	body := bytes.Trim(rest[level:], " \t")
	if t := bytes.TrimRight(body, "#"); len(t) == 0 || t[len(t)-1] == ' ' || t[len(t)-1] == '\t' {
		body = bytes.TrimRight(t, " \t")
	}
	start := from + level
	if len(body) > 0 {
		start += bytes.Index(rest[level:], body)
	}
	at := source.Span{Start: start, End: start + len(body)}
	s.doc.Headings = append(s.doc.Headings, Heading{Level: level, Text: string(body), Span: at})
	s.inline(shell.Verbatim(s.text, at))
}

// endParagraph reads the inline structure of a paragraph; a level makes it a heading.
func (s *scanner) endParagraph(level int) {
	t := shell.Join(s.leaf.parts...)
	s.leaf = leaf{}
	t = s.definitions(t)
	str := strings.TrimRight(t.String(), " \t\n")
	if str == "" {
		return
	}
	t = t.Slice(0, len(str))
	if level > 0 {
		s.doc.Headings = append(s.doc.Headings, Heading{Level: level, Text: str, Span: t.Use(0, len(str))})
	}
	s.inline(t)
}
