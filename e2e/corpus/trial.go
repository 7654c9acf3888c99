package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// trial is one repository that goes through audit, plan, apply, audit, plan, rollback.
type trial struct {
	row
	refit, source    string // the program; the snapshot's git repository
	dir, state, out  string // the clone, refit's state folder, where plans and logs are kept ("" for none)
	limit            time.Duration
	before, after    audit
	plan             plan
	planTime         time.Duration // of plan, from its start to its end
	secondEmpty      bool
	rollbackExact    bool
	commentsLost     []string
	broken           []string // promises that do not hold, in words
	appliedSomething bool
}

type audit struct {
	Findings []struct{ Rule, Severity, Path, Subject, Message string }
	Summary  struct{ Error, Warning, Info int }
}

type plan struct {
	Changes []struct {
		Path, Op, From string
		Causes         []struct{ Rule, Title string }
	}
	Refused     []struct{ Rule, Path, Subject, Why string }
	Equivalence struct{ Preserved, Declared, Unproven, Undeclared []json.RawMessage }
}

// run makes the clone and goes through the steps. Only what keeps it from looking is an error; what
// refit does wrong is in broken.
func (t *trial) run() error {
	if err := t.clone(); err != nil {
		return err
	}
	start, err := treeOf(t.dir)
	if err != nil {
		return err
	}
	sound := unreadable(start)
	t.decode("audit-before.json", &t.before, "audit", "--format", "json", "--fail-on", "never")
	began := time.Now()
	t.decode("plan.json", &t.plan, "plan", "--format", "json")
	t.planTime = time.Since(began)
	t.call("plan.diff", 1, "plan", "--format", "diff")
	t.call("plan.txt", 1, "plan", "--format", "text")
	if n := len(t.plan.Equivalence.Undeclared); n > 0 {
		t.breaks("%d undeclared differences", n)
	}
	if now, err := treeOf(t.dir); err != nil || !same(start, now) {
		t.breaks("audit or plan wrote to the repository: %v", differing(start, now))
	}
	t.appliedSomething = len(t.plan.Changes) > 0
	t.call("apply.txt", 0, "apply", "--yes")
	applied, err := treeOf(t.dir)
	if err != nil {
		return err
	}
	t.judge(start, applied, sound)
	t.decode("audit-after.json", &t.after, "audit", "--format", "json", "--fail-on", "never")
	var second plan
	t.decode("plan-second.json", &second, "plan", "--format", "json")
	if t.secondEmpty = len(second.Changes) == 0; !t.secondEmpty {
		t.call("plan-second.diff", 1, "plan", "--format", "diff")
		t.breaks("the second plan changes %d files", len(second.Changes))
	}
	if t.appliedSomething {
		t.call("rollback.txt", 0, "rollback", t.dir, "--yes")
	}
	end, err := treeOf(t.dir)
	if err != nil {
		return err
	}
	if t.rollbackExact = same(start, end); !t.rollbackExact {
		t.breaks("rollback is not exact: %v", differing(start, end))
	}
	return nil
}

// judge looks at what apply made, with other programs' eyes.
func (t *trial) judge(start, applied tree, sound map[string]string) {
	for path, why := range unreadable(applied) {
		if _, already := sound[path]; !already && sound[t.cameFrom(path)] == "" {
			t.breaks("%s can't be read: %s", path, why)
		}
	}
	said := map[string]bool{}
	for _, c := range t.plan.Changes {
		said[c.Path], said[c.From] = true, true
	}
	for _, path := range differing(start, applied) {
		if !said[path] {
			t.breaks("%s changed and the plan does not say so", path)
		}
	}
	t.commentsLost = lostComments(start, applied)
}

func (t *trial) cameFrom(path string) string {
	for _, c := range t.plan.Changes {
		if c.Path == path {
			return c.From
		}
	}
	return ""
}

func (t *trial) breaks(format string, args ...any) {
	t.broken = append(t.broken, fmt.Sprintf(format, args...))
}

func (t *trial) clone() error {
	for _, args := range [][]string{
		{"clone", "-q", "--shared", "--no-checkout", t.source, t.dir},
		{"-C", t.dir, "-c", "advice.detachedHead=false", "-c", "core.symlinks=true", "checkout", "-q", t.revision()},
	} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w: %s", args[0], err, out)
		}
	}
	return nil
}

// revision is the table's commit, or the snapshot's newest where that has none.
func (t *trial) revision() string {
	if t.commit == "" || exec.Command("git", "-C", t.source, "cat-file", "-e", t.commit+"^{commit}").Run() != nil {
		return "HEAD"
	}
	return t.commit
}

// call runs refit on the repository, keeps what it says under name and returns its stdout. Exit codes up to
// most are fine.
func (t *trial) call(name string, most int, args ...string) []byte {
	ctx, cancel := context.WithTimeout(context.Background(), t.limit)
	defer cancel()
	if !slices.Contains(args, t.dir) {
		args = append(args, t.dir)
	}
	cmd := exec.CommandContext(ctx, t.refit, args...)
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+t.state)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	code := 0
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		code = ended.ExitCode()
	} else if err != nil {
		code = -1
	}
	switch {
	case ctx.Err() != nil:
		t.breaks("%s did not end within %s", args[0], t.limit)
	case strings.Contains(stderr.String(), "panic:"):
		t.breaks("%s crashed", args[0])
	case code < 0 || code > most:
		t.breaks("%s ended with %d: %s", args[0], code, lastLine(stderr.String()))
	}
	if t.out != "" {
		if err := os.MkdirAll(t.out, 0o755); err == nil {
			text := stdout.Bytes()
			if stderr.Len() > 0 && !strings.HasSuffix(name, ".json") {
				text = append(append(text, "\n-- stderr --\n"...), stderr.Bytes()...)
			}
			_ = os.WriteFile(filepath.Join(t.out, name), text, 0o644)
		}
	}
	return stdout.Bytes()
}

// decode runs refit and reads its JSON into v. Exit code 3 is fine: a file that can't be read is the
// repository's fault, and the output must still parse.
func (t *trial) decode(name string, v any, args ...string) {
	if err := json.Unmarshal(t.call(name, 3, args...), v); err != nil {
		t.breaks("%s: the output does not parse: %v", args[0], err)
	}
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
