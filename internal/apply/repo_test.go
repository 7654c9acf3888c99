//go:build unix

package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/source"
)

// picture is a repository as it is: path -> kind, mode and content, folders included.
type picture map[string]string

func take(t testing.TB, root string) picture {
	t.Helper()
	p := picture{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, name)
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			p[rel] = fmt.Sprintf("folder %v", info.Mode())
		case info.Mode()&fs.ModeSymlink != 0:
			says, err := os.Readlink(name)
			p[rel] = "-> " + says
			return err
		case !info.Mode().IsRegular():
			p[rel] = info.Mode().Type().String()
		default:
			text, err := os.ReadFile(name)
			p[rel] = fmt.Sprintf("%v %q", info.Mode(), text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p picture) diff(want picture) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if p[k] != want[k] {
			out = append(out, fmt.Sprintf("%s: is %s, should be %s", k, orNothing(p[k]), want[k]))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(p)) {
		if want[k] == "" {
			out = append(out, fmt.Sprintf("%s: is %s, should not be", k, p[k]))
		}
	}
	return strings.Join(out, "\n")
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// snapshot is what discovery would read of a repository.
func snapshot(t testing.TB, root string) *source.Snapshot {
	t.Helper()
	var entries []*source.Entry
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == ".git" {
				return fs.SkipDir
			}
			return err
		}
		rel, _ := filepath.Rel(root, name)
		rel = filepath.ToSlash(rel)
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			says, err := os.Readlink(name)
			entries = append(entries, source.NewLink(rel, says))
			return err
		}
		if d.Type().IsRegular() {
			entries = append(entries, source.NewEntry(rel, info.Mode(), info.Size(), func() ([]byte, error) { return os.ReadFile(name) }))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return source.NewSnapshot(entries, nil)
}

// planned is the set that carries ops out.
func planned(t testing.TB, root string, ops ...edit.Op) *change.Set {
	t.Helper()
	before := snapshot(t, root)
	after, err := edit.Apply(before, ops)
	if err != nil {
		t.Fatal(err)
	}
	files, err := change.Files(before, after, edit.Renames(nil, ops))
	if err != nil {
		t.Fatal(err)
	}
	return &change.Set{Files: files}
}

// newRepository makes a small repository, and a state folder beside it.
func newRepository(t testing.TB) string {
	t.Helper()
	base := t.TempDir()
	t.Setenv("XDG_STATE_HOME", filepath.Join(base, "state"))
	root := filepath.Join(base, "repo")
	fill(t, root)
	return root
}

func fill(t testing.TB, root string) {
	t.Helper()
	put(t, root, "docker-compose.yml", "services: # keep\r\n  db:\r\n", 0o644)
	put(t, root, "Dockerfile", "FROM python\n# comment", 0o600)
	put(t, root, "old/deep/only.txt", "the only file here", 0o640)
	put(t, root, "old/stays.txt", "stays", 0o644)
	put(t, root, "run.sh", "#!/bin/sh\n", 0o644)
	put(t, root, "readonly", "\xef\xbb\xbfread\n", 0o400)
	put(t, root, "setuid", "s\n", fs.ModeSetuid|0o755)
	put(t, root, "gone", "bye\n", 0o604)
	put(t, root, "untouched", "u\n", 0o644)
	put(t, root, ".git/config", "[core]\n", 0o644)
	for name, says := range map[string]string{"link": "docker-compose.yml", "tolink": "untouched"} {
		if err := os.Symlink(says, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(root, "old/deep"), 0o2750|fs.ModeSetgid); err != nil {
		t.Fatal(err)
	}
}

func put(t testing.TB, root, name, text string, mode fs.FileMode) {
	t.Helper()
	full := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(full, mode); err != nil {
		t.Fatal(err)
	}
}

// everything is a change of every kind for the repository of fill.
func everything() []edit.Op {
	return []edit.Op{
		edit.Rename("docker-compose.yml", "compose/docker-compose.dev.yml"),
		edit.Text("docker-compose.yml", edit.Insert(0, "name: x\r\n", "name")),
		edit.Text("Dockerfile", edit.Insert(0, "# syntax\n", "")),
		edit.Rename("old/deep/only.txt", "env/new/only.txt"),
		edit.Chmod("run.sh", 0o755),
		edit.Text("readonly", edit.Insert(3, "edited ", "")),
		edit.Text("setuid", edit.Insert(0, "# ", "")),
		edit.Remove("gone"),
		edit.Create("env/.env.dev", "A=1\n", 0o600),
		edit.Create("Makefile", "all:\n", 0o644),
		edit.Rename("tolink", "env/tolink"),
	}
}

func TestApplyAndRollback(t *testing.T) {
	root := newRepository(t)
	before := take(t, root)
	id, err := Apply(root, planned(t, root, everything()...), Options{})
	if err != nil {
		t.Fatal(err)
	}
	after := take(t, root)
	want := picture{}
	maps.Copy(want, before)
	for _, p := range []string{"docker-compose.yml", "old/deep", "old/deep/only.txt", "gone", "tolink"} {
		delete(want, p)
	}
	maps.Copy(want, picture{
		"compose":                        "folder drwxr-xr-x",
		"compose/docker-compose.dev.yml": `-rw-r--r-- "name: x\r\nservices: # keep\r\n  db:\r\n"`,
		"Dockerfile":                     `-rw------- "# syntax\nFROM python\n# comment"`,
		"env":                            "folder drwxr-xr-x",
		"env/new":                        "folder drwxr-xr-x",
		"env/new/only.txt":               `-rw-r----- "the only file here"`,
		"env/.env.dev":                   `-rw------- "A=1\n"`,
		"env/tolink":                     "-> ../untouched",
		"link":                           "-> compose/docker-compose.dev.yml",
		"Makefile":                       `-rw-r--r-- "all:\n"`,
		"run.sh":                         `-rwxr-xr-x "#!/bin/sh\n"`,
		"readonly":                       `-r-------- "\ufeffedited read\n"`,
		"setuid":                         `urwxr-xr-x "# s\n"`,
	})
	if diff := after.diff(want); diff != "" {
		t.Fatal(diff)
	}
	list, err := List(root)
	if err != nil || len(list) != 1 || list[0].ID != id || list[0].State != "done" || list[0].Kind != "apply" || list[0].Files != 14 {
		t.Fatalf("%+v, %v", list, err)
	}

	if meant, err := Meant(root, ""); err != nil || meant != id {
		t.Errorf("%s is to be taken back, %v", meant, err)
	}
	back, err := Rollback(root, "", Options{})
	if err != nil || back.Of != id || len(back.Paths) != 14 {
		t.Fatalf("%+v, %v", back, err)
	}
	if diff := take(t, root).diff(before); diff != "" {
		t.Fatal(diff)
	}
	if _, err := Rollback(root, "", Options{}); !isA[*UnknownError](err) {
		t.Errorf("nothing is left to take back: %v", err)
	}
	if again, err := Rollback(root, back.ID, Options{}); err != nil || again.Of != back.ID {
		t.Fatalf("%+v, %v", again, err)
	}
	if diff := take(t, root).diff(after); diff != "" {
		t.Fatal(diff)
	}
	if back, err = Rollback(root, "", Options{}); err != nil || back.Of != id {
		t.Fatalf("the apply counts again, since its rollback was taken back: %+v, %v", back, err)
	}
	if diff := take(t, root).diff(before); diff != "" {
		t.Fatal(diff)
	}
}

// TestNothingLeftToRestore: an apply whose files were brought back by hand doesn't stay in the way of those
// before it.
func TestNothingLeftToRestore(t *testing.T) {
	root := newRepository(t)
	before := take(t, root)
	first, err := Apply(root, planned(t, root, edit.Create("first", "1\n", 0o644)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Apply(root, planned(t, root, edit.Create("made/second", "2\n", 0o644)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "made", "second")); err != nil {
		t.Fatal(err)
	}
	back, err := Rollback(root, "", Options{})
	if err != nil || back.Of != second || len(back.Paths) != 0 || back.ID == "" {
		t.Fatalf("%+v, %v", back, err)
	}
	if exists(filepath.Join(root, "made")) {
		t.Error("the folder that the apply made is still there")
	}
	if list, err := List(root); err != nil || list[1].ID != second || list[1].State != "taken back" {
		t.Fatalf("%+v, %v", list, err)
	}
	if again, err := Rollback(root, second, Options{}); err != nil || again.ID != "" {
		t.Errorf("taken back twice: %+v, %v", again, err)
	}
	if back, err = Rollback(root, "", Options{}); err != nil || back.Of != first {
		t.Fatalf("%+v, %v", back, err)
	}
	if diff := take(t, root).diff(before); diff != "" {
		t.Error(diff)
	}
	if _, err := Rollback(root, "", Options{}); !isA[*UnknownError](err) {
		t.Errorf("nothing is left to take back: %v", err)
	}
}

func isA[E error](err error) bool { var e E; return errors.As(err, &e) }

func TestStateIsPrivateAndOutside(t *testing.T) {
	root := newRepository(t)
	state := os.Getenv("XDG_STATE_HOME")
	if _, err := Apply(root, planned(t, root, everything()...), Options{}); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(filepath.Join(state, "refit"), func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, _ := d.Info(); info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_STATE_HOME", filepath.Join(root, "state"))
	before := take(t, root)
	if _, err := Apply(root, planned(t, root, edit.Create("x", "", 0)), Options{}); err == nil || !strings.Contains(err.Error(), "XDG_STATE_HOME") {
		t.Errorf("a state folder inside of the repository: %v", err)
	}
	link := filepath.Join(filepath.Dir(root), "into")
	if err := os.Symlink(root, link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_STATE_HOME", filepath.Join(link, "state"))
	if _, err := Apply(root, planned(t, root, edit.Create("x", "", 0)), Options{}); err == nil {
		t.Error("a state folder inside of the repository, through a link")
	}
	if diff := take(t, root).diff(before); diff != "" {
		t.Error(diff)
	}
}

func TestEmptySetWritesNothing(t *testing.T) {
	root := newRepository(t)
	if id, err := Apply(root, &change.Set{}, Options{}); id != "" || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	if id, err := Meant(root, ""); id != "" || !isA[*UnknownError](err) {
		t.Errorf("%q is to be taken back, %v", id, err)
	}
	if exists(os.Getenv("XDG_STATE_HOME")) {
		t.Error("a state folder was made")
	}
	if p, err := Pending(root); p != nil || err != nil || exists(os.Getenv("XDG_STATE_HOME")) {
		t.Errorf("%v, %v", p, err)
	}
}

func quote(text []byte) string { return fmt.Sprintf("%q", text) }

// TestOrder: what goes away goes last, so that a moved content is always there, unless it may be the same
// file as something made, on a system that doesn't tell letter case.
func TestOrder(t *testing.T) {
	file, nothing := fileState{Kind: isFile, Hash: change.HashOf(nil)}, fileState{Kind: none}
	byPath := map[string]*target{
		"a":          {Path: "a", Before: file, After: nothing},
		"b":          {Path: "b", Before: nothing, After: file},
		"dockerfile": {Path: "dockerfile", Before: file, After: nothing},
		"Dockerfile": {Path: "Dockerfile", Before: nothing, After: file},
		"same":       {Path: "same", Before: file, After: file},
	}
	var got []string
	for _, one := range ordered(byPath) {
		got = append(got, one.Path)
	}
	if strings.Join(got, " ") != "dockerfile Dockerfile b a" {
		t.Error(got)
	}
}
