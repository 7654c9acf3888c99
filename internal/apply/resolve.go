package apply

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
)

// resolver turns the files of a set into targets: what stands at each real path before and after.
type resolver struct {
	*session
	byPath   map[string]*target
	contents map[string]content // of the paths in byPath that are written
	made     map[string]bool    // real paths that some file of the set makes
	stale    []string
}

// source checks what a file was before, and notes that its path is taken away or written.
func (r *resolver) source(f change.File) error {
	src := f.Source()
	if src == "" {
		return nil
	}
	inPlace := f.Op == edit.KindText || f.Op == edit.KindChmod
	p, err := r.tree.resolve(src, inPlace && !f.IsLink())
	if err != nil {
		return err
	}
	if r.byPath[p] != nil {
		return &Refused{src, "the plan changes it under two names"}
	}
	st, info, err := r.tree.state(p)
	if err != nil {
		return err
	}
	if st.Hash != f.Before || (st.Kind == isLink) != f.IsLink() {
		r.stale = append(r.stale, src)
	}
	t := &target{Path: p, Before: st, After: fileState{Kind: none}, seen: info}
	r.byPath[p] = t
	if info != nil {
		if _, _, names, ok := owner(info); ok && names > 1 && f.Op != edit.KindDelete {
			r.opts.note("%s is a hard link; its other names keep the old content", src)
		}
	}
	if inPlace {
		return r.write(p, t, after(f, st), f.Text)
	}
	return nil
}

// make notes what a file is afterwards, where it gets a new path.
func (r *resolver) make(f change.File) error {
	if f.Op != edit.KindCreate && f.Op != edit.KindRename {
		return nil
	}
	p, err := r.tree.resolve(f.Path, false)
	if err != nil {
		return err
	}
	if r.made[p] {
		return &Refused{f.Path, "the plan makes it under two names"}
	}
	t := r.byPath[p]
	if t == nil {
		st, info, err := r.tree.state(p)
		if err != nil {
			return err
		}
		if st.Kind != none {
			r.stale = append(r.stale, f.Path)
		}
		t = &target{Path: p, Before: st, seen: info}
		r.byPath[p] = t
	}
	old := fileState{Kind: none, UID: -1, GID: -1}
	if f.From != "" {
		src, err := r.tree.resolve(f.From, false)
		if err != nil {
			return err
		}
		old = r.byPath[src].Before
	}
	return r.write(p, t, after(f, old), f.Text)
}

func (r *resolver) write(p string, t *target, st fileState, text []byte) error {
	t.After = st
	r.made[p] = true
	r.contents[p] = bytesOf(text)
	return nil
}

// after is the state that a file of the set asks for. Where it asks for no other mode, the one on
// disk is kept, special bits included.
func after(f change.File, old fileState) fileState {
	st := fileState{Kind: isFile, Hash: f.After, Mode: old.Mode, UID: old.UID, GID: old.GID}
	if f.IsLink() {
		st.Kind, st.Mode = isLink, 0
		return st
	}
	if old.Kind == none {
		st.Mode = unixMode(f.Mode.Perm())
	} else if f.Mode.Perm() != f.Was.Perm() {
		st.Mode = old.Mode&^0o777 | unixMode(f.Mode.Perm())
	}
	return st
}

// ordered are the targets that change something, in the order of the swaps: what is made first, what
// goes away last, so that every content is there at any time. Only what has the name of something
// made, letter case aside, goes first: on some systems they are one file.
func ordered(byPath map[string]*target) []target {
	makes := map[string]bool{}
	for p, t := range byPath {
		if t.After.Kind != none {
			makes[strings.ToLower(p)] = true
		}
	}
	var first, middle, last []target
	for _, p := range slices.Sorted(maps.Keys(byPath)) {
		t := *byPath[p]
		switch {
		case t.Before.same(t.After):
		case t.After.Kind != none:
			middle = append(middle, t)
		case makes[strings.ToLower(p)]:
			first = append(first, t)
		default:
			last = append(last, t)
		}
	}
	return slices.Concat(first, middle, last)
}

// checkCase refuses a new path that differs from one that stays in letter case only: on macOS and
// Windows they are one file, and git would lose one of them there.
func (s *session) checkCase(byPath map[string]*target, made map[string]bool) error {
	listed := map[string][]string{}
	for _, p := range slices.Sorted(maps.Keys(made)) {
		if byPath[p].Before.Kind != none {
			continue
		}
		for part := p; part != "."; part = path.Dir(part) {
			dir := path.Dir(part)
			if _, seen := listed[dir]; !seen {
				names, err := s.tree.names(dir)
				if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
					return err
				}
				listed[dir] = names
			}
			if slices.Contains(listed[dir], path.Base(part)) {
				break // it is there: what is above is too
			}
			for _, name := range listed[dir] {
				other := path.Join(dir, name)
				if t := byPath[other]; strings.EqualFold(name, path.Base(part)) && (t == nil || t.After.Kind != none) {
					return &Refused{p, "it differs from " + other + " in letter case only; on macOS and Windows they are one"}
				}
			}
		}
	}
	return nil
}

// missingFolders are the folders that the targets need and that are not there, parents first. modes
// are the modes of some of them, by path; the others get 0755.
func (s *session) missingFolders(targets []target, modes map[string]uint32) ([]folder, error) {
	missing := map[string]bool{}
	for _, t := range targets {
		if t.After.Kind == none {
			continue
		}
		for dir := path.Dir(t.Path); dir != "." && !missing[dir]; dir = path.Dir(dir) {
			info, ok := s.tree.isFolder(dir)
			if ok {
				break
			}
			if info != nil {
				return nil, &Refused{t.Path, dir + " is not a folder"}
			}
			missing[dir] = true
		}
	}
	var list []folder
	for _, dir := range slices.Sorted(maps.Keys(missing)) {
		mode, ok := modes[dir]
		if !ok {
			mode = 0o755
		}
		list = append(list, folder{dir, mode})
	}
	return list, nil
}

// leavingFolders are the folders that hold something that goes away, parents first.
func (s *session) leavingFolders(targets []target) []folder {
	modes := map[string]uint32{}
	for _, t := range targets {
		if t.After.Kind != none || t.Before.Kind == none {
			continue
		}
		for dir := path.Dir(t.Path); dir != "."; dir = path.Dir(dir) {
			if info, ok := s.tree.isFolder(dir); ok {
				modes[dir] = unixMode(info.Mode())
			}
		}
	}
	var list []folder
	for _, dir := range slices.Sorted(maps.Keys(modes)) {
		list = append(list, folder{dir, modes[dir]})
	}
	return list
}

func sortedUnique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
