package plan

import (
	"path"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
)

// sameButCase says which file or folder differs in letter case only from one that the ops make, "" when
// none does. On macOS and Windows they are one, so apply would not write it.
func sameButCase(before *source.Snapshot, ops []edit.Op) string {
	var made []string
	for _, op := range ops {
		switch op.Kind {
		case edit.KindCreate:
			made = append(made, op.Path)
		case edit.KindRename:
			made = append(made, op.To)
		}
	}
	if len(made) == 0 {
		return ""
	}
	spelled := map[string]map[string]bool{} // by lower case
	for _, p := range before.Paths() {
		for ; p != "."; p = path.Dir(p) {
			folded := strings.ToLower(p)
			if spelled[folded] == nil {
				spelled[folded] = map[string]bool{}
			}
			if spelled[folded][p] {
				break
			}
			spelled[folded][p] = true
		}
	}
	for _, p := range made {
		for ; p != "."; p = path.Dir(p) {
			there := spelled[strings.ToLower(p)]
			if there[p] {
				break // it is there, and what is above it too
			}
			for other := range there {
				if !moves(ops, other) {
					return other + " differs from " + p + " in letter case only; on macOS and Windows they are one; rename it"
				}
			}
		}
	}
	return ""
}

// moves says whether the ops take the path away.
func moves(ops []edit.Op, p string) bool {
	for _, op := range ops {
		if op.Path == p && (op.Kind == edit.KindRename || op.Kind == edit.KindDelete) {
			return true
		}
	}
	return false
}
