//go:build unix

package apply

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"refit/internal/change"
	"refit/internal/edit"
)

func TestStaleFilesAreNamedAndNothingIsWritten(t *testing.T) {
	root := newRepository(t)
	set := planned(t, root, everything()...)
	put(t, root, "Dockerfile", "FROM other\n", 0o600) // edited
	put(t, root, "Makefile", "mine:\n", 0o644)        // stands where one is to be made
	if err := os.Remove(filepath.Join(root, "gone")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(filepath.Join(root, "link")), os.Symlink("untouched", filepath.Join(root, "link"))); err != nil {
		t.Fatal(err)
	}
	before := take(t, root)
	_, err := Apply(root, set, Options{})
	var stale *change.Stale
	if !errors.As(err, &stale) || strings.Join(stale.Paths, " ") != "Dockerfile Makefile gone link" {
		t.Errorf("error %v", err)
	}
	if diff := take(t, root).diff(before); diff != "" {
		t.Error(diff)
	}
	if list, _ := List(root); len(list) != 0 {
		t.Errorf("a transaction was begun: %v", list)
	}
}

// TestUnsafePaths puts traps into the repository; the plan would be written through each.
func TestUnsafePaths(t *testing.T) {
	outside := t.TempDir()
	put(t, outside, "file", "outside", 0o644)
	edited := func(p, old string) change.File {
		return change.File{Op: edit.KindText, Path: p, Text: []byte("new"), Before: change.HashOf([]byte(old)), After: change.HashOf([]byte("new")), Mode: 0o644, Was: 0o644}
	}
	created := func(p string) change.File {
		return change.File{Op: edit.KindCreate, Path: p, Text: []byte("new"), After: change.HashOf([]byte("new")), Mode: 0o644}
	}
	moved := func(from, to, text string) change.File {
		h := change.HashOf([]byte(text))
		return change.File{Op: edit.KindRename, Path: to, From: from, Text: []byte(text), Before: h, After: h, Mode: 0o644, Was: 0o644}
	}
	link := func(says, name string) func(string) error {
		return func(root string) error { return os.Symlink(says, filepath.Join(root, name)) }
	}
	tests := []struct {
		name string
		trap func(root string) error
		file change.File
		why  string
	}{
		{"edit through a link to outside", link("../../outside-link", "trap"), edited("trap", "outside"), "out of the repository"},
		{"edit through an absolute link", link(filepath.Join(outside, "file"), "trap"), edited("trap", "outside"), "absolute"},
		{"create in a linked folder outside", link(outside, "trap"), created("trap/new"), "absolute"},
		{"create in a linked folder outside, relative", link("..", "trap"), created("trap/new"), "out of the repository"},
		{"move into a linked folder outside", link(outside, "trap"), moved("untouched", "trap/new", "u\n"), "absolute"},
		{"create in git's folder by a link", link(".git", "trap"), created("trap/hooks/pre-commit"), "git's own folder"},
		{"edit in git's folder by a link", link(".git/config", "trap"), edited("trap", "[core]\n"), "git's own folder"},
		{"links in a circle", link("trap", "trap"), edited("trap", ""), "circle"},
		{"a folder", func(root string) error { return os.Mkdir(filepath.Join(root, "trap"), 0o755) }, edited("trap", ""), "folder"},
		{"create over a folder", func(root string) error { return os.Mkdir(filepath.Join(root, "trap"), 0o755) }, created("trap"), "folder"},
		{"create below a file", func(string) error { return nil }, created("untouched/x"), "is a file"},
		{"a pipe", func(root string) error { return syscall.Mkfifo(filepath.Join(root, "trap"), 0o644) }, edited("trap", ""), "pipe"},
		{"a name that differs in case", func(string) error { return nil }, created("dockerFILE"), "letter case"},
		{"a folder that differs in case", func(string) error { return nil }, created("OLD/x"), "letter case"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := newRepository(t)
			put(t, filepath.Dir(filepath.Dir(root)), "outside-link", "outside", 0o644)
			if err := tt.trap(root); err != nil {
				t.Fatal(err)
			}
			before, other := take(t, root), take(t, outside)
			_, err := Apply(root, &change.Set{Files: []change.File{tt.file, created("zzz")}}, Options{})
			if !isA[*Refused](err) || !strings.Contains(err.Error(), tt.why) {
				t.Errorf("error %v, want %q", err, tt.why)
			}
			if diff := take(t, root).diff(before) + take(t, outside).diff(other); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEditsThroughLinksInside(t *testing.T) {
	root := newRepository(t)
	if err := errors.Join(os.Symlink("old", filepath.Join(root, "dir")), os.Symlink("dir/stays.txt", filepath.Join(root, "alias"))); err != nil {
		t.Fatal(err)
	}
	before := take(t, root)
	file := change.File{Op: edit.KindText, Path: "alias", Text: []byte("new"), Before: change.HashOf([]byte("stays")), After: change.HashOf([]byte("new")), Mode: 0o644, Was: 0o644}
	other := change.File{Op: edit.KindCreate, Path: "dir/made", Text: []byte("m"), After: change.HashOf([]byte("m")), Mode: 0o644}
	if _, err := Apply(root, &change.Set{Files: []change.File{file, other}}, Options{}); err != nil {
		t.Fatal(err)
	}
	after := take(t, root)
	if after["old/stays.txt"] != `-rw-r--r-- "new"` || after["alias"] != "-> dir/stays.txt" || after["old/made"] == "" {
		t.Error(after)
	}
	both := &change.Set{Files: []change.File{file, {Op: edit.KindText, Path: "old/stays.txt", Text: []byte("x"), Before: file.Before, After: change.HashOf([]byte("x")), Mode: 0o644, Was: 0o644}}}
	if _, err := Apply(root, both, Options{}); !isA[*Refused](err) {
		t.Errorf("one file under two names: %v", err)
	}
	if _, err := Rollback(root, "", Options{}); err != nil {
		t.Fatal(err)
	}
	if diff := take(t, root).diff(before); diff != "" {
		t.Error(diff)
	}
}

func TestRenamesThatTouchOneAnother(t *testing.T) {
	for name, ops := range map[string][]edit.Op{
		"swap":                       {edit.Rename("Dockerfile", "untouched"), edit.Rename("untouched", "Dockerfile")},
		"chain":                      {edit.Rename("Dockerfile", "untouched"), edit.Rename("untouched", "third")},
		"letter case":                {edit.Rename("Dockerfile", "dockerfile")},
		"something new in its place": {edit.Rename("Dockerfile", "docker/Dockerfile"), edit.Create("Dockerfile", "moved\n", 0o644)},
	} {
		root := newRepository(t)
		before := take(t, root)
		set := planned(t, root, ops...)
		if _, err := Apply(root, set, Options{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		after := take(t, root)
		for _, f := range set.Files {
			if !f.IsLink() && !strings.HasSuffix(after[f.Path], quote(f.Text)) {
				t.Errorf("%s: %s is %s", name, f.Path, after[f.Path])
			}
		}
		if _, err := Rollback(root, "", Options{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := take(t, root).diff(before); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSecondApplyIsToldWhoIsAtWork(t *testing.T) {
	root := newRepository(t)
	set := planned(t, root, everything()...)
	asked := false
	_, err := Apply(root, set, Options{Command: "refit apply", Observe: func(s Step) error {
		if s.Name == "swap" && !asked {
			asked = true
			_, err := Apply(root, set, Options{})
			var busy *Busy
			if !errors.As(err, &busy) || busy.PID != os.Getpid() || busy.Command != "refit apply" {
				t.Errorf("error %v", err)
			}
			if p, err := Pending(root); err != nil || p == nil || !p.Running {
				t.Errorf("pending %v, %v", p, err)
			}
		}
		return nil
	}})
	if err != nil || !asked {
		t.Error(err, asked)
	}
	if p, err := Pending(root); p != nil || err != nil {
		t.Errorf("pending %v, %v", p, err)
	}
}

// TestFailureAtEachStepIsUndone makes each step of an apply fail in turn.
func TestFailureAtEachStepIsUndone(t *testing.T) {
	boom := errors.New("no space left on device")
	for k := 0; ; k++ {
		root := newRepository(t)
		before := take(t, root)
		n, begun, failed := 0, false, ""
		_, err := Apply(root, planned(t, root, everything()...), Options{Observe: func(s Step) error {
			if failed != "" {
				return nil // of undo
			}
			begun = begun || s.Name == "begin"
			if n++; n > k && s.Name != "commit" {
				failed = s.Name
				return boom
			}
			return nil
		}})
		if failed == "" {
			if err != nil || k < 40 {
				t.Fatalf("after %d steps: %v", k, err)
			}
			return
		}
		if !errors.Is(err, boom) || isA[*RolledBack](err) != (begun && failed != "begin") {
			t.Fatalf("%s failed: error %v", failed, err)
		}
		if diff := take(t, root).diff(before); diff != "" {
			t.Fatalf("%s failed: %s", failed, diff)
		}
		if list, err := List(root); len(list) != 0 || err != nil {
			t.Fatalf("%s failed: %v is left, %v", failed, list, err)
		}
	}
}

// TestEditDuringApplyIsNotLost changes a file between the check and its swap.
func TestEditDuringApplyIsNotLost(t *testing.T) {
	root := newRepository(t)
	before := take(t, root)
	_, err := Apply(root, planned(t, root, everything()...), Options{Observe: func(s Step) error {
		if s.Name == "swapped" && s.Path == "Dockerfile" {
			put(t, root, "readonly", "a person's work", 0o400)
		}
		return nil
	}})
	if !isA[*RolledBack](err) || !isA[*change.Stale](err) {
		t.Errorf("error %v", err)
	}
	before["readonly"] = `-r-------- "a person's work"`
	if diff := take(t, root).diff(before); diff != "" {
		t.Error(diff)
	}
}

func TestRollbackRefusesChangedFiles(t *testing.T) {
	root := newRepository(t)
	before := take(t, root)
	id, err := Apply(root, planned(t, root, everything()...), Options{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, root, "Dockerfile", "FROM mine\n", 0o600)
	put(t, root, "run.sh", "#!/bin/sh\n", 0o700) // only its mode
	put(t, root, "env/mine", "keep me\n", 0o644) // in a folder that the apply made
	now := take(t, root)
	_, err = Rollback(root, "", Options{})
	var changed *Changed
	if !errors.As(err, &changed) || strings.Join(changed.Paths, " ") != "Dockerfile run.sh" || changed.ID != id {
		t.Fatalf("error %v", err)
	}
	if diff := take(t, root).diff(now); diff != "" {
		t.Fatal(diff)
	}
	forced, err := Rollback(root, id, Options{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	before["env"], before["env/mine"] = now["env"], now["env/mine"]
	if diff := take(t, root).diff(before); diff != "" {
		t.Fatal(diff)
	}
	if _, err := Rollback(root, forced.ID, Options{}); err != nil { // what was overwritten was kept
		t.Fatal(err)
	}
	if diff := take(t, root).diff(now); diff != "" {
		t.Fatal(diff)
	}
}

func TestBackup(t *testing.T) {
	root := newRepository(t)
	before := take(t, root)
	id, err := Backup(root, []string{"old", "Dockerfile", "link", "./run.sh"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := take(t, root).diff(before); diff != "" {
		t.Fatal(diff)
	}
	list, _ := List(root)
	if len(list) != 1 || list[0].Kind != "backup" || strings.Join(list[0].Paths, " ") != "Dockerfile link old/deep/only.txt old/stays.txt run.sh" {
		t.Errorf("%+v", list)
	}
	put(t, root, "Dockerfile", "changed", 0o644)
	if err := os.RemoveAll(filepath.Join(root, "old")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := Rollback(root, id[:4], Options{}); err != nil {
		t.Fatal(err)
	}
	if diff := take(t, root).diff(before); diff != "" {
		t.Fatal(diff)
	}
	if _, err := Backup(root, []string{"."}, Options{}); err != nil {
		t.Fatal(err)
	}
	if list, _ := List(root); strings.Contains(strings.Join(list[0].Paths, " "), ".git") || list[0].Files != 11 {
		t.Errorf("%+v", list[0])
	}
	for _, bad := range []string{"nothing", "../x", ".git/config"} {
		if _, err := Backup(root, []string{bad}, Options{}); err == nil {
			t.Errorf("%s is backed up", bad)
		}
	}
	for _, bad := range []ID{"0", "nothing"} {
		if _, err := Rollback(root, bad, Options{}); !isA[*UnknownError](err) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestHardLinksAreNoted(t *testing.T) {
	root := newRepository(t)
	if err := os.Link(filepath.Join(root, "Dockerfile"), filepath.Join(root, "twin")); err != nil {
		t.Skip(err)
	}
	var notes []string
	_, err := Apply(root, planned(t, root, edit.Text("Dockerfile", edit.Insert(0, "# ", ""))), Options{Note: func(s string) { notes = append(notes, s) }})
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "hard link") {
		t.Errorf("%v, %v", notes, err)
	}
	if got := take(t, root)["twin"]; !strings.Contains(got, "FROM python") {
		t.Errorf("twin is %s", got)
	}
}

func TestGitFolderIsNeverTouched(t *testing.T) {
	root := newRepository(t)
	for _, p := range []string{".git/hooks/pre-commit", "sub/.git/config", ".GIT/x"} {
		set := &change.Set{Files: []change.File{{Op: edit.KindCreate, Path: p, Text: []byte("x"), After: change.HashOf([]byte("x")), Mode: 0o755}}}
		if _, err := Apply(root, set, Options{}); err == nil {
			t.Errorf("%s is written", p)
		}
	}
}

func TestUnreadableFilesStopBeforeAnythingIsWritten(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything: see TestAsAnotherUser")
	}
	root := newRepository(t)
	set := planned(t, root, everything()...)
	if err := os.Chmod(filepath.Join(root, "run.sh"), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Apply(root, set, Options{}); !errors.Is(err, fs.ErrPermission) || isA[*RolledBack](err) {
		t.Errorf("error %v", err)
	}
}
