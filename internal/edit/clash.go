package edit

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// footprint is what a list of ops does, sorted by file, so that two lists compare quickly.
type footprint struct {
	files   map[string]*fileOps // by path in the baseline
	names   []string            // of files, sorted
	targets []string            // paths that are created or moved onto, sorted
}

// fileOps is everything that one footprint does to one baseline path.
type fileOps struct {
	edits   []Edit
	create  *Op
	remove  bool
	rename  string
	chmod   bool
	newMode fs.FileMode
}

// footprintOf sorts ops by file. why is not empty when the ops contradict one another.
func footprintOf(ops []Op) (f *footprint, why string) {
	f = &footprint{files: map[string]*fileOps{}}
	for _, op := range ops {
		file := f.files[op.Path]
		if file == nil {
			file = &fileOps{}
			f.files[op.Path] = file
		}
		if why = file.add(op); why != "" {
			return f, why
		}
		if t := op.target(); t != "" && !slices.Contains(f.targets, t) {
			f.targets = append(f.targets, t)
		}
	}
	slices.Sort(f.targets)
	f.names = slices.Sorted(maps.Keys(f.files))
	return f, f.contradiction()
}

// target is the path that an op makes: of a creation or a rename.
func (op Op) target() string {
	switch op.Kind {
	case KindCreate:
		return op.Path
	case KindRename:
		return op.To
	}
	return ""
}

func (f *fileOps) add(op Op) string {
	switch op.Kind {
	case KindText:
		for _, e := range op.Edits {
			if e.Start < 0 || e.End < e.Start {
				return fmt.Sprintf("edit [%d,%d) of %s is malformed", e.Start, e.End, op.Path)
			}
			if !slices.ContainsFunc(f.edits, e.same) {
				f.edits = append(f.edits, e)
			}
		}
	case KindCreate:
		if f.create != nil && !sameCreate(f.create, &op) {
			return op.Path + " is created twice with different content"
		}
		f.create = &op
	case KindDelete:
		f.remove = true
	case KindRename:
		if op.To == op.Path {
			return op.Path + " is moved onto itself"
		}
		if f.rename != "" && f.rename != op.To {
			return fmt.Sprintf("%s is moved to %s and to %s", op.Path, f.rename, op.To)
		}
		f.rename = op.To
	case KindChmod:
		if f.chmod && f.newMode != op.Mode {
			return fmt.Sprintf("%s gets mode %04o and %04o", op.Path, f.newMode, op.Mode)
		}
		f.chmod, f.newMode = true, op.Mode
	default:
		return fmt.Sprintf("unknown operation %q on %s", op.Kind, op.Path)
	}
	return ""
}

// contradiction finds what one list of ops can't do at once. It is milder than clash: the author of
// one list knows its order, so several insertions at one point are fine.
func (f *footprint) contradiction() string {
	for _, p := range f.names {
		file := f.files[p]
		if file.remove && (len(file.edits) > 0 || file.rename != "" || file.chmod) {
			return p + " is deleted and also changed"
		}
		if file.create != nil && (len(file.edits) > 0 || file.chmod) {
			return p + " is created and also changed"
		}
		for i, a := range file.edits {
			for _, b := range file.edits[i+1:] {
				if rangesClash(a, b) {
					return fmt.Sprintf("two edits of %s overlap at byte %d", p, max(a.Start, b.Start))
				}
			}
		}
	}
	made := map[string]string{}
	for _, p := range f.names {
		file := f.files[p]
		if file.create != nil && made[p] != "" {
			return fmt.Sprintf("%s is created, and %s is moved onto it", p, made[p])
		}
		if file.rename == "" {
			continue
		}
		if from, taken := made[file.rename]; taken {
			return fmt.Sprintf("%s and %s are moved to %s", from, p, file.rename)
		}
		if to := f.files[file.rename]; to != nil && (to.create != nil || len(to.edits) > 0 || to.chmod) {
			return fmt.Sprintf("%s is moved onto %s, which is also changed", p, file.rename)
		}
		made[file.rename] = p
	}
	for i, t := range f.targets {
		for _, u := range f.targets[i+1:] {
			if pathsClash(t, u) {
				return fmt.Sprintf("%s and %s can't both be made", t, u)
			}
		}
	}
	return ""
}

// clash says why two footprints can't both be carried out, or "" when they can. It is symmetric.
func clash(a, b *footprint) string {
	small, large := a, b
	if len(b.files) < len(a.files) {
		small, large = b, a
	}
	for _, p := range small.names {
		if other, ok := large.files[p]; ok {
			if why := small.files[p].clash(other, p); why != "" {
				return why
			}
		}
	}
	for _, pair := range [2][2]*footprint{{a, b}, {b, a}} {
		if why := targetsClash(pair[0], pair[1]); why != "" {
			return why
		}
	}
	return ""
}

// clash compares what two footprints do to one baseline path.
func (f *fileOps) clash(o *fileOps, p string) string {
	switch {
	case (f.create != nil) != (o.create != nil):
		return p + " is created by one and changed by the other"
	case f.create != nil && !sameCreate(f.create, o.create):
		return p + " is created with different content"
	case f.remove != o.remove:
		return p + " is deleted by one and changed by the other"
	case f.rename != "" && o.rename != "" && f.rename != o.rename:
		return fmt.Sprintf("%s is moved to two places", p)
	case f.chmod && o.chmod && f.newMode != o.newMode:
		return p + " gets two modes"
	}
	for _, a := range f.edits {
		if slices.ContainsFunc(o.edits, a.same) {
			continue // both make it, so each of them goes with it
		}
		for _, b := range o.edits {
			if slices.ContainsFunc(f.edits, b.same) {
				continue
			}
			if why := editsClash(a, b); why != "" {
				return p + ": " + why
			}
		}
	}
	return ""
}

// targetsClash looks at the paths that a makes: b must neither make nor use a path that is the same,
// lies below or above, or differs in case only (one file on macOS and Windows).
func targetsClash(a, b *footprint) string {
	for _, t := range a.targets {
		if sameSource(a, b, t) {
			continue // both make it, so what else either does goes with it
		}
		for _, p := range b.names {
			file := b.files[p]
			if file.create == nil && pathsClash(t, p) {
				return fmt.Sprintf("%s is made by one, %s is used by the other", t, p)
			}
		}
		for _, u := range b.targets {
			switch {
			case t == u:
				return t + " is made by both, in different ways"
			case pathsClash(t, u) && !sameSource(a, b, u):
				return fmt.Sprintf("%s and %s can't both be made", t, u)
			}
		}
	}
	return ""
}

// sameSource says whether both make the path t in the same way: the same content, or the same move.
func sameSource(a, b *footprint, t string) bool {
	x, y := a.files[t], b.files[t]
	if x != nil && x.create != nil {
		return y != nil && y.create != nil && sameCreate(x.create, y.create)
	}
	if y != nil && y.create != nil {
		return false
	}
	for p, file := range a.files {
		if file.rename == t {
			other := b.files[p]
			return other != nil && other.rename == t
		}
	}
	return false
}

// pathsClash says whether two paths are one, or one lies below the other, letter case aside.
func pathsClash(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

func sameCreate(a, b *Op) bool { return a.Content == b.Content && a.Mode == b.Mode }

// same says whether two edits are one: they do the same to the same bytes. Two insertions of one
// text at one point under different addresses are two: both are meant.
func (e Edit) same(o Edit) bool {
	return e.Start == o.Start && e.End == o.End && e.New == o.New && (e.Addr == o.Addr || e.Start < e.End)
}

// rangesClash says whether two edits touch the same bytes, an insertion strictly inside of a
// replaced range included: what it would be inserted into is gone.
func rangesClash(a, b Edit) bool {
	switch {
	case a.Start == a.End && b.Start == b.End:
		return false
	case a.Start == a.End:
		return b.Start < a.Start && a.Start < b.End
	case b.Start == b.End:
		return a.Start < b.Start && b.Start < a.End
	}
	return a.Start < b.End && b.Start < a.End
}

// editsClash says why two edits of one file by two fixes can't both be made, or "".
func editsClash(a, b Edit) string {
	if a.same(b) {
		return ""
	}
	at := max(a.Start, b.Start)
	if rangesClash(a, b) {
		return fmt.Sprintf("both change the text at byte %d", at)
	}
	if a.Addr == "" || b.Addr == "" {
		if a.Start == a.End && b.Start == b.End && a.Start == b.Start {
			return fmt.Sprintf("both insert at byte %d, and their order is open", at)
		}
		return ""
	}
	if addrsClash(a.Addr, b.Addr) {
		return fmt.Sprintf("both write %s", min(a.Addr, b.Addr))
	}
	return ""
}

// addrsClash says whether two addresses are equal or one lies inside of what the other names:
// "services.db" and "services.db.user", "stage:a" and "stage:a/USER", "ports" and "ports[0]".
func addrsClash(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return strings.HasPrefix(b, a) && (len(a) == len(b) || strings.IndexByte("./[", b[len(a)]) >= 0)
}
