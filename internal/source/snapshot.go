package source

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"
)

// MaxFileSize bounds what Read loads of one file, in bytes. Configuration files are far smaller;
// the bound keeps a hostile repository from filling the memory.
const MaxFileSize = 8 << 20

// ErrTooLarge is returned by Read for a file of more than MaxFileSize bytes.
var ErrTooLarge = errors.New("file is larger than 8 MiB; refit reads configuration files only")

// Entry is one file or symbolic link of a snapshot, as it was found.
type Entry struct {
	Path   string      // repo-relative, slash-separated, clean
	Mode   fs.FileMode // type and permission bits
	Size   int64       // bytes
	Target string      // what a symbolic link says, verbatim; "" for other files
	Memo   Memo        // what others work out of the bytes; an entry stands for them

	load func() ([]byte, error)
	once sync.Once
	text []byte
	err  error
}

// NewEntry is a file whose bytes load returns; load is called at most once, on the first Read.
func NewEntry(p string, mode fs.FileMode, size int64, load func() ([]byte, error)) *Entry {
	return &Entry{Path: p, Mode: mode, Size: size, load: load}
}

// NewText is a regular file whose bytes are already known.
func NewText(p string, mode fs.FileMode, text []byte) *Entry {
	return NewEntry(p, mode, int64(len(text)), func() ([]byte, error) { return text, nil })
}

// NewLink is a symbolic link that says target.
func NewLink(p, target string) *Entry {
	return &Entry{Path: p, Mode: fs.ModeSymlink | 0o777, Size: int64(len(target)), Target: target}
}

// IsLink says whether the entry is a symbolic link.
func (e *Entry) IsLink() bool { return e.Mode&fs.ModeSymlink != 0 }

// IsRegular says whether the entry is an ordinary file.
func (e *Entry) IsRegular() bool { return e.Mode.IsRegular() }

// Bytes loads the file's bytes, once. The caller must not change them.
func (e *Entry) Bytes() ([]byte, error) {
	e.once.Do(func() {
		switch {
		case !e.IsRegular():
			e.err = &fs.PathError{Op: "read", Path: e.Path, Err: errors.New("not a regular file")}
		case e.Size > MaxFileSize:
			e.err = &fs.PathError{Op: "read", Path: e.Path, Err: ErrTooLarge}
		default:
			e.text, e.err = e.load()
		}
		e.load = nil
	})
	return e.text, e.err
}

// Snapshot is an immutable set of files: a repository as it was read, or as it would be after
// some edits. Paths are repo-relative; folders exist as far as they hold a file or were listed.
type Snapshot struct {
	entries map[string]*Entry
	folders map[string]bool
	paths   []string // of entries, sorted
}

// NewSnapshot takes ownership of entries. folders lists folders that may hold no file (git knows
// none, a bind mount may name one).
func NewSnapshot(entries []*Entry, folders []string) *Snapshot {
	s := &Snapshot{entries: make(map[string]*Entry, len(entries)), folders: map[string]bool{".": true}}
	for _, e := range entries {
		s.entries[e.Path] = e
	}
	for _, f := range folders {
		s.addFolder(path.Clean(f))
	}
	s.index()
	return s
}

func (s *Snapshot) index() {
	s.paths = make([]string, 0, len(s.entries))
	for p := range s.entries {
		s.paths = append(s.paths, p)
		s.addFolder(path.Dir(p))
	}
	sort.Strings(s.paths)
}

func (s *Snapshot) addFolder(dir string) {
	for ; !s.folders[dir]; dir = path.Dir(dir) {
		s.folders[dir] = true
	}
}

// Paths lists every file and link, sorted. The caller must not change the slice.
func (s *Snapshot) Paths() []string { return s.paths }

// Entry is the file or link at a path, without following links; ok is false when there is none.
func (s *Snapshot) Entry(p string) (*Entry, bool) {
	e, ok := s.entries[p]
	return e, ok
}

// Has says whether a file or a link stands at the path. Links are not followed.
func (s *Snapshot) Has(p string) bool { _, ok := s.entries[p]; return ok }

// IsDir says whether the path is a folder.
func (s *Snapshot) IsDir(p string) bool { return s.folders[p] }

// Under lists the files and links below a folder, sorted; "." is the root.
func (s *Snapshot) Under(dir string) []string {
	if dir == "." {
		return s.paths
	}
	prefix := dir + "/"
	from := sort.SearchStrings(s.paths, prefix)
	to := from
	for to < len(s.paths) && strings.HasPrefix(s.paths[to], prefix) {
		to++
	}
	return s.paths[from:to]
}

// Resolve follows symbolic links inside the repository to the path of the file that is really
// meant. ok is false when nothing is there, when the links form a circle, or when one leaves the
// repository: refit reads nothing outside of it.
func (s *Snapshot) Resolve(p string) (resolved string, ok bool) {
	for range 16 {
		e, found := s.entries[p]
		if !found {
			next, moved := s.throughLinkedFolder(p)
			if !moved {
				return "", false
			}
			p = next
			continue
		}
		if !e.IsLink() {
			return p, true
		}
		if path.IsAbs(e.Target) {
			return "", false
		}
		p = path.Join(path.Dir(p), e.Target)
		if p == ".." || strings.HasPrefix(p, "../") {
			return "", false
		}
	}
	return "", false
}

// throughLinkedFolder replaces the first folder of p that is a link by what it points to.
func (s *Snapshot) throughLinkedFolder(p string) (string, bool) {
	for i := range len(p) {
		if p[i] != '/' {
			continue
		}
		e, found := s.entries[p[:i]]
		if !found || !e.IsLink() || path.IsAbs(e.Target) {
			continue
		}
		next := path.Join(path.Dir(e.Path), e.Target, p[i+1:])
		return next, next != ".." && !strings.HasPrefix(next, "../")
	}
	return "", false
}

// Read loads the bytes of the file at p, links inside the repository followed.
// It returns an error that wraps fs.ErrNotExist when there is none and ErrTooLarge when it is too
// large. The caller must not change the bytes.
func (s *Snapshot) Read(p string) ([]byte, error) {
	resolved, ok := s.Resolve(p)
	if !ok {
		return nil, &fs.PathError{Op: "read", Path: p, Err: fs.ErrNotExist}
	}
	return s.entries[resolved].Bytes()
}

// Hash is the SHA-256 of the bytes of the file at p; for a link, of what it says.
func (s *Snapshot) Hash(p string) ([sha256.Size]byte, error) {
	e, ok := s.entries[p]
	if !ok {
		return [sha256.Size]byte{}, &fs.PathError{Op: "hash", Path: p, Err: fs.ErrNotExist}
	}
	if e.IsLink() {
		return sha256.Sum256([]byte(e.Target)), nil
	}
	text, err := e.Bytes()
	return sha256.Sum256(text), err
}

// Overlay is a snapshot in the making: a base with some entries added, replaced or taken away.
type Overlay struct {
	base    *Snapshot
	changed map[string]*Entry // nil value: gone
}

// NewOverlay starts from base, which it never changes.
func NewOverlay(base *Snapshot) *Overlay {
	return &Overlay{base: base, changed: map[string]*Entry{}}
}

// Put adds or replaces the entry at e.Path.
func (o *Overlay) Put(e *Entry) { o.changed[e.Path] = e }

// Remove takes the entry at p away.
func (o *Overlay) Remove(p string) { o.changed[p] = nil }

// Entry is what stands at p in the overlay.
func (o *Overlay) Entry(p string) (*Entry, bool) {
	if e, ok := o.changed[p]; ok {
		return e, e != nil
	}
	return o.base.Entry(p)
}

// Snapshot is the overlay as an immutable snapshot.
func (o *Overlay) Snapshot() *Snapshot {
	s := &Snapshot{entries: make(map[string]*Entry, len(o.base.entries)+len(o.changed)), folders: map[string]bool{".": true}}
	for p, e := range o.base.entries {
		s.entries[p] = e
	}
	for p, e := range o.changed {
		if e == nil {
			delete(s.entries, p)
		} else {
			s.entries[p] = e
		}
	}
	for f := range o.base.folders {
		s.folders[f] = true
	}
	s.index()
	return s
}
