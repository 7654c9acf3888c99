package dockerfile

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"unicode"

	"refit/internal/source"
)

// fold is one instruction's logical line: its physical lines without continuation characters, line
// ends, inner comment lines and blank lines, as BuildKit's parser sees it, with the way back to the file.
type fold struct {
	text string
	segs []segment
	// first and last are the numbers of the physical lines that the logical line begins and ends on.
	first, last int
	// dangling are the offsets of continuation characters behind which nothing follows: the file
	// ends. They must go before anything is put behind the instruction.
	dangling []int
	// unasked are the arguments that BuildKit has not seen; see shortNodes.
	unasked cut
}

// segment says that the folded text from at on stands at file in the bytes, up to the next segment.
type segment struct{ at, file int }

// offset is where the folded text's byte i stands in the file.
func (fo *fold) offset(i int) int {
	if len(fo.segs) == 0 {
		return 0
	}
	n := sort.Search(len(fo.segs), func(n int) bool { return fo.segs[n].at > i }) - 1
	n = max(n, 0)
	return fo.segs[n].file + i - fo.segs[n].at
}

// segments are those of the folded text's range c, counted from its start.
func (fo *fold) segments(c cut) []segment {
	var out []segment
	for i, seg := range fo.segs {
		if i+1 < len(fo.segs) && fo.segs[i+1].at <= c.lo {
			continue
		}
		if seg.at >= c.hi {
			break
		}
		if out == nil {
			out = make([]segment, 0, len(fo.segs)-i)
		}
		lo := max(seg.at, c.lo)
		out = append(out, segment{at: lo - c.lo, file: seg.file + lo - seg.at})
	}
	return out
}

// span is the file's bytes that the folded text [lo, hi) was made of; between them may stand
// continuation characters and comments.
func (fo *fold) span(lo, hi int) source.Span {
	if hi > lo {
		return source.Span{Start: fo.offset(lo), End: fo.offset(hi-1) + 1}
	}
	at := fo.offset(lo)
	if lo > 0 {
		at = fo.offset(lo-1) + 1
	}
	return source.Span{Start: at, End: at}
}

// folding folds the logical lines of a file one after the other. Their texts share one copy of the file, and so do their
// segments.
type folding struct {
	text   []byte
	lines  *source.Lines
	count  int // of the lines, as BuildKit counts them
	escape byte
	out    strings.Builder
	segs   []segment

	dangling []int // of the line that is being folded
}

func newFolding(f *File) *folding {
	fl := &folding{text: f.Text, lines: f.Lines, count: lineCount(f.Text, f.Lines), escape: f.Escape}
	fl.out.Grow(len(f.Text))
	fl.segs = make([]segment, 0, fl.count)
	return fl
}

// line folds the logical line that begins on line first. It follows the loop of parser.Parse in BuildKit v0.34.2.
func (fl *folding) line(first int) *fold {
	fo := &fold{first: first, last: first}
	text, seg := fl.out.Len(), len(fl.segs)
	s := lineSpan(fl.text, fl.lines, first)
	s.Start += len(s.Of(fl.text)) - len(bytes.TrimLeftFunc(s.Of(fl.text), unicode.IsSpace))
	content, more := cutContinuation(fl.text, s, fl.escape)
	fl.add(content, text)
	dangling := fl.dangling[:0]
	if more {
		dangling = append(dangling, content.End)
	}
	for more && fo.last < fl.count {
		fo.last++
		s := lineSpan(fl.text, fl.lines, fo.last)
		if trimmed := bytes.TrimLeftFunc(s.Of(fl.text), unicode.IsSpace); len(trimmed) == 0 || trimmed[0] == '#' {
			continue
		}
		content, more = cutContinuation(fl.text, s, fl.escape)
		fl.add(content, text)
		if len(bytes.TrimSpace(content.Of(fl.text))) > 0 {
			dangling = dangling[:0]
		}
		if more {
			dangling = append(dangling, content.End)
		}
	}
	if more {
		fo.dangling = slices.Clone(dangling)
	}
	fl.dangling = dangling
	fo.text, fo.segs = fl.out.String()[text:], fl.segs[seg:len(fl.segs):len(fl.segs)]
	return fo
}

// add adds the file's bytes in s to the logical line that begins at from.
func (fl *folding) add(s source.Span, from int) {
	if s.Len() > 0 {
		fl.segs = append(fl.segs, segment{at: fl.out.Len() - from, file: s.Start})
		fl.out.Write(s.Of(fl.text))
	}
}

// cutContinuation takes a continuation character off the end of a line: the escape character, followed
// by blanks only and not itself escaped.
func cutContinuation(text []byte, s source.Span, escape byte) (source.Span, bool) {
	line := bytes.TrimRight(s.Of(text), " \t")
	n := len(line)
	if n == 0 || line[n-1] != escape || n > 1 && line[n-2] == escape {
		return s, false
	}
	return source.Span{Start: s.Start, End: s.Start + n - 1}, true
}

// byteOrderMark is what some editors put before the first byte of UTF-8 text.
const byteOrderMark = "\xef\xbb\xbf"

// lineSpan is a line without its end and, on the first line, without the byte order mark.
func lineSpan(text []byte, lines *source.Lines, line int) source.Span {
	s := lines.Span(line)
	if line == 1 && bytes.HasPrefix(s.Of(text), []byte(byteOrderMark)) {
		s.Start += len(byteOrderMark)
	}
	return s
}

// lineCount is the number of lines as BuildKit counts them: no line begins behind the final line end.
func lineCount(text []byte, lines *source.Lines) int {
	if n := len(text); n == 0 || text[n-1] == '\n' {
		return lines.Count() - 1
	}
	return lines.Count()
}
