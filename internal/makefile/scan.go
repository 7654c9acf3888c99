package makefile

import (
	"bytes"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// physical is one line of the file: its bytes, and where the next one starts.
type physical struct{ start, end, next int }

func lineAt(text []byte, at int) physical {
	n := bytes.IndexByte(text[at:], '\n')
	if n < 0 {
		return physical{at, len(text), len(text)}
	}
	end := at + n
	if end > at && text[end-1] == '\r' { // make drops the carriage return, too
		end--
	}
	return physical{at, end, at + n + 1}
}

// continued says whether the line ends in an odd number of backslashes.
func continued(line []byte) bool {
	n := 0
	for n < len(line) && line[len(line)-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

// logical is a line with those that continue it.
func logical(text []byte, at int) []physical {
	var out []physical
	for at < len(text) {
		l := lineAt(text, at)
		out = append(out, l)
		if !continued(text[l.start:l.end]) {
			break
		}
		at = l.next
	}
	return out
}

// flat is a logical line as make sees it outside of recipes: each continuation, with the blanks
// around it, is one space.
func flat(text []byte, lines []physical) shell.Text {
	var pieces []shell.Piece
	for i, l := range lines {
		from, to := l.start, l.end
		if i > 0 {
			for from < to && (text[from] == ' ' || text[from] == '\t') {
				from++
			}
			last := pieces[len(pieces)-1]
			gap := source.Span{Start: last.Span.End, End: from}
			pieces = append(pieces, shell.Piece{Text: " ", Span: gap, Use: gap})
		}
		if i+1 < len(lines) || to > from && continued(text[from:to]) {
			to--
			for to > from && (text[to-1] == ' ' || text[to-1] == '\t') {
				to--
			}
		}
		at := source.Span{Start: from, End: to}
		pieces = append(pieces, shell.Piece{Text: string(text[from:to]), Span: at, Use: at})
	}
	return shell.NewText(pieces...)
}

// recipe is a logical line as the shell gets it: continuations stay, a recipe prefix that starts a
// continued line goes.
func recipe(text []byte, lines []physical, from int, prefix byte) shell.Text {
	var parts []shell.Text
	for i, l := range lines {
		start := l.start
		if i == 0 {
			start = from
		} else if start < l.end && text[start] == prefix {
			start++
		}
		parts = append(parts, shell.Verbatim(text, source.Span{Start: start, End: l.end}))
		if i+1 < len(lines) {
			end := source.Span{Start: l.end, End: l.next}
			parts = append(parts, shell.NewText(shell.Piece{Text: "\n", Span: end, Use: end}))
		}
	}
	return shell.Join(parts...)
}

// reference is the end of the variable reference or function call that starts with the "$" at i:
// $x, $(...), ${...}.
func reference(s string, i int) int {
	if i+1 >= len(s) {
		return i + 1
	}
	open := s[i+1]
	closer := map[byte]byte{'(': ')', '{': '}'}[open]
	if closer == 0 {
		return i + 2
	}
	depth := 0
	for j := i + 1; j < len(s); j++ {
		switch s[j] {
		case open:
			depth++
		case closer:
			if depth--; depth == 0 {
				return j + 1
			}
		}
	}
	return len(s)
}

// indexOutside is the index of the first byte out of chars that stands in no reference and behind no
// backslash; -1 when there is none.
func indexOutside(s, chars string) int {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '$':
			i = reference(s, i) - 1
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("#:\\", s[i+1]) >= 0:
			i++
		case strings.IndexByte(chars, s[i]) >= 0:
			return i
		}
	}
	return -1
}

// trim is the text without blanks around it.
func trim(t shell.Text) shell.Text {
	s := t.String()
	from := len(s) - len(strings.TrimLeft(s, " \t\r\n"))
	return t.Slice(from, len(strings.TrimRight(s, " \t\r\n")))
}

// unescape turns \# into #.
func unescape(t shell.Text) shell.Text {
	s := t.String()
	var parts []shell.Text
	at := 0
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '\\' && s[i+1] == '#' {
			use := t.Use(i, i+2)
			parts = append(parts, t.Slice(at, i), shell.NewText(shell.Piece{Text: "#", Span: use, Use: use}))
			at, i = i+2, i+1
		}
	}
	if at == 0 {
		return t
	}
	return shell.Join(append(parts, t.Slice(at, len(s)))...)
}
