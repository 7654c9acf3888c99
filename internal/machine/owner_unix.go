//go:build unix

package machine

import (
	"os"
	"syscall"
)

// Owner is the number of the account that a file of this machine belongs to; ok is false when it can't be told.
func Owner(path string) (uid int, ok bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(s.Uid), true
}
