package shell

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTail says what a script ends with, and that the shell does the same with exec in front of it.
func TestTail(t *testing.T) {
	for script, want := range map[string]string{
		"serve":                  "serve",
		"true && serve --port 1": "serve",
		"true; serve $PORT":      "serve",
		"true\nserve > out":      "serve",
		"true && false || true; true && ./serve a": "./serve",
		"if true; then echo a; fi; serve":          "serve",
		"false && serve":                           "serve",
		"set -e; false; serve":                     "serve",
		"exec serve":                               "",
		"serve & true":                             "",
		"./serve & serve":                          "",
		"serve | cat":                              "",
		"serve || true":                            "",
		"! serve":                                  "",
		"(serve)":                                  "",
		"if true; then serve; fi":                  "",
		"A=1 serve":                                "",
		"$SERVE":                                   "",
		"trap 'echo bye' EXIT; serve":              "",
		"serve() { true; }; serve":                 "",
		". ./env; serve":                           "",
		". /opt/venv/bin/activate; serve":          "serve",
		"command trap 'echo bye' EXIT; serve":      "",
		"builtin alias serve=true; serve":          "",
		"cd / && pwd":                              "",
		"serve <<E\na\nE\n":                        "",
		"serve '":                                  "",
	} {
		at, program, ok := ParseText(Literal(script), POSIX).Tail()
		if program != want && ok || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", script, program, ok, want)
		}
		if ok {
			changed := script[:at] + "exec " + script[at:]
			if before, after := ran(t, script), ran(t, changed); before != after {
				t.Errorf("%q printed %q and with exec %q", script, before, after)
			}
		}
	}
}

// ran is what a shell prints for a script in a folder with a program serve on PATH, and how it ends.
func ran(t *testing.T, script string) string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "serve"), []byte("#!/bin/sh\necho served \"$@\"\nexit 3\n"), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	cmd := exec.Command(sh, "-c", script)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "PORT=7"}
	out, err := cmd.CombinedOutput()
	written, _ := os.ReadFile(filepath.Join(dir, "out"))
	return strings.Join([]string{string(out), string(written), cmd.ProcessState.String()}, "|") + errText(err)
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
