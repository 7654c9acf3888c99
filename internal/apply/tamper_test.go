//go:build unix

package apply

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/change"
)

// killedApply is a repository whose apply was killed in the middle of the swaps.
func killedApply(t *testing.T) (root string) {
	t.Helper()
	root = newRepository(t)
	opts := Options{Observe: func(s Step) error {
		if s.Name == "swapped" && s.Path == "Makefile" {
			return errors.New("stop")
		}
		if s.Name == "undo" {
			return errors.New("stop here too, as a crash would")
		}
		return nil
	}}
	if _, err := Apply(root, planned(t, root, everything()...), opts); !isA[*Unfinished](err) {
		t.Fatal(err)
	}
	return root
}

// edited rewrites the begin record of the last transaction, checksum included.
func editedJournal(t *testing.T, root string, from, to string) {
	t.Helper()
	name := filepath.Join(transactionFolder(t, root), "journal")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	line, rest, _ := bytes.Cut(text, []byte{'\n'})
	_, body, _ := bytes.Cut(line, []byte{' '})
	if !bytes.Contains(body, []byte(from)) {
		t.Fatalf("%q isn't in %s", from, body)
	}
	body = bytes.ReplaceAll(body, []byte(from), []byte(to))
	text = append(append(append(append(checksum(body), ' '), body...), '\n'), rest...)
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTamperedState(t *testing.T) {
	journal := func(t *testing.T, root string) string { return filepath.Join(transactionFolder(t, root), "journal") }
	for name, tamper := range map[string]func(t *testing.T, root string){
		"a path that leaves":   func(t *testing.T, root string) { editedJournal(t, root, `"Dockerfile"`, `"../Dockerfile"`) },
		"a path of git's":      func(t *testing.T, root string) { editedJournal(t, root, `"Dockerfile"`, `".git/config"`) },
		"an absolute path":     func(t *testing.T, root string) { editedJournal(t, root, `"Dockerfile"`, `"/etc/passwd"`) },
		"a folder that leaves": func(t *testing.T, root string) { editedJournal(t, root, `"path":"env"`, `"path":"../env"`) },
		"a hash that is a path": func(t *testing.T, root string) {
			editedJournal(t, root, string(change.HashOf([]byte("bye\n"))), "../../../x")
		},
		"one path twice":            func(t *testing.T, root string) { editedJournal(t, root, `"Dockerfile"`, `"Makefile"`) },
		"another repository":        func(t *testing.T, root string) { editedJournal(t, root, `"root":"`, `"root":"/other`) },
		"another version":           func(t *testing.T, root string) { editedJournal(t, root, `"version":1`, `"version":2`) },
		"another transaction":       func(t *testing.T, root string) { editedJournal(t, root, `"id":"0001`, `"id":"0002`) },
		"an unknown field":          func(t *testing.T, root string) { editedJournal(t, root, `"version":1`, `"version":1,"x":1`) },
		"a bit of the first record": func(t *testing.T, root string) { flip(t, journal(t, root), 200) },
		"a bit of a later record": func(t *testing.T, root string) {
			text, err := os.ReadFile(journal(t, root))
			if err != nil {
				t.Fatal(err)
			}
			flip(t, journal(t, root), bytes.IndexByte(text, '\n')+20)
		},
		"no journal":    func(t *testing.T, root string) { os.Remove(journal(t, root)) },
		"empty journal": func(t *testing.T, root string) { os.Truncate(journal(t, root), 0) },
		"a missing backup": func(t *testing.T, root string) {
			os.Remove(filepath.Join(transactionFolder(t, root), "blobs", string(change.HashOf([]byte("FROM python\n# comment")))))
		},
		"a damaged backup": func(t *testing.T, root string) {
			flip(t, filepath.Join(transactionFolder(t, root), "blobs", string(change.HashOf([]byte("FROM python\n# comment")))), 3)
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := killedApply(t)
			tamper(t, root)
			now := take(t, root)
			err := Recover(root, Options{})
			if !isA[*Corrupt](err) || !strings.Contains(err.Error(), os.Getenv("XDG_STATE_HOME")) {
				t.Errorf("recovery: %v", err)
			}
			if _, err := Rollback(root, "", Options{Force: true}); !isA[*Corrupt](err) {
				t.Errorf("rollback: %v", err)
			}
			if diff := take(t, root).diff(now); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func flip(t *testing.T, name string, at int) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text[at] ^= 1
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedBackupOfADoneApply: rollback checks every backup before it writes.
func TestDamagedBackupOfADoneApply(t *testing.T) {
	root := newRepository(t)
	if _, err := Apply(root, planned(t, root, everything()...), Options{}); err != nil {
		t.Fatal(err)
	}
	flip(t, filepath.Join(transactionFolder(t, root), "blobs", string(change.HashOf([]byte("bye\n")))), 0)
	now := take(t, root)
	if _, err := Rollback(root, "", Options{}); !isA[*Corrupt](err) {
		t.Errorf("error %v", err)
	}
	if diff := take(t, root).diff(now); diff != "" {
		t.Error(diff)
	}
	flip(t, filepath.Join(transactionFolder(t, root), "journal"), 100)
	if list, err := List(root); err != nil || len(list) != 1 || list[0].State != "damaged" {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestEditsAfterACrash: a person works on after a crash, then recovers.
func TestEditsAfterACrash(t *testing.T) {
	root := killedApply(t)
	put(t, root, "Dockerfile", "my work\n", 0o600) // was swapped already
	put(t, root, "untouched", "mine too\n", 0o644)
	now := take(t, root)
	err := Recover(root, Options{})
	var changed *Changed
	if !errors.As(err, &changed) || strings.Join(changed.Paths, " ") != "Dockerfile" {
		t.Fatalf("error %v", err)
	}
	if diff := take(t, root).diff(now); diff != "" {
		t.Fatal(diff)
	}
	var notes []string
	if err := Recover(root, Options{Force: true, Note: func(s string) { notes = append(notes, s) }}); err != nil {
		t.Fatal(err)
	}
	if got := take(t, root)["Dockerfile"]; !strings.Contains(got, "FROM python") {
		t.Errorf("Dockerfile is %s", got)
	}
	_, kept, _ := strings.Cut(strings.Join(notes, "\n"), "is kept in ")
	kept, _, _ = strings.Cut(kept, "\n")
	if text, err := os.ReadFile(kept); err != nil || string(text) != "my work\n" {
		t.Errorf("%q, %v; notes %v", text, err, notes)
	}
}

// TestLinkAppearsAfterACrash: undo must not write through a link that was put in the place of a folder.
func TestLinkAppearsAfterACrash(t *testing.T) {
	root := killedApply(t)
	outside := t.TempDir()
	put(t, outside, "deep/only.txt", "not yours", 0o644)
	if err := errors.Join(os.RemoveAll(filepath.Join(root, "old")), os.Symlink(outside, filepath.Join(root, "old"))); err != nil {
		t.Fatal(err)
	}
	before := take(t, outside)
	if err := Recover(root, Options{Force: true}); !isA[*Refused](err) {
		t.Errorf("error %v", err)
	}
	if diff := take(t, outside).diff(before); diff != "" {
		t.Error(diff)
	}
}

func FuzzJournal(f *testing.F) {
	body := `{"record":"begin","begin":{"version":1,"id":"0001-20260101-000000","kind":"apply","root":"/r","time":"2026-01-01T00:00:00Z","targets":[{"path":"a","before":{"kind":"none"},"after":{"kind":"file","sha256":"` +
		string(change.HashOf(nil)) + `","mode":420}}],"made":[],"gone":[]}}`
	f.Add(body, `{"record":"swap"}`, []byte("torn"))
	f.Add(body, `{"record":"commit"}`, []byte{})
	f.Add(strings.Replace(body, `"a"`, `"../a"`, 1), `{"record":"commit"}`, []byte{0, 0})
	state := f.TempDir()
	dir := filepath.Join(state, "0001-20260101-000000")
	if err := os.Mkdir(dir, 0o700); err != nil {
		f.Fatal(err)
	}
	d, err := openDisk(state, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, first, second string, tail []byte) {
		var text []byte
		for _, r := range []string{first, second} {
			text = append(append(append(append(text, checksum([]byte(r))...), ' '), r...), '\n')
		}
		if err := os.WriteFile(filepath.Join(dir, "journal"), append(text, tail...), 0o600); err != nil {
			t.Fatal(err)
		}
		st, err := readStory(d, filepath.Base(dir), "/r")
		if err != nil {
			if !isA[*Corrupt](err) {
				t.Fatal(err)
			}
			return
		}
		for n, target := range st.Targets {
			for _, p := range []string{target.Path, st.staged(n), st.restored(n)} {
				if !filepath.IsLocal(p) || strings.HasPrefix(strings.ToLower(p), ".git/") {
					t.Fatalf("%q would be written", p)
				}
			}
		}
	})
}

// TestRollbackThroughALink: a folder of the apply became a link to another folder of the repository.
func TestRollbackThroughALink(t *testing.T) {
	root := newRepository(t)
	if _, err := Apply(root, planned(t, root, everything()...), Options{}); err != nil {
		t.Fatal(err)
	}
	put(t, root, "other/new/only.txt", "not the one that was moved", 0o644)
	if err := errors.Join(os.RemoveAll(filepath.Join(root, "env")), os.Symlink("other", filepath.Join(root, "env"))); err != nil {
		t.Fatal(err)
	}
	now := take(t, root)
	if _, err := Rollback(root, "", Options{Force: true}); !isA[*Refused](err) {
		t.Errorf("error %v", err)
	}
	if diff := take(t, root).diff(now); diff != "" {
		t.Error(diff)
	}
}
