package apply

import (
	"os"
	"path/filepath"
	"testing"

	"refit/internal/change"
	"refit/internal/edit"
)

// TestBefore: the state before the first of two applies, whatever the second did to the same file.
func TestBefore(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	root := t.TempDir()
	file := filepath.Join(root, "a")
	if err := os.WriteFile(file, []byte("0"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	var ids []ID
	for _, text := range []string{"1", "2"} {
		old, _ := os.ReadFile(file)
		f := change.File{Op: edit.KindText, Path: "a", Before: change.HashOf(old), After: change.HashOf([]byte(text)), Text: []byte(text), Mode: 0o640, Was: 0o640}
		made := change.File{Op: edit.KindCreate, Path: "new" + text, After: change.HashOf(nil), Mode: 0o644}
		id, err := Apply(root, &change.Set{Files: []change.File{f, made}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for i, want := range []string{"0", "1"} {
		_, past, err := Before(root, ids[i])
		if err != nil {
			t.Fatal(err)
		}
		gone := 0
		for _, p := range past {
			if p.Gone {
				gone++
			} else if string(p.Text) != want || p.Mode != 0o640 {
				t.Errorf("before %s: %s is %q %v", ids[i], p.Path, p.Text, p.Mode)
			}
		}
		if gone != 2-i {
			t.Errorf("before %s: %d files were not there, want %d", ids[i], gone, 2-i)
		}
	}
	if _, _, err := Before(root, "nothing"); err == nil {
		t.Error("an id that is none")
	}
}
