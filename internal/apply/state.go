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
	"syscall"
)

// StateFolder is where the transactions of the repository at the real path root are kept.
func StateFolder(root string) (string, error) {
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

// makePrivate makes a folder that only its owner can enter, parents included, each of them durable:
// else a power loss could take the journal away from under half of an apply.
func makePrivate(dir string, told func(write) error) error {
	if !exists(dir) {
		parent := filepath.Dir(dir)
		if _, err := os.Stat(parent); errors.Is(err, fs.ErrNotExist) && parent != dir {
			if err := makePrivate(parent, told); err != nil {
				return err
			}
		}
		if err := makeIn(parent, filepath.Base(dir), told); err != nil {
			return err
		}
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if err := ours(dir, info); err != nil {
		return err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

func makeIn(parent, name string, told func(write) error) error {
	d, err := openDisk(parent, told)
	if err != nil {
		return err
	}
	defer d.close()
	if err := d.makeFolder(folder{name, 0o700}); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := d.syncFolder("."); err != nil && !errors.Is(err, fs.ErrPermission) { // one that may be written and not read
		return err
	}
	return nil
}

// ours refuses a state folder that somebody else could have filled.
func ours(dir string, info fs.FileInfo) error {
	if !info.IsDir() {
		return fmt.Errorf("%s should be a folder of backups, and is none; nothing was written; move it away, or set XDG_STATE_HOME to another folder", dir)
	}
	if uid, _, _, ok := owner(info); ok && uid != os.Geteuid() {
		return fmt.Errorf("%s belongs to another user (%d), who could have changed the backups in it; nothing was written; set XDG_STATE_HOME to a folder of your own", dir, uid)
	}
	return nil
}

// openState opens the state folder of the repository at the real path root for reading, nil when there is
// none: then nothing was ever begun.
func openState(root string) (*disk, error) {
	dir, err := StateFolder(root)
	if err != nil {
		return nil, nil // no place for one: Apply says so
	}
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := ours(dir, info); err != nil {
		return nil, err
	}
	return openDisk(dir, nil)
}

// session is one operation on one repository: its files, its state folder and the lock.
type session struct {
	tree  *tree
	root  string // real path
	state *disk  // state folder
	lock  *lock
	opts  Options

	signals *signals
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
	dir, err := StateFolder(real)
	if err != nil {
		return nil, err
	}
	if err := makePrivate(dir, opts.told); err != nil {
		return nil, fmt.Errorf("no place for the backups: %w", err)
	}
	state, err := openDisk(dir, opts.told)
	if err != nil {
		return nil, err
	}
	l, err := acquire(state, opts.Command)
	if err != nil {
		state.close()
		return nil, err
	}
	files, err := openDisk(real, opts.told)
	if err != nil {
		l.release()
		state.close()
		return nil, err
	}
	return &session{tree: &tree{files}, root: real, state: state, lock: l, opts: opts, signals: heed()}, nil
}

func (s *session) close() {
	s.signals.ignore()
	s.tree.close()
	s.lock.release()
	s.state.close()
}

// exists says whether something stands at a path of this machine.
func exists(p string) bool {
	_, err := os.Lstat(p)
	return !errors.Is(err, fs.ErrNotExist)
}
