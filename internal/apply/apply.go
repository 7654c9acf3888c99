// Package apply is the only writer of the user's files. It carries out a change.Set as one
// transaction: what is touched is backed up, everything new is staged beside its target, then files
// are swapped one by one by rename. Until a commit record is written, a failure or a crash is
// undone; after it, everything is there. Rollback is such a transaction too.
//
// # Where things are
//
// State lies under $XDG_STATE_HOME/refit/NAME-KEY (default: ~/.local/state), mode 0700, never inside
// the repository: KEY is the hash of the repository's real path. Each transaction has a folder
// there, named by its ID, with a journal and the bytes of every file it touched (blobs/SHA-256).
//
// # The order of writes
//
//	lock; check every file against the plan          nothing written
//	ID.new: blobs, journal with the begin record     nothing of the user's written
//	ID.new -> ID, all synced
//	folders made, new files staged as .refit-ID-N    synced
//	swap record, rename, swap record, rename, ...
//	folders that got empty removed                   all folders synced
//	commit record                                    synced
//
// The begin record holds the whole intent, with the state of every path before and after, so undo
// needs no more than it: each path that is in its after-state is brought back to its before-state.
package apply

import (
	"fmt"
	"io"
	"strings"

	"refit/internal/change"
)

// ID names a transaction: "0007-20260131-154500". Rollback takes any beginning that is unique.
type ID string

// Options tune an operation. The zero value is fine.
type Options struct {
	// Force lets Rollback and Recover overwrite files that changed since. What they said is kept:
	// by Rollback in its own transaction, by Recover in the folder of the transaction.
	Force bool
	// Command is shown by List and to whoever finds the repository locked, as "refit apply".
	Command string
	// Note is told what the user should know and what is no error: a hard link that is cut, an
	// owner that could not be kept, an unfinished apply that was undone. One line each, no line end.
	Note func(string)
	// Observe is told each step when it is done. An error fails the step.
	Observe func(Step) error

	told func(write) error // tests: each write before it is made; an error is one of the file system
}

// Step is one thing that an operation did.
type Step struct {
	Name string // "checked", "backup", "begin", "folder", "stage", "swap" (the record), "swapped", "unfolder", "commit"; when something is undone: "restore" (staged), "undo", "undone"
	Path string // repo-relative; "" where none is meant
}

func (o Options) note(format string, args ...any) {
	if o.Note != nil {
		o.Note(fmt.Sprintf(format, args...))
	}
}

func (o Options) observe(name, path string) error {
	if o.Observe == nil {
		return nil
	}
	return o.Observe(Step{name, path})
}

// Apply carries the set out in the repository at root and returns the ID that Rollback takes. An
// empty set writes nothing and has no ID. An unfinished transaction of before is undone first.
//
// Errors: *change.Stale when files changed since the plan was made, *Refused for a path that can't
// be written safely, *Busy when another refit is at work, *Corrupt for a damaged journal: nothing
// was written. *RolledBack when it failed midway and everything was put back; *Unfinished when that
// failed too, and the next Apply, Recover or Rollback goes on with it.
func Apply(root string, set *change.Set, opts Options) (ID, error) {
	if set.Empty() {
		return "", nil
	}
	if err := set.Check(); err != nil {
		return "", err
	}
	s, err := open(root, opts)
	if err != nil {
		return "", err
	}
	defer s.close()
	if err := s.recover(); err != nil {
		return "", err
	}
	targets, contents, err := s.resolveSet(set)
	if err != nil {
		return "", err
	}
	if err := opts.observe("checked", ""); err != nil {
		return "", err
	}
	if len(targets) == 0 {
		return "", nil
	}
	t := &transaction{session: s, contents: contents}
	t.begin = begin{Kind: kindApply, Targets: targets}
	t.begin.Made, err = s.missingFolders(targets, nil)
	if err != nil {
		return "", err
	}
	t.begin.Gone = s.leavingFolders(targets)
	return t.run()
}

// resolveSet turns the set into targets by real path, after checking every file against it.
func (s *session) resolveSet(set *change.Set) ([]target, map[string]content, error) {
	r := &resolver{session: s, byPath: map[string]*target{}, contents: map[string]content{}, made: map[string]bool{}}
	for _, f := range set.Files {
		if err := r.source(f); err != nil {
			return nil, nil, err
		}
	}
	for _, f := range set.Files {
		if err := r.make(f); err != nil {
			return nil, nil, err
		}
	}
	if len(r.stale) > 0 {
		return nil, nil, &change.Stale{Paths: sortedUnique(r.stale)}
	}
	if err := s.checkCase(r.byPath, r.made); err != nil {
		return nil, nil, err
	}
	return ordered(r.byPath), r.contents, nil
}

// content opens what a path is to hold.
type content func() (io.ReadCloser, error)

func bytesOf(text []byte) content {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(text))), nil }
}
