package operate

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Record keeps the last lines of the last docker compose that failed to build or start an environment, masked, in a
// file of the user's state folder: the doctor reads them. The next one that succeeds removes them.
type Record struct{ File string } // no File: nothing is kept

// keep notes how a docker compose came out. One that was interrupted, or whose engine went away, says nothing.
func (r Record) keep(err error, lines []string) {
	var failed *ComposeFailed
	switch {
	case r.File == "":
	case err == nil:
		_ = os.Remove(r.File)
	case errors.As(err, &failed) && os.MkdirAll(filepath.Dir(r.File), 0o700) == nil:
		_ = os.WriteFile(r.File, []byte(strings.Join(lines, "\n")+"\n"), 0o600)
	}
}

// Last is what was kept, and when that was; no lines when there is nothing.
func (r Record) Last() (lines []string, at time.Time) {
	if r.File == "" {
		return nil, time.Time{}
	}
	info, err := os.Stat(r.File)
	if err != nil {
		return nil, time.Time{}
	}
	text, err := os.ReadFile(r.File)
	if err != nil || strings.TrimSpace(string(text)) == "" {
		return nil, time.Time{}
	}
	return strings.Split(strings.TrimRight(string(text), "\n"), "\n"), info.ModTime()
}
