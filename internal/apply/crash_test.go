//go:build unix

package apply

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"refit/internal/edit"
)

// TestMain turns the test binary into the process that is killed. The tests lie in memory, where there is
// such a place: they sync thousands of files.
func TestMain(m *testing.M) {
	if op := os.Getenv("REFIT_TEST_CHILD"); op != "" {
		child(op, os.Getenv("REFIT_TEST_ROOT"), os.Getenv("REFIT_TEST_KILL"))
	}
	dir, err := os.MkdirTemp("/dev/shm", "refit-test-")
	if err == nil {
		onDisk = os.Getenv("TMPDIR")
		os.Setenv("TMPDIR", dir)
	}
	code := m.Run()
	if err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// onDisk is TMPDIR as it was: programs may not be run from memory.
var onDisk string

// childTest is what a child needs of a *testing.T.
type childTest struct{ testing.TB }

func (childTest) Helper()           {}
func (childTest) Fatal(args ...any) { fmt.Println(args...); os.Exit(9) }

// child does op in root and kills itself, really, when the step with the number kill is done. It
// prints the steps that it does.
func child(op, root, kill string) {
	left, err := strconv.Atoi(kill)
	if err != nil {
		left = -1
	}
	deadly := syscall.SIGKILL
	if n, err := strconv.Atoi(os.Getenv("REFIT_TEST_SIGNAL")); err == nil {
		deadly = syscall.Signal(n)
	}
	arrived := make(chan os.Signal, 1)
	opts := Options{Observe: func(s Step) error {
		fmt.Println(s.Name, s.Path)
		if left == 0 && deadly == syscall.SIGKILL {
			syscall.Kill(os.Getpid(), deadly)
			select {}
		}
		if left == 0 {
			signal.Notify(arrived, deadly)
			syscall.Kill(os.Getpid(), deadly)
			<-arrived
		}
		left--
		return nil
	}}
	switch op {
	case "apply":
		_, err = Apply(root, planned(childTest{}, root, everything()...), opts)
	case "apply-hup":
		opts.Observe = func(Step) error { return syscall.Kill(os.Getpid(), syscall.SIGHUP) }
		_, err = Apply(root, planned(childTest{}, root, everything()...), opts)
	case "apply-large":
		signal.Ignore(syscall.SIGXFSZ) // then a write beyond the limit is an error, as on a full disk
		set := planned(childTest{}, root, append(everything(), edit.Create("zz-large", strings.Repeat("x", 1<<20), 0o644))...)
		limit := syscall.Rlimit{Cur: 1 << 19, Max: 1 << 19}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			fmt.Println(err)
			os.Exit(9)
		}
		_, err = Apply(root, set, opts)
	case "apply-unreadable":
		set := planned(childTest{}, root, everything()...)
		if err := os.Chmod(filepath.Join(root, "gone"), 0); err != nil {
			fmt.Println(err)
			os.Exit(9)
		}
		_, err = Apply(root, set, opts)
		os.Chmod(filepath.Join(root, "gone"), 0o604)
	case "rollback":
		_, err = Rollback(root, "", opts)
	case "recover":
		err = Recover(root, opts)
	}
	if err != nil {
		fmt.Println(err)
		if isA[*Busy](err) {
			os.Exit(5)
		}
		if isA[*RolledBack](err) {
			os.Exit(4)
		}
		os.Exit(3)
	}
	os.Exit(0)
}

// run starts the test binary as a child, as a user (0: as we are) and returns its steps and how it ended.
func run(t *testing.T, binary, op, root string, kill, uid int) (steps []string, status syscall.WaitStatus) {
	t.Helper()
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), "REFIT_TEST_CHILD="+op, "REFIT_TEST_ROOT="+root, fmt.Sprint("REFIT_TEST_KILL=", kill))
	if uid != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	status = cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() && status.ExitStatus() == 9 {
		t.Fatal(out.String())
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n"), status
}

// expectKilled runs a child that is to be killed; false when it ended before.
func expectKilled(t *testing.T, op, root string, kill int) (steps []string, killed bool) {
	t.Helper()
	steps, status := run(t, os.Args[0], op, root, kill, 0)
	if status.Signaled() && status.Signal() == syscall.SIGKILL {
		return steps, true
	}
	if status.ExitStatus() != 0 {
		t.Fatalf("%s ended with %d: %v", op, status.ExitStatus(), steps)
	}
	return steps, false
}

// allOrNothing checks that the repository is before or after, as the steps of the killed child tell, and
// that nothing is left over.
func allOrNothing(t *testing.T, root string, steps []string, before, after picture) {
	t.Helper()
	want, name := before, "before"
	if strings.HasPrefix(steps[len(steps)-1], "commit") {
		want, name = after, "after"
	}
	if diff := take(t, root).diff(want); diff != "" {
		t.Fatalf("killed after %q: not all as %s:\n%s", steps[len(steps)-1], name, diff)
	}
	if p, err := Pending(root); p != nil || err != nil {
		t.Fatalf("killed after %q: %v is still pending, %v", steps[len(steps)-1], p, err)
	}
	state, _ := StateFolder(root)
	entries, _ := os.ReadDir(state)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".new") || strings.HasSuffix(e.Name(), ".old") {
			t.Fatalf("killed after %q: %s is left over", steps[len(steps)-1], e.Name())
		}
	}
}

// pictures are the repository of newRepository before and after everything().
func pictures(t *testing.T) (before, after picture) {
	t.Helper()
	root := newRepository(t)
	before = take(t, root)
	if _, err := Apply(root, planned(t, root, everything()...), Options{}); err != nil {
		t.Fatal(err)
	}
	return before, take(t, root)
}

// TestApplyKilledAtEachStep kills a real process at every record and every write in turn.
func TestApplyKilledAtEachStep(t *testing.T) {
	before, after := pictures(t)
	for k := 0; ; k++ {
		root := newRepository(t)
		steps, killed := expectKilled(t, "apply", root, k)
		if !killed {
			if k < 50 || !strings.HasPrefix(steps[len(steps)-1], "commit") {
				t.Fatalf("it was killed %d times only; steps %v", k, steps)
			}
			return
		}
		last := steps[len(steps)-1]
		interrupted := !strings.HasPrefix(last, "commit") && !strings.HasPrefix(last, "checked") && !strings.HasPrefix(last, "backup")
		if p, err := Pending(root); (p != nil) != interrupted || err != nil || (p != nil && p.Running) {
			t.Fatalf("killed after %q: pending %v, %v", last, p, err)
		}
		switch k % 3 {
		case 0:
			if err := Recover(root, Options{}); err != nil {
				t.Fatal(err)
			}
			allOrNothing(t, root, steps, before, after)
		case 1: // the next apply undoes it first
			set := planned(t, root, edit.Create("other", "x", 0o644))
			if _, err := Apply(root, set, Options{}); err != nil {
				t.Fatal(err)
			}
			if _, err := Rollback(root, "", Options{}); err != nil {
				t.Fatal(err)
			}
			allOrNothing(t, root, steps, before, after)
		case 2: // a rollback undoes it, and does no more
			if _, err := Rollback(root, "", Options{}); err != nil && (interrupted || !isA[*UnknownError](err)) {
				t.Fatal(err)
			}
			allOrNothing(t, root, []string{"rolled back"}, before, after)
		}
	}
}

// TestRecoveryKilledAtEachStep kills the recovery of a killed apply.
func TestRecoveryKilledAtEachStep(t *testing.T) {
	before, after := pictures(t)
	root := newRepository(t)
	steps, _ := expectKilled(t, "apply", root, 1<<30)
	for _, k := range []int{len(steps) / 2, len(steps) - 8, len(steps) - 2} { // between swaps, and just before the commit record
		for j := 0; ; j++ {
			root := newRepository(t)
			steps, _ := expectKilled(t, "apply", root, k)
			_, killed := expectKilled(t, "recover", root, j)
			if !killed {
				if j < 2 {
					t.Fatalf("%s: the recovery had %d steps only", steps[k], j)
				}
				break
			}
			if err := Recover(root, Options{}); err != nil {
				t.Fatal(err)
			}
			allOrNothing(t, root, steps, before, after)
		}
	}
}

// TestRollbackKilledAtEachStep kills a rollback: it is undone, so the apply is still there.
func TestRollbackKilledAtEachStep(t *testing.T) {
	before, after := pictures(t)
	for k := 0; ; k++ {
		root := newRepository(t)
		if _, err := Apply(root, planned(t, root, everything()...), Options{}); err != nil {
			t.Fatal(err)
		}
		steps, killed := expectKilled(t, "rollback", root, k)
		if !killed {
			if k < 40 {
				t.Fatalf("it was killed %d times only", k)
			}
			return
		}
		if err := Recover(root, Options{}); err != nil {
			t.Fatal(err)
		}
		allOrNothing(t, root, steps, after, before)
	}
}

// TestTornJournals replays every prefix of the journal, over the files as they were at its end: a record
// that is not whole counts as not written.
func TestTornJournals(t *testing.T) {
	before, after := pictures(t)
	root := newRepository(t)
	steps, _ := expectKilled(t, "apply", root, 1<<30)
	probe := newRepository(t)
	steps, _ = expectKilled(t, "apply", probe, len(steps)-2)
	whole, err := os.ReadFile(filepath.Join(transactionFolder(t, probe), "journal"))
	if err != nil {
		t.Fatal(err)
	}
	first := bytes.IndexByte(whole, '\n') + 1
	for cut := first; cut <= len(whole); cut += 13 {
		root := newRepository(t)
		expectKilled(t, "apply", root, len(steps)-1)
		name := filepath.Join(transactionFolder(t, root), "journal")
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		torn := text[:min(cut, len(text))]
		if cut%2 == 0 { // a block that was allocated and never written
			torn = append(torn[:len(torn):len(torn)], 0, 0, 0, 0)
		}
		if err := os.WriteFile(name, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Recover(root, Options{}); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		allOrNothing(t, root, steps, before, after)
	}
}

func transactionFolder(t *testing.T, root string) string {
	t.Helper()
	state, err := StateFolder(root)
	if err != nil {
		t.Fatal(err)
	}
	d, err := openDisk(state, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	dirs, err := transactions(d)
	if err != nil || len(dirs) == 0 {
		t.Fatal(dirs, err)
	}
	return filepath.Join(state, dirs[len(dirs)-1])
}

// TestFullDisk runs into a real limit while new files are staged.
func TestFullDisk(t *testing.T) {
	root := newRepository(t)
	before := take(t, root)
	steps, status := run(t, os.Args[0], "apply-large", root, -1, 0)
	if status.ExitStatus() != 4 || !strings.Contains(strings.Join(steps, "\n"), "stage ") {
		t.Fatalf("ended with %d: %v", status.ExitStatus(), steps)
	}
	if diff := take(t, root).diff(before); diff != "" {
		t.Fatal(diff)
	}
}

// TestAsAnotherUser runs into real permissions, which root does not know.
func TestAsAnotherUser(t *testing.T) {
	const nobody = 65534
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	t.Setenv("TMPDIR", onDisk)
	for name, tt := range map[string]struct {
		op    string
		spoil func(root string) error
		code  int
		undo  bool
	}{
		"everything allowed": {"apply", func(string) error { return nil }, 0, false},
		"a read-only folder": {"apply", func(root string) error { return os.Chmod(filepath.Join(root, "old/deep"), 0o555) }, 4, true},
		"an unreadable file": {"apply-unreadable", func(string) error { return nil }, 3, true},
		"a file of root's": {"apply", func(root string) error {
			return errors.Join(os.Chown(filepath.Join(root, "untouched"), 0, 0), os.Chown(filepath.Join(root, "run.sh"), 0, 0))
		}, 0, false},
	} {
		root := newRepository(t)
		base := filepath.Dir(root)
		for dir := base; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		binary := filepath.Join(base, "test")
		if err := errors.Join(exec.Command("cp", os.Args[0], binary).Run(), exec.Command("chown", "-R", strconv.Itoa(nobody)+":"+strconv.Itoa(nobody), base).Run(),
			os.Chmod(binary, 0o755), os.Chmod(filepath.Join(root, "setuid"), os.ModeSetuid|0o755), os.Chmod(filepath.Join(root, "old/deep"), os.ModeSetgid|0o750)); err != nil {
			t.Fatal(err)
		}
		if err := tt.spoil(root); err != nil {
			t.Fatal(err)
		}
		before := take(t, root)
		steps, status := run(t, binary, tt.op, root, -1, nobody)
		if status.ExitStatus() != tt.code {
			t.Errorf("%s: ended with %d: %v", name, status.ExitStatus(), steps)
		}
		if diff := take(t, root).diff(before); (diff == "") != tt.undo {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
