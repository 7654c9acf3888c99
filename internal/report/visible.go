package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Visible is w without what steers a terminal: file names and file contents can hold escape sequences, which
// move the cursor over what was printed, set the window's title or answer in the user's name. Control
// characters, bytes that are no UTF-8 and characters that turn the direction of writing are written as
// \u001b and \xff, a form that JSON knows too. With colours, those of a Palette pass.
func Visible(w io.Writer, colours bool) io.Writer { return &visible{w, colours} }

type visible struct {
	w       io.Writer
	colours bool
}

// Unwrap is what is written to in the end.
func (v *visible) Unwrap() io.Writer { return v.w }

// Write writes all of text or fails.
func (v *visible) Write(text []byte) (int, error) {
	shown := text
	if bytes.ContainsFunc(text, steers) || !utf8.Valid(text) {
		shown = v.show(text)
	}
	if _, err := v.w.Write(shown); err != nil {
		return 0, err
	}
	return len(text), nil
}

func (v *visible) show(text []byte) []byte {
	var out bytes.Buffer
	for len(text) > 0 {
		if n := v.colour(text); n > 0 {
			out.Write(text[:n])
			text = text[n:]
			continue
		}
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, text[0])
		case r == '\r' && bytes.HasPrefix(text, []byte("\r\n")):
			out.WriteByte('\r')
		case steers(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.Write(text[:size])
		}
		text = text[size:]
	}
	return out.Bytes()
}

// colour is the length of the Palette's sequence that text starts with, 0 when there is none.
func (v *visible) colour(text []byte) int {
	if !v.colours || text[0] != '\x1b' {
		return 0
	}
	for _, code := range paletteCodes {
		if bytes.HasPrefix(text, []byte("\x1b["+code+"m")) {
			return len(code) + 3
		}
	}
	return 0
}

// steers says whether a character is one that a terminal obeys rather than shows: the control characters of
// ASCII and Latin-1, and Unicode's for the direction of writing and the ends of lines.
func steers(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	}
	return r == 0x061c || r >= 0x200e && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// line is text on one line, so that a name with a line end can't pass for a line of the report.
func line(text string) string {
	if !strings.ContainsAny(text, "\r\n") {
		return text
	}
	return strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(text)
}
