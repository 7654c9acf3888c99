package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"refit/internal/operate"
)

func snapshot(busy bool, states ...operate.State) operate.Snapshot {
	s := operate.Snapshot{Elapsed: 1500 * time.Millisecond, Activity: "Container \x1b[2Jx Waiting", Busy: busy}
	for i, state := range states {
		name := string(rune('a' + i))
		s.Services = append(s.Services, operate.Service{Service: name, Container: "shop-" + name, State: state, Reason: map[operate.State]string{operate.Failed: "it ended"}[state]})
	}
	return s
}

// TestLiveOnATerminal: one line a service, written over and over, cut to the width, no escape sequence of a program.
func TestLiveOnATerminal(t *testing.T) {
	var out bytes.Buffer
	l := NewLive(&out, func() int { return 26 }, Palette{})
	l.Show(snapshot(true, operate.Starting, operate.Failed))
	l.Say("a line of compose")
	if got, want := out.String(), ". a  starting\x1b[K\n. b  stopped\x1b[K\n  1.5s  Container \\u001b\x1b[K\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	out.Reset()
	l.Show(snapshot(false, operate.Healthy, operate.Failed))
	if got := out.String(); !strings.HasPrefix(got, "\x1b[3A+ a  healthy\x1b[K\nx b  failed  it ended\x1b[K\n") {
		t.Errorf("%q", got)
	}
	out.Reset()
	if l.Clear(); out.String() != "\x1b[3A\x1b[J" {
		t.Errorf("%q", out.String())
	}
}

// TestLiveInALog: one line a change; what compose stops is not said to have failed, its everyday lines are left out.
func TestLiveInALog(t *testing.T) {
	var out bytes.Buffer
	l := NewLive(&out, nil, Palette{})
	l.Show(snapshot(true, operate.Failed, operate.Absent))
	l.Say(" Container shop-a  Started 0.3s")
	l.Say("#1 DONE 0.0s")
	l.Show(snapshot(false, operate.Starting, operate.Absent))
	l.Show(snapshot(false, operate.Starting, operate.Failed))
	if got, want := out.String(), "#1 DONE 0.0s\na: starting (1.5s)\nb: failed: it ended (1.5s)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
