package plan

import (
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
			r.rejected[r.identify(candidates[c.Fix])] = "its edits contradict one another: " + c.Why
		}
		return
	}
	chosen := make([]rule.Finding, len(winners))
	for i, w := range winners {
		chosen[i] = candidates[w]
	}
	next, why := r.try(chosen)
	if why == "" {
		r.commit(chosen, next)
		return
	}
	if len(chosen) == 1 {
		r.rejected[r.identify(chosen[0])] = why
		return
	}
	for len(chosen) > 0 { // the first half, or what of it holds; the rest waits for the next round
		for part := chosen[:(len(chosen)+1)/2]; ; part = part[:len(part)/2] {
			if next, why = r.try(part); why == "" {
				r.commit(part, next)
				return
			}
			if len(part) == 1 {
				break
			}
		}
		r.rejected[r.identify(chosen[0])] = why
		chosen = chosen[1:]
	}
}

// try applies the fixes to an overlay and says what does not hold, "" when all does.
func (r *run) try(chosen []rule.Finding) (*project.Project, string) {
	var ops []edit.Op
	for _, f := range chosen {
		ops = append(ops, f.Fixes[0].Ops...)
	}
	files, err := edit.Apply(r.state.Files, ops)
	if err != nil {
		return nil, "its edits could not be applied: " + err.Error()
	}
	if other := sameButCase(r.state.Files, ops); other != "" {
		return nil, other
	}
	next := r.stages.Discover(files)
	moved := renames(ops)
	if p := newProblem(r.state, next, moved); p != nil {
		return nil, "a file would no longer parse: " + p.Error()
	}
	still := map[identity]bool{}
	for _, f := range r.audit(next, chosen[0].Meta.Theme) { // one round, one theme
		still[identity{f.Meta.ID, f.At.Path, f.Subject}] = true
	}
	for _, f := range chosen {
		at := f.At.Path
		if to, ok := moved[at]; ok {
			at = to
		}
		if still[identity{f.Meta.ID, at, f.Subject}] {
			return nil, "the finding would still be there afterwards"
		}
	}
	return next, ""
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
