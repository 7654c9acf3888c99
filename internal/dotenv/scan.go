package dotenv

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"refit/internal/source"
)

// scanner walks the text statement by statement, as Compose does: a statement need not start on
// a line of its own, it may follow a closing quote.
type scanner struct {
	file   *File
	text   string
	pos    int
	broken []int // offsets inside of lines that could not be read, ascending
}

func (s *scanner) run() {
	if strings.HasPrefix(s.text, "\uFEFF") {
		s.pos = len("\uFEFF")
	}
	for s.toStatement() {
		start := s.pos
		v, ok := s.statement(start)
		if v != nil {
			s.file.Vars = append(s.file.Vars, v)
		}
		if ok {
			continue
		}
		s.broken = append(s.broken, start)
		s.pos = start
		s.toLineEnd()
	}
}

// toStatement skips blank space, line ends and comments; false at the end of the text.
func (s *scanner) toStatement() bool {
	for {
		rest := strings.TrimLeftFunc(s.text[s.pos:], unicode.IsSpace)
		s.pos = len(s.text) - len(rest)
		if rest == "" {
			return false
		}
		if rest[0] != '#' {
			return true
		}
		s.toLineEnd()
	}
}

func (s *scanner) toLineEnd() { s.pos = s.lineEnd(s.pos) }

// lineEnd is the offset of the next "\n" at or behind pos, or the end of the text.
func (s *scanner) lineEnd(pos int) int {
	if i := strings.IndexByte(s.text[pos:], '\n'); i >= 0 {
		return pos + i
	}
	return len(s.text)
}

// statement reads one assignment or bare name. It returns nil for one that is of no use, and false
// when Compose can't read on behind it; both leave a problem.
func (s *scanner) statement(start int) (*Var, bool) {
	v := &Var{Line: s.file.table.Line(start)}
	if after := strings.TrimPrefix(s.text[start:], "export"); len(after) < len(s.text)-start && startsWithASCIISpace(after) {
		v.Export = true
		s.pos = len(s.text) - len(strings.TrimLeftFunc(after, isInlineSpace))
	}
	if !s.key(v) {
		return nil, false
	}
	if v.Bare {
		v.ValueSpan = source.Span{Start: v.KeySpan.End, End: v.KeySpan.End}
	} else if !s.value(v) {
		return nil, false
	}
	if v.Key == "" { // Compose reads the value and goes on behind it
		s.file.problem(start, "value without a name", "no program can read it", `write "NAME=value"`)
		s.broken = append(s.broken, start)
		return nil, true
	}
	v.Span = source.Span{Start: start, End: max(v.ValueSpan.End, v.KeySpan.End)}
	v.Raw = s.text[v.ValueSpan.Start:v.ValueSpan.End]
	v.Value = literal(v.template, v.Quote)
	return v, true
}

// key reads the name and what ends it: "=", ":" or, for a bare name, the line end.
func (s *scanner) key(v *Var) bool {
	from := s.pos
	end, size := -1, 0
loop:
	for i := from; i < len(s.text); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s.text[i:])
		switch {
		case r == '=' || r == ':' || r == '\n':
			end, v.Bare, v.Colon = i, r == '\n', r == ':'
			break loop
		case isInlineSpace(r), strings.ContainsRune("_.-[]", r), unicode.IsLetter(r), unicode.IsNumber(r):
		default:
			s.file.problem(i, fmt.Sprintf("character %q in the name of a variable", r),
				"Compose rejects the whole file", "use letters, digits and _, and comments of their own line")
			return false
		}
	}
	if end < 0 {
		s.file.problem(from, "name without a value on the last line, which has no line end",
			"Compose takes it for the value of a variable without a name", `write "NAME=" or end the line`)
		return false
	}
	key := strings.TrimRightFunc(s.text[from:end], unicode.IsSpace)
	v.Key, v.KeySpan = key, source.Span{Start: from, End: from + len(key)}
	s.pos = end + 1
	if strings.Contains(key, " ") {
		s.file.problem(from, "space in the name of a variable", "Compose rejects the whole file",
			`write "NAME=value", or "# " before a comment`)
		return false
	}
	return true
}

// value reads what stands behind the "=".
func (s *scanner) value(v *Var) bool {
	behindEquals := s.pos
	rest := strings.TrimLeftFunc(s.text[s.pos:], isInlineSpace)
	s.pos = len(s.text) - len(rest)
	if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
		return s.quoted(v, rest[0])
	}
	start, end := s.pos, s.lineEnd(s.pos)
	line := s.text[start:end]
	s.pos = min(end+1, len(s.text))
	value, _, commented := strings.Cut(line, " #")
	if commented {
		at := start + len(value) + 1
		v.Comment = source.Span{Start: at, End: at + len(strings.TrimRight(s.text[at:end], "\r"))}
	}
	value = strings.TrimRightFunc(value, unicode.IsSpace)
	v.template = value
	v.ValueSpan = source.Span{Start: start, End: start + len(value)}
	if value == "" {
		v.ValueSpan = source.Span{Start: behindEquals, End: behindEquals}
	}
	return true
}

// quoted reads up to the closing quote, which may stand on a later line. A backslash keeps the
// quote character behind it from closing, in single quotes too (unlike in a shell).
func (s *scanner) quoted(v *Var, quote byte) bool {
	open := s.pos
	for i := open + 1; i < len(s.text); i++ {
		switch s.text[i] {
		case '\\':
			i++
		case quote:
			v.Quote = Quote(quote)
			v.ValueSpan = source.Span{Start: open, End: i + 1}
			v.template = unescape(s.text[open+1:i], v.Quote)
			s.pos = i + 1
			s.trailingComment(v)
			return true
		}
	}
	s.file.problem(open, "quote that is never closed", "Compose rejects the whole file", "close the quote")
	return false
}

func (s *scanner) trailingComment(v *Var) {
	rest := strings.TrimLeftFunc(s.text[s.pos:], func(r rune) bool { return r != '\n' && unicode.IsSpace(r) })
	if strings.HasPrefix(rest, "#") {
		at := len(s.text) - len(rest)
		v.Comment = source.Span{Start: at, End: at + len(strings.TrimRight(s.text[at:s.lineEnd(at)], "\r"))}
	}
}

// isInlineSpace is the blank space that Compose skips around names; the line end is not part of it.
func isInlineSpace(r rune) bool {
	switch r {
	case '\t', '\v', '\f', '\r', ' ', 0x85, 0xA0:
		return true
	}
	return false
}

func startsWithASCIISpace(s string) bool {
	return s != "" && strings.IndexByte("\t\n\f\r ", s[0]) >= 0
}
