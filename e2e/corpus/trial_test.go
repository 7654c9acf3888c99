package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A stand-in for refit that keeps every promise: it moves a.txt to b.txt and back. What follows its
// heading line breaks one.
const honest = `#!/bin/sh
command=$1 dir=$2 format=$4
plan='{"schema":"refit.plan/v1","changes":[{"path":"b.txt","op":"rename","from":"a.txt","causes":[]}],"refused":[],"steps":[],"equivalence":{"preserved":[],"declared":[],"unproven":[]}}'
nothing='{"schema":"refit.plan/v1","changes":[],"refused":[],"steps":[],"equivalence":{"preserved":[],"declared":[],"unproven":[]}}'
BREAK
case $command in
audit) echo '{"schema":"refit.audit/v1","findings":[],"summary":{"error":0,"warning":0,"info":0}}' ;;
plan) if [ -f "$dir/b.txt" ]; then echo "$nothing"; else echo "$plan"; exit 1; fi ;;
apply) mv "$dir/a.txt" "$dir/b.txt" ;;
rollback) mv "$dir/b.txt" "$dir/a.txt" ;;
esac
`

// trialOf runs a trial of a small repository with a stand-in that has the given lines.
func trialOf(t *testing.T, lines string, limit time.Duration) *trial {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "snapshots", "o+r"), files{"a.txt": "text\n"})
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "a"}} {
		if out, err := exec.Command("git", append([]string{"-C", filepath.Join(dir, "snapshots", "o+r")}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v: %s", args[0], err, out)
		}
	}
	program := filepath.Join(dir, "refit")
	if err := os.WriteFile(program, []byte(strings.Replace(honest, "BREAK", lines, 1)), 0o755); err != nil {
		t.Fatal(err)
	}
	o := options{refit: program, compose: "/bin/false", schemas: "../../docs/schema", out: filepath.Join(dir, "out"), limit: limit}
	tr := newTrial(o, row{repo: "o/r"}, snapshotOf(filepath.Join(dir, "snapshots"), "o/r"), filepath.Join(dir, "work"))
	tr.run()
	return tr
}

func TestTrialSeesEveryBrokenPromise(t *testing.T) {
	for name, c := range map[string]struct{ lines, check, what string }{
		"none":              {"", "", ""},
		"crash":             {"[ $command = plan ] && { echo 'panic: x' >&2; exit 2; }", "crash", "plan crashed: panic: x"},
		"usage":             {"[ $command = audit ] && exit 2", "exit", "audit ended with 2"},
		"failed apply":      {"[ $command = apply ] && exit 4", "exit", "apply ended with 4"},
		"pending apply":     {"[ $command = apply ] && { mv $dir/a.txt $dir/b.txt; exit 3; }", "exit", "apply ended with 3"},
		"two codes":         {"[ \"$format\" = text ] && exit 0", "exit", "plan --format text ends with 0"},
		"code for changes":  {"[ $command = plan ] && [ -f $dir/a.txt ] && { echo \"$plan\"; exit 0; }", "exit", "plan ends with 0 for 1 changes"},
		"no JSON":           {"[ $command = audit ] && { echo oops; exit 0; }", "json", "audit: invalid character"},
		"not as the schema": {"[ $command = audit ] && { echo '{\"schema\":\"refit.audit/v1\",\"findings\":[]}'; exit 0; }", "json", "not as its schema says"},
		"no schema":         {"[ $command = audit ] && { echo '{}'; exit 0; }", "json", "no known schema"},
		"plan writes":       {"[ $command = plan ] && touch $dir/new", "read-only", "wrote to the repository: [new]"},
		"unnamed change":    {"[ $command = apply ] && touch $dir/new; [ $command = rollback ] && rm $dir/new", "named", "new changed"},
		"second plan":       {"[ $command = plan ] && { echo \"$plan\"; exit 1; }", "second-plan", "it changes 1 files"},
		"rollback":          {"[ $command = rollback ] && echo >> $dir/b.txt", "rollback", "not exact: [a.txt]"},
		"rollback of modes": {"[ $command = rollback ] && chmod 600 $dir/b.txt", "rollback", "not exact: [a.txt]"},
		"rollback of index": {"[ $command = rollback ] && git -C $dir rm -q --cached a.txt", "rollback", "git status"},
		"moved and ignored": {"[ $command = apply ] && echo b.txt >> $dir/.gitignore; [ $command = rollback ] && rm $dir/.gitignore", "git", "a.txt and ignores it at b.txt"},
		"empty folder":      {"[ $command = rollback ] && mkdir $dir/left", "rollback", "not exact: [left]"},
		"too slow":          {"[ $command = audit ] && exec sleep 60", "time", "audit did not end within"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limit := time.Minute
			if c.check == "time" {
				limit = 2 * time.Second
			}
			tr := trialOf(t, c.lines, limit)
			if c.check == "" {
				if len(tr.Violations) > 0 || !tr.RollbackExact || tr.PeakKiB == 0 || tr.Checked["changed files"] != 2 {
					t.Errorf("%+v", tr.result)
				}
				return
			}
			if c.check == "time" && len(tr.Violations) != 1 {
				t.Errorf("after the time is over: %q", tr.Violations)
			}
			for _, v := range tr.Violations {
				if v.Check == c.check && strings.Contains(v.What, c.what) {
					return
				}
			}
			t.Errorf("not seen: %s: %s; only %q", c.check, c.what, tr.Violations)
		})
	}
}

// TestPeakIsTheProgramsOwn: the memory of the harness must not count.
func TestPeakIsTheProgramsOwn(t *testing.T) {
	held := make([]byte, 200<<20)
	for i := range held {
		held[i] = 1
	}
	if peak := trialOf(t, "", time.Minute).PeakKiB; peak > 100<<10 || peak == 0 {
		t.Errorf("a shell is said to take %d KiB", peak)
	}
	_ = held[0]
}

func TestReadTable(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, files{"t.tsv": "use\trepo\tcommit\tparent\nx\to/r\tabcdef0123\t\nx\to/r\tabcdef0123\t9876543210\n"})
	rows, err := readTable(filepath.Join(dir, "t.tsv"))
	if err != nil || len(rows) != 2 || rows[0].folder() != "o+r@abcdef0" || rows[1].commit != "9876543210" {
		t.Errorf("%v, %v", rows, err)
	}
	write(t, dir, files{"t.tsv": "a\tb\n"})
	if _, err := readTable(filepath.Join(dir, "t.tsv")); err == nil {
		t.Error("a table without repositories is read")
	}
}

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == measureFlag {
		os.Exit(measure(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}
