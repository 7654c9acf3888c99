//go:build unix

package apply

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"refit/internal/change"
	"refit/internal/edit"
)

// within fails instead of hanging when something waits for what never comes.
func within(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("it hangs")
	}
}

// TestBackupsThatAreNoFiles puts links, pipes and one another's content in the place of what a rollback
// would restore: nothing is read from outside, nothing is waited for, nothing is restored.
func TestBackupsThatAreNoFiles(t *testing.T) {
	blob := func(t *testing.T, root, text string) string {
		return filepath.Join(transactionFolder(t, root), "blobs", string(change.HashOf([]byte(text))))
	}
	const dockerfile, bye = "FROM python\n# comment", "bye\n"
	outside := filepath.Join(t.TempDir(), "outside")
	for name, tamper := range map[string]func(t *testing.T, root string) error{
		"two backups swapped": func(t *testing.T, root string) error {
			a, b := blob(t, root, dockerfile), blob(t, root, bye)
			return errors.Join(os.Rename(a, a+".x"), os.Rename(b, a), os.Rename(a+".x", b))
		},
		"a backup is a link to a file outside": func(t *testing.T, root string) error {
			return errors.Join(os.WriteFile(outside, []byte("made-up outside\n"), 0o600), os.Remove(blob(t, root, dockerfile)), os.Symlink(outside, blob(t, root, dockerfile)))
		},
		"a backup is a link to the same content outside": func(t *testing.T, root string) error {
			return errors.Join(os.WriteFile(outside, []byte(dockerfile), 0o600), os.Remove(blob(t, root, dockerfile)), os.Symlink(outside, blob(t, root, dockerfile)))
		},
		"a backup is a pipe": func(t *testing.T, root string) error {
			return errors.Join(os.Remove(blob(t, root, dockerfile)), syscall.Mkfifo(blob(t, root, dockerfile), 0o600))
		},
		"a backup is a folder": func(t *testing.T, root string) error {
			return errors.Join(os.Remove(blob(t, root, dockerfile)), os.Mkdir(blob(t, root, dockerfile), 0o700))
		},
		"the backups are a link to a folder outside": func(t *testing.T, root string) error {
			dir := filepath.Join(transactionFolder(t, root), "blobs")
			return errors.Join(os.Rename(dir, outside+".dir"), os.Symlink(outside+".dir", dir))
		},
		"the journal is a pipe": func(t *testing.T, root string) error {
			name := filepath.Join(transactionFolder(t, root), "journal")
			return errors.Join(os.Remove(name), syscall.Mkfifo(name, 0o600))
		},
		"the journal is a link out": func(t *testing.T, root string) error {
			name := filepath.Join(transactionFolder(t, root), "journal")
			return errors.Join(os.Rename(name, outside+".journal"), os.Symlink(outside+".journal", name))
		},
		"the journal is a device": func(t *testing.T, root string) error {
			name := filepath.Join(transactionFolder(t, root), "journal")
			return errors.Join(os.Remove(name), os.Symlink("/dev/zero", name))
		},
	} {
		for _, cut := range []bool{false, true} { // a done apply, and one that was cut off
			t.Run(name, func(t *testing.T) {
				root := newRepository(t)
				set := planned(t, root, everything()...)
				if cut {
					interrupt(t, root, set)
				} else if _, err := Apply(root, set, Options{}); err != nil {
					t.Fatal(err)
				}
				if err := tamper(t, root); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { os.RemoveAll(outside + ".dir") })
				now := take(t, root)
				within(t, func() {
					var corrupt *Corrupt
					if _, err := Rollback(root, "", Options{Force: true}); !errors.As(err, &corrupt) || !strings.HasPrefix(corrupt.File, os.Getenv("XDG_STATE_HOME")) {
						t.Errorf("rollback: %v", err)
					}
					if _, err := List(root); err != nil {
						t.Errorf("list: %v", err)
					}
					_, _ = Pending(root)
				})
				if diff := take(t, root).diff(now); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// TestStateFolders are places for the journal that can't be one, or that somebody else could have filled.
func TestStateFolders(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, root, state string) error // state is the folder of this repository
		want  string                                       // in the error; "" when it works
	}{
		"missing": {func(t *testing.T, root, state string) error { return nil }, ""},
		"open to all": {func(t *testing.T, root, state string) error {
			return errors.Join(os.MkdirAll(state, 0o777), os.Chmod(state, 0o777))
		}, ""},
		"a link": {func(t *testing.T, root, state string) error {
			elsewhere := t.TempDir()
			return errors.Join(os.MkdirAll(filepath.Dir(state), 0o700), os.Symlink(elsewhere, state))
		}, "XDG_STATE_HOME"},
		"a link into the repository": {func(t *testing.T, root, state string) error {
			return errors.Join(os.MkdirAll(filepath.Dir(filepath.Dir(state)), 0o700), os.Symlink(root, filepath.Dir(state)))
		}, "XDG_STATE_HOME"},
		"a dangling link": {func(t *testing.T, root, state string) error {
			return errors.Join(os.MkdirAll(filepath.Dir(state), 0o700), os.Symlink("/nowhere/at/all", state))
		}, "XDG_STATE_HOME"},
		"a file": {func(t *testing.T, root, state string) error {
			return errors.Join(os.MkdirAll(filepath.Dir(state), 0o700), os.WriteFile(state, nil, 0o600))
		}, "XDG_STATE_HOME"},
		"below a file": {func(t *testing.T, root, state string) error {
			return os.WriteFile(filepath.Dir(filepath.Dir(state)), nil, 0o600)
		}, "no place for the backups"},
		"of another user": {func(t *testing.T, root, state string) error {
			if os.Geteuid() != 0 {
				t.Skip("SKIPPED: only root can give a folder away")
			}
			return errors.Join(os.MkdirAll(state, 0o700), os.Chown(state, 65534, 65534))
		}, "belongs to another user"},
		"a lock that is a pipe": {func(t *testing.T, root, state string) error {
			return errors.Join(os.MkdirAll(state, 0o700), syscall.Mkfifo(filepath.Join(state, "lock"), 0o600), syscall.Mkfifo(filepath.Join(state, "holder"), 0o600))
		}, ""},
		"a lock that is a link out": {func(t *testing.T, root, state string) error {
			return errors.Join(os.MkdirAll(state, 0o700), os.Symlink(filepath.Join(root, "lock"), filepath.Join(state, "lock")))
		}, "lock"},
		"a holder that is a link out": {func(t *testing.T, root, state string) error {
			return errors.Join(os.MkdirAll(state, 0o700), os.Symlink(filepath.Join(root, "Dockerfile"), filepath.Join(state, "holder")))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := newRepository(t)
			state, err := StateFolder(root)
			if err != nil {
				t.Fatal(err)
			}
			before := take(t, root)
			set := planned(t, root, edit.Create("made", "x", 0o644))
			if err := tt.spoil(t, root, state); err != nil {
				t.Fatal(err)
			}
			within(t, func() {
				if _, err := Pending(root); err != nil && tt.want == "" {
					t.Errorf("pending: %v", err)
				}
				_, err := Apply(root, set, Options{})
				if tt.want == "" {
					if err != nil {
						t.Fatal(err)
					}
					if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o700 {
						t.Errorf("%v, %v", info, err)
					}
					_, err = Rollback(root, "", Options{})
				}
				if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v", err)
				}
			})
			if diff := take(t, root).diff(before); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoHome(t *testing.T) {
	root := newRepository(t)
	before := take(t, root)
	set := planned(t, root, edit.Create("made", "x", 0o644))
	t.Setenv("XDG_STATE_HOME", "relative/is/ignored")
	t.Setenv("HOME", "")
	if p, err := Pending(root); p != nil || err != nil {
		t.Errorf("%v, %v", p, err)
	}
	if _, err := Apply(root, set, Options{}); err == nil || !strings.Contains(err.Error(), "XDG_STATE_HOME") {
		t.Errorf("error %v", err)
	}
	if diff := take(t, root).diff(before); diff != "" {
		t.Error(diff)
	}
}

// TestFileTurnsIntoSomethingElse: between the plan and the apply a file becomes a link, a pipe or a folder.
func TestFileTurnsIntoSomethingElse(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	put(t, filepath.Dir(outside), "outside", "FROM python\n# comment", 0o644) // the same bytes as those planned with
	for name, turn := range map[string]func(p string) error{
		"a link out":             func(p string) error { return os.Symlink(outside, p) },
		"a relative link out":    func(p string) error { return os.Symlink("../../../../../../../../../.."+outside, p) },
		"a link to another file": func(p string) error { return os.Symlink("run.sh", p) },
		"a link to itself":       func(p string) error { return os.Symlink("Dockerfile", p) },
		"a dangling link":        func(p string) error { return os.Symlink("nowhere", p) },
		"a pipe":                 func(p string) error { return syscall.Mkfifo(p, 0o644) },
		"a folder":               func(p string) error { return os.Mkdir(p, 0o755) },
		"nothing":                func(string) error { return nil },
	} {
		for _, when := range []string{"plan", "checked", "backup", "stage"} {
			t.Run(name+" after "+when, func(t *testing.T) {
				root := newRepository(t)
				set := planned(t, root, edit.Text("Dockerfile", edit.Insert(0, "# syntax\n", "")), edit.Rename("gone", "zz/gone"))
				before := take(t, root)
				change := func() {
					p := filepath.Join(root, "Dockerfile")
					if err := errors.Join(os.Remove(p), turn(p)); err != nil {
						t.Fatal(err)
					}
				}
				done := when == "plan"
				if done {
					change()
				}
				within(t, func() {
					_, err := Apply(root, set, Options{Observe: func(s Step) error {
						if s.Name == when && !done {
							done = true
							change()
						}
						return nil
					}})
					if err == nil {
						t.Error("it is applied")
					}
				})
				now := take(t, root)
				now["Dockerfile"] = before["Dockerfile"]
				if diff := now.diff(before); diff != "" {
					t.Error(diff)
				}
				if text, err := os.ReadFile(outside); err != nil || !bytes.HasPrefix(text, []byte("FROM python")) {
					t.Errorf("%s, %v", text, err)
				}
				if p, err := Pending(root); p != nil || err != nil {
					t.Errorf("%v is pending, %v", p, err)
				}
			})
		}
	}
}
