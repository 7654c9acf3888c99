package apply

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"time"

	"refit/internal/change"
)

// transaction is one set of changes on its way.
type transaction struct {
	*session
	begin    begin
	contents map[string]content // of the targets that are written
	dir      string             // in the state folder
	journal  *journal
	swapped  map[int]bool
}

// run carries the transaction out: the comment of the package has the order of writes.
func (t *transaction) run() (ID, error) {
	if err := t.prepare(); err != nil {
		return "", err
	}
	defer func() { _ = t.journal.file.Close() }() // the last record was synced
	ended := false
	defer func() {
		if !ended { // a panic goes on, but not over half of a transaction
			_ = t.takeBack(errors.New("panic"))
		}
	}()
	err := t.carryOut()
	ended = true
	if err != nil {
		return "", t.takeBack(err)
	}
	return t.begin.ID, nil
}

// prepare backs everything up and writes down what is going to be done. Nothing of the user's is
// written; when it fails nothing is left.
func (t *transaction) prepare() (err error) {
	seq, err := t.nextNumber()
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	b := &t.begin
	b.Version, b.Root, b.Time, b.Command = journalVersion, t.root, now, t.opts.Command
	b.ID = ID(fmt.Sprintf("%04d-%s", seq, now.Format("20060102-150405")))
	t.dir = string(b.ID)
	t.swapped = map[int]bool{}
	fresh := t.dir + ".new"
	defer func() {
		if err != nil {
			if t.journal != nil {
				_ = t.journal.file.Close()
			}
			if t.state.exists(t.dir) {
				err = errors.Join(err, t.discard(t.dir))
			}
			err = errors.Join(err, t.state.removeAll(fresh))
		}
	}()
	for _, dir := range []string{fresh, path.Join(fresh, "blobs")} {
		if err := t.state.makeFolder(folder{dir, 0o700}); err != nil {
			return err
		}
	}
	if err := t.backup(fresh); err != nil {
		return err
	}
	f, err := t.state.create(path.Join(fresh, "journal"), os.O_APPEND)
	if err != nil {
		return err
	}
	t.journal = &journal{f}
	if err := t.journal.commit(record{Record: "begin", Begin: b}); err != nil {
		return err
	}
	for _, dir := range []string{path.Join(fresh, "blobs"), fresh} {
		if err := t.state.syncFolder(dir); err != nil {
			return err
		}
	}
	if err := t.state.rename(fresh, t.dir); err != nil {
		return err
	}
	t.journal.file.name = path.Join(t.dir, "journal")
	if err := t.state.syncFolder("."); err != nil {
		return err
	}
	return t.step("begin", "")
}

// step tells that something is done, and is an error when the user wants no more.
func (t *transaction) step(name, path string) error {
	if err := t.opts.observe(name, path); err != nil {
		return err
	}
	return t.signals.stopped()
}

// backup copies what the targets are now, each content once, under the name of its hash.
func (t *transaction) backup(dir string) error {
	var files syncer
	for _, target := range t.begin.Targets {
		if target.Before.Kind == none {
			continue
		}
		if err := t.backupOne(dir, target, &files); err != nil {
			return errors.Join(err, files.flush())
		}
		if err := t.step("backup", target.Path); err != nil {
			return errors.Join(err, files.flush())
		}
	}
	return files.flush()
}

func (t *transaction) backupOne(dir string, target target, files *syncer) error {
	name := blobName(dir, target.Before.Hash)
	if t.state.exists(name) {
		return nil
	}
	in, err := t.tree.open(target.Path, target.Before)()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := t.state.create(name, 0)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err = io.Copy(io.MultiWriter(out, sum), in); err == nil && hex.EncodeToString(sum.Sum(nil)) != string(target.Before.Hash) {
		err = &change.Stale{Paths: []string{target.Path}}
	}
	if err != nil {
		_ = out.Close()
		return err
	}
	return files.add(out)
}

// carryOut makes the changes and commits them.
func (t *transaction) carryOut() error {
	if err := t.stageAll(); err != nil {
		return err
	}
	for n, target := range t.begin.Targets {
		if target.Before.same(target.After) {
			continue // of a backup
		}
		if err := t.swap(n, target); err != nil {
			return err
		}
	}
	if t.begin.Kind != kindBackup {
		if err := t.removeEmpty(t.begin.Gone); err != nil {
			return err
		}
	}
	if err := t.tree.syncFolders(t.begin.touched()); err != nil {
		return err
	}
	if err := t.journal.commit(record{Record: "commit"}); err != nil {
		return err
	}
	_ = t.opts.observe("commit", "") // too late for an error: it is done
	return nil
}

// removeEmpty removes those of the folders, given parents first, that are empty.
func (s *session) removeEmpty(folders []folder) error {
	for _, f := range slices.Backward(folders) {
		if _, there := s.tree.isFolder(f.Path); !there || s.tree.remove(f.Path) != nil {
			continue
		}
		if err := s.opts.observe("unfolder", f.Path); err != nil {
			return err
		}
	}
	return nil
}

// stageAll makes the missing folders and every new file beside its target.
func (t *transaction) stageAll() error {
	for _, f := range t.begin.Made {
		if err := t.tree.makeFolder(f); err != nil {
			return err
		}
		if err := t.step("folder", f.Path); err != nil {
			return err
		}
	}
	var files syncer
	for n, target := range t.begin.Targets {
		if target.After.Kind == none || target.Before.same(target.After) {
			continue
		}
		noOwner, err := t.tree.stage(t.begin.staged(n), target.After, t.contents[target.Path], &files)
		if err == nil {
			err = t.step("stage", target.Path)
		}
		if err != nil {
			return errors.Join(err, files.flush())
		}
		if noOwner {
			t.opts.note("%s now belongs to you: its former owner could not be kept", target.Path)
		}
	}
	return files.flush()
}

// swap puts one target in its new state. The record before it is not synced: undo looks at what is
// there, and needs the record only to tell a change of ours from one that a person made later.
func (t *transaction) swap(n int, target target) error {
	if !t.tree.unchanged(target.Path, target.seen) {
		return &change.Stale{Paths: []string{target.Path}}
	}
	if err := t.journal.append(record{Record: "swap", Target: n}); err != nil {
		return err
	}
	t.swapped[n] = true
	if err := t.step("swap", target.Path); err != nil {
		return err
	}
	var err error
	if target.After.Kind == none {
		err = t.tree.remove(target.Path)
	} else {
		err = t.tree.rename(t.begin.staged(n), target.Path)
	}
	if err != nil {
		return err
	}
	return t.step("swapped", target.Path)
}

// takeBack undoes what was done so far, because of cause.
func (t *transaction) takeBack(cause error) error {
	s := &story{begin: t.begin, state: t.state, dir: t.dir, swapped: t.swapped}
	if err := t.undo(s); err != nil {
		return &Unfinished{ID: t.begin.ID, Cause: cause, Undo: err}
	}
	return &RolledBack{Cause: cause}
}

// staged is the name of the n-th target's new file until it is put in place, in the same folder.
func (b *begin) staged(n int) string {
	return path.Join(path.Dir(b.Targets[n].Path), fmt.Sprintf(".refit-%s-%d", b.ID, n))
}

// restored is the same for undo.
func (b *begin) restored(n int) string { return b.staged(n) + "u" }

// touched are the folders in which names come or go.
func (b *begin) touched() map[string]bool {
	dirs := map[string]bool{}
	for _, t := range b.Targets {
		dirs[path.Dir(t.Path)] = true
	}
	for _, f := range slices.Concat(b.Made, b.Gone) {
		dirs[path.Dir(f.Path)] = true
	}
	return dirs
}

// paths are the paths of targets, sorted.
func (b *begin) paths() []string {
	set := map[string]bool{}
	for _, t := range b.Targets {
		set[t.Path] = true
	}
	return slices.Sorted(maps.Keys(set))
}
