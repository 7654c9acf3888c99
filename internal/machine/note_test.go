package machine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNote(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "state", "note.json")
	for _, text := range []string{"first", "second"} {
		if err := Note(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); string(got) != text || err != nil {
			t.Errorf("%q %v", got, err)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := Note(filepath.Join(file, "below"), nil); err == nil {
		t.Error("a file is taken for a folder")
	}
	list, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(list) != 1 || strings.HasPrefix(list[0].Name(), ".") {
		t.Errorf("left: %v %v", list, err)
	}
}
