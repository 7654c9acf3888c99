package gitrepo

import "strings"

// glob is one of git's patterns (gitignore(5)), compiled. It matches byte by byte: "*" and "?" stop
// at a slash, "**" between slashes or at an end crosses them. A match takes as many steps as the two
// lengths multiplied, whatever the pattern.
type glob struct {
	tokens []token
	never  bool   // a set that is never closed, or a backslash at the end: git matches nothing
	suffix string // set for "*suffix", the commonest pattern
}

type token struct {
	kind tokenKind
	b    byte   // one
	set  string // of the class, brackets included
}

type tokenKind byte

const (
	one       tokenKind = iota // the byte b
	anyByte                    // "?"
	anySet                     // "[...]"
	star                       // "*": any number of bytes, no slash
	deep                       // "**": any number of bytes
	deepSlash                  // "**" before a slash: as deep, and may match nothing together with the slash
)

func compileGlob(pattern string) glob {
	var g glob
	if strings.HasPrefix(pattern, "*") && !strings.ContainsAny(pattern[1:], `*?[\/`) {
		g.suffix = pattern[1:]
	}
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; c {
		case '*':
			end := i
			for end < len(pattern) && pattern[end] == '*' {
				end++
			}
			g.tokens = append(g.tokens, token{kind: starKind(pattern, i, end)})
			i = end
		case '?':
			g.tokens = append(g.tokens, token{kind: anyByte})
			i++
		case '[':
			length, _ := matchSet(pattern[i:], 0)
			if length == 0 {
				return glob{never: true}
			}
			g.tokens = append(g.tokens, token{kind: anySet, set: pattern[i : i+length]})
			i += length
		default:
			if c == '\\' {
				if i++; i == len(pattern) {
					return glob{never: true}
				}
			}
			g.tokens = append(g.tokens, token{kind: one, b: pattern[i]})
			i++
		}
	}
	return g
}

func starKind(pattern string, start, end int) tokenKind {
	rest := pattern[end:]
	switch {
	case end-start == 1, start > 0 && pattern[start-1] != '/':
		return star
	case rest == "", strings.HasPrefix(rest, `\/`):
		return deep
	case rest[0] == '/':
		return deepSlash
	}
	return star
}

// match goes through the pattern from its end: row[t] says whether what follows of the pattern
// matches text[t:]; behind is the row of the token after the next.
func (g glob) match(text string) bool {
	switch {
	case g.never:
		return false
	case g.suffix != "":
		return strings.HasSuffix(text, g.suffix) && !strings.Contains(text[:len(text)-len(g.suffix)], "/")
	}
	n := len(text) + 1
	buffer := make([]bool, 3*n)
	row, next, behind := buffer[:n], buffer[n:2*n], buffer[2*n:]
	next[n-1] = true
	for i := len(g.tokens) - 1; i >= 0; i-- {
		k := g.tokens[i]
		for t := n - 1; t >= 0; t-- {
			last := t == n-1
			switch k.kind {
			case one:
				row[t] = !last && text[t] == k.b && next[t+1]
			case anyByte:
				row[t] = !last && text[t] != '/' && next[t+1]
			case anySet:
				row[t] = !last && text[t] != '/' && next[t+1] && k.has(text[t])
			case star:
				row[t] = next[t] || !last && text[t] != '/' && row[t+1]
			case deep, deepSlash:
				row[t] = next[t] || !last && row[t+1]
			}
		}
		if k.kind == deepSlash {
			for t := range row {
				row[t] = row[t] || behind[t]
			}
		}
		row, next, behind = behind, row, next
	}
	return next[0]
}

func (k token) has(b byte) bool {
	_, ok := matchSet(k.set, b)
	return ok
}

// matchSet matches one byte with the set at the start of pattern ("[a-z]", "[!x]", "[[:digit:]]")
// and returns the set's length, 0 for a set that is never closed or names an unknown class.
func matchSet(pattern string, b byte) (length int, ok bool) {
	i := 1
	negated := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negated {
		i++
	}
	matched, previous := false, byte(0) // previous: where a range may start
	for first := true; ; first = false {
		if i >= len(pattern) {
			return 0, false
		}
		c := pattern[i]
		switch {
		case c == ']' && !first:
			return i + 1, matched != negated
		case c == '\\':
			if i++; i >= len(pattern) {
				return 0, false
			}
			c = pattern[i]
			matched = matched || b == c
		case c == '-' && previous != 0 && i+1 < len(pattern) && pattern[i+1] != ']':
			if i++; pattern[i] == '\\' {
				if i++; i >= len(pattern) {
					return 0, false
				}
			}
			matched = matched || previous <= b && b <= pattern[i]
			c = 0
		case c == '[' && i+1 < len(pattern) && pattern[i+1] == ':':
			end := strings.IndexByte(pattern[i+2:], ']')
			if end < 0 {
				return 0, false
			}
			name := pattern[i+2 : i+2+end]
			if !strings.HasSuffix(name, ":") { // not a class: an ordinary bracket
				matched = matched || b == c
				break
			}
			in, known := classes[name[:len(name)-1]]
			if !known {
				return 0, false
			}
			matched = matched || in(b)
			i += 2 + end
			c = 0
		default:
			matched = matched || b == c
		}
		previous = c
		i++
	}
}

// classes are the POSIX classes, for ASCII, as git has them.
var classes = map[string]func(byte) bool{
	"alnum":  func(b byte) bool { return isLower(b) || isUpper(b) || isDigit(b) },
	"alpha":  func(b byte) bool { return isLower(b) || isUpper(b) },
	"blank":  func(b byte) bool { return b == ' ' || b == '\t' },
	"cntrl":  func(b byte) bool { return b < 0x20 || b == 0x7f },
	"digit":  isDigit,
	"graph":  func(b byte) bool { return b > 0x20 && b < 0x7f },
	"lower":  isLower,
	"print":  func(b byte) bool { return b >= 0x20 && b < 0x7f },
	"punct":  func(b byte) bool { return b > 0x20 && b < 0x7f && !isLower(b) && !isUpper(b) && !isDigit(b) },
	"space":  func(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' },
	"upper":  isUpper,
	"xdigit": func(b byte) bool { return isDigit(b) || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F' },
}

func isLower(b byte) bool { return b >= 'a' && b <= 'z' }
func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }
func isDigit(b byte) bool { return b >= '0' && b <= '9' }
