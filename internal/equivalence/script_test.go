package equivalence

import "testing"

// A shell's script is what stands behind -c; a program's own -c is none, and leaves the program's name in the comparison.
func TestScriptOfACommandLine(t *testing.T) {
	for _, tt := range []struct {
		argv []string
		at   int
	}{
		{[]string{"sh", "-c", "x"}, 2},
		{[]string{"/bin/bash", "-ec", "x"}, 2},
		{[]string{"/bin/bash", "-o", "pipefail", "-c", "x"}, 4},
		{[]string{"bash", "-eo", "pipefail", "-c", "x", "arg"}, 4},
		{[]string{"sh", "a.sh", "-c", "x"}, 0},
		{[]string{"sh", "-e", "a.sh", "-c", "x"}, 0},
		{[]string{"sh", "-c"}, 0},
		{[]string{"serve", "-c", "x"}, 0},
	} {
		if at := script(tt.argv); at != tt.at {
			t.Errorf("%q: %d, want %d", tt.argv, at, tt.at)
		}
	}
}
