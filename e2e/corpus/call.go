package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// call runs refit on the repository, keeps what it says under name and returns its exit code, -1 when it
// has none. A crash and a code that the contract does not know are violations.
func (t *trial) call(name string, args ...string) int {
	command := args[0]
	args = slices.Insert(slices.Clone(args), 1, t.dir)
	if t.packages != "" && (command == "audit" || command == "plan" || command == "apply") {
		args = append(args, "--packages", t.packages)
	}
	if t.layout != "" && (command == "plan" || command == "apply") {
		args = append(args, "--layout", t.layout)
	}
	self, err := os.Executable()
	if err != nil {
		t.breaks("harness", "%v", err)
		return -1
	}
	cmd := exec.CommandContext(t.ctx, self, append([]string{measureFlag, t.refit}, args...)...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+t.state)
	cmd.Dir, cmd.WaitDelay = filepath.Dir(t.dir), 5*time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	code := 0
	if ended := (*exec.ExitError)(nil); errors.As(err, &ended) {
		code = ended.ExitCode()
	} else if err != nil {
		code = -1
	}
	talk, peak := splitPeak(stderr.String())
	t.PeakKiB = max(t.PeakKiB, peak)
	t.said[name], t.said[name+".stderr"] = stdout.Bytes(), []byte(talk)
	switch {
	case t.ctx.Err() != nil:
		t.breaks("time", "%s did not end within the repository's %s", command, t.limit)
	case strings.Contains(talk, "panic:") || strings.Contains(talk, "goroutine 1 ["):
		t.breaks("crash", "%s crashed: %s", command, firstLine(talk[max(strings.Index(talk, "panic:"), 0):]))
	case code < 0 || code > 4:
		t.breaks("exit", "%s ended with %d: %s", command, code, lastLine(talk))
	case code == 2 || code == 4:
		t.breaks("exit", "%s ended with %d: %s", command, code, lastLine(talk))
	}
	t.keep(name, stdout.Bytes())
	t.keep(name+".stderr", []byte(talk))
	return code
}

func (t *trial) keep(name string, text []byte) {
	if t.out == "" || len(text) == 0 {
		return
	}
	err := os.MkdirAll(t.out, 0o755)
	if err == nil {
		err = os.WriteFile(filepath.Join(t.out, name), text, 0o644)
	}
	if err != nil {
		t.breaks("harness", "%v", err)
	}
}

// read runs refit, validates its JSON against the published schema and reads it into v. Exit code 3 is
// fine, since a file that can't be read is the repository's fault; the output must still be complete.
func (t *trial) read(v any, name string, args ...string) int {
	code := t.call(name, args...)
	if err := json.Unmarshal(t.said[name], v); err != nil {
		t.breaks("json", "%s: %v", args[0], err)
	} else if err := t.schema.validate(t.said[name]); err != nil {
		t.breaks("json", "%s is not as its schema says: %v", args[0], err)
	}
	return code
}

func (t *trial) expect(code int, command string, want int) {
	if code != want && code >= 0 && code != 2 && code != 4 { // those are reported already
		t.breaks("exit", "%s ended with %d: %s", command, code, lastLine(string(t.said[command+".text.stderr"])))
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
