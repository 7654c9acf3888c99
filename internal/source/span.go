// Package source holds the bytes that refit reads: files as immutable snapshots,
// spans as byte offsets into them, and the line tables that turn an offset into
// the line and column a person reads. It knows no file format.
package source

import (
	"bytes"
	"fmt"
	"sort"
	"unicode/utf8"
)

// Span is a half-open range [Start, End) of byte offsets into one file's bytes.
type Span struct{ Start, End int }

// Len is the number of bytes that the span covers.
func (s Span) Len() int { return s.End - s.Start }

// IsZero says whether the span is the zero value, which stands for "the whole file" or "nowhere".
func (s Span) IsZero() bool { return s.Start == 0 && s.End == 0 }

// Contains says whether the byte at offset lies in the span.
func (s Span) Contains(offset int) bool { return s.Start <= offset && offset < s.End }

// Overlaps says whether the two spans share at least one byte.
func (s Span) Overlaps(o Span) bool { return s.Start < o.End && o.Start < s.End }

// Of is the part of text that the span covers. It is nil when the span lies outside of text.
func (s Span) Of(text []byte) []byte {
	if s.Start < 0 || s.End > len(text) || s.Start > s.End {
		return nil
	}
	return text[s.Start:s.End]
}

// Shift moves both ends by n bytes: it turns a span inside a fragment into one of the whole file.
func (s Span) Shift(n int) Span { return Span{s.Start + n, s.End + n} }

// Position is where a person finds a byte: line and column, both counted from 1.
// The column counts characters (runes), not bytes.
type Position struct{ Line, Column int }

func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// Lines is the line table of one file.
type Lines struct {
	text   []byte
	starts []int
}

// NewLines builds the line table of text. A line ends behind its "\n"; "\r\n" counts as one line end.
func NewLines(text []byte) *Lines {
	l := &Lines{text: text, starts: make([]int, 1, bytes.Count(text, []byte{'\n'})+1)}
	for i, b := range text {
		if b == '\n' {
			l.starts = append(l.starts, i+1)
		}
	}
	return l
}

// Text is the bytes that the table is about. The caller must not change them.
func (l *Lines) Text() []byte { return l.text }

// Count is the number of lines; an empty file has one.
func (l *Lines) Count() int { return len(l.starts) }

// Position is the line and column of a byte offset; an offset outside of the text is clamped to it.
func (l *Lines) Position(offset int) Position {
	offset = max(0, min(offset, len(l.text)))
	line := l.Line(offset)
	return Position{Line: line, Column: utf8.RuneCount(l.text[l.starts[line-1]:offset]) + 1}
}

// Line is the line of a byte offset, clamped as Position does. It doesn't look at the line's text, which
// Position does to count characters: where a file is one long line of many things, that is quadratic.
func (l *Lines) Line(offset int) int {
	offset = max(0, min(offset, len(l.text)))
	return sort.SearchInts(l.starts, offset+1) // the first line that starts behind offset
}

// Span is the byte span of a line (counted from 1), its line end excluded.
// A line that does not exist has the empty span at the end of the text.
func (l *Lines) Span(line int) Span {
	s := l.SpanWithEnd(line)
	for s.End > s.Start && (l.text[s.End-1] == '\n' || l.text[s.End-1] == '\r') {
		s.End--
	}
	return s
}

// SpanWithEnd is the byte span of a line (counted from 1), its line end included.
func (l *Lines) SpanWithEnd(line int) Span {
	if line < 1 || line > len(l.starts) {
		return Span{len(l.text), len(l.text)}
	}
	end := len(l.text)
	if line < len(l.starts) {
		end = l.starts[line]
	}
	return Span{l.starts[line-1], end}
}

// Offset is the byte offset of a line and a column in characters, both counted from 1;
// it is clamped to the line.
func (l *Lines) Offset(line, column int) int {
	s := l.SpanWithEnd(line)
	offset := s.Start
	for column > 1 && offset < s.End {
		_, size := utf8.DecodeRune(l.text[offset:s.End])
		offset += size
		column--
	}
	return offset
}

// EOL is the line end that text uses: "\r\n" when its first line ends so, else "\n".
func EOL(text []byte) string {
	if i := bytes.IndexByte(text, '\n'); i > 0 && text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}
