package project

import (
	"cmp"
	"slices"

	"refit/internal/source"
)

// finish sorts what was found in no particular order, so that a project is the same whatever core
// did what.
func (d *discovery) finish() {
	slices.SortStableFunc(d.p.References, func(a, b Reference) int {
		if by := cmp.Compare(a.From, b.From); by != 0 { // most pairs, of which there are very many
			return by
		}
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End),
			cmp.Compare(a.To, b.To), cmp.Compare(a.Unsure, b.Unsure), cmp.Compare(a.Base, b.Base))
	})
	d.p.References = slices.Compact(d.p.References)
	slices.SortStableFunc(d.problems, func(a, b *source.Problem) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column),
			cmp.Compare(a.What, b.What))
	})
	d.p.Problems = slices.CompactFunc(d.problems, func(a, b *source.Problem) bool { return a.Error() == b.Error() })
}

func sortCalls(calls []Call) {
	slices.SortStableFunc(calls, func(a, b Call) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Program.Start, b.Program.Start), cmp.Compare(a.Span.Start, b.Span.Start),
			cmp.Compare(a.Target, b.Target), slices.Compare(a.Files, b.Files), slices.Compare(a.Args, b.Args))
	})
}

// entry is the entry at a path that is known to be there.
func (d *discovery) entry(at string) *source.Entry {
	e, _ := d.p.Files.Entry(at)
	return e
}
