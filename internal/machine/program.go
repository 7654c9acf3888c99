package machine

import (
	"context"
	"os/exec"
	"regexp"
)

var version = regexp.MustCompile(`\d+(\.\d+)+`)

// Program says whether a program is on PATH, and its version as `NAME --version` prints it; "" when it prints none.
func Program(ctx context.Context, name string) (number string, there bool) {
	file, err := exec.LookPath(name)
	if err != nil {
		return "", false
	}
	out, _ := exec.CommandContext(ctx, file, "--version").Output() //nolint:gosec // one of a few known names
	return version.FindString(string(out)), true
}
