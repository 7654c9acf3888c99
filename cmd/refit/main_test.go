package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"refit/internal/cli"
	"refit/internal/parallel"
)

// TestPanicIsOneClearError: no stack trace and no content of a file reaches the user.
func TestPanicIsOneClearError(t *testing.T) {
	for name, tt := range map[string]struct {
		run  func() int
		want string
	}{
		"runtime error": {func() int { return len(make([]int, 1)[len(t.Name()):]) }, `runtime error: slice bounds out of range .* in refit/cmd/refit\.\S+ \(main_test\.go:\d+\)`},
		"in a goroutine": {func() int {
			parallel.Do(2, func(i int) { _ = make([]int, 1)[i+7] })
			return 0
		}, `runtime error: index out of range .* in refit/cmd/refit\.\S+ \(main_test\.go:\d+\)`},
		"a value with content": {func() int { panic("POSTGRES_PASSWORD=made-up") }, `panic \(string\) in refit/cmd/refit\.\S+ \(main_test\.go:\d+\)`},
	} {
		var talk bytes.Buffer
		code := guarded(tt.run, &talk)
		said := talk.String()
		if code != cli.ExitFailed || strings.Count(said, "\n") != 1 || !regexp.MustCompile(`^refit: internal error: `+tt.want+`; .*nothing was changed.*report`).MatchString(said) || strings.Contains(said, "made-up") {
			t.Errorf("%s: exit %d, %s", name, code, said)
		}
	}
	if code := guarded(func() int { return 1 }, nil); code != 1 {
		t.Errorf("without a panic: %d", code)
	}
}
