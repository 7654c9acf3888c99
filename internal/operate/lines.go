package operate

import (
	"bytes"
	"io"
	"strings"
)

// maxLine bounds, in bytes, what waits for the end of its line.
const maxLine = 64 << 10

// Masked passes text on line by line, with the secrets hidden: one that is cut in two would be seen.
type Masked struct {
	w    io.Writer
	mask func(string) string
	open []byte
}

// NewMasked is a writer onto w.
func NewMasked(w io.Writer, mask func(string) string) *Masked { return &Masked{w: w, mask: mask} }

func (m *Masked) Write(p []byte) (int, error) {
	m.open = append(m.open, p...)
	end := bytes.LastIndexByte(m.open, '\n') + 1
	if end == 0 && len(m.open) < maxLine {
		return len(p), nil
	}
	if end == 0 {
		end = len(m.open)
	}
	if _, err := io.WriteString(m.w, m.mask(string(m.open[:end]))); err != nil {
		return 0, err
	}
	m.open = append(m.open[:0], m.open[end:]...)
	return len(p), nil
}

// Flush passes on what has no end of line.
func (m *Masked) Flush() error {
	if len(m.open) == 0 {
		return nil
	}
	_, err := io.WriteString(m.w, m.mask(string(m.open)))
	m.open = nil
	return err
}

// kept is how many of the last lines of docker compose are kept: a failed build tells its reason in a few dozen.
const kept = 60

// tail hands lines on and keeps the last ones.
type tail struct {
	say   func(string)
	mask  func(string) string
	open  []byte
	lines []string
}

func (t *tail) Write(p []byte) (int, error) {
	t.open = append(t.open, p...)
	for {
		i := bytes.IndexAny(t.open, "\n\r")
		if i < 0 && len(t.open) < maxLine {
			return len(p), nil
		}
		if i < 0 {
			i = len(t.open) - 1
		}
		t.line(string(t.open[:i]))
		t.open = t.open[i+1:]
	}
}

// Flush takes what has no end of line for a line.
func (t *tail) Flush() {
	t.line(string(t.open))
	t.open = nil
}

func (t *tail) line(text string) {
	text = strings.TrimRight(t.mask(text), " \t")
	if strings.TrimSpace(text) == "" {
		return
	}
	if t.lines = append(t.lines, text); len(t.lines) > kept {
		t.lines = t.lines[1:]
	}
	if t.say != nil {
		t.say(text)
	}
}
