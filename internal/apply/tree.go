package apply

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"refit/internal/change"
	"refit/internal/edit"
)

// tree is the repository's files.
type tree struct{ *disk }

// foldsCase says whether file systems of this system usually take "A" and "a" for one name.
const foldsCase = runtime.GOOS == "windows" || runtime.GOOS == "darwin"

// state is what stands at a path, links not followed. A folder, a pipe, a socket or a device is a *Refused.
func (t *tree) state(p string) (fileState, fs.FileInfo, error) {
	info, err := t.root.Lstat(filepath.FromSlash(p))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || (err == nil && foldsCase && !t.spelled(p)) {
		return fileState{Kind: none}, nil, nil
	}
	if err != nil {
		return fileState{}, nil, err
	}
	st := fileState{}
	if uid, gid, _, ok := owner(info); ok {
		st.UID, st.GID = uid, gid
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		says, err := t.root.Readlink(filepath.FromSlash(p))
		st.Kind, st.Hash = isLink, change.HashOf([]byte(says))
		return st, info, err
	case info.IsDir():
		return st, nil, &Refused{p, "it is a folder, not a file"}
	case !info.Mode().IsRegular():
		return st, nil, &Refused{p, "it is a pipe, a socket or a device, not a file; refit doesn't touch it"}
	}
	f, err := t.disk.open(p)
	if err != nil {
		return st, nil, err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return st, nil, err
	}
	st.Kind, st.Mode = isFile, unixMode(info.Mode())
	st.Hash = change.Hash(hex.EncodeToString(sum.Sum(nil)))
	return st, info, nil
}

// unchanged says whether a path is still what info saw, without reading it again.
func (t *tree) unchanged(p string, info fs.FileInfo) bool {
	now, err := t.root.Lstat(filepath.FromSlash(p))
	if info == nil {
		return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || (err == nil && foldsCase && !t.spelled(p))
	}
	return err == nil && os.SameFile(now, info) && now.Size() == info.Size() && now.ModTime().Equal(info.ModTime()) && now.Mode() == info.Mode()
}

// spelled says whether the last part of a path is spelled so in its folder, and not only so but for
// letter case.
func (t *tree) spelled(p string) bool {
	names, err := t.names(path.Dir(p))
	if err != nil || slices.Contains(names, path.Base(p)) {
		return true
	}
	return !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, path.Base(p)) })
}

// resolve is the real path of a file inside the repository: folders that are links are followed,
// and the last part too when follow is set. A path that leaves the repository, by any link, or
// that ends up in git's folder is a *Refused.
func (t *tree) resolve(p string, follow bool) (string, error) {
	original, parts := p, strings.Split(p, "/")
	done := "."
	for hops := 0; len(parts) > 0; {
		part := parts[0]
		if part == "." || part == "" {
			parts = parts[1:]
			continue
		}
		if part == ".." {
			if done == "." {
				return "", &Refused{original, "it leads out of the repository through a symbolic link; refit doesn't follow it"}
			}
			done, parts = path.Dir(done), parts[1:]
			continue
		}
		next := path.Join(done, part)
		info, err := t.root.Lstat(filepath.FromSlash(next))
		if errors.Is(err, fs.ErrNotExist) {
			done, parts = path.Join(append([]string{done}, parts...)...), nil
			break
		}
		if err != nil {
			return "", err
		}
		last := len(parts) == 1
		switch {
		case info.Mode()&fs.ModeSymlink != 0 && (!last || follow):
			says, err := t.root.Readlink(filepath.FromSlash(next))
			if err != nil {
				return "", err
			}
			says = filepath.ToSlash(says)
			if path.IsAbs(says) || filepath.IsAbs(says) || filepath.VolumeName(says) != "" {
				return "", &Refused{original, fmt.Sprintf("the link %s points to an absolute path; refit doesn't follow it", next)}
			}
			if hops++; hops > 40 {
				return "", &Refused{original, "its symbolic links go round in a circle"}
			}
			parts = append(strings.Split(says, "/"), parts[1:]...)
		case !last && !info.IsDir():
			return "", &Refused{original, next + " is a file, not a folder"}
		default:
			done, parts = next, parts[1:]
		}
	}
	if strings.HasPrefix(done, "../") || done == ".." {
		return "", &Refused{original, "it leads out of the repository through a symbolic link; refit doesn't follow it"}
	}
	if err := edit.ValidPath(done); err != nil {
		return "", &Refused{original, err.Error()}
	}
	return done, nil
}

// stage makes a new file or link with the content and state of want, for a rename to put in place.
func (t *tree) stage(name string, want fileState, open content, files *syncer) (noOwner bool, err error) {
	in, err := open()
	if err != nil {
		return false, err
	}
	defer in.Close()
	if want.Kind == isLink {
		says, err := io.ReadAll(in)
		if err != nil {
			return false, err
		}
		if change.HashOf(says) != want.Hash {
			return false, errors.New("the content is not the one announced")
		}
		return false, t.link(string(says), name)
	}
	out, err := t.create(name, 0)
	if err != nil {
		return false, err
	}
	sum := sha256.New()
	if _, err = io.Copy(io.MultiWriter(out, sum), in); err == nil && change.Hash(hex.EncodeToString(sum.Sum(nil))) != want.Hash {
		err = errors.New("the content is not the one announced")
	}
	if err == nil {
		noOwner = !keepOwner(out.os, want)
		err = out.Chmod(goMode(want.Mode)) // behind chown, which clears setuid
	}
	if err != nil {
		_ = out.Close()
		return false, err
	}
	return noOwner, files.add(out)
}

// keepOwner gives a new file the owner of the one that it replaces; false when that is not allowed.
func keepOwner(f *os.File, want fileState) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	uid, gid, _, ok := owner(info)
	if !ok || want.UID < 0 || (uid == want.UID && gid == want.GID) {
		return true
	}
	return f.Chown(want.UID, want.GID) == nil
}

// isFolder says whether a real folder stands at the path.
func (t *tree) isFolder(p string) (fs.FileInfo, bool) {
	info, err := t.root.Lstat(filepath.FromSlash(p))
	return info, err == nil && info.IsDir()
}

// syncFolders makes the renames in folders durable; one that is gone needs nothing.
func (t *tree) syncFolders(dirs map[string]bool) error {
	var files syncer
	for dir := range dirs {
		f, err := t.root.Open(filepath.FromSlash(dir))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if errors.Is(err, fs.ErrPermission) {
			continue // a folder that may be written and not read
		}
		if err != nil {
			return errors.Join(err, files.flush())
		}
		if err := files.add(openFolder{t.disk, dir, f}); err != nil {
			return err
		}
	}
	return files.flush()
}

// openFolder is an open folder of which the names are to be made durable.
type openFolder struct {
	disk *disk
	name string
	file *os.File
}

// Sync and Close are those of the folder.
func (f openFolder) Sync() error  { return f.disk.syncOpen(f.name, f.file) }
func (f openFolder) Close() error { return f.file.Close() }

// open is what a file holds or a link says, as content.
func (t *tree) open(p string, st fileState) content {
	return func() (io.ReadCloser, error) {
		if st.Kind == isLink {
			says, err := t.root.Readlink(filepath.FromSlash(p))
			return io.NopCloser(bytes.NewReader([]byte(says))), err
		}
		return t.disk.open(p)
	}
}

// unixMode is a mode as chmod counts it.
func unixMode(m fs.FileMode) uint32 {
	bits := uint32(m.Perm())
	for _, s := range specialModes {
		if m&s.mode != 0 {
			bits |= s.bit
		}
	}
	return bits
}

// goMode is the inverse of unixMode.
func goMode(bits uint32) fs.FileMode {
	m := fs.FileMode(bits) & fs.ModePerm
	for _, s := range specialModes {
		if bits&s.bit != 0 {
			m |= s.mode
		}
	}
	return m
}

var specialModes = []struct {
	bit  uint32
	mode fs.FileMode
}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}}

// sameMode compares modes as far as the system keeps them: Windows knows only whether a file is read-only.
func sameMode(a, b uint32) bool {
	if runtime.GOOS == "windows" {
		return a&0o200 == b&0o200
	}
	return a == b
}
