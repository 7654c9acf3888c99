package dockerfile

import (
	"bytes"
	"sort"
	"unicode"

	"refit/internal/source"
)

// fold is one instruction's logical line: its physical lines without continuation characters, line
// ends, inner comment lines and blank lines, as BuildKit's parser sees it, with the way back to the file.
type fold struct {
	text string
	segs []segment
	read int // how much of the text has its place
	// last is the number of the last physical line that the logical line takes up.
	last int
	// dangling are the offsets of continuation characters behind which nothing follows: the file
	// ends. They must go before anything is put behind the instruction.
	dangling []int
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

// append adds the file's bytes in s to the logical line. ok is false when the line says something else.
func (fo *fold) append(text []byte, s source.Span) (ok bool) {
	if s.Len() == 0 {
		return true
	}
	if rest := fo.text[fo.read:]; len(rest) < s.Len() || rest[:s.Len()] != string(s.Of(text)) {
		return false
	}
	fo.segs = append(fo.segs, segment{at: fo.read, file: s.Start})
	fo.read += s.Len()
	return true
}

// foldLine finds where the logical line that begins on line first stands in the file; original is the line as
// BuildKit has it. It follows the loop of parser.Parse in BuildKit v0.34.2. ok is false when the two disagree.
func foldLine(text []byte, lines *source.Lines, count, first int, escape byte, original string) (fo *fold, ok bool) {
	fo = &fold{text: original, last: first}
	s := lineSpan(text, lines, first)
	s.Start += len(s.Of(text)) - len(bytes.TrimLeftFunc(s.Of(text), unicode.IsSpace))
	content, more := cutContinuation(text, s, escape)
	ok = fo.append(text, content)
	if more {
		fo.dangling = []int{content.End}
	}
	for more && fo.last < count {
		fo.last++
		s := lineSpan(text, lines, fo.last)
		if trimmed := bytes.TrimLeftFunc(s.Of(text), unicode.IsSpace); len(trimmed) == 0 || trimmed[0] == '#' {
			continue
		}
		content, more = cutContinuation(text, s, escape)
		ok = ok && fo.append(text, content)
		if len(bytes.TrimSpace(content.Of(text))) > 0 {
			fo.dangling = nil
		}
		if more {
			fo.dangling = append(fo.dangling, content.End)
		}
	}
	if !more {
		fo.dangling = nil
	}
	return fo, ok && fo.read == len(original)
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
