package apply

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// disk is a folder of this machine with everything below it: the repository, or its state folder. Every
// write of this package goes through one, and through makePrivate. It never leaves the folder, whatever
// links appear in it, and never opens what is no regular file.
type disk struct {
	root *os.Root
	told func(write) error // of Options
}

// write is one change of a file system, before it is made.
type write struct {
	Op   string // create, data, cut, mode, sync, folder, link, rename, remove, removeAll, syncFolder
	Path string // on this machine
	To   string // of a rename
	Text []byte // of data; what a link says
	Mode fs.FileMode
	Size int64 // of a cut
}

func openDisk(dir string, told func(write) error) (*disk, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &disk{root: root, told: told}, nil
}

func (d *disk) close() { _ = d.root.Close() }

// abs is the path on this machine, for messages.
func (d *disk) abs(name string) string {
	return filepath.Join(d.root.Name(), filepath.FromSlash(name))
}

func (d *disk) tell(w write) error {
	if d.told == nil {
		return nil
	}
	w.Path = d.abs(w.Path)
	if w.To != "" {
		w.To = d.abs(w.To)
	}
	return d.told(w)
}

// file is a file that is written. It has no more methods than these, so that nothing gets past tell.
type file struct {
	os   *os.File
	disk *disk
	name string
}

// create makes a file that must not be there. flags are added to the usual ones.
func (d *disk) create(name string, flags int) (*file, error) {
	if err := d.tell(write{Op: "create", Path: name, Mode: 0o600}); err != nil {
		return nil, err
	}
	f, err := d.root.OpenFile(filepath.FromSlash(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL|flags, 0o600)
	if err != nil {
		return nil, err
	}
	return &file{f, d, name}, nil
}

// Write, Truncate, Chmod and Sync are those of the file.
func (f *file) Write(text []byte) (int, error) {
	if err := f.disk.tell(write{Op: "data", Path: f.name, Text: text}); err != nil {
		return 0, err
	}
	return f.os.Write(text)
}

func (f *file) Truncate(size int64) error {
	if err := f.disk.tell(write{Op: "cut", Path: f.name, Size: size}); err != nil {
		return err
	}
	return f.os.Truncate(size)
}

func (f *file) Chmod(mode fs.FileMode) error {
	if err := f.disk.tell(write{Op: "mode", Path: f.name, Mode: mode}); err != nil {
		return err
	}
	return f.os.Chmod(mode)
}

func (f *file) Sync() error {
	if err := f.disk.tell(write{Op: "sync", Path: f.name}); err != nil {
		return err
	}
	return f.os.Sync()
}

// Close and Stat are those of the file.
func (f *file) Close() error               { return f.os.Close() }
func (f *file) Stat() (fs.FileInfo, error) { return f.os.Stat() }

// open opens a regular file for reading. It never waits, not even where a pipe took the file's place.
func (d *disk) open(name string) (*os.File, error) {
	f, err := d.root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("not a regular file")}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// names lists a folder.
func (d *disk) names(dir string) ([]string, error) {
	f, err := d.root.Open(filepath.FromSlash(dir))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// exists says whether something stands at a path.
func (d *disk) exists(name string) bool {
	_, err := d.root.Lstat(filepath.FromSlash(name))
	return !errors.Is(err, fs.ErrNotExist)
}

// rename gives something a new name in the same folder, in the place of what has it.
func (d *disk) rename(from, to string) error {
	if err := d.tell(write{Op: "rename", Path: from, To: to}); err != nil {
		return err
	}
	return d.root.Rename(filepath.FromSlash(from), filepath.FromSlash(to))
}

// link makes a symbolic link.
func (d *disk) link(says, name string) error {
	if err := d.tell(write{Op: "link", Path: name, Text: []byte(says)}); err != nil {
		return err
	}
	return d.root.Symlink(says, filepath.FromSlash(name))
}

// remove takes a file, a link or an empty folder away; it is no error when it is not there.
func (d *disk) remove(name string) error {
	if !d.exists(name) {
		return nil
	}
	if err := d.tell(write{Op: "remove", Path: name}); err != nil {
		return err
	}
	err := d.root.Remove(filepath.FromSlash(name))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	return err
}

// removeAll takes a folder of the state folder away, with what is in it.
func (d *disk) removeAll(name string) error {
	if !d.exists(name) {
		return nil
	}
	if err := d.tell(write{Op: "removeAll", Path: name}); err != nil {
		return err
	}
	return d.root.RemoveAll(filepath.FromSlash(name))
}

// makeFolder makes one folder with exactly this mode; it is no error when it is there.
func (d *disk) makeFolder(f folder) error {
	name := filepath.FromSlash(f.Path)
	if info, err := d.root.Lstat(name); err == nil && info.IsDir() {
		return nil
	}
	if err := d.tell(write{Op: "folder", Path: f.Path, Mode: fs.ModeDir | 0o700}); err != nil {
		return err
	}
	if err := d.root.Mkdir(name, 0o700); err != nil {
		return err
	}
	if err := d.tell(write{Op: "mode", Path: f.Path, Mode: fs.ModeDir | goMode(f.Mode)}); err != nil {
		return err
	}
	return d.root.Chmod(name, goMode(f.Mode))
}

// syncFolder makes the names in a folder durable.
func (d *disk) syncFolder(name string) error {
	f, err := d.root.Open(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	defer f.Close()
	return d.syncOpen(name, f)
}

func (d *disk) syncOpen(name string, f *os.File) error {
	if err := d.tell(write{Op: "syncFolder", Path: name}); err != nil {
		return err
	}
	return syncFolder(f)
}
