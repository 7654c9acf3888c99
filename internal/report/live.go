package report

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"refit/internal/operate"
)

// Live shows how services come up: on a terminal one line for each, written over and over; elsewhere one line for
// each change.
type Live struct {
	w        io.Writer
	terminal bool
	width    func() int
	palette  Palette
	lines    int // on the screen
	states   map[string]operate.State
	last     operate.Snapshot
}

// NewLive writes to w. width tells the columns of a terminal; nil means that w is none.
func NewLive(w io.Writer, width func() int, p Palette) *Live {
	return &Live{w: w, terminal: width != nil, width: width, palette: p, states: map[string]operate.State{}}
}

// Show takes a snapshot in.
func (l *Live) Show(s operate.Snapshot) {
	if l.terminal {
		l.last = s
		l.draw()
		return
	}
	for _, service := range s.Services {
		before, state := l.states[service.Container], service.State
		if s.Busy && (state == operate.Failed || state == operate.Created) {
			continue
		}
		l.states[service.Container] = state
		if before == state || before == "" && state == operate.Absent || state == operate.Created {
			continue
		}
		reason := ""
		if service.Reason != "" && !state.Well() && state != operate.Starting {
			reason = ": " + service.Reason
		}
		fmt.Fprintf(l.w, "%s: %s%s (%s)\n", service.Service, state, reason, seconds(s.Elapsed))
	}
}

// everyday are the lines of docker compose that tell no more than the states do.
var everyday = regexp.MustCompile(`^\s*(Container|Network|Volume|Image) \S+ +(Creating|Created|Starting|Started|Waiting|Healthy|Running|Recreate|Recreated|Restarting|Exited|Stopping|Stopped|Removing|Removed|Building|Built)\s*(\d[\d.]*s)?$`)

// Say takes a line of docker compose in.
func (l *Live) Say(line string) {
	if !l.terminal && !everyday.MatchString(line) {
		fmt.Fprintln(l.w, line)
	}
}

// Clear takes the lines off the terminal.
func (l *Live) Clear() {
	if l.terminal && l.lines > 0 {
		fmt.Fprintf(l.w, "\x1b[%dA\x1b[J", l.lines)
		l.lines = 0
	}
}

// draw writes the picture over the one of before.
func (l *Live) draw() {
	var b strings.Builder
	if l.lines > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", l.lines)
	}
	longest := 0
	for _, s := range l.last.Services {
		longest = max(longest, len(s.Service))
	}
	var rows []string
	for _, s := range l.last.Services {
		if l.last.Busy && s.State == operate.Failed {
			s.State, s.Reason = "stopped", ""
		}
		text := fmt.Sprintf("%-*s  %s", longest, plain(s.Service), s.State)
		if s.Reason != "" {
			text += "  " + plain(s.Reason)
		}
		rows = append(rows, l.row(mark(s.State), text))
	}
	rows = append(rows, l.row(" ", seconds(l.last.Elapsed)+"  "+plain(l.last.Activity)))
	for _, r := range rows {
		b.WriteString(r + "\x1b[K\n")
	}
	for range l.lines - len(rows) {
		b.WriteString("\x1b[K\n")
	}
	l.lines = max(l.lines, len(rows))
	_, _ = io.WriteString(l.w, b.String())
}

// row is one line of the picture, cut to the width of the terminal: a longer one would break the picture.
func (l *Live) row(mark, text string) string {
	room := max(20, l.width()-4)
	if r := []rune(text); len(r) > room {
		text = string(r[:room])
	}
	switch mark {
	case "+":
		mark = l.palette.Green(mark)
	case "x":
		mark = l.palette.Red(mark)
	case " ":
		text = l.palette.Dim(text)
	}
	return mark + " " + text
}

func mark(s operate.State) string {
	switch {
	case s.Well():
		return "+"
	case s == operate.Failed || s == operate.Unhealthy:
		return "x"
	}
	return "."
}

// plain is text without what steers a terminal: names and logs can hold escape sequences.
func plain(text string) string {
	return string((&visible{}).show([]byte(strings.ReplaceAll(text, "\n", " "))))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }
