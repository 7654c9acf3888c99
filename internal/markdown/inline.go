package markdown

import (
	"strings"

	"refit/internal/shell"
)

// inline finds code spans, links and tags in running text.
func (s *scanner) inline(t shell.Text) {
	str := t.String()
	runs := backticks(str)
	var open []int // places of "[" that may start a link
	for i := 0; i < len(str); i++ {
		switch str[i] {
		case '\\':
			if i+1 < len(str) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", str[i+1]) >= 0 {
				i++
			}
		case '`':
			n := runLength(str[i:])
			end := runs.next(n, i+n)
			if end < 0 {
				i += n - 1
				continue
			}
			s.codeSpan(t, i, n, end)
			i = end + n - 1
		case '<':
			if end := autolink(str[i:]); end > 0 {
				target := t.Slice(i+1, i+end-1)
				if at, ok := target.Origin(); ok {
					s.doc.Links = append(s.doc.Links, Link{Kind: LinkAuto, Target: target.String(), At: at, Span: t.Use(i, i+end)})
				}
				i += end - 1
			} else if strings.HasPrefix(str[i:], "<!--") {
				if n := strings.Index(str[i:], "-->"); n > 0 {
					i += n + 2
				}
			} else if end, attributes := htmlTag(str[i:min(len(str), i+maxTag)]); end > 0 {
				s.attributes(t, i, end, attributes)
				i += end - 1
			}
		case '[':
			if len(open) < maxContainers {
				open = append(open, i)
			}
		case ']':
			if len(open) == 0 {
				continue
			}
			start := open[len(open)-1]
			open = open[:len(open)-1]
			if end := s.link(t, start, i); end > 0 {
				i = end - 1
			}
		}
	}
}

// maxTag bounds how far an HTML tag in running text is followed, in bytes.
const maxTag = 4096

// ticks are the runs of backticks in a text by their length, so that the end of a code span is found
// without going over the text again for each.
type ticks map[int][]int

func backticks(s string) ticks {
	out := ticks{}
	for i := 0; i < len(s); i++ {
		if s[i] == '`' {
			n := runLength(s[i:])
			out[n] = append(out[n], i)
			i += n - 1
		}
	}
	return out
}

func runLength(s string) int {
	n := 0
	for n < len(s) && s[n] == '`' {
		n++
	}
	return n
}

// next is the first run of a length at or behind an offset, -1 for none. Offsets only grow.
func (t ticks) next(n, from int) int {
	list := t[n]
	for len(list) > 0 && list[0] < from {
		list = list[1:]
	}
	t[n] = list
	if len(list) == 0 {
		return -1
	}
	return list[0]
}

func (s *scanner) codeSpan(t shell.Text, start, n, end int) {
	body := t.Slice(start+n, end)
	str := body.String()
	if len(str) > 1 && blankAt(str, 0) && blankAt(str, len(str)-1) && strings.Trim(str, " \n") != "" {
		body = body.Slice(1, len(str)-1)
	}
	var parts []shell.Text
	at := 0
	for i, b := range []byte(body.String()) {
		if b == '\n' {
			use := body.Use(i, i+1)
			gap := shell.Piece{Text: " ", Span: use, Use: use}
			if use.Len() == 1 { // the file holds a line end there, not the space
				gap.Span = shell.Nowhere
			}
			parts = append(parts, body.Slice(at, i), shell.NewText(gap))
			at = i + 1
		}
	}
	body = shell.Join(append(parts, body.Slice(at, body.Len()))...)
	s.doc.CodeSpans = append(s.doc.CodeSpans, CodeSpan{Span: t.Use(start, end+n), Text: body})
}

func blankAt(s string, i int) bool { return s[i] == ' ' || s[i] == '\n' }

// autolink is the length of <scheme:...> or <name@host> at the start of s, 0 for none.
func autolink(s string) int {
	end := strings.IndexAny(s[1:min(len(s), maxTag)], "<> \t\n") + 1
	if end <= 1 || s[end] != '>' {
		return 0
	}
	body := s[1:end]
	scheme := strings.IndexByte(body, ':')
	if scheme >= 2 && scheme <= 32 && isLetter(body[0]) && strings.Trim(strings.ToLower(body[:scheme]), "abcdefghijklmnopqrstuvwxyz0123456789+.-") == "" {
		return end + 1
	}
	if at := strings.IndexByte(body, '@'); at > 0 && !strings.ContainsAny(body, `\/:`) {
		return end + 1
	}
	return 0
}

// link reads (target "title") behind [text]; it returns where the link ends, 0 when there is none.
func (s *scanner) link(t shell.Text, start, closer int) int {
	str := t.String()
	i := closer + 1
	if i >= len(str) || str[i] != '(' {
		return 0
	}
	i = skipBlank(str, i+1)
	from, to, next, ok := destination(str, i)
	if !ok {
		return 0
	}
	i = skipBlank(str, next)
	if i < len(str) && str[i] != ')' && i > next {
		if i, ok = title(str, i); !ok {
			return 0
		}
		i = skipBlank(str, i)
	}
	if i >= len(str) || str[i] != ')' {
		return 0
	}
	kind, first := LinkInline, start
	if start > 0 && str[start-1] == '!' && !escaped(str, start-1) {
		kind, first = LinkImage, start-1
	}
	target := t.Slice(from, to)
	if at, ok := target.Origin(); ok {
		s.doc.Links = append(s.doc.Links, Link{Kind: kind, Label: str[start+1 : closer], Target: target.String(), At: at, Span: t.Use(first, i+1)})
	}
	return i + 1
}

func escaped(s string, i int) bool {
	n := 0
	for i-1-n >= 0 && s[i-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}

func skipBlank(s string, i int) int {
	for i < len(s) && strings.IndexByte(" \t\n", s[i]) >= 0 {
		i++
	}
	return i
}

// destination reads <target> or target at i: its place, and where what follows starts.
func destination(s string, i int) (from, to, next int, ok bool) {
	if i < len(s) && s[i] == '<' {
		for j := i + 1; j < len(s); j++ {
			switch s[j] {
			case '\\':
				j++
			case '\n', '<':
				return 0, 0, 0, false
			case '>':
				return i + 1, j, j + 1, true
			}
		}
		return 0, 0, 0, false
	}
	depth := 0
	j := i
	for ; j < len(s); j++ {
		b := s[j]
		switch {
		case b == '\\' && j+1 < len(s) && s[j+1] > ' ':
			j++
		case b <= ' ' || b == 0x7f:
			return i, j, j, depth == 0
		case b == '(':
			if depth++; depth > 32 {
				return 0, 0, 0, false
			}
		case b == ')':
			if depth == 0 {
				return i, j, j, true
			}
			depth--
		}
	}
	return i, j, j, depth == 0
}

// title is where a "title" that starts at i ends.
func title(s string, i int) (end int, ok bool) {
	closer := map[byte]byte{'"': '"', '\'': '\'', '(': ')'}[s[i]]
	if closer == 0 {
		return 0, false
	}
	for j := i + 1; j < len(s); j++ {
		switch s[j] {
		case '\\':
			j++
		case closer:
			return j + 1, true
		}
	}
	return 0, false
}

// definitions takes the link reference definitions off the front of a paragraph.
func (s *scanner) definitions(t shell.Text) shell.Text {
	str := t.String()
	start := 0
	for start < len(str) && str[start] == '[' {
		closer := start + 1
		for closer < len(str) && closer < start+1000 && str[closer] != ']' && str[closer] != '[' {
			if str[closer] == '\\' {
				closer++
			}
			closer++
		}
		if closer+1 >= len(str) || str[closer] != ']' || str[closer+1] != ':' || strings.TrimSpace(str[start+1:closer]) == "" {
			break
		}
		from, to, next, ok := destination(str, skipBlank(str, closer+2))
		if !ok || to == from && str[from-1] != '<' {
			break
		}
		end := definitionEnd(str, next)
		if end < 0 {
			break
		}
		target := t.Slice(from, to)
		if at, ok := target.Origin(); ok {
			s.doc.Links = append(s.doc.Links, Link{Kind: LinkDefinition, Label: str[start+1 : closer], Target: target.String(), At: at, Span: t.Use(start, end)})
		}
		start = skipBlank(str, end)
	}
	return t.Slice(start, len(str))
}

// definitionEnd is where a definition ends whose target ends at i: behind its title when it has one,
// -1 when something else follows on the line.
func definitionEnd(s string, i int) int {
	lineEnd := func(i int) bool {
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		return i >= len(s) || s[i] == '\n'
	}
	if j := skipBlank(s, i); j > i && j < len(s) {
		if end, ok := title(s, j); ok && lineEnd(end) {
			return end
		}
	}
	if lineEnd(i) {
		return i
	}
	return -1
}
