package markdown

import (
	"bytes"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// scanner reads the block structure, line by line.
type scanner struct {
	text       []byte
	doc        *Document
	containers []container
	leaf       leaf
}

// container is a block quote, or a list item whose content starts at a column.
type container struct {
	quote  bool
	indent int // of a list item's content, relative to the container around it
	empty  bool
}

type leafKind int

const (
	leafNone leafKind = iota
	leafParagraph
	leafFence
	leafIndented
	leafHTML
)

// leaf is the block of text that is open.
type leaf struct {
	kind   leafKind
	block  Block
	parts  []shell.Text
	fence  byte // of a fence: its character, length and indentation
	length int
	indent int
	until  string // of an HTML block: what ends it; "" for a blank line
	blank  int    // of indented code: how many parts at the end are blank lines
	end    int    // of indented code: where the last line with text ends
}

// maxContainers bounds how deep quotes and lists nest.
const maxContainers = 100

// cursor is a place in a line. Columns count a tab up to the next multiple of four.
type cursor struct {
	s        []byte // the line without its end
	at       int    // in s
	col      int
	consumed int // columns of the tab at s[at] that are used up already
}

func (c *cursor) indent() int {
	n, col := 0, c.col
	for i := c.at; i < len(c.s); i++ {
		switch c.s[i] {
		case ' ':
			col++
			n++
			continue
		case '\t':
			width := 4 - col%4
			col += width
			n += width
			continue
		}
		break
	}
	return n
}

// skip moves over up to n columns of blanks.
func (c *cursor) skip(n int) {
	for n > 0 && c.at < len(c.s) {
		switch c.s[c.at] {
		case ' ':
			c.at++
			c.col++
			n--
		case '\t':
			width := 4 - c.col%4
			if width > n {
				c.col += n
				c.consumed += n
				return
			}
			c.col += width
			c.consumed = 0
			c.at++
			n -= width
		default:
			return
		}
	}
}

func (c *cursor) rest() []byte { return c.s[c.at:] }

func (c *cursor) blank() bool { return len(bytes.TrimSpace(c.rest())) == 0 }

// line reads the line at an offset and returns where the next one starts.
func (s *scanner) line(at int) int {
	stop, next := len(s.text), len(s.text)
	if n := bytes.IndexByte(s.text[at:], '\n'); n >= 0 {
		stop, next = at+n, at+n+1
		if n > 0 && s.text[stop-1] == '\r' {
			stop--
		}
	}
	c := &cursor{s: s.text[at:stop]}
	matched := s.match(c)
	all := matched == len(s.containers)
	if s.leaf.kind == leafFence && all {
		s.fenceLine(c, at, stop, next)
		return next
	}
	if s.leaf.kind == leafHTML && all && s.htmlLine(c, at) {
		return next
	}
	s.open(c, at, stop, next, matched)
	return next
}

// match goes down the open containers as far as the line continues them.
func (s *scanner) match(c *cursor) int {
	for i := range s.containers {
		k := &s.containers[i]
		switch {
		case k.quote:
			if c.indent() > 3 {
				return i
			}
			d := *c
			d.skip(3)
			if d.at >= len(d.s) || d.s[d.at] != '>' {
				return i
			}
			d.at++
			d.col++
			d.skip(1)
			*c = d
		case c.blank():
			if k.empty { // an item that starts with a blank line ends with the next one
				return i
			}
		case c.indent() >= k.indent:
			c.skip(k.indent)
			k.empty = false
		default:
			return i
		}
	}
	return len(s.containers)
}

// open reads what is left of a line behind the containers that it continues: new containers and a leaf.
func (s *scanner) open(c *cursor, at, stop, next, matched int) {
	all := matched == len(s.containers)
	paragraph := s.leaf.kind == leafParagraph
	for len(s.containers) < maxContainers {
		if c.indent() >= 4 {
			break
		}
		d := *c
		d.skip(3)
		k, ok := container{}, false
		if rest := d.rest(); len(rest) > 0 && rest[0] == '>' {
			d.at++
			d.col++
			d.skip(1)
			k, ok = container{quote: true}, true
		} else if !isBreak(rest) || paragraph && all && isUnderline(rest) {
			k, ok = item(c, &d, paragraph && all)
		}
		if !ok {
			break
		}
		if !all {
			s.close(matched, at)
		}
		s.endLeaf(at)
		s.containers = append(s.containers, k)
		matched, all, paragraph = len(s.containers), true, false
		*c = d
	}
	if c.blank() {
		s.blankLine(c, at, next, matched, all)
		return
	}
	if paragraph && (c.indent() >= 4 || !s.startsLeaf(c, all)) { // it goes on, lazily or not
		s.addText(c, at, stop, next)
		return
	}
	if !all {
		s.close(matched, at)
	}
	s.startLeaf(c, at, stop, next)
}

// close ends the containers behind the first n, and the leaf in them.
func (s *scanner) close(n, at int) {
	s.endLeaf(at)
	s.containers = s.containers[:n]
}

func (s *scanner) blankLine(c *cursor, at, next, matched int, all bool) {
	if s.leaf.kind == leafIndented && all {
		c.skip(4)
		s.leaf.parts = append(s.leaf.parts, shell.Verbatim(s.text, source.Span{Start: at + c.at, End: at + len(c.s)}), s.newline(at+len(c.s), next))
		s.leaf.blank += 2
		return
	}
	if !all {
		s.close(matched, at)
		return
	}
	s.endLeaf(at)
}

func (s *scanner) newline(stop, next int) shell.Text {
	if stop == next { // the file ends without one
		return shell.Text{}
	}
	at := source.Span{Start: stop, End: next}
	return shell.NewText(shell.Piece{Text: "\n", Span: at, Use: at})
}

// item reads a list marker. In a paragraph only some start a list.
func item(c, d *cursor, interrupts bool) (container, bool) {
	before := c.indent()
	rest := d.rest()
	n := 0
	switch {
	case len(rest) > 0 && strings.IndexByte("-+*", rest[0]) >= 0:
		n = 1
	default:
		for n < len(rest) && n < 9 && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		if n == 0 || n >= len(rest) || rest[n] != '.' && rest[n] != ')' {
			return container{}, false
		}
		if interrupts && string(rest[:n]) != "1" {
			return container{}, false
		}
		n++
	}
	if n < len(rest) && rest[n] != ' ' && rest[n] != '\t' {
		return container{}, false
	}
	empty := len(bytes.TrimSpace(rest[n:])) == 0
	if interrupts && empty {
		return container{}, false
	}
	d.at += n
	d.col += n
	pad := d.indent()
	switch {
	case empty:
		d.at = len(d.s)
		pad = 1
	case pad > 4: // the content is indented code
		pad = 1
		d.skip(1)
	default:
		d.skip(pad)
	}
	return container{indent: before + n + pad, empty: empty}, true
}

// isBreak says whether the text is a thematic break: three or more of one of * - _.
func isBreak(rest []byte) bool {
	n := 0
	for _, b := range rest {
		switch {
		case b == ' ' || b == '\t':
		case b != rest[0] || strings.IndexByte("*-_", b) < 0:
			return false
		default:
			n++
		}
	}
	return n >= 3
}

// isUnderline says whether the text turns the paragraph above it into a heading.
func isUnderline(rest []byte) bool {
	t := bytes.TrimRight(rest, " \t")
	return len(t) > 0 && (len(bytes.Trim(t, "-")) == 0 || len(bytes.Trim(t, "=")) == 0)
}
