package yaml

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// seg says that n bytes of a scalar's value stand verbatim in the file.
type seg struct{ value, file, n int }

// decoder collects the value of a scalar together with where its bytes come from.
type decoder struct {
	text  []byte
	value []byte
	segs  []seg
}

// copy takes n bytes of the file as they are.
func (d *decoder) copy(file, n int) {
	if n == 0 {
		return
	}
	if k := len(d.segs) - 1; k >= 0 && d.segs[k].value+d.segs[k].n == len(d.value) && d.segs[k].file+d.segs[k].n == file {
		d.segs[k].n += n
	} else {
		d.segs = append(d.segs, seg{len(d.value), file, n})
	}
	d.value = append(d.value, d.text[file:file+n]...)
}

// lineEnd takes a line break as it reads: "\n" for "\r\n".
func (d *decoder) lineEnd(b brk) {
	s := breakValue(d.text, b.at, b.width)
	if s == string(d.text[b.at:b.at+b.width]) {
		d.copy(b.at, b.width)
	} else {
		d.synth(s)
	}
}

func (d *decoder) synth(s string) { d.value = append(d.value, s...) }

// brk is a line break in the file.
type brk struct{ at, width int }

// fold takes a run of line breaks as flow scalars do: one break is a space, the first of several is dropped.
func (d *decoder) fold(breaks []brk) {
	first := breaks[0]
	switch {
	case breakValue(d.text, first.at, first.width) != "\n":
		d.lineEnd(first)
	case len(breaks) == 1:
		d.synth(" ")
	}
	for _, b := range breaks[1:] {
		d.lineEnd(b)
	}
}

// space reads a run of blanks and line breaks at i: where it ends, and the breaks in it.
func space(text []byte, i int) (end int, breaks []brk) {
	for i < len(text) {
		if w := lineBreak(text, i); w > 0 {
			breaks = append(breaks, brk{i, w})
			i += w
		} else if isBlank(text[i]) {
			i++
		} else {
			break
		}
	}
	return i, breaks
}

// scalar passes a scalar and checks that its bytes decode to the value that the library read.
func (a *aligner) scalar(n *Node, y *yaml.Node, indent int) error {
	n.Kind = Scalar
	d := &decoder{text: a.text}
	var end int
	switch {
	case y.Style&yaml.SingleQuotedStyle != 0:
		n.Style = SingleQuoted
		end = d.quoted(a.pos, '\'')
	case y.Style&yaml.DoubleQuotedStyle != 0:
		n.Style = DoubleQuoted
		end = d.quoted(a.pos, '"')
	case y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		n.Style = Literal
		if y.Style&yaml.FoldedStyle != 0 {
			n.Style = Folded
		}
		end = a.block(d, n.Style == Folded, indent)
	default:
		end = d.plain(a.pos, y.Value)
	}
	if end < 0 || string(d.value) != y.Value {
		return a.lost()
	}
	n.segs = d.segs
	a.moveTo(end)
	return nil
}

// plain reads a plain scalar. Where it ends depends on the context; the value tells: it never ends
// in white space, so that its last character is the end. It returns -1 when text and value differ.
func (d *decoder) plain(i int, value string) int {
	for len(d.value) < len(value) {
		if i >= len(d.text) {
			return -1
		}
		if isBlankOrEnd(d.text, i) {
			end, breaks := space(d.text, i)
			if len(breaks) == 0 {
				d.copy(i, end-i)
			} else {
				d.fold(breaks)
			}
			i = end
		} else {
			_, size := utf8.DecodeRune(d.text[i:])
			d.copy(i, size)
			i += size
		}
	}
	return i
}

// quoted reads a quoted scalar and returns the offset behind its closing quote, or -1.
func (d *decoder) quoted(i int, quote byte) int {
	if i >= len(d.text) || d.text[i] != quote {
		return -1
	}
	i++
	for i < len(d.text) {
		c := d.text[i]
		switch {
		case c == quote && quote == '\'' && i+1 < len(d.text) && d.text[i+1] == quote:
			d.synth("'") // half of an escape is not a verbatim byte
			i += 2
		case c == quote:
			return i + 1
		case c == '\\' && quote == '"':
			if i = d.escape(i); i < 0 {
				return -1
			}
		case isBlankOrEnd(d.text, i):
			end, breaks := space(d.text, i)
			if len(breaks) == 0 {
				d.copy(i, end-i)
			} else {
				d.fold(breaks)
			}
			i = end
		default:
			d.copy(i, 1)
			i++
		}
	}
	return -1
}

const (
	escapeNames  = "0abt\tnvfre \"/\\N_LP"
	escapeValues = "\x00\a\b\t\t\n\v\f\r\x1b \"/\\\u0085\u00a0\u2028\u2029"
)

// escape reads one escape of a double-quoted scalar and returns the offset behind it, or -1.
func (d *decoder) escape(i int) int {
	i++
	if i >= len(d.text) {
		return -1
	}
	if w := lineBreak(d.text, i); w > 0 {
		// An escaped line break joins the lines; empty lines behind it still count.
		end, breaks := space(d.text, i)
		for _, b := range breaks[1:] {
			d.lineEnd(b)
		}
		return end
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[d.text[i]]
	if digits == 0 {
		k := strings.IndexByte(escapeNames, d.text[i])
		if k < 0 {
			return -1
		}
		d.synth(string([]rune(escapeValues)[k]))
		return i + 1
	}
	i++
	if i+digits > len(d.text) {
		return -1
	}
	var r rune
	for _, c := range d.text[i : i+digits] {
		k := strings.IndexByte("0123456789abcdef", c|0x20)
		if k < 0 {
			return -1
		}
		r = r<<4 | rune(k)
	}
	d.synth(string(r))
	return i + digits
}
