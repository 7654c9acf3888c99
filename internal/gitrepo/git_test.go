package gitrepo

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// git runs the real git, the oracle of these tests, away from any configuration of the user.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := gitCommand(dir, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func gitCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "protocol.file.allow=always", "-c", "user.name=n", "-c", "user.email=e@example.org"}, args...)...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GIT_") { // GIT_DIR and the like are set when the tests run in a hook
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "HOME="+dir, "XDG_CONFIG_HOME="+dir)
	return cmd
}

func needGit(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED, NOTHING IS TESTED HERE: git is not installed")
	}
}

func newRepo(t testing.TB, files map[string]string, initArgs ...string) string {
	t.Helper()
	needGit(t)
	dir := t.TempDir()
	git(t, dir, append([]string{"init", "-q", "-b", "trunk"}, initArgs...)...)
	writeFiles(t, dir, files)
	return dir
}

func writeFiles(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for p, text := range files {
		full := filepath.Join(dir, p)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// elsewhere opens folders as the program does: relative ones from the work tree.
func elsewhere(root string) func(string) (fs.FS, error) {
	return func(dir string) (fs.FS, error) {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(root, dir)
		}
		return os.DirFS(dir), nil
	}
}

func open(t testing.TB, dir string) *State {
	t.Helper()
	s, err := Open(os.DirFS(dir), elsewhere(dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// reader supplies ignore files from a folder, links left out.
func reader(dir string) func(string) ([]byte, bool) {
	return func(p string) ([]byte, bool) {
		full := filepath.Join(dir, p)
		if info, err := os.Lstat(full); err != nil || !info.Mode().IsRegular() {
			return nil, false
		}
		text, err := os.ReadFile(full)
		return text, err == nil
	}
}
