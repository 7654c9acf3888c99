package apply

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"time"

	"refit/internal/change"
	"refit/internal/edit"
)

// Kinds of transactions.
const (
	kindApply    = "apply"
	kindRollback = "rollback"
	kindBackup   = "backup"
)

// fileState is what stands at a path.
type fileState struct {
	Kind string      `json:"kind"`             // none, file, link
	Hash change.Hash `json:"sha256,omitempty"` // of the bytes, or of what the link says
	Mode uint32      `json:"mode,omitempty"`   // of a file: permission, setuid, setgid and sticky bits as chmod counts them
	UID  int         `json:"uid,omitempty"`    // kept where possible, not compared
	GID  int         `json:"gid,omitempty"`
}

const (
	none   = "none"
	isFile = "file"
	isLink = "link"
)

// same says whether two states are one, owners aside.
func (s fileState) same(o fileState) bool {
	return s.Kind == o.Kind && s.Hash == o.Hash && (s.Kind != isFile || sameMode(s.Mode, o.Mode))
}

// target is one path that a transaction changes.
type target struct {
	Path   string    `json:"path"`
	Before fileState `json:"before"`
	After  fileState `json:"after"`

	seen fs.FileInfo // what the check saw; nil where there was nothing
}

// folder is a folder that a transaction makes or may remove.
type folder struct {
	Path string `json:"path"`
	Mode uint32 `json:"mode"`
}

// begin is the first record of a journal: everything that the transaction is going to do.
type begin struct {
	Version int       `json:"version"`
	ID      ID        `json:"id"`
	Kind    string    `json:"kind"`
	Of      ID        `json:"of,omitempty"` // of a rollback: what it takes back
	Root    string    `json:"root"`
	Time    time.Time `json:"time"`
	Command string    `json:"command,omitempty"`
	Targets []target  `json:"targets"` // in the order of the swaps
	Made    []folder  `json:"made"`    // folders that were not there, parents first
	Gone    []folder  `json:"gone"`    // folders that are removed when they get empty, parents first
}

// record is any record of a journal.
type record struct {
	Record string `json:"record"` // begin, swap, commit
	Begin  *begin `json:"begin,omitempty"`
	Target int    `json:"target,omitempty"` // of a swap: the index of the target
}

const (
	journalVersion = 1
	maxJournal     = 256 << 20 // bytes
)

// journal is an open journal file.
type journal struct{ file *file }

// append writes a record: the first half of its checksum, a space, JSON, a line end.
func (j *journal) append(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(append(checksum(text), ' '), append(text, '\n')...))
	return err
}

// commit appends a record and makes sure that it is on disk. When that fails the record is taken out
// again, so that the journal doesn't say what the caller then undoes.
func (j *journal) commit(r record) error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	if err = j.append(r); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		if undo := errors.Join(j.file.Truncate(info.Size()), j.file.Sync()); undo != nil {
			return errors.Join(err, undo)
		}
	}
	return err
}

func checksum(text []byte) []byte {
	sum := sha256.Sum256(text)
	return []byte(hex.EncodeToString(sum[:16]))
}

// story is what a journal says.
type story struct {
	begin
	state     *disk
	dir       string       // folder of the transaction, in the state folder
	swapped   map[int]bool // targets whose swap was about to be made
	committed bool         // else it is to be undone; one that was undone has no folder any more
}

// readStory reads the journal of the transaction in dir. What a power loss can do to the records behind
// the first, which are synced by the last one only, is overlooked: the end is cut off, or blocks never
// got to the disk and read as zeros. A commit record counts wherever it stands: the files were on disk
// before it was written. Any other damage is a *Corrupt.
func readStory(state *disk, dir, root string) (*story, error) {
	name := state.abs(path.Join(dir, "journal"))
	f, err := state.open(path.Join(dir, "journal"))
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
		return nil, &Corrupt{File: name, What: "it is missing or can't be read: " + reason(err)}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxJournal+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxJournal {
		return nil, &Corrupt{File: name, What: "it is too large"}
	}
	s := &story{state: state, dir: dir, swapped: map[int]bool{}}
	for n := 0; len(text) > 0; n++ {
		line, rest, whole := bytes.Cut(text, []byte{'\n'})
		if n > 0 && !whole {
			break
		}
		if n > 0 && bytes.IndexByte(line, 0) >= 0 {
			text = rest
			continue
		}
		r, ok := parseRecord(line)
		if !ok || !whole {
			return nil, &Corrupt{File: name, What: fmt.Sprintf("record %d is damaged", n+1)}
		}
		if what := s.take(n, r); what != "" {
			return nil, &Corrupt{File: name, What: fmt.Sprintf("record %d: %s", n+1, what)}
		}
		text = rest
	}
	switch {
	case s.Version == 0:
		return nil, &Corrupt{File: name, What: "it is empty"}
	case s.Root != root:
		return nil, &Corrupt{File: name, What: fmt.Sprintf("it belongs to another repository, %s", s.Root)}
	case s.ID != ID(dir):
		return nil, &Corrupt{File: name, What: fmt.Sprintf("it belongs to another transaction, %s", s.ID)}
	}
	return s, nil
}

func parseRecord(line []byte) (r record, ok bool) {
	sum, text, found := bytes.Cut(line, []byte{' '})
	if !found || !bytes.Equal(sum, checksum(text)) {
		return r, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return r, d.Decode(&r) == nil
}

// take adds the n-th record; what says why it can't be.
func (s *story) take(n int, r record) (what string) {
	if (r.Record == "begin") != (n == 0) || (r.Begin != nil) != (n == 0) {
		return "it is out of place"
	}
	switch r.Record {
	case "begin":
		s.begin = *r.Begin
		return s.check()
	case "swap":
		if r.Target < 0 || r.Target >= len(s.Targets) || s.committed {
			return "it is out of place"
		}
		s.swapped[r.Target] = true
	case "commit":
		s.committed = true
	default:
		return fmt.Sprintf("unknown record %q", r.Record)
	}
	return ""
}

// check makes sure that whatever is undone or restored from the journal stays in the repository.
func (b *begin) check() string {
	if b.Version != journalVersion {
		return fmt.Sprintf("version %d of the journal is not known to this refit", b.Version)
	}
	seen := map[string]bool{}
	for _, t := range b.Targets {
		if err := edit.ValidPath(t.Path); err != nil {
			return err.Error()
		}
		if seen[t.Path] {
			return t.Path + " occurs twice"
		}
		seen[t.Path] = true
		for _, st := range []fileState{t.Before, t.After} {
			if st.Kind != none && st.Kind != isFile && st.Kind != isLink || st.Mode > 0o7777 || (st.Kind == none) != (st.Hash == "") {
				return t.Path + " has an impossible state"
			}
			if st.Hash != "" && !isHash(st.Hash) {
				return t.Path + " has an impossible hash"
			}
		}
	}
	for _, list := range [][]folder{b.Made, b.Gone} {
		for _, f := range list {
			if err := edit.ValidPath(f.Path); err != nil {
				return err.Error()
			}
		}
	}
	return ""
}

// isHash keeps a hash, which names a file of the backup, from being a path.
func isHash(h change.Hash) bool {
	raw, err := hex.DecodeString(string(h))
	return err == nil && len(raw) == sha256.Size
}
