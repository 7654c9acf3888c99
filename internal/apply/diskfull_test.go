//go:build unix

package apply

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"refit/internal/change"
	"refit/internal/edit"
)

// needSpace are the writes that fail on a full disk.
var needSpace = []string{"create", "data", "folder", "link"}

// failing makes writes fail from the n-th on: with once only that one, else every one that needs space.
func failing(n int, once bool, failed *write) func(write) error {
	k := -1
	return func(w write) error {
		k++
		switch {
		case once && k == n:
			*failed = w
			return syscall.EIO
		case !once && k >= n && slices.Contains(needSpace, w.Op):
			if failed.Op == "" {
				*failed = w
			}
			return syscall.ENOSPC
		}
		return nil
	}
}

// TestFullDiskAtEachWrite fills the disk just before each write of an apply, of a rollback and of a recovery,
// and in another round makes just that write fail. Either all is as before, or the rest is done once there is
// space again.
func TestFullDiskAtEachWrite(t *testing.T) {
	for _, op := range []string{"apply", "rollback", "backup", "recovery"} {
		for _, once := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, once %v", op, once), func(t *testing.T) { fullDiskAtEachWrite(t, op, once) })
		}
	}
}

func fullDiskAtEachWrite(t *testing.T, op string, once bool) {
	root := newRepository(t)
	before := take(t, root)
	set := planned(t, root, everything()...)
	switch op {
	case "rollback":
		if _, err := Apply(root, set, Options{}); err != nil {
			t.Fatal(err)
		}
		before = take(t, root)
	case "recovery":
		interrupt(t, root, set)
	}
	start := still(t, filepath.Dir(root))
	failures, unfinished := 0, 0
	for n := 0; ; n++ {
		start.crash(t, never, never)
		var failed write
		opts := Options{told: failing(n, once, &failed)}
		var err error
		switch op {
		case "apply":
			_, err = Apply(root, set, opts)
		case "rollback":
			_, err = Rollback(root, "", opts)
		case "backup":
			_, err = Backup(root, []string{"."}, opts)
		case "recovery":
			err = Recover(root, opts)
		}
		if failed.Op == "" {
			if err != nil || failures < 4 {
				t.Errorf("after %d failures: %v", failures, err)
			}
			break
		}
		failures++
		where := fmt.Sprintf("write %d, %s %s, failed: %v", n, failed.Op, failed.Path, err)
		tidying := failed.Op == "removeAll" || failed.Op == "remove" // what could not be tidied away is, the next time
		if err == nil && !tidying || err != nil && strings.Contains(err.Error(), "goroutine") {
			t.Fatal(where)
		}
		if err == nil {
			continue
		}
		if isA[*Unfinished](err) || op == "recovery" {
			unfinished++
		} else if diff := take(t, root).diff(before); diff != "" {
			t.Fatalf("%s: not all as before:\n%s", where, diff)
		}
		if err := Recover(root, Options{}); err != nil {
			t.Fatalf("%s; recovery: %v", where, err)
		}
		if diff := take(t, root).diff(before); diff != "" {
			t.Fatalf("%s: not all as before after the recovery:\n%s", where, diff)
		}
		if p, err := Pending(root); p != nil || err != nil {
			t.Fatalf("%s: %v is pending, %v", where, p, err)
		}
	}
	if op != "recovery" && unfinished > failures/3 {
		t.Errorf("%d of %d could not be undone at once", unfinished, failures)
	}
}

// TestRealFullDisk fills a real file system of 256 KiB, at each phase of an apply.
func TestRealFullDisk(t *testing.T) {
	base, err := os.MkdirTemp("", "refit-full-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(base) })
	if err := mountSmall(base); err != nil {
		t.Skipf("SKIPPED, a file system can't be mounted here (it takes root): %v; TestFullDiskAtEachWrite and TestFullDisk stand in", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(base, 0) })
	for _, where := range []string{"repository", "state folder"} {
		for _, phase := range []string{"checked", "backup", "begin", "folder", "stage", "swap", "unfolder"} {
			t.Run(where+" full at "+phase, func(t *testing.T) {
				small := filepath.Join(base, "work")
				root := newRepository(t)
				if where == "repository" {
					root = filepath.Join(small, "repo")
					fill(t, root)
				} else {
					t.Setenv("XDG_STATE_HOME", filepath.Join(small, "state"))
				}
				t.Cleanup(func() { _ = os.RemoveAll(small) })
				before := take(t, root)
				set := planned(t, root, append(everything(), edit.Create("zz-large", strings.Repeat("x", 8<<10), 0o644))...)
				full := false
				_, err := Apply(root, set, Options{Observe: func(s Step) error {
					if s.Name == phase && !full {
						full = true
						fillUp(t, filepath.Join(base, "filler"))
					}
					return nil
				}})
				if !full {
					t.Fatalf("it has no phase %s: %v", phase, err)
				}
				if err != nil && !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("error %v", err)
				}
				if err := os.Remove(filepath.Join(base, "filler")); err != nil {
					t.Fatal(err)
				}
				if err != nil && !isA[*Unfinished](err) {
					if diff := take(t, root).diff(before); diff != "" {
						t.Errorf("%v: not all as before:\n%s", err, diff)
					}
				}
				if err := Recover(root, Options{}); err != nil {
					t.Fatal(err)
				}
				if err == nil {
					if _, err := Rollback(root, "", Options{}); err != nil {
						t.Fatal(err)
					}
				}
				if diff := take(t, root).diff(before); diff != "" {
					t.Errorf("%v: not all as before:\n%s", err, diff)
				}
			})
		}
	}
}

// fillUp writes until nothing goes any more.
func fillUp(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for {
		if _, err := f.Write(make([]byte, 4096)); errors.Is(err, syscall.ENOSPC) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// interrupt stops an apply in the middle of its swaps, as a crash would.
func interrupt(t *testing.T, root string, set *change.Set) {
	t.Helper()
	crash := errors.New("stop here, as a crash would")
	_, err := Apply(root, set, Options{Observe: func(s Step) error {
		if s.Name == "swapped" && s.Path == "setuid" || s.Name == "undo" {
			return crash
		}
		return nil
	}})
	if !isA[*Unfinished](err) {
		t.Fatal(err)
	}
}
