// Package examples holds the sample repository that refit demonstrates itself on: ledger, a small
// working personal-finance service with the Docker set-up that such repositories really have.
package examples

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// all: because half of the sample are dotfiles, which a plain pattern leaves out.
//
//go:embed all:ledger
var embedded embed.FS

// executables are the sample's files that can be run. go:embed reports 0444 for every file, so
// that what git records as 100755 has to be named here; a test compares the two.
var executables = map[string]bool{
	"scripts/backup-db.sh": true,
}

// Ledger returns the sample before its refit. The root of the file system is the root of the
// sample's repository; its modes are go:embed's, see [Modes] for those on disk.
func Ledger() fs.FS {
	sample, err := fs.Sub(embedded, "ledger")
	if err != nil {
		panic(err) // fs.Sub fails on an invalid name only, and the name is a constant
	}
	return sample
}

// Modes returns the permission bits of every file of the sample as a checkout has them, by path
// relative to the sample's root: 0755 for what can be run, 0644 for everything else. That includes
// .env.dev, which really should be 0600: it is one of the things that a refit finds.
func Modes() map[string]fs.FileMode {
	modes := make(map[string]fs.FileMode)
	// Walking an embedded file system can't fail; were it to, the tests would miss files.
	_ = fs.WalkDir(Ledger(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		modes[path] = 0o644
		if executables[path] {
			modes[path] = 0o755
		}
		return nil
	})
	return modes
}

// WriteLedger lays the sample out in dir, with the modes of [Modes] whatever the umask says.
// The folder is made when it is missing, parents included. The error wraps [fs.ErrExist] when dir
// is a folder that holds anything; nothing is written then. When writing itself fails, what was
// written so far stays.
func WriteLedger(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("sample: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s: the folder is not empty (it holds %s); the sample would mix with what is there; "+
			"name a new or an empty folder: %w", dir, entries[0].Name(), fs.ErrExist)
	}
	var failed []error
	for path, mode := range Modes() {
		if err := writeFile(dir, path, mode); err != nil {
			failed = append(failed, fmt.Errorf("sample: %w", err))
		}
	}
	return errors.Join(failed...)
}

func writeFile(dir, path string, mode fs.FileMode) error {
	content, err := fs.ReadFile(Ledger(), path)
	if err != nil {
		return err
	}
	target := filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(target, content, mode); err != nil {
		return err
	}
	// The umask has had its say in WriteFile
	return os.Chmod(target, mode)
}
