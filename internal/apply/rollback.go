package apply

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Restored is what a Rollback did.
type Restored struct {
	Of    ID       // the transaction that was taken back
	ID    ID       // the transaction that did it, which can be taken back in turn; "" when nothing was written down
	Paths []string // what was put back, sorted; a file that was made by Of is gone
}

// Rollback puts the files of the transaction id back as they were before it, byte for byte, modes
// included; "" means the latest apply that was not taken back yet. id may be any beginning of an ID
// that is unique. Taking back a backup restores its files whatever they are now; otherwise files that
// changed since the transaction are an error, *Changed, unless opts.Force. Folders that the
// transaction made are removed when they get empty. Being a transaction itself, a Rollback can be
// taken back, and keeps what it overwrites. Where nothing is left to put back, because the files were
// brought back by other means, the transaction counts as taken back all the same: else the latest one
// would stay in the way of those before it.
//
// An unfinished transaction is undone first; when id is "" that was it. Errors are those of Apply, and
// *UnknownError when no transaction is meant.
func Rollback(root string, id ID, opts Options) (Restored, error) {
	s, err := open(root, opts)
	if err != nil {
		return Restored{}, err
	}
	defer s.close()
	pending, err := Pending(root)
	if err != nil {
		return Restored{}, err
	}
	if err := s.recover(); err != nil {
		return Restored{}, err
	}
	if pending != nil && (id == "" || id == pending.ID) {
		return Restored{Of: pending.ID}, nil
	}
	stories, err := readStories(s.state, s.root)
	if err != nil {
		return Restored{}, err
	}
	of, err := choose(stories, id)
	if err != nil {
		return Restored{}, err
	}
	return s.rollback(of, takenBack(stories)[of.ID] != "")
}

// Meant is the ID of the transaction that Rollback takes back when it is given id. It writes nothing, so
// that one can ask before. Errors: *UnknownError when no transaction is meant, *Corrupt for a damaged journal.
func Meant(root string, id ID) (ID, error) {
	real, err := realRoot(root)
	if err != nil {
		return "", err
	}
	state, err := openState(real)
	if err != nil {
		return "", err
	}
	var stories []*story
	if state != nil {
		defer state.close()
		if stories, err = readStories(state, real); err != nil {
			return "", err
		}
	}
	of, err := choose(stories, id)
	if err != nil {
		return "", err
	}
	return of.ID, nil
}

// choose finds the transaction that is meant.
func choose(stories []*story, id ID) (*story, error) {
	back := takenBack(stories)
	var found []*story
	for _, st := range stories {
		switch {
		case st.ID == id:
			return st, nil
		case id == "" && st.Kind == kindApply && back[st.ID] == "":
			found = []*story{st} // the latest wins
		case id != "" && strings.HasPrefix(string(st.ID), string(id)):
			found = append(found, st)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case id == "":
		return nil, &UnknownError{What: "there is no apply to take back"}
	case len(found) == 0:
		return nil, &UnknownError{ID: id, What: "no such apply or backup"}
	}
	return nil, &UnknownError{ID: id, What: fmt.Sprintf("this could be %s or %s", found[0].ID, found[1].ID)}
}

// takenBack maps what was taken back to the rollback that did it. A rollback that was itself taken back
// does not count.
func takenBack(stories []*story) map[ID]ID {
	back := map[ID]ID{}
	for _, st := range slices.Backward(stories) {
		if st.Kind == kindRollback && st.committed && back[st.ID] == "" && back[st.Of] == "" {
			back[st.Of] = st.ID
		}
	}
	return back
}

// rollback makes the transaction that takes another one back; again says that it is taken back already.
func (s *session) rollback(of *story, again bool) (Restored, error) {
	result := Restored{Of: of.ID}
	byPath := map[string]*target{}
	contents := map[string]content{}
	var changed []string
	for _, old := range of.Targets {
		if real, err := s.tree.resolve(old.Path, false); err != nil || real != old.Path {
			return result, errors.Join(&Refused{old.Path, "one of its folders is a symbolic link now"}, err)
		}
		now, info, err := s.tree.state(old.Path)
		if err != nil {
			return result, err
		}
		if now.same(old.Before) {
			continue
		}
		if !now.same(old.After) && of.Kind != kindBackup && !s.opts.Force {
			changed = append(changed, old.Path)
		}
		byPath[old.Path] = &target{Path: old.Path, Before: now, After: old.Before, seen: info}
		contents[old.Path] = of.blob(old.Before)
	}
	if len(changed) > 0 {
		return result, &Changed{ID: of.ID, Paths: sortedUnique(changed)}
	}
	targets := ordered(byPath)
	if len(targets) == 0 && (again || of.Kind == kindBackup) {
		return result, nil // there is nothing to write down either
	}
	for _, t := range targets {
		if err := of.checkBlob(t.After); err != nil {
			return result, err
		}
	}
	modes := map[string]uint32{}
	for _, f := range of.Gone {
		modes[f.Path] = f.Mode
	}
	t := &transaction{session: s, contents: contents, begin: begin{Kind: kindRollback, Of: of.ID, Targets: targets}}
	var err error
	if t.begin.Made, err = s.missingFolders(targets, modes); err != nil {
		return result, err
	}
	for _, f := range of.Made {
		if info, ok := s.tree.isFolder(f.Path); ok {
			t.begin.Gone = append(t.begin.Gone, folder{f.Path, unixMode(info.Mode())})
		}
	}
	result.ID, err = t.run()
	result.Paths = t.begin.paths()
	return result, err
}

// Backup keeps a copy of files, links and of everything below folders, so that Rollback can restore
// them. paths are repo-relative; "." is the whole repository. Git's folder is left out, and so are
// pipes, sockets and devices below a folder. The errors are those of Apply.
func Backup(root string, paths []string, opts Options) (ID, error) {
	s, err := open(root, opts)
	if err != nil {
		return "", err
	}
	defer s.close()
	if err := s.recover(); err != nil {
		return "", err
	}
	byPath := map[string]target{}
	for _, p := range paths {
		if err := s.collect(path.Clean(p), byPath); err != nil {
			return "", err
		}
	}
	t := &transaction{session: s, begin: begin{Kind: kindBackup}}
	for _, one := range byPath {
		t.begin.Targets = append(t.begin.Targets, one)
	}
	if len(t.begin.Targets) == 0 {
		return "", &UnknownError{What: "there is nothing to back up"}
	}
	slices.SortFunc(t.begin.Targets, func(a, b target) int { return strings.Compare(a.Path, b.Path) })
	t.begin.Gone = s.foldersOf(t.begin.Targets)
	return t.run()
}

// collect adds what stands at p, and below it, to byPath.
func (s *session) collect(p string, byPath map[string]target) error {
	if p != "." {
		real, err := s.tree.resolve(p, false)
		if err != nil {
			return err
		}
		if _, folder := s.tree.isFolder(real); !folder {
			st, _, err := s.tree.state(real)
			if err != nil {
				return err
			}
			if st.Kind == none {
				return &Refused{p, "no such file"}
			}
			byPath[real] = target{Path: real, Before: st, After: st}
			return nil
		}
		p = real
	}
	return fs.WalkDir(s.tree.root.FS(), p, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Name() == ".git" && d.IsDir():
			return fs.SkipDir
		case d.IsDir(), d.Name() == ".git", d.Type()&^(fs.ModeSymlink) != 0:
			return nil
		}
		st, _, err := s.tree.state(name)
		byPath[name] = target{Path: name, Before: st, After: st}
		return err
	})
}

// foldersOf are the folders above targets with their modes, for a restore that must make them again.
func (s *session) foldersOf(targets []target) []folder {
	var list []folder
	seen := map[string]bool{}
	for _, t := range targets {
		for dir := path.Dir(t.Path); dir != "." && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			if info, ok := s.tree.isFolder(dir); ok {
				list = append(list, folder{dir, unixMode(info.Mode())})
			}
		}
	}
	slices.SortFunc(list, func(a, b folder) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// Saved is one transaction that Rollback can take back.
type Saved struct {
	ID      ID
	Kind    string // apply, rollback, backup
	Of      ID     // of a rollback: what it took back
	Time    time.Time
	Command string
	State   string   // done, taken back, unfinished, damaged
	Files   int      // number of paths
	Paths   []string // sorted
}

// List is every transaction of the repository at root, the latest first. It writes nothing. A damaged
// one is listed with its ID only.
func List(root string) ([]Saved, error) {
	real, err := realRoot(root)
	if err != nil {
		return nil, err
	}
	state, err := openState(real)
	if err != nil || state == nil {
		return nil, err
	}
	defer state.close()
	dirs, err := transactions(state)
	if err != nil {
		return nil, err
	}
	var list []Saved
	var stories []*story
	for _, dir := range dirs {
		st, err := readStory(state, dir, real)
		if err != nil {
			list = append(list, Saved{ID: ID(dir), State: "damaged"})
			continue
		}
		stories = append(stories, st)
		saved := Saved{ID: st.ID, Kind: st.Kind, Of: st.Of, Time: st.Time, Command: st.Command, State: "done", Paths: st.paths()}
		saved.Files = len(saved.Paths)
		if !st.committed {
			saved.State = "unfinished"
		}
		list = append(list, saved)
	}
	back := takenBack(stories)
	for i := range list {
		if back[list[i].ID] != "" {
			list[i].State = "taken back"
		}
	}
	slices.Reverse(list)
	return list, nil
}
