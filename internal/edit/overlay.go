package edit

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/source"
)

// Apply carries ops out on a snapshot and returns the result as a new one; snap is not changed.
// An edit, a chmod and a rename of one file compose whatever their order. Edits that occur twice are
// made once. An edit of a symbolic link changes the file it points to. A relative link that moves,
// or whose file moves, is rewritten to go on pointing at the same file.
//
// It returns an error that names the path when a file is missing, when a creation or a rename
// would replace a file that stays, when edits overlap or lie outside of the file, and when a path
// leaves the repository or lies in git's folder.
func Apply(snap *source.Snapshot, ops []Op) (*source.Snapshot, error) {
	resolved, err := throughLinks(snap, ops)
	if err != nil {
		return nil, err
	}
	f, why := footprintOf(resolved)
	if why != "" {
		return nil, fmt.Errorf("these changes contradict one another: %s", why)
	}
	a := &applier{snap: snap, over: source.NewOverlay(snap), moves: map[string]string{}, put: map[string]bool{}}
	paths := f.names
	for _, p := range paths {
		if f.files[p].rename != "" {
			a.moves[p] = f.files[p].rename
		}
	}
	for _, p := range paths { // what goes away first, so that its path is free
		if file := f.files[p]; file.remove || file.rename != "" {
			a.over.Remove(p)
		}
	}
	for _, p := range paths {
		if err := a.file(p, f.files[p]); err != nil {
			return nil, err
		}
	}
	if err := a.retargetLinks(); err != nil {
		return nil, err
	}
	result := a.over.Snapshot()
	return result, a.checkFolders(result)
}

// throughLinks checks the paths of ops and points text edits of a link to the file behind it.
func throughLinks(snap *source.Snapshot, ops []Op) ([]Op, error) {
	resolved := slices.Clone(ops)
	for i, op := range ops {
		for _, p := range []string{op.Path, op.target()} {
			if p == "" && op.target() == "" && op.Kind != KindRename {
				continue
			}
			if err := ValidPath(p); err != nil {
				return nil, err
			}
		}
		if op.Kind == KindCreate {
			continue
		}
		e, ok := snap.Entry(op.Path)
		if (ok && !e.IsLink()) || (ok && (op.Kind == KindRename || op.Kind == KindDelete)) {
			continue
		}
		if op.Kind == KindRename || op.Kind == KindDelete {
			return nil, fmt.Errorf("%s: can't %s it: no such file", op.Path, op.Kind)
		}
		target, ok := snap.Resolve(op.Path)
		if !ok {
			return nil, fmt.Errorf("%s: can't %s it: no such file in the repository, or a link that leaves it", op.Path, op.Kind)
		}
		if err := ValidPath(target); err != nil {
			return nil, fmt.Errorf("%s: %w", op.Path, err)
		}
		resolved[i].Path = target
	}
	return resolved, nil
}

type applier struct {
	snap  *source.Snapshot
	over  *source.Overlay
	moves map[string]string
	put   map[string]bool // paths that are new in the result
}

func (a *applier) file(p string, file *fileOps) error {
	if file.create != nil {
		mode := file.create.Mode
		if mode == 0 {
			mode = 0o644
		}
		if mode&^fs.ModePerm != 0 {
			return fmt.Errorf("%s: a new file can't have mode %v", p, mode)
		}
		if err := a.free(p, "create"); err != nil {
			return err
		}
		a.over.Put(source.NewText(p, mode, []byte(file.create.Content)))
	}
	if file.remove || (len(file.edits) == 0 && file.rename == "" && !file.chmod) {
		return nil
	}
	old, ok := a.snap.Entry(p)
	if !ok {
		return fmt.Errorf("%s: no such file", p)
	}
	to := p
	if file.rename != "" {
		to = file.rename
		if err := a.free(to, "move "+p+" to"); err != nil {
			return err
		}
	}
	if old.IsLink() { // only renames get here
		a.over.Put(source.NewLink(to, a.targetOf(old, to)))
		return nil
	}
	mode := old.Mode
	if file.chmod {
		if file.newMode&^fs.ModePerm != 0 {
			return fmt.Errorf("%s: can't set mode %v", p, file.newMode)
		}
		mode = old.Mode&^fs.ModePerm | file.newMode
	}
	if len(file.edits) == 0 {
		a.over.Put(source.NewEntry(to, mode, old.Size, old.Bytes))
		return nil
	}
	text, err := old.Bytes()
	if err != nil {
		return err
	}
	patched, err := Patch(text, file.edits)
	if err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	if len(patched) > source.MaxFileSize {
		return fmt.Errorf("%s: %w", p, source.ErrTooLarge)
	}
	a.over.Put(source.NewText(to, mode, patched))
	return nil
}

// free claims the path p, or says what stands there.
func (a *applier) free(p, verb string) error {
	if _, taken := a.over.Entry(p); taken || a.put[p] {
		return fmt.Errorf("can't %s %s: a file stands there", verb, p)
	}
	if a.snap.IsDir(p) {
		return fmt.Errorf("can't %s %s: a folder stands there", verb, p)
	}
	a.put[p] = true
	return nil
}

// targetOf is what a link must say at its new path to mean the same file.
func (a *applier) targetOf(link *source.Entry, at string) string {
	if path.IsAbs(link.Target) {
		return link.Target
	}
	meant := path.Join(path.Dir(link.Path), link.Target)
	now := meant
	if moved, ok := a.moves[meant]; ok {
		now = moved
	}
	if now == meant && path.Dir(at) == path.Dir(link.Path) {
		return link.Target // verbatim: "./x" stays "./x"
	}
	return relative(path.Dir(at), now)
}

// retargetLinks rewrites the links that stay where they are but whose file moves.
func (a *applier) retargetLinks() error {
	if len(a.moves) == 0 {
		return nil
	}
	for _, p := range a.snap.Paths() {
		e, there := a.over.Entry(p)
		if !there || !e.IsLink() || a.put[p] {
			continue
		}
		if target := a.targetOf(e, p); target != e.Target {
			if strings.HasPrefix(path.Join(path.Dir(p), target), "../") {
				return fmt.Errorf("%s: the link would leave the repository", p)
			}
			a.over.Put(source.NewLink(p, target))
		}
	}
	return nil
}

// checkFolders makes sure that no new file lies below a file or a link.
func (a *applier) checkFolders(result *source.Snapshot) error {
	for _, p := range slices.Sorted(maps.Keys(a.put)) {
		for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
			if e, ok := result.Entry(dir); ok && e.IsLink() {
				return fmt.Errorf("can't make %s: its folder %s is a symbolic link", p, dir)
			} else if ok {
				return fmt.Errorf("can't make %s: %s is a file", p, dir)
			}
		}
	}
	return nil
}

// relative is the path from a folder to a file, both repo-relative; the file may lie outside ("../x").
func relative(dir, to string) string {
	var from, parts []string
	if dir != "." {
		from = strings.Split(dir, "/")
	}
	parts = strings.Split(to, "/")
	common := 0
	for common < len(from) && common < len(parts)-1 && from[common] == parts[common] && parts[common] != ".." {
		common++
	}
	up := strings.Repeat("../", len(from)-common)
	return up + strings.Join(parts[common:], "/")
}
