package gitrepo

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
)

// Tracked says whether the file at p is in the index. It is false when the index is unknown: check
// State.Index where that makes a difference.
func (s *State) Tracked(p string) bool {
	if _, ok := s.entries[p]; ok {
		return true
	}
	for _, folder := range s.sparse {
		if strings.HasPrefix(p, folder) {
			return true
		}
	}
	return false
}

// Entry is the index entry of the file at p. In an unfinished merge it is one of several.
func (s *State) Entry(p string) (Entry, bool) { e, ok := s.entries[p]; return e, ok }

// TrackedUnder lists the tracked files below a folder, sorted; "." is the root.
func (s *State) TrackedUnder(dir string) []string {
	if dir == "." {
		return s.paths
	}
	from := sort.SearchStrings(s.paths, dir+"/")
	to := sort.SearchStrings(s.paths, dir+"0") // "0" is the character behind "/"
	return s.paths[from:to]
}

// Status is how a file compares with what git has recorded of it.
type Status string

// The states of a file.
const (
	Unknown   Status = "unknown" // no index to compare with, or a submodule
	Untracked Status = "untracked"
	Clean     Status = "clean" // as in the index
	Modified  Status = "modified"
)

// Status compares a file's content (for a link: what it says) with the index. Line ends that git
// may have converted make no difference. A file behind a filter (Git LFS) counts as Modified, since
// filters are programs and are not run.
func (s *State) Status(p string, content []byte) Status {
	if !s.Exists || s.Index != nil {
		return Unknown
	}
	e, ok := s.entries[p]
	switch {
	case !ok && s.Tracked(p), e.Mode == 0o160000:
		return Unknown
	case !ok:
		return Untracked
	case e.Stage != 0 || e.IntentToAdd:
		return Modified
	case bytes.Equal(s.blob(content), e.Hash):
		return Clean
	case bytes.Contains(content, []byte("\r\n")) && bytes.Equal(s.blob(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))), e.Hash):
		return Clean
	}
	return Modified
}

// blob is the name under which git stores content.
func (s *State) blob(content []byte) []byte {
	return s.format.sum(fmt.Appendf(nil, "blob %d\x00", len(content)), content)
}
