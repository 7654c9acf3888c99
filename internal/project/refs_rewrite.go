package project

import (
	"cmp"
	"slices"

	"refit/internal/edit"
)

// Rewritten is what a move of files means for those that name them.
type Rewritten struct {
	Edits map[string][]edit.Edit // by file, at its baseline path
	// Left are the references that would be broken by the moves and that no edit can mend, Unsure
	// says why. Those of RefDocs are only prose.
	Left []Reference
}

// Rewrite collects the edits that keep all references naming the same files after moves (baseline
// path -> new path, files and folders). A place that names several files is rewritten when all of
// them ask for the same text; otherwise its references are left.
func (p *Project) Rewrite(moves map[string]string) Rewritten {
	out := Rewritten{Edits: map[string][]edit.Edit{}}
	refs := slices.Clone(p.References)
	slices.SortStableFunc(refs, func(a, b Reference) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End), boolInt(a.Implicit)-boolInt(b.Implicit))
	})
	for len(refs) > 0 {
		n := 1
		for n < len(refs) && refs[n].From == refs[0].From && refs[n].Span == refs[0].Span && refs[n].Implicit == refs[0].Implicit {
			n++
		}
		out.place(refs[:n], moves)
		refs = refs[n:]
	}
	return out
}

// place decides about the references of one place.
func (o *Rewritten) place(refs []Reference, moves map[string]string) {
	var edits []edit.Edit
	broken := false
	for _, r := range refs {
		broken = broken || r.Broken(moves)
		if e, changed := r.Rewrite(moves); changed {
			edits = append(edits, e)
		} else if !r.Broken(moves) {
			edits = append(edits, edit.Replace(r.Span, r.Raw, ""))
		}
	}
	same := len(slices.Compact(slices.Clone(edits))) <= 1
	switch {
	case !broken && same:
		if len(edits) > 0 && edits[0].New != refs[0].Raw {
			o.Edits[refs[0].From] = append(o.Edits[refs[0].From], edits[0])
		}
	case !broken:
		for _, r := range refs {
			r.Unsure = "it names several files, which would no longer be in one place"
			o.Left = append(o.Left, r)
		}
	default:
		for _, r := range refs {
			if !r.Broken(moves) {
				continue
			}
			if r.Unsure == "" && r.Implicit {
				r.Unsure = "it names no file and finds this one by its place"
			} else if r.Unsure == "" {
				r.Unsure = "it is a pattern, which would no longer match"
			}
			o.Left = append(o.Left, r)
		}
	}
}
