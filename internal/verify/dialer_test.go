package verify

import (
	"net"
	"os/exec"
	"strings"
	"testing"
)

// TestDialers runs those whose programs this machine has, for real.
func TestDialers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	shut, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = shut.Close()
	open, closed, unknown := l.Addr().String(), shut.Addr().String(), "no-such-host.invalid:1"
	for _, d := range dialers {
		if _, err := exec.LookPath(d[0]); err != nil {
			t.Logf("%s is not here", d[0])
			continue
		}
		out, err := exec.Command(d[0], append(d[1:len(d):len(d)], open, closed, unknown)...).CombinedOutput()
		if err != nil && strings.Contains(d[2], "exit 127") {
			t.Logf("%s lacks what it needs", d[0])
			continue
		}
		text := string(out)
		for _, want := range []string{open + " 0\n", closed + " 44\n", unknown + " 4"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: want %q in\n%s", d[0], want, text)
			}
		}
	}
}
