package edit

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"refit/internal/source"
)

// Delta is the net change of one file between two snapshots.
type Delta struct {
	Op   Kind   // create, delete, rename (perhaps edited too), edit or chmod
	Path string // where the file is afterwards; of a deleted one, where it was
	From string // where a renamed file was, else ""
	// Old and New are the bytes before and afterwards; of a symbolic link, what it says.
	// nil where there is no file.
	Old, New []byte
	// Was and Mode are the permission bits before and afterwards, with fs.ModeSymlink for a link.
	Was, Mode fs.FileMode
}

// Source is the file's path before; "" when it is created.
func (d Delta) Source() string {
	switch {
	case d.Op == KindCreate:
		return ""
	case d.From != "":
		return d.From
	}
	return d.Path
}

// Compact is what happened to each file between before and after, sorted by path, whatever the way
// there. renames maps paths in before to paths in after (see Renames); a rename that is not so in the
// snapshots, or onto a file that was there and didn't move, is ignored. It returns an error when a file that changed can't be read.
func Compact(before, after *source.Snapshot, renames map[string]string) ([]Delta, error) {
	from := map[string]string{}
	for old, now := range renames {
		if before.Has(old) && after.Has(now) && old != now && (from[now] == "" || old < from[now]) {
			from[now] = old
		}
	}
	moved := map[string]bool{}
	for _, old := range from {
		moved[old] = true
	}
	for again := true; again; { // what takes the place of a file that was there is an edit of that file
		again = false
		for now, old := range from {
			if before.Has(now) && !moved[now] {
				delete(from, now)
				delete(moved, old)
				again = true
			}
		}
	}
	var deltas []Delta
	for _, p := range after.Paths() {
		now, _ := after.Entry(p)
		d := Delta{Op: KindCreate, Path: p, Mode: modeOf(now)}
		source := p
		if from[p] != "" {
			d.Op, d.From, source = KindRename, from[p], from[p]
		}
		old, ok := before.Entry(source)
		if !ok || (d.From == "" && moved[p]) {
			old = nil
		}
		if old == now {
			continue
		}
		changed, err := d.fill(old, now)
		if err != nil {
			return nil, err
		}
		if changed {
			deltas = append(deltas, d)
		}
	}
	for _, p := range before.Paths() {
		if after.Has(p) || moved[p] {
			continue
		}
		old, _ := before.Entry(p)
		d := Delta{Op: KindDelete, Path: p}
		if _, err := d.fill(old, nil); err != nil {
			return nil, err
		}
		deltas = append(deltas, d)
	}
	slices.SortFunc(deltas, func(a, b Delta) int { return strings.Compare(a.Path, b.Path) })
	return deltas, nil
}

// fill sets what the delta says of the two entries, either of which may be nil, and says whether
// they differ.
func (d *Delta) fill(old, now *source.Entry) (bool, error) {
	var err error
	if old != nil {
		d.Was = modeOf(old)
		if d.Old, err = said(old); err != nil {
			return false, err
		}
	}
	if now != nil {
		if d.New, err = said(now); err != nil {
			return false, err
		}
	}
	if old == nil || now == nil {
		return true, nil
	}
	if old.IsLink() != now.IsLink() {
		return false, fmt.Errorf("%s: a file can't become a symbolic link, nor a link a file", d.Path)
	}
	if d.Op == KindRename {
		return true, nil
	}
	d.Op = KindText
	if bytes.Equal(d.Old, d.New) {
		d.Op = KindChmod
		return d.Was != d.Mode, nil
	}
	return true, nil
}

// said is the bytes of a file, or what a link says; never nil.
func said(e *source.Entry) ([]byte, error) {
	if e.IsLink() {
		return []byte(e.Target), nil
	}
	text, err := e.Bytes()
	if text == nil {
		text = []byte{}
	}
	return text, err
}

// modeOf is the mode as far as a plan cares: permission bits, and whether it is a link.
func modeOf(e *source.Entry) fs.FileMode {
	if e.IsLink() {
		return fs.ModeSymlink | fs.ModePerm
	}
	return e.Mode.Perm()
}

// Renames adds the renames of ops, whose paths are those that earlier left behind, to earlier ones:
// the result maps the paths of the very first snapshot to where their files are now. earlier is not
// changed and may be nil.
func Renames(earlier map[string]string, ops []Op) map[string]string {
	all := make(map[string]string, len(earlier)+len(ops))
	origin := make(map[string]string, len(earlier))
	for old, now := range earlier {
		all[old] = now
		origin[now] = old
	}
	for _, op := range ops {
		if op.Kind != KindRename {
			continue
		}
		old, known := origin[op.Path]
		if !known {
			old = op.Path
		}
		all[old] = op.To
	}
	return all
}
