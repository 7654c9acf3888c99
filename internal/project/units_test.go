package project

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The names are found as an expression would find them, one match after the other.
func TestManagersIn(t *testing.T) {
	expression := regexp.MustCompile(`(?:^|[\s;&|("'@/])(` + string(bytes.Join(managerNames, []byte("|"))) + `)\s+[a-z-]`)
	random := rand.New(rand.NewPCG(1, 2))
	pieces := strings.Split("uv |pip |pip|npm|npm |bun|bundle |bundle|mvn\t| |  |;|&&|(|'|\"|@|/|install|-r|3|A|npm\n|x|uv pip install|cargo build", "|")
	pieces = append(pieces, "|")
	hits := 0
	for range 20_000 {
		var line string
		for range 1 + random.IntN(6) {
			line += pieces[random.IntN(len(pieces))]
		}
		var want []string
		for _, m := range expression.FindAllStringSubmatch(line, -1) {
			want = append(want, m[1])
		}
		if got := managersIn([]byte(line), managerNames); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", line, got, want)
		}
		if got := managersIn([]byte(line), commandsOf([]byte(line), managerNames)); !slices.Equal(got, want) {
			t.Fatalf("%q: by the names that stand there %q, want %q", line, got, want)
		}
		hits += len(want)
	}
	if hits < 1000 {
		t.Errorf("only %d are found", hits)
	}
}
