package plan

import (
	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

// commit makes next the state and remembers who changed what.
func (r *run) commit(chosen []rule.Finding, next *project.Project) {
	r.states = append(r.states, r.state)
	var of []accepted
	for _, f := range chosen {
		fix := f.Fixes[0]
		a := accepted{id: r.identify(f), finding: f, fix: fix, round: len(r.states) - 1}
		for _, d := range fix.Declares {
			d.Rule = f.Meta.ID
			d.Subject = r.baselineSubject(d.Subject)
			if d.Aspect == change.AspectContext {
				d.Addr = r.baseline(d.Addr)
			}
			a.declares = append(a.declares, d)
		}
		a.declares = append(a.declares, created(f)...)
		of = append(of, a)
	}
	r.record(of)
	r.state = next
}

// record notes the fixes of one round.
func (r *run) record(of []accepted) {
	r.taken = append(r.taken, of...)
	for _, a := range of {
		r.blame(a.finding)
	}
	for _, a := range of {
		for from, to := range renames(a.fix.Ops) {
			r.moveTo(from, to)
		}
	}
}

// created declares that a file which the fix makes may reach a build context: the plan lists it anyway.
func created(f rule.Finding) []change.Declared {
	var list []change.Declared
	for _, op := range f.Fixes[0].Ops {
		if op.Kind == edit.KindCreate {
			list = append(list, change.Declared{Aspect: change.AspectContext, Subject: "*", Addr: op.Path, After: "sent",
				Why: "the plan makes this file", Rule: f.Meta.ID})
		}
	}
	return list
}

func (r *run) moveTo(from, to string) {
	first := r.baseline(from)
	delete(r.origin, from)
	if causes, ok := r.causes[from]; ok {
		delete(r.causes, from)
		r.causes[to] = causes
	}
	if first == to {
		delete(r.moves, first)
		return
	}
	r.moves[first] = to
	r.origin[to] = first
}

// blame notes the finding as a cause of every file that its fix touches.
func (r *run) blame(f rule.Finding) {
	fix := f.Fixes[0]
	cause := change.Cause{Rule: f.Meta.ID, Name: f.Meta.Name, Subject: f.Subject, Title: fix.Title, Safety: fix.Safety}
	seen := map[string]bool{}
	for _, op := range fix.Ops {
		if !seen[op.Path] {
			seen[op.Path] = true
			r.causes[op.Path] = append(r.causes[op.Path], cause)
		}
	}
}
