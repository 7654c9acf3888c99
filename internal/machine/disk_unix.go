//go:build unix

package machine

import "golang.org/x/sys/unix"

// DiskFree is the space that is left for this user on the disk of a folder, in bytes; ok is false where that can't
// be told.
func DiskFree(folder string) (free uint64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, false
	}
	return uint64(s.Bavail) * uint64(s.Bsize), true //nolint:gosec,unconvert // the types differ between systems
}
