package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"time"
)

// trial is one repository that goes through audit, plan, apply, checks, audit, plan, rollback.
type trial struct {
	options
	row
	source          string // the snapshot's git repository
	dir, state, out string // the clone, refit's state folder, where plans and logs are kept ("" for none)
	ctx             context.Context
	said            map[string][]byte
	schema          schemas
	result
}

func newTrial(o options, r row, source, work string) *trial {
	t := &trial{options: o, row: r, source: source, said: map[string][]byte{}}
	t.dir = filepath.Join(work, r.folder(), path.Base(r.repo)) // the folder's name is the project's name
	t.state = filepath.Join(work, r.folder(), ".state")
	if o.out != "" {
		t.out = filepath.Join(o.out, r.folder())
	}
	return t
}

// run goes through the steps. What keeps them from being gone through is a violation, too.
func (t *trial) run() {
	defer func() { _ = os.RemoveAll(filepath.Dir(t.dir)) }() // in the system's temporary folder
	t.ctx = context.Background()
	err := t.prepare()
	if err == nil {
		var cancel func()
		t.ctx, cancel = context.WithTimeout(t.ctx, t.limit)
		defer cancel()
		err = t.steps()
	}
	if err != nil {
		t.breaks("harness", "%v", err)
	}
}

func (t *trial) steps() error {
	before, err := treeOf(t.dir)
	if err != nil {
		return err
	}
	head, status := t.git("rev-parse", "HEAD"), t.git("status", "--porcelain", "--ignored")
	e := &evidence{before: before, said: t.said, stacks: stacksOf(before)}
	t.resolve(e.stacks, moves{}, before, false)
	t.read(&t.Before, "audit-before.json", "audit", "--format", "json", "--fail-on", "never")
	t.look()
	now, err := treeOf(t.dir)
	if err != nil {
		return err
	}
	if wrote := differing(before, now, true); len(wrote) > 0 {
		t.breaks("read-only", "audit or plan wrote to the repository: %v", wrote)
	}
	e.plan, e.moves = t.Plan, t.Plan.moves()
	if err := t.apply(e); err != nil {
		return err
	}
	t.rollBack(before, head, status)
	return nil
}

// prepare clones the repository at its commit and reads the schemas.
func (t *trial) prepare() (err error) {
	if t.schema, err = readSchemas(t.schemas); err != nil {
		return err
	}
	revision := t.commit
	if revision == "" {
		revision = "HEAD"
	}
	for _, args := range [][]string{
		{"clone", "-q", "--shared", "--no-checkout", t.source, t.dir},
		{"-C", t.dir, "-c", "advice.detachedHead=false", "-c", "core.symlinks=true", "checkout", "-q", revision},
	} {
		if out, err := exec.CommandContext(t.ctx, "git", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %w: %s", args[0], err, out)
		}
	}
	return nil
}

// look makes the plan in every form and holds it to its contract.
func (t *trial) look() {
	began := time.Now()
	code := t.read(&t.Plan, "plan.json", "plan", "--format", "json")
	t.PlanTime = time.Since(began)
	for _, format := range []string{"diff", "text"} {
		if other := t.call("plan."+format, "plan", "--format", format); other != code {
			t.breaks("exit", "plan --format %s ends with %d, with json %d", format, other, code)
		}
	}
	if want := min(len(t.Plan.Changes), 1); code < 2 && code != want {
		t.breaks("exit", "plan ends with %d for %d changes", code, len(t.Plan.Changes))
	}
	if n := len(t.Plan.Equivalence.Undeclared); n > 0 {
		t.breaks("undeclared", "refit itself shows %d undeclared differences", n)
	}
}

// apply carries the plan out and looks at what came of it.
func (t *trial) apply(e *evidence) (err error) {
	e.ignoredBefore = t.ignored(keysOf(e.before))
	began := time.Now()
	t.expect(t.call("apply.text", "apply", "--yes"), "apply", 0)
	t.ApplyTime = time.Since(began)
	if e.after, err = treeOf(t.dir); err != nil {
		return err
	}
	t.read(&t.After, "audit-after.json", "audit", "--format", "json", "--fail-on", "never")
	var second plan
	t.read(&second, "plan-second.json", "plan", "--format", "json")
	if t.SecondPlan = len(second.Changes); t.SecondPlan > 0 {
		t.call("plan-second.diff", "plan", "--format", "diff")
		t.breaks("second-plan", "it changes %d files, among them %s", t.SecondPlan, second.Changes[0].Path)
	}
	e.left, e.ignoredAfter = t.After, t.ignored(keysOf(e.after))
	t.resolve(e.stacks, e.moves, e.after, true)
	for _, check := range checks {
		for _, what := range check.look(e) {
			t.breaks(check.name, "%s", what)
		}
	}
	t.Checked = e.checked
	return nil
}

// rollBack takes the apply back and compares with the start.
func (t *trial) rollBack(before tree, head, status string) {
	if len(t.Plan.Changes) > 0 {
		t.expect(t.call("rollback.text", "rollback", "--yes"), "rollback", 0)
	}
	end, err := treeOf(t.dir)
	if err != nil {
		t.breaks("harness", "%v", err)
	}
	if wrong := differing(before, end, true); len(wrong) > 0 {
		t.breaks("rollback", "not exact: %v", wrong)
	}
	if now := t.git("rev-parse", "HEAD"); now != head {
		t.breaks("rollback", "HEAD was %s and is %s", head, now)
	}
	if now := t.git("status", "--porcelain", "--ignored"); now != status {
		t.breaks("rollback", "git status shows another state: %q", now)
	}
	t.RollbackExact = err == nil && !t.broke("rollback")
}

// git is what a git command says of the clone, whose configuration is the harness's own.
func (t *trial) git(args ...string) string {
	out, err := exec.CommandContext(t.ctx, "git", append([]string{"-C", t.dir}, args...)...).CombinedOutput()
	if err != nil {
		t.breaks("harness", "git %s: %v", args[0], err)
	}
	return string(out)
}
