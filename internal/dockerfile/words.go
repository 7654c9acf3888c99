package dockerfile

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The lexers below find where BuildKit's parser sees words; what the words say comes from the parser
// itself. They follow parser/line_parsers.go and parser/split_command.go of BuildKit v0.34.2, quirks
// included: flags are read byte by byte, words rune by rune.

// cut is a range of a folded text.
type cut struct{ lo, hi int }

// isBlank says whether the parser's whitespace expression matches the byte.
func isBlank(b byte) bool {
	return b == ' ' || b == '\t' || b == '\v' || b == '\f' || b == '\r'
}

// trim takes the space off both ends of text[c.lo:c.hi].
func trim(text string, c cut) cut {
	s := text[c.lo:c.hi]
	c.lo += len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace))
	c.hi = c.lo + len(strings.TrimSpace(s))
	return c
}

// keyword is the first word of text[c.lo:c.hi], which has no space at its ends.
func keyword(text string, c cut) cut {
	hi := c.lo
	for hi < c.hi && !isBlank(text[hi]) {
		hi++
	}
	return cut{c.lo, hi}
}

// blankWords splits text[c.lo:c.hi], which has no space at its ends, at blanks.
func blankWords(text string, c cut) []cut {
	var words []cut
	for at := c.lo; at < c.hi; {
		end := at
		for end < c.hi && !isBlank(text[end]) {
			end++
		}
		words = append(words, cut{at, end})
		for at = end; at < c.hi && isBlank(text[at]); {
			at++
		}
	}
	return words
}

// shellWords splits text[c.lo:c.hi] at spaces that are neither quoted nor escaped.
func shellWords(text string, c cut, escape rune) []cut {
	rest := text[c.lo:c.hi]
	var words []cut
	start, written := -1, false // of the word that is being read
	quote, width := rune(0), 0
	blankOK := false
	for pos := 0; pos < len(rest); pos += width {
		var ch rune
		ch, width = utf8.DecodeRuneInString(rest[pos:])
		if start < 0 {
			if unicode.IsSpace(ch) {
				continue
			}
			start = pos
		}
		if quote == 0 {
			if unicode.IsSpace(ch) {
				if blankOK || written {
					words = append(words, cut{c.lo + start, c.lo + pos})
				}
				start, written, blankOK = -1, false, false
				continue
			}
			if ch == '\'' || ch == '"' {
				quote, blankOK = ch, true
			}
			if ch == escape {
				if pos+width == len(rest) {
					continue
				}
				pos += width
				_, width = utf8.DecodeRuneInString(rest[pos:])
			}
			written = true
			continue
		}
		closes := ch == quote
		if ch == escape && quote != '\'' {
			if pos+width == len(rest) {
				quote = 0
				continue
			}
			pos += width
			_, width = utf8.DecodeRuneInString(rest[pos:])
		}
		if closes {
			quote = 0
		}
		written = true
	}
	if start >= 0 && (blankOK || written) {
		words = append(words, cut{c.lo + start, c.hi})
	}
	return words
}

// flagWords finds the leading --flags of text[c.lo:c.hi] and where the arguments begin.
func flagWords(text string, c cut, escape rune) (flags []cut, rest int) {
	start := -1
	quote := rune(0)
	length := 0 // of the word as the parser builds it
	plain := true
	end := func(pos int) (stop bool) {
		if plain && length == 2 {
			return true // "--" ends the flags
		}
		flags = append(flags, cut{start, pos})
		start, length, plain = -1, 0, true
		return false
	}
	for pos := c.lo; pos < c.hi; pos++ {
		ch := rune(text[pos])
		if start < 0 {
			if unicode.IsSpace(ch) {
				continue
			}
			if ch != '-' || pos+1 == c.hi || text[pos+1] != '-' {
				return flags, pos
			}
			start = pos
		}
		switch {
		case quote == 0 && unicode.IsSpace(ch):
			if end(pos) {
				return flags, pos
			}
			continue
		case quote == 0 && (ch == '\'' || ch == '"'):
			quote = ch
			continue
		case quote != 0 && ch == quote:
			quote = 0
			continue
		case ch == escape:
			if pos+1 == c.hi {
				quote = 0
				continue
			}
			pos++
			ch = rune(text[pos])
		}
		length++
		plain = plain && ch == '-'
	}
	if start >= 0 {
		end(c.hi)
	}
	return flags, c.hi
}

// jsonWords finds the strings of a JSON array of strings that is known to be valid; the quotes belong to them.
func jsonWords(text string, c cut) []cut {
	var words []cut
	for at := c.lo; at < c.hi; at++ {
		if text[at] != '"' {
			continue
		}
		end := at + 1
		for end < c.hi && text[end] != '"' {
			if text[end] == '\\' {
				end++
			}
			end++
		}
		words = append(words, cut{at, min(end+1, c.hi)})
		at = end
	}
	return words
}
