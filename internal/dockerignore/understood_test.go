package dockerignore

import (
	"math/rand/v2"
	"testing"
)

// What is taken as it is, Docker reads and matches so.
func TestCommonPatternsAreUnderstood(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	lines := []string{"/", "//", "*", "**", "***", "**/", "/**", ".", "..", "../a", "a/../b", "a/", "./a", "**/.env.*", "*.py", "a**b", "-", "!a", "a b", "[a", "a\\"}
	for range 20_000 {
		line := ""
		for range 1 + random.IntN(8) {
			line += string("ab.Z0-_**//"[random.IntN(11)])
		}
		lines = append(lines, line)
	}
	for _, line := range lines {
		want, wantErr := readPattern(line)
		if wantErr == nil {
			wantErr = check(want)
		}
		if got, err := understood(line); got != want || (err == nil) != (wantErr == nil) {
			t.Errorf("%q: %q, %v; Docker: %q, %v", line, got, err, want, wantErr)
		}
	}
}
