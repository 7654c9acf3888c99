package plan

import (
	"slices"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// take merges the candidates' fixes and moves the state on by the winners. When the result does
// not hold (a file no longer parses, a finding is still there) parts of them are tried, ever smaller ones:
// one fix that does not hold must not cost a round for each of the others.
func (r *run) take(candidates []rule.Finding) {
	fixes := make([][]edit.Op, len(candidates))
	for i, f := range candidates {
		fixes[i] = f.Fixes[0].Ops
	}
	winners, clashes := edit.Merge(fixes)
	if len(winners) == 0 { // with no other in the way: each contradicts itself
		for _, c := range clashes {
			r.reject(candidates[c.Fix], "its edits contradict one another: "+c.Why)
		}
		return
	}
	chosen := make([]rule.Finding, len(winners))
	for i, w := range winners {
		chosen[i] = candidates[w]
	}
	next, f := r.try(chosen)
	if f == nil {
		r.commit(chosen, next)
		return
	}
	if rest := f.others(chosen); len(rest) > 0 {
		if next, again := r.try(rest); again == nil {
			r.commit(rest, next)
			return
		}
	}
	r.halve(chosen, f)
}

// halve finds out which of the chosen fixes hold, when nothing else tells. f is why all of them together don't.
func (r *run) halve(chosen []rule.Finding, f *failure) {
	if len(chosen) == 1 {
		r.reject(chosen[0], f.why)
		return
	}
	for len(chosen) > 0 { // the first half, or what of it holds; the rest waits for the next round
		for part := chosen[:(len(chosen)+1)/2]; ; part = part[:len(part)/2] {
			next, failed := r.try(part)
			if f = failed; f == nil {
				r.commit(part, next)
				return
			}
			if len(part) == 1 {
				break
			}
		}
		r.reject(chosen[0], f.why)
		chosen = chosen[1:]
	}
}

// reject leaves a fix out from this round on.
func (r *run) reject(f rule.Finding, why string) {
	r.rejected[r.identify(f)] = rejection{why, len(r.states)}
}

// failure is why a set of fixes does not hold.
type failure struct {
	why     string
	suspect func(rule.Finding) bool // says which of them it comes from; nil when that is not known
}

// others are the fixes that are not under suspicion, in their order.
func (f *failure) others(chosen []rule.Finding) []rule.Finding {
	if f.suspect == nil {
		return nil
	}
	rest := slices.DeleteFunc(slices.Clone(chosen), f.suspect)
	if len(rest) == len(chosen) {
		return nil
	}
	return rest
}

// try applies the fixes to an overlay and says what does not hold, nil when all does.
func (r *run) try(chosen []rule.Finding) (*project.Project, *failure) {
	var ops []edit.Op
	for _, f := range chosen {
		ops = append(ops, f.Fixes[0].Ops...)
	}
	files, err := edit.Apply(r.state.Files, ops)
	if err != nil {
		return nil, &failure{why: "its edits could not be applied: " + err.Error()}
	}
	if other := sameButCase(r.state.Files, ops); other != "" {
		return nil, &failure{why: other}
	}
	next := r.stages.Discover(files)
	moved := renames(ops)
	if p := newProblem(r.state, next, moved); p != nil {
		return nil, &failure{"a file would no longer parse: " + p.Error(), func(f rule.Finding) bool { return touches(f, p.Path) }}
	}
	still := map[identity]bool{}
	for _, f := range r.audit(next, chosen[0].Meta.InTurn()) { // one round, one theme
		still[identity{f.Meta.ID, f.At.Path, f.Subject}] = true
	}
	remains := func(f rule.Finding) bool {
		return still[identity{f.Meta.ID, change.Relocated(f.At.Path, moved), f.Subject}]
	}
	if slices.ContainsFunc(chosen, remains) {
		return nil, &failure{"the finding would still be there afterwards", remains}
	}
	return next, nil
}

// touches says whether the finding's fix changes, moves or makes the file at a path.
func touches(f rule.Finding, path string) bool {
	return slices.ContainsFunc(f.Fixes[0].Ops, func(op edit.Op) bool { return op.Path == path || op.To == path })
}

// newProblem is a problem of a file that had none before. What a parser says of a broken file may differ
// from run to run (compose-go goes through maps), so it is the file that counts. moved maps old to new paths.
func newProblem(before, after *project.Project, moved map[string]string) *source.Problem {
	known := map[string]bool{}
	for _, p := range before.Problems {
		known[change.Relocated(p.Path, moved)] = true
	}
	for _, p := range after.Problems {
		if !known[p.Path] {
			return p
		}
	}
	return nil
}

func renames(ops []edit.Op) map[string]string {
	moved := map[string]string{}
	for _, op := range ops {
		if op.Kind == edit.KindRename {
			moved[op.Path] = op.To
		}
	}
	return moved
}
