package machine

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// WatchLimits are how many files, and how many programs, one user may watch (inotify(7)); zeros where the kernel
// does not say.
func WatchLimits() (watches, instances int) {
	read := func(name string) int {
		text, _ := os.ReadFile(filepath.Join("/proc/sys/fs/inotify", name))
		n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return n
	}
	return read("max_user_watches"), read("max_user_instances")
}

// silent are file systems on which a change by somebody else is no event here (statfs(2) has the numbers).
var silent = map[int64]string{0x01021997: "9p", 0x6969: "nfs", 0xff534d42: "cifs", 0xfe534d42: "smb2", 0x786f4256: "vboxsf"}

// SilentFileSystem is the name of the file system of a folder if changes made by others are no events on it, else "".
func SilentFileSystem(folder string) string {
	var s unix.Statfs_t
	if unix.Statfs(folder, &s) != nil {
		return ""
	}
	return silent[int64(s.Type)&0xffffffff] //nolint:unconvert // the type differs between processors
}
