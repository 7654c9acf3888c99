package edit

// Conflict says why a fix was left out of a merge.
type Conflict struct {
	Fix  int    // index of the fix that was rejected
	With int    // index of the accepted fix that it clashes with; Fix itself when it contradicts itself
	Why  string // what clashes: "Dockerfile: both change the text at byte 120"
}

// Merge chooses which fixes can be carried out together. Each fix is a list of ops that is taken
// whole or not at all; accepted and rejected hold indexes into fixes, in order. The order given is
// the priority: a fix is rejected when it clashes with one before it that was accepted.
//
// Two fixes clash when they change the same bytes, insert strictly inside of what the other
// replaces, insert at one point without distinct addresses, write addresses that are equal or lie
// inside one another, or move, delete or create paths that the other uses. What both do alike
// counts once. Whether two fixes clash depends neither on their order nor on any third.
//
// The ops of the accepted fixes, joined in order, are what Apply takes.
func Merge(fixes [][]Op) (accepted []int, rejected []Conflict) {
	kept := make([]*footprint, 0, len(fixes))
next:
	for i, ops := range fixes {
		f, why := footprintOf(ops)
		if why != "" {
			rejected = append(rejected, Conflict{Fix: i, With: i, Why: why})
			continue
		}
		for k, other := range kept {
			if why := clash(other, f); why != "" {
				rejected = append(rejected, Conflict{Fix: i, With: accepted[k], Why: why})
				continue next
			}
		}
		kept = append(kept, f)
		accepted = append(accepted, i)
	}
	return accepted, rejected
}
