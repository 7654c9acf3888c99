package apply

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// stateFolder is where the transactions of the repository at the real path root are kept.
func stateFolder(root string) (string, error) {
	home, err := StateHome()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(root))
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '_'
	}, filepath.Base(root))
	if len(name) > 60 {
		name = name[:60]
	}
	dir := filepath.Join(home, "refit", name+"-"+hex.EncodeToString(sum[:8]))
	if inside(root, realPath(dir)) {
		return "", fmt.Errorf("the backups would lie inside the repository, in %s, and with them its secrets; set XDG_STATE_HOME to a folder outside of it", dir)
	}
	return dir, nil
}

// StateHome is the folder of this user in which programs keep state, refit in its "refit" folder. It
// follows the XDG Base Directory Specification; on Windows it is the local application data.
func StateHome() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return dir, nil // a relative one is to be ignored, says the specification
	}
	if runtime.GOOS == "windows" {
		return os.UserCacheDir() // %LocalAppData%
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no place for backups: %w; set XDG_STATE_HOME", err)
	}
	return filepath.Join(home, ".local", "state"), nil
}

// realPath resolves the links of as much of a path as exists.
func realPath(p string) string {
	rest := ""
	for dir := p; ; dir = filepath.Dir(dir) {
		if resolved, err := filepath.EvalSymlinks(dir); err == nil {
			return filepath.Join(resolved, rest)
		}
		if dir == filepath.Dir(dir) {
			return p
		}
		rest = filepath.Join(filepath.Base(dir), rest)
	}
}

func inside(root, p string) bool {
	rel, err := filepath.Rel(root, p)
	return err == nil && filepath.IsLocal(rel)
}

// makePrivate makes a folder that only its owner can enter, parents included.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &Corrupt{File: dir, What: "it should be a folder"}
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// session is one operation on one repository: its files, its state folder and the lock.
type session struct {
	tree  *tree
	root  string // real path
	state string // state folder
	lock  *lock
	opts  Options
}

// realRoot is the real path of a repository.
func realRoot(root string) (string, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// open locks the repository for writing.
func open(root string, opts Options) (*session, error) {
	real, err := realRoot(root)
	if err != nil {
		return nil, err
	}
	state, err := stateFolder(real)
	if err != nil {
		return nil, err
	}
	if err := makePrivate(state); err != nil {
		return nil, err
	}
	l, err := acquire(state, opts.Command)
	if err != nil {
		return nil, err
	}
	handle, err := os.OpenRoot(real)
	if err != nil {
		l.release()
		return nil, err
	}
	return &session{tree: &tree{root: handle}, root: real, state: state, lock: l, opts: opts}, nil
}

func (s *session) close() {
	_ = s.tree.root.Close()
	s.lock.release()
}

// exists says whether something stands at a path of this machine.
func exists(p string) bool {
	_, err := os.Lstat(p)
	return !errors.Is(err, fs.ErrNotExist)
}
