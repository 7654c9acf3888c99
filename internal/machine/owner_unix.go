//go:build unix

package machine

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Owner is who owns a file, links not followed; ok is false where that can't be told.
func Owner(file string) (uid, gid int, ok bool) {
	info, err := os.Lstat(file)
	if err != nil {
		return 0, 0, false
	}
	return ownerOf(info)
}

func ownerOf(info fs.FileInfo) (uid, gid int, ok bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(s.Uid), int(s.Gid), true
}

// OwnedBy lists files and folders below a folder, itself included, that an account owns: no links followed, no other
// file systems entered, at most limit of them. complete is false when there are more, or a folder can't be read.
func OwnedBy(folder string, uid, limit int) (files []string, complete bool) {
	complete = true
	device, ok := deviceOf(folder)
	if !ok {
		return nil, false
	}
	err := filepath.WalkDir(folder, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			complete = false
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone in between
		}
		s, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			return nil
		}
		if d.IsDir() && uint64(s.Dev) != device { //nolint:unconvert // the type differs between systems
			return fs.SkipDir
		}
		if int(s.Uid) == uid && changeable(info, s) {
			if len(files) == limit {
				complete = false
				return fs.SkipAll
			}
			files = append(files, at)
		}
		return nil
	})
	return files, complete && err == nil
}

// changeable leaves out devices and the like, and files that have another name elsewhere: they may be somebody else's.
func changeable(info fs.FileInfo, s *syscall.Stat_t) bool {
	mode := info.Mode()
	return mode.IsDir() || mode&fs.ModeSymlink != 0 || mode.IsRegular() && s.Nlink == 1
}

func deviceOf(folder string) (uint64, bool) {
	info, err := os.Lstat(folder)
	if err != nil {
		return 0, false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return uint64(s.Dev), true //nolint:unconvert // the type differs between systems
}
