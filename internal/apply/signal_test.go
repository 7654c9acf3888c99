//go:build unix

package apply

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"refit/internal/edit"
)

// TestSignalsAtEachStep asks a real process to end at each step in turn: it takes back what it did and says
// so, without help by a later run.
func TestSignalsAtEachStep(t *testing.T) {
	before, after := pictures(t)
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	undone := 0
	for k := 0; ; k++ {
		t.Setenv("REFIT_TEST_SIGNAL", fmt.Sprint(int(signals[k%len(signals)])))
		root := newRepository(t)
		steps, status := run(t, os.Args[0], "apply", root, k, 0)
		end := steps[len(steps)-1]
		if p, err := Pending(root); p != nil || err != nil {
			t.Fatalf("step %d: %v is pending, %v; %v", k, p, err, steps)
		}
		want := before
		switch code := status.ExitStatus(); {
		case status.Signaled():
			t.Fatalf("step %d: it died of %v after %q", k, status.Signal(), end)
		case code == 0: // it came too late, or never
			want = after
		case !strings.Contains(end, "stopped by a signal"):
			t.Fatalf("step %d: it ended with %d: %s", k, code, end)
		case code == 4:
			undone++
		}
		if diff := take(t, root).diff(want); diff != "" {
			t.Fatalf("step %d: it ended with %d:\n%s", k, status.ExitStatus(), diff)
		}
		if len(steps) <= k {
			break
		}
	}
	if undone < 20 {
		t.Errorf("%d were undone only", undone)
	}
}

// TestIgnoredSignals: under nohup a closed terminal ends nothing.
func TestIgnoredSignals(t *testing.T) {
	_, after := pictures(t)
	root := newRepository(t)
	cmd := exec.Command("sh", "-c", `trap "" HUP; exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), "REFIT_TEST_CHILD=apply-hup", "REFIT_TEST_ROOT="+root)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if diff := take(t, root).diff(after); diff != "" {
		t.Error(diff)
	}
}

// TestClosedPipe: whoever reads what refit says goes away (refit apply | head -1) in the middle of an apply.
func TestClosedPipe(t *testing.T) {
	_, after := pictures(t)
	root := newRepository(t)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "REFIT_TEST_CHILD=apply", "REFIT_TEST_ROOT="+root)
	cmd.Stdout, cmd.Stderr = writer, writer
	err = cmd.Run()
	writer.Close()
	if err != nil {
		t.Error(err)
	}
	if diff := take(t, root).diff(after); diff != "" {
		t.Error(diff)
	}
}

// TestManyAtOnce lets real processes apply and roll back at the same time: each one does all, or is told that
// another is at work, or that the files are not those of its plan any more.
func TestManyAtOnce(t *testing.T) {
	before, after := pictures(t)
	root := newRepository(t)
	var all sync.WaitGroup
	for i := range 8 {
		op := "apply"
		if i%2 == 1 {
			op = "rollback"
		}
		all.Go(func() {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "REFIT_TEST_CHILD="+op, "REFIT_TEST_ROOT="+root)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			_ = cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != 0 && code != 3 && code != 5 && code != 9 {
				t.Errorf("%s ended with %d: %s", op, code, out.String())
			}
		})
	}
	all.Wait()
	if p, err := Pending(root); p != nil || err != nil {
		t.Errorf("%v is pending, %v", p, err)
	}
	now := take(t, root)
	if now.diff(before) != "" && now.diff(after) != "" {
		t.Errorf("neither before nor after:\n%s", now.diff(before))
	}
}

// TestNothingElseDuringAnApply: a rollback, a recovery and a backup wait for an apply that is at work.
func TestNothingElseDuringAnApply(t *testing.T) {
	root := newRepository(t)
	asked := false
	_, err := Apply(root, planned(t, root, everything()...), Options{Observe: func(s Step) error {
		if s.Name != "swapped" || asked {
			return nil
		}
		asked = true
		now := take(t, root)
		if _, err := Rollback(root, "", Options{Force: true}); !isA[*Busy](err) {
			t.Errorf("rollback: %v", err)
		}
		if err := Recover(root, Options{Force: true}); !isA[*Busy](err) {
			t.Errorf("recovery: %v", err)
		}
		if _, err := Backup(root, []string{"."}, Options{}); !isA[*Busy](err) {
			t.Errorf("backup: %v", err)
		}
		if diff := take(t, root).diff(now); diff != "" {
			t.Error(diff)
		}
		return nil
	}})
	if err != nil || !asked {
		t.Error(err, asked)
	}
}

// TestPanicMidway: a defect of refit's own leaves nothing half done, and isn't swallowed.
func TestPanicMidway(t *testing.T) {
	for _, step := range []string{"begin", "stage", "swapped", "unfolder"} {
		root := newRepository(t)
		before := take(t, root)
		func() {
			defer func() {
				if v := recover(); v != "defect" {
					t.Errorf("%s: it panics with %v", step, v)
				}
			}()
			_, _ = Apply(root, planned(t, root, everything()...), Options{Observe: func(s Step) error {
				if s.Name == step {
					panic("defect")
				}
				return nil
			}})
		}()
		if err := Recover(root, Options{}); err != nil {
			t.Fatal(err)
		}
		if diff := take(t, root).diff(before); diff != "" {
			t.Errorf("%s: %s", step, diff)
		}
		if _, err := Apply(root, planned(t, root, edit.Create("x", "x", 0o644)), Options{}); err != nil {
			t.Errorf("%s: the repository stays locked: %v", step, err)
		}
	}
}
