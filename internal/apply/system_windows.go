package apply

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes an exclusive lock on an open file; false when another process has it.
func tryLock(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return false, nil
	}
	return err == nil, err
}

// owner is unknown: files keep the owner that Windows gives them.
func owner(fs.FileInfo) (uid, gid int, names uint64, ok bool) { return 0, 0, 1, false }

// syncFolder does nothing: Windows has no such call, NTFS keeps a journal of renames itself.
func syncFolder(*os.File) error { return nil }
