package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
)

// Root finds the repository that holds path: the nearest folder upwards with a .git or a
// .refit.yaml, or else the folder itself. scope is path seen from there, slash-separated, "." for
// the root. An error means that path can't be read.
func Root(path string) (root, scope string, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", "", err
	}
	abs, err = filepath.EvalSymlinks(abs)
	if err != nil {
		return "", "", fmt.Errorf("%s: no such file or folder", path)
	}
	info, err := os.Stat(abs)
	if err != nil {
		return "", "", err
	}
	dir := abs
	if !info.IsDir() && !info.Mode().IsRegular() {
		return "", "", fmt.Errorf("%s: neither a file nor a folder, but a device, a pipe or a socket", path)
	}
	if !info.IsDir() {
		dir = filepath.Dir(abs)
	}
	root = dir
	for up := dir; ; up = filepath.Dir(up) {
		if marks(up) {
			root = up
			break
		}
		if up == filepath.Dir(up) {
			break
		}
	}
	rel, err := filepath.Rel(root, abs)
	return root, filepath.ToSlash(rel), err
}

func marks(dir string) bool {
	for _, name := range []string{".git", ".refit.yaml"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}
