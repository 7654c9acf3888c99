//go:build unix

package against

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a copy the owner of the original, where the user may do that.
func keepOwner(file string, info fs.FileInfo) error {
	if s, ok := info.Sys().(*syscall.Stat_t); ok && os.Geteuid() == 0 {
		return os.Lchown(file, int(s.Uid), int(s.Gid))
	}
	return nil
}
