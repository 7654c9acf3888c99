package yaml

import (
	"sort"

	"refit/internal/source"
)

// attach finds the comments that belong to each entry and item. The rule goes by indentation:
//
//	services:
//	  web:
//	    image: x         # stays with its line
//	    # ports: [80]    trails web: deeper than "web"; it does not trail image, whose column it has
//
//	  # the database     leads db: directly above, in the same column
//	  db: {}
//	    # note           trails db
//	  # end              trails services, and neither leads nor trails an entry of it
//
// A comment block directly above a key, in the key's column, leads it. Comment lines below a value that
// are indented deeper than its key trail it. All others belong to nobody and stay where they are.
func (f *File) attach() {
	for _, doc := range f.Docs {
		doc.Walk(func(n *Node) bool {
			for i := range n.Entries {
				e := &n.Entries[i]
				e.Lead = f.lead(e.Span.Start)
				e.Trail = f.trail(e.Span, n.Style)
			}
			for i := range n.Items {
				it := &n.Items[i]
				it.Lead = f.lead(it.Span.Start)
				it.Trail = f.trail(it.Span, n.Style)
			}
			return true
		})
	}
}

// indentOf is the number of blanks before offset on its line, or -1 when other text stands before it.
func (f *File) indentOf(offset int) int {
	start := f.lineStart(offset)
	for _, c := range f.Text[start:offset] {
		if !isBlank(c) {
			return -1
		}
	}
	return offset - start
}

// lineStart is the offset of the first byte of the line that holds offset (behind a byte order mark).
// Only "\n", "\r" and "\r\n" end a line here: NEL, LS and PS don't start one that could be removed.
func (f *File) lineStart(offset int) int {
	return f.starts[sort.SearchInts(f.starts, offset+1)-1]
}

// lineStarts are the offsets at which the lines of a text start.
func lineStarts(text []byte) []int {
	starts := []int{0}
	if len(text) >= 3 && string(text[:3]) == bom {
		starts = append(starts, 3)
	}
	for i, c := range text {
		if c == '\n' || c == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// lineEnd is the offset of the line break (or the end of the text) at or behind offset.
func (f *File) lineEnd(offset int) int {
	for offset < len(f.Text) && f.Text[offset] != '\n' && f.Text[offset] != '\r' {
		offset++
	}
	return offset
}

// nextLine is the offset behind the line break at or behind offset.
func (f *File) nextLine(offset int) int {
	end := f.lineEnd(offset)
	return end + lineBreak(f.Text, end)
}

// commentAfter is the index of the first comment that starts at or behind offset.
func (f *File) commentAfter(offset int) int {
	return sort.Search(len(f.Comments), func(i int) bool { return f.Comments[i].Span.Start >= offset })
}

func (f *File) lead(start int) source.Span {
	lead := source.Span{Start: start, End: start}
	column := f.indentOf(start)
	if column < 0 {
		return lead
	}
	below := start
	for i := f.commentAfter(start) - 1; i >= 0; i-- {
		c := f.Comments[i]
		if !c.Alone || f.indentOf(c.Span.Start) != column || f.nextLine(c.Span.End) != f.lineStart(below) {
			break
		}
		if below == start {
			lead.End = c.Span.End
		}
		lead.Start = c.Span.Start
		below = c.Span.Start
	}
	return lead
}

func (f *File) trail(s source.Span, style Style) source.Span {
	trail := source.Span{Start: s.End, End: s.End}
	if style == Flow {
		return trail
	}
	column := f.columnOf(s.Start)
	at := s.End
	for i := f.commentAfter(s.End); i < len(f.Comments); i++ {
		c := f.Comments[i]
		if end, _ := space(f.Text, at); end != c.Span.Start {
			break
		}
		at = c.Span.End
		if !c.Alone {
			continue // at the end of the value's own line
		}
		if f.indentOf(c.Span.Start) <= column {
			break
		}
		if trail.Len() == 0 {
			trail.Start = c.Span.Start
		}
		trail.End = c.Span.End
	}
	return trail
}

// columnOf is the number of bytes before offset on its line.
func (f *File) columnOf(offset int) int { return offset - f.lineStart(offset) }
