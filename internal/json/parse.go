package json

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"refit/internal/source"
)

// maxDepth bounds the nesting of a file.
const maxDepth = 1000

// Parse reads one JSON value with comments ("//", "/* */") and trailing commas. The error is a
// *source.Problem at the place where the text stops being JSON.
func Parse(path string, text []byte) (*File, error) {
	if err := source.TooLong(path, text); err != nil {
		return nil, err
	}
	f := &File{Path: path, Text: text, lines: source.NewLines(text)}
	s := &scanner{file: f, text: text}
	if bytes.HasPrefix(text, []byte("\xef\xbb\xbf")) {
		s.pos = 3
	}
	root, err := s.value(nil, 0)
	if err != nil {
		return nil, err
	}
	f.Root = root
	if err := s.trivia(); err != nil {
		return nil, err
	}
	if s.pos < len(text) {
		return nil, s.problem("text behind the end of the JSON value", "remove it")
	}
	return f, nil
}

type scanner struct {
	file *File
	text []byte
	pos  int
}

func (s *scanner) problem(what, advice string) error {
	return &source.Problem{Path: s.file.Path, At: s.file.Position(s.pos), What: "not valid JSON: " + what, Advice: advice}
}

func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

// trivia passes white space and comments.
func (s *scanner) trivia() error {
	for s.pos < len(s.text) {
		rest := s.text[s.pos:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r' || rest[0] == '\n':
			s.pos++
		case bytes.HasPrefix(rest, []byte("//")):
			end := bytes.IndexAny(rest, "\r\n")
			if end < 0 {
				end = len(rest)
			}
			s.comment(end)
		case bytes.HasPrefix(rest, []byte("/*")):
			end := bytes.Index(rest[2:], []byte("*/"))
			if end < 0 {
				return s.problem("a comment is not closed", "close it with */")
			}
			s.comment(end + 4)
		default:
			return nil
		}
	}
	return nil
}

func (s *scanner) comment(length int) {
	s.file.Comments = append(s.file.Comments, source.Span{Start: s.pos, End: s.pos + length})
	s.pos += length
}

func (s *scanner) value(parent *Node, depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, s.problem("nested deeper than 1000", "")
	}
	if err := s.trivia(); err != nil {
		return nil, err
	}
	n := &Node{Parent: parent, file: s.file, Span: source.Span{Start: s.pos}}
	var err error
	switch s.peek() {
	case '{':
		n.Kind = Object
		err = s.members('}', func() error { return s.entry(n, depth) })
	case '[':
		n.Kind = Array
		err = s.members(']', func() error {
			item, err := s.value(n, depth+1)
			n.Items = append(n.Items, item)
			return err
		})
	case '"':
		n.Kind = String
		n.Value, err = s.str()
	default:
		err = s.word(n)
	}
	n.Span.End = s.pos
	return n, err
}

// members reads what stands between brackets, separated by commas; one may follow the last.
func (s *scanner) members(closing byte, member func() error) error {
	s.pos++
	for first := true; ; first = false {
		if err := s.trivia(); err != nil {
			return err
		}
		if !first && s.peek() == ',' {
			s.pos++
			if err := s.trivia(); err != nil {
				return err
			}
		} else if !first && s.peek() != closing {
			return s.problem("a comma or "+string(closing)+" is missing", "")
		}
		if s.peek() == closing {
			s.pos++
			return nil
		}
		if err := member(); err != nil {
			return err
		}
	}
}

func (s *scanner) entry(n *Node, depth int) error {
	if s.peek() != '"' {
		return s.problem("a key in double quotes is missing", "")
	}
	e := Entry{KeySpan: source.Span{Start: s.pos}}
	var err error
	if e.Key, err = s.str(); err != nil {
		return err
	}
	e.KeySpan.End = s.pos
	if err := s.trivia(); err != nil {
		return err
	}
	if s.peek() != ':' {
		return s.problem("the colon behind a key is missing", "")
	}
	s.pos++
	e.Value, err = s.value(n, depth+1)
	n.Entries = append(n.Entries, e)
	return err
}

// word reads a number, a boolean or null.
func (s *scanner) word(n *Node) error {
	start := s.pos
	for s.pos < len(s.text) && (isLetter(s.text[s.pos]) || bytes.IndexByte([]byte("+-.0123456789"), s.text[s.pos]) >= 0) {
		s.pos++
	}
	n.Value = string(s.text[start:s.pos])
	switch {
	case n.Value == "null":
		n.Kind = Null
	case n.Value == "true" || n.Value == "false":
		n.Kind = Bool
	case isNumber(n.Value):
		n.Kind = Number
	default:
		s.pos = start
		return s.problem("a value is missing", "")
	}
	return nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isNumber checks the grammar of RFC 8259, section 6.
func isNumber(s string) bool {
	digits := func() bool {
		n := len(s)
		for len(s) > 0 && s[0] >= '0' && s[0] <= '9' {
			s = s[1:]
		}
		return len(s) < n
	}
	if len(s) > 0 && s[0] == '-' {
		s = s[1:]
	}
	if len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' || !digits() {
		return false
	}
	if len(s) > 0 && s[0] == '.' {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if len(s) > 0 && s[0]|0x20 == 'e' {
		s = s[1:]
		if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		return digits() && s == ""
	}
	return s == ""
}

// str reads a string and returns its decoded value.
func (s *scanner) str() (string, error) {
	s.pos++
	var out []byte
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			s.pos++
			if !utf8.Valid(out) {
				return "", s.problem("a string is not UTF-8", "save the file as UTF-8")
			}
			return string(out), nil
		case c < ' ':
			return "", s.problem("a string is not closed on its line", "")
		case c == '\\':
			r, w := unescape(s.text[s.pos:])
			if w == 0 {
				return "", s.problem("an unknown escape in a string", "")
			}
			out = append(out, r...)
			s.pos += w
		default:
			out = append(out, c)
			s.pos++
		}
	}
	return "", s.problem("a string is not closed", "")
}

// unescape reads one escape: what it stands for and its width, which is 0 when it is none.
// Half of a surrogate pair reads as U+FFFD, as in encoding/json.
func unescape(text []byte) (string, int) {
	if len(text) < 2 {
		return "", 0
	}
	if text[1] != 'u' {
		if i := bytes.IndexByte([]byte(`"\/bfnrt`), text[1]); i >= 0 {
			return "\"\\/\b\f\n\r\t"[i : i+1], 2
		}
		return "", 0
	}
	r, ok := hex4(text)
	if !ok {
		return "", 0
	}
	if utf16.IsSurrogate(r) {
		if low, ok := hex4(text[6:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return string(pair), 12
			}
		}
		r = utf8.RuneError
	}
	return string(r), 6
}

func hex4(text []byte) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range text[2:6] {
		k := bytes.IndexByte([]byte("0123456789abcdef"), c|0x20)
		if k < 0 || c < '0' {
			return 0, false
		}
		r = r<<4 | rune(k)
	}
	return r, true
}
