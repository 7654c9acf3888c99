package examples_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"refit/examples"
)

// committed returns the mode of every file of the sample that git has, "100644" or "100755"; where
// there is no git or no repository (an unpacked release), those on disk with an empty mode.
func committed(t *testing.T) map[string]string {
	t.Helper()
	modes := make(map[string]string)
	out, err := exec.Command("git", "ls-files", "--stage", "-z", "--", "ledger").Output()
	if err == nil && len(out) > 0 {
		for _, record := range strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			info, path, _ := strings.Cut(record, "\t") // "100644 <hash> 0\tledger/README.md"
			modes[strings.TrimPrefix(path, "ledger/")] = strings.Fields(info)[0]
		}
		return modes
	}
	t.Log("git does not list the sample, comparing with the folder instead")
	err = fs.WalkDir(os.DirFS("ledger"), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			modes[path] = ""
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return modes
}

// The binary must carry what is in git: no more (caches, locks and keys that a developer left in
// the folder) and no less (what the sample's own .gitignore names and `git add` skipped).
func TestEmbeddedIsCommitted(t *testing.T) {
	inGit, modes := committed(t), examples.Modes()
	for path := range modes {
		if _, ok := inGit[path]; !ok {
			t.Errorf("ledger/%s is embedded, but not in git: remove it, or git add -f it", path)
		}
	}
	for path, gitMode := range inGit {
		mode, ok := modes[path]
		if !ok {
			t.Errorf("ledger/%s is in git, but not embedded", path)
			continue
		}
		if gitMode != "" && (gitMode == "100755") != (mode&0o111 != 0) {
			t.Errorf("ledger/%s: Modes says %v, git %s", path, mode, gitMode)
		}
	}
}

func TestIgnoredFilesAreEmbedded(t *testing.T) {
	for _, path := range []string{".env.dev", ".env.test", ".env.ci", ".env.example", ".gitignore", ".dockerignore"} {
		if _, err := fs.Stat(examples.Ledger(), path); err != nil {
			t.Error(err)
		}
	}
}

// Left out on purpose: a lock names a package registry, a key is a key.
func TestNothingGeneratedIsEmbedded(t *testing.T) {
	for path := range examples.Modes() {
		switch {
		case path == "uv.lock", strings.HasSuffix(path, ".pem"), strings.HasSuffix(path, ".pyc"), strings.HasPrefix(path, ".venv/"):
			t.Errorf("ledger/%s must not be part of the sample", path)
		}
	}
}

// The sample has exactly one file with CRLF, on every line of it. Git or an editor that converts
// line ends would take a test case away from everything that edits it.
func TestLineEnds(t *testing.T) {
	for path := range examples.Modes() {
		content, err := fs.ReadFile(examples.Ledger(), path)
		if err != nil {
			t.Fatal(err)
		}
		lines, crlf := bytes.Count(content, []byte("\n")), bytes.Count(content, []byte("\r\n"))
		want := 0
		if path == "docker-compose.ci.yml" {
			want = lines
		}
		if lines == 0 || crlf != want {
			t.Errorf("ledger/%s: %d of %d lines end in CRLF, want %d", path, crlf, lines, want)
		}
	}
}

func TestWriteLedger(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	written := make(map[string]bool)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		written[path] = true
		got, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return err
		}
		want, err := fs.ReadFile(examples.Ledger(), path)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: the content differs from the embedded one", path)
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if want := examples.Modes()[path]; runtime.GOOS != "windows" && info.Mode() != want {
			t.Errorf("%s: mode %v, want %v", path, info.Mode(), want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(written) != len(examples.Modes()) {
		t.Errorf("%d files were written, want %d", len(written), len(examples.Modes()))
	}
}

func TestWriteLedgerNeedsAnEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := examples.WriteLedger(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("WriteLedger into a folder with a file: %v, want ErrExist", err)
	}
	if err := examples.WriteLedger(filepath.Join(dir, "mine.txt")); err == nil {
		t.Error("WriteLedger onto a file: no error")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("%d entries after refusals, want the one that was there", len(entries))
	}
}
