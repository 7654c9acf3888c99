package yaml

import "unicode/utf8"

// lineBreak is the width in bytes of the line break at i, or 0. The library counts NEL, LS and PS as
// breaks too (YAML 1.1), and its line numbers follow from that.
func lineBreak(text []byte, i int) int {
	if i >= len(text) {
		return 0
	}
	switch text[i] {
	case '\n':
		return 1
	case '\r':
		if i+1 < len(text) && text[i+1] == '\n' {
			return 2
		}
		return 1
	case 0xC2:
		if i+1 < len(text) && text[i+1] == 0x85 {
			return 2
		}
	case 0xE2:
		if i+2 < len(text) && text[i+1] == 0x80 && (text[i+2] == 0xA8 || text[i+2] == 0xA9) {
			return 3
		}
	}
	return 0
}

// breakValue is what the line break of a width at i reads as: LS and PS stay, all others are "\n".
func breakValue(text []byte, i, width int) string {
	if width == 3 {
		return string(text[i : i+3])
	}
	return "\n"
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// isBlankOrEnd says whether white space, a line break or the end of the text is at i.
func isBlankOrEnd(text []byte, i int) bool {
	return i >= len(text) || isBlank(text[i]) || lineBreak(text, i) > 0
}

const bom = "\xef\xbb\xbf"

// places turns the library's line and column (in characters, from 1) into byte offsets. Questions
// must come in the order of the file: it remembers the last place so that one long line stays cheap.
type places struct {
	text         []byte
	starts       []int
	line, column int
	offset       int
}

func newPlaces(text []byte) *places {
	p := &places{text: text}
	first := 0
	if len(text) >= 3 && string(text[:3]) == bom {
		first = 3
	}
	p.starts = append(p.starts, first)
	for i := first; i < len(text); {
		if w := lineBreak(text, i); w > 0 {
			i += w
			p.starts = append(p.starts, i)
		} else {
			i++
		}
	}
	return p
}

// at is the byte offset of a line and column, or -1 when there is no such place.
func (p *places) at(line, column int) int {
	if line < 1 || line > len(p.starts) {
		return -1
	}
	if line != p.line || column < p.column {
		p.line, p.column, p.offset = line, 1, p.starts[line-1]
	}
	for p.column < column && p.offset < len(p.text) {
		_, size := utf8.DecodeRune(p.text[p.offset:])
		p.offset += size
		p.column++
	}
	if p.column != column {
		return -1
	}
	return p.offset
}
