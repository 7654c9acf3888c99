package apply

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"refit/internal/change"
)

// Interrupted is a transaction that was begun and not committed.
type Interrupted struct {
	ID      ID
	Kind    string // apply, rollback
	Time    time.Time
	Command string
	Running bool // it is still at work; else it was cut off, and Recover undoes it
}

// Error says what a command that only reads reports.
func (i *Interrupted) Error() string {
	if i.Running {
		return fmt.Sprintf("%s %s is at work on this repository; wait for it to end", i.Kind, i.ID)
	}
	return fmt.Sprintf("%s %s did not finish: some files may be changed and others not; run refit rollback to put them back, or refit apply", i.Kind, i.ID)
}

// Pending is the unfinished transaction of the repository at root, nil when there is none. It
// writes nothing. The error is a *Corrupt when a journal is damaged.
func Pending(root string) (*Interrupted, error) {
	real, err := realRoot(root)
	if err != nil {
		return nil, err
	}
	state, err := openState(real)
	if err != nil || state == nil {
		return nil, err
	}
	defer state.close()
	stories, err := readStories(state, real)
	if err != nil {
		return nil, err
	}
	for _, s := range stories {
		if !s.committed {
			return &Interrupted{ID: s.ID, Kind: s.Kind, Time: s.Time, Command: s.Command, Running: held(state)}, nil
		}
	}
	return nil, nil
}

// Recover undoes what an unfinished transaction did to the repository at root; without one it does
// nothing. Errors: *Changed for files that were changed after the crash (none, with Force), *Corrupt
// for a damaged journal or backup, *Busy: nothing was written.
func Recover(root string, opts Options) error {
	s, err := open(root, opts)
	if err != nil {
		return err
	}
	defer s.close()
	return s.recover()
}

// recover undoes unfinished transactions, the latest first, and removes what is left of others.
func (s *session) recover() error {
	stories, err := readStories(s.state, s.root)
	if err != nil {
		return err
	}
	slices.Reverse(stories)
	for _, st := range stories {
		if st.committed {
			continue
		}
		if err := s.undo(st); err != nil {
			return err
		}
		s.opts.note("%s %s had not finished; its changes were undone", st.Kind, st.ID)
	}
	return s.sweep()
}

// sweep removes what was never begun and what was to be removed.
func (s *session) sweep() error {
	names, err := s.state.names(".")
	if err != nil {
		return err
	}
	for _, name := range names {
		if leftover.MatchString(name) {
			if err := s.state.removeAll(name); err != nil {
				return err
			}
		}
	}
	return nil
}

var (
	transactionName = regexp.MustCompile(`^(\d{4,})-\d{8}-\d{6}$`)
	leftover        = regexp.MustCompile(`^\d{4,}-\d{8}-\d{6}\.(new|old)$`)
)

// readStories reads every journal of a state folder, oldest first.
func readStories(state *disk, root string) ([]*story, error) {
	dirs, err := transactions(state)
	if err != nil {
		return nil, err
	}
	var list []*story
	for _, dir := range dirs {
		s, err := readStory(state, dir, root)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// transactions lists the folders of transactions, oldest first.
func transactions(state *disk) ([]string, error) {
	dirs, err := state.names(".")
	if err != nil {
		return nil, err
	}
	dirs = slices.DeleteFunc(dirs, func(name string) bool { return !transactionName.MatchString(name) })
	slices.SortFunc(dirs, func(a, b string) int { return number(a) - number(b) })
	return dirs, nil
}

func number(dir string) int {
	digits, _, _ := strings.Cut(dir, "-")
	n, _ := strconv.Atoi(digits)
	return n
}

// nextNumber is one more than the highest number of a transaction.
func (s *session) nextNumber() (int, error) {
	dirs, err := transactions(s.state)
	if err != nil || len(dirs) == 0 {
		return 1, err
	}
	return number(dirs[len(dirs)-1]) + 1, nil
}

// undo brings every target that is in its after-state back to its before-state. It may be cut off and
// started again any number of times.
func (s *session) undo(st *story) error {
	todo, err := s.toUndo(st)
	if err != nil {
		return err
	}
	for n := range st.Targets { // free space and names first
		for _, name := range []string{st.staged(n), st.restored(n)} {
			if err := s.tree.remove(name); err != nil {
				return err
			}
		}
	}
	for _, n := range todo { // what was made goes first: on some systems it may bear the name of what comes back
		if st.Targets[n].Before.Kind == none {
			if err := s.undoOne(st, n); err != nil {
				return err
			}
		}
	}
	for _, f := range st.Gone {
		if err := s.tree.makeFolder(f); err != nil {
			return err
		}
	}
	for _, n := range todo {
		if st.Targets[n].Before.Kind != none {
			if err := s.undoOne(st, n); err != nil {
				return err
			}
		}
	}
	if err := s.removeEmpty(st.Made); err != nil {
		return err
	}
	if err := s.tree.syncFolders(st.touched()); err != nil {
		return err
	}
	if err := s.discard(st.dir); err != nil {
		return err
	}
	return s.opts.observe("undone", "")
}

// toUndo are the targets to bring back, checked before anything is written: their backups are whole,
// and nobody changed them since (or Force, and their content was saved).
func (s *session) toUndo(st *story) ([]int, error) {
	var todo []int
	var changed []string
	for n, t := range st.Targets {
		if real, err := s.tree.resolve(t.Path, false); err != nil || real != t.Path {
			return nil, errors.Join(&Refused{t.Path, "one of its folders is a symbolic link now"}, err)
		}
		now, _, err := s.tree.state(t.Path)
		var noFile *Refused // a folder or a pipe: somebody else's work, like any other change
		if err != nil && (!errors.As(err, &noFile) || st.swapped[n] && s.opts.Force) {
			return nil, err
		}
		switch {
		case noFile == nil && now.same(t.Before):
			continue
		case noFile == nil && now.same(t.After):
		case !st.swapped[n]:
			s.opts.note("%s was changed by someone else and is left as it is", t.Path)
			continue
		case s.opts.Force:
			if err := s.keep(st, n, now); err != nil {
				return nil, err
			}
		default:
			changed = append(changed, t.Path)
			continue
		}
		todo = append(todo, n)
	}
	if len(changed) > 0 {
		return nil, &Changed{ID: st.ID, Paths: sortedUnique(changed)}
	}
	for _, n := range todo {
		if err := st.checkBlob(st.Targets[n].Before); err != nil {
			return nil, err
		}
	}
	return todo, nil
}

// keep saves what a forced undo is about to overwrite in the state folder, under saved/.
func (s *session) keep(st *story, n int, now fileState) error {
	if now.Kind == none {
		return nil
	}
	if err := s.state.makeFolder(folder{"saved", 0o700}); err != nil {
		return err
	}
	in, err := s.tree.open(st.Targets[n].Path, now)()
	if err != nil {
		return err
	}
	defer in.Close()
	name := path.Join("saved", fmt.Sprintf("%s-%d-%s", st.ID, n, path.Base(st.Targets[n].Path)))
	if err := s.state.remove(name); err != nil { // of an undo that was cut off
		return err
	}
	out, err := s.state.create(name, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err == nil {
		err = errors.Join(s.state.syncFolder("saved"), s.state.syncFolder("."))
	}
	s.opts.note("%s as it was is kept in %s", st.Targets[n].Path, s.state.abs(name))
	return err
}

// undoOne brings the n-th target back.
func (s *session) undoOne(st *story, n int) error {
	t := st.Targets[n]
	if t.Before.Kind == none {
		if err := s.tree.remove(t.Path); err != nil {
			return err
		}
		return s.opts.observe("undo", t.Path)
	}
	var files syncer
	if _, err := s.tree.stage(st.restored(n), t.Before, st.blob(t.Before), &files); err != nil {
		return errors.Join(err, files.flush())
	}
	if err := errors.Join(files.flush(), s.opts.observe("restore", t.Path)); err != nil {
		return err
	}
	if err := s.tree.rename(st.restored(n), t.Path); err != nil {
		return err
	}
	return s.opts.observe("undo", t.Path)
}

// blob is the backed-up content of a state.
func (s *story) blob(st fileState) content {
	return func() (io.ReadCloser, error) { return s.state.open(blobName(s.dir, st.Hash)) }
}

// blobName is where a content is backed up.
func blobName(dir string, h change.Hash) string { return path.Join(dir, "blobs", string(h)) }

// checkBlob makes sure that the backup of a state is what it was.
func (s *story) checkBlob(st fileState) error {
	if st.Kind == none {
		return nil
	}
	name := s.state.abs(blobName(s.dir, st.Hash))
	f, err := s.state.open(blobName(s.dir, st.Hash))
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	if err != nil {
		return &Corrupt{File: name, What: "the backup is missing or can't be read: " + reason(err)}
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if change.Hash(hex.EncodeToString(sum.Sum(nil))) != st.Hash {
		return &Corrupt{File: name, What: "the backup is damaged"}
	}
	return nil
}

// discard removes the folder of a transaction that is undone. It is renamed first: that is the moment in
// which the transaction ends, needs no space on a full disk, and leaves no folder without a journal.
func (s *session) discard(dir string) error {
	old := dir + ".old"
	if err := s.state.removeAll(old); err != nil {
		return err
	}
	if err := s.state.rename(dir, old); err != nil {
		return err
	}
	return errors.Join(s.state.syncFolder("."), s.state.removeAll(old))
}
