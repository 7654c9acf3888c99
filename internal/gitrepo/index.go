package gitrepo

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // git's object format, not a protection
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strings"
)

// Entry is one tracked file.
type Entry struct {
	Path         string
	Mode         uint32 // git's: 0100644, 0100755, 0120000 (link), 0160000 (submodule)
	Hash         []byte // of the blob; of the commit for a submodule
	Stage        int    // 0, or 1 to 3 in an unfinished merge
	SkipWorktree bool   // tracked, but on purpose not in the work tree
	IntentToAdd  bool   // `git add -N`: the content is not recorded yet
}

type hashFormat int

const (
	sha1Format hashFormat = iota
	sha256Format
)

func (f hashFormat) size() int {
	if f == sha256Format {
		return sha256.Size
	}
	return sha1.Size
}

func (f hashFormat) sum(parts ...[]byte) []byte {
	h := sha1.New()
	if f == sha256Format {
		h = sha256.New()
	}
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

const (
	maxPath      = 4096      // PATH_MAX
	maxPathBytes = 512 << 20 // of all paths together: version 4 writes a long path in a few bytes
	modeFolder   = 0o040000
)

func (s *State) readIndex(gitDir fs.FS) {
	text, err := read(gitDir, "index", maxIndex)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		s.Index = fmt.Errorf(".git/index: %w", err)
		return
	}
	entries, err := parseIndex(text, s.format)
	if err != nil {
		s.Index = fmt.Errorf(".git/index: %w", err)
		return
	}
	s.entries = make(map[string]Entry, len(entries))
	for _, e := range entries {
		if e.Mode == modeFolder {
			s.sparse = append(s.sparse, e.Path+"/")
			continue
		}
		if _, ok := s.entries[e.Path]; !ok {
			s.paths = append(s.paths, e.Path)
		}
		s.entries[e.Path] = e
	}
	sort.Strings(s.paths)
}

// parseIndex reads an index of version 2, 3 or 4 (gitformat-index(5)).
func parseIndex(text []byte, format hashFormat) ([]Entry, error) {
	size := format.size()
	if len(text) < 12+size || string(text[:4]) != "DIRC" {
		return nil, errors.New("not an index")
	}
	body, sum := text[:len(text)-size], text[len(text)-size:]
	if len(bytes.Trim(sum, "\x00")) > 0 && !bytes.Equal(format.sum(body), sum) { // zeros: index.skipHash
		return nil, errors.New("the checksum is wrong")
	}
	r := indexReader{body: body, at: 12, hash: size, version: binary.BigEndian.Uint32(text[4:])}
	if r.version < 2 || r.version > 4 {
		return nil, fmt.Errorf("version %d is not known", r.version)
	}
	n := binary.BigEndian.Uint32(text[8:])
	if uint64(n)*uint64(42+size) > uint64(len(body)) {
		return nil, errors.New("names more files than it has room for")
	}
	entries := make([]Entry, 0, n)
	for range n {
		e, err := r.entry()
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", len(entries)+1, err)
		}
		entries = append(entries, e)
	}
	if err := r.extensions(); err != nil {
		return nil, err
	}
	if r.nameless { // only in a split index
		return nil, errors.New("an entry has no name")
	}
	return entries, nil
}

type indexReader struct {
	body    []byte
	at      int
	hash    int // size of one
	version uint32
	last    string // path of the entry before
	paths   int    // bytes of all paths so far
	// nameless says that an entry has no name, as in a split index, which the extensions tell.
	nameless bool
}

var errCut = errors.New("cut short")

func (r *indexReader) entry() (Entry, error) {
	start := r.at
	if len(r.body)-start < 42+r.hash {
		return Entry{}, errCut
	}
	e := Entry{Mode: binary.BigEndian.Uint32(r.body[start+24:]), Hash: r.body[start+40 : start+40+r.hash]}
	r.at = start + 40 + r.hash
	flags := binary.BigEndian.Uint16(r.body[r.at:])
	r.at += 2
	e.Stage = int(flags >> 12 & 3)
	if flags&0x4000 != 0 {
		if r.version < 3 || len(r.body)-r.at < 2 {
			return Entry{}, errors.New("flags that its version does not have")
		}
		more := binary.BigEndian.Uint16(r.body[r.at:])
		r.at += 2
		e.SkipWorktree, e.IntentToAdd = more&0x4000 != 0, more&0x2000 != 0
	}
	var err error
	if e.Path, err = r.path(start); err != nil {
		return Entry{}, err
	}
	if e.Mode == modeFolder {
		e.Path = strings.TrimSuffix(e.Path, "/")
	}
	if e.Path == "" {
		r.nameless = true
		return e, nil
	}
	if !fs.ValidPath(e.Path) || e.Path == "." || len(e.Path) > maxPath {
		return Entry{}, fmt.Errorf("path %.60q leaves the work tree or is too long", e.Path)
	}
	return e, nil
}

// path reads a name. Version 4 writes only what differs from the name before; the others pad the
// entry with NULs to a multiple of 8.
func (r *indexReader) path(start int) (string, error) {
	keep := 0
	if r.version == 4 {
		strip, err := r.varint()
		if err != nil || strip > len(r.last) {
			return "", errors.New("name that builds on nothing")
		}
		keep = len(r.last) - strip
	}
	length := bytes.IndexByte(r.body[r.at:], 0)
	if length < 0 {
		return "", errCut
	}
	if r.paths += keep + length; keep+length > maxPath || r.paths > maxPathBytes {
		return "", errors.New("names are too long")
	}
	name := r.last[:keep] + string(r.body[r.at:r.at+length])
	r.last = name
	r.at += length + 1
	if r.version < 4 {
		r.at = start + (r.at-1-start+8)&^7
	}
	if r.at > len(r.body) {
		return "", errCut
	}
	return name, nil
}

// varint is git's variable-length number: 7 bits a byte, the highest first, each further byte
// counting from one up.
func (r *indexReader) varint() (int, error) {
	n := 0
	for i := 0; ; i++ {
		if r.at >= len(r.body) || i > 3 {
			return 0, errCut
		}
		b := r.body[r.at]
		r.at++
		n = n<<7 | int(b&127)
		if b&128 == 0 {
			return n, nil
		}
		n++
	}
}

// extensions checks that nothing that follows changes what the entries mean. Extensions with a
// capital first letter are optional.
func (r *indexReader) extensions() error {
	for r.at < len(r.body) {
		if len(r.body)-r.at < 8 {
			return errCut
		}
		name := string(r.body[r.at : r.at+4])
		size := binary.BigEndian.Uint32(r.body[r.at+4:])
		if uint64(size) > uint64(len(r.body)-r.at-8) {
			return errCut
		}
		r.at += 8 + int(size)
		switch {
		case name == "link":
			return errors.New("a split index is not supported")
		case name == "sdir", name[0] >= 'A' && name[0] <= 'Z':
		default:
			return fmt.Errorf("extension %q is not known", name)
		}
	}
	return nil
}
