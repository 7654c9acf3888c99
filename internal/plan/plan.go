// Package plan turns findings into a change set: it chooses fixes, merges them, applies the
// winners to an overlay, audits that again and goes on until nothing is left to repair. What a
// fix breaks, or changes without having declared it, takes the fix out of the plan.
package plan

import (
	"errors"
	"fmt"
	"sort"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// Stages are the other stages of the pipeline, which plan calls but doesn't import.
type Stages struct {
	Discover func(*source.Snapshot) *project.Project
	// Audit runs the rules of one theme.
	Audit func(*project.Project, rule.Theme) []rule.Finding
	// Compare judges after against before. moves maps baseline paths to new ones; before and
	// after are whole projects, declared speaks in baseline paths.
	Compare func(before, after *project.Project, moves map[string]string, declared []change.Declared) change.Comparison
}

// Choice is which fixes the user wants.
type Choice struct {
	Wants    func(*rule.Meta) bool // nil: all
	SafeOnly bool                  // leave out the fixes that change behaviour
}

// Limits of the loop. A repository needs a handful of rounds; more means that two fixes undo each other.
const (
	maxRounds  = 40
	maxRetries = 12
)

// ErrNoFixpoint is wrapped by the error of a plan whose fixes don't come to rest.
var ErrNoFixpoint = errors.New("the fixes do not come to rest")

// Plan is the outcome: the set, the project as it would be, and what an audit of that still finds.
type Plan struct {
	Set    *change.Set
	After  *project.Project
	Remain []rule.Finding
}

// Make plans the repairs of base. The error is ErrNoFixpoint or a defect of refit; a fix that can't
// be shown harmless is not an error but a refusal in the set.
func Make(base *project.Project, stages Stages, choice Choice) (*Plan, error) {
	barred := map[identity]string{}
	for range maxRetries {
		r := &run{base: base, stages: stages, choice: choice, barred: barred}
		if err := r.toFixpoint(); err != nil {
			return nil, err
		}
		comparison := stages.Compare(base, r.state, r.moves, r.declared())
		culprits := r.culprits(comparison)
		if len(culprits) == 0 {
			return r.finish(comparison)
		}
		for id, why := range culprits {
			barred[id] = why
		}
	}
	return nil, fmt.Errorf("%w: after %d attempts some differences are still not declared by any fix", ErrNoFixpoint, maxRetries)
}

// identity is what makes a finding the same one in every round: its path is the baseline's.
type identity struct{ Rule, Path, Subject string }

// accepted is one fix that the plan takes.
type accepted struct {
	id       identity
	finding  rule.Finding
	fix      rule.Fix
	declares []change.Declared // subjects by baseline path
	round    int
}

// run is one attempt at a fixpoint.
type run struct {
	base   *project.Project
	stages Stages
	choice Choice
	barred map[identity]string

	state    *project.Project
	states   []*project.Project // before each round
	moves    map[string]string  // baseline path -> path in state
	origin   map[string]string  // path in state -> baseline path, for moved files
	taken    []accepted
	remain   []rule.Finding
	causes   map[string][]change.Cause // by path in state
	rejected map[identity]string       // fixes that did not hold
	audited  audited                   // the findings of the last state that was audited
}

func (r *run) toFixpoint() error {
	r.state, r.moves, r.origin = r.base, map[string]string{}, map[string]string{}
	r.causes, r.rejected = map[string][]change.Cause{}, map[identity]string{}
	for range maxRounds {
		candidates := r.candidates()
		if len(candidates) == 0 {
			return nil
		}
		r.take(candidates)
	}
	return fmt.Errorf("%w after %d rounds: %s keep changing what the others wrote", ErrNoFixpoint, maxRounds, r.lastRules())
}

// themes are the phases of a plan, in order.
var themes = []rule.Theme{rule.Layout, rule.Dockerfile, rule.Compose, rule.Env, rule.Context, rule.Make, rule.CI}

// candidates are the findings with a fix to apply, of the first theme that has any, in rule order.
// Later themes are not even audited: what they find would be about a state that is going to change.
// When no theme has any, remain holds all that was found.
func (r *run) candidates() []rule.Finding {
	r.remain = nil
	for _, theme := range themes {
		var list []rule.Finding
		found := r.audit(r.state, theme)
		for _, f := range found {
			if len(f.Fixes) > 0 && r.applicable(f) {
				list = append(list, f)
			}
		}
		if len(list) > 0 {
			sort.SliceStable(list, func(i, j int) bool { return list[i].Meta.Order < list[j].Meta.Order })
			return list
		}
		r.remain = append(r.remain, found...)
	}
	return nil
}

// audit runs the rules of a theme, once for each state.
func (r *run) audit(p *project.Project, theme rule.Theme) []rule.Finding {
	if r.audited.state != p {
		r.audited = audited{p, map[rule.Theme][]rule.Finding{}}
	}
	found, ok := r.audited.found[theme]
	if !ok {
		found = r.stages.Audit(p, theme)
		r.audited.found[theme] = found
	}
	return found
}

// audited is what the themes found in one state.
type audited struct {
	state *project.Project
	found map[rule.Theme][]rule.Finding
}

func (r *run) applicable(f rule.Finding) bool {
	fix := f.Fixes[0]
	if fix.Safety == change.Manual || len(fix.Ops) == 0 || r.choice.SafeOnly && fix.Safety != change.Safe {
		return false
	}
	if r.choice.Wants != nil && !r.choice.Wants(f.Meta) {
		return false
	}
	id := r.identify(f)
	return r.barred[id] == "" && r.rejected[id] == ""
}

func (r *run) identify(f rule.Finding) identity {
	return identity{f.Meta.ID, r.baseline(f.At.Path), f.Subject}
}

// baseline is the path that a file of the current state had in the baseline.
func (r *run) baseline(p string) string {
	if from, ok := r.origin[p]; ok {
		return from
	}
	return p
}

// take merges the candidates' fixes and moves the state on by the winners. When the result does
// not hold (a file no longer parses, a finding is still there) the fixes are tried one by one.
func (r *run) take(candidates []rule.Finding) {
	fixes := make([][]edit.Op, len(candidates))
	for i, f := range candidates {
		fixes[i] = f.Fixes[0].Ops
	}
	winners, _ := edit.Merge(fixes)
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
	for _, f := range chosen { // one that holds alone; the rest waits for the next round
		if next, why = r.try([]rule.Finding{f}); why == "" {
			r.commit([]rule.Finding{f}, next)
			return
		}
		r.rejected[r.identify(f)] = why
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
	next := r.stages.Discover(files)
	if p := newProblem(r.state, next); p != nil {
		return nil, "a file would no longer parse: " + p.Error()
	}
	still := map[identity]bool{}
	moved := renames(ops)
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

// newProblem is a problem that after has and before has not.
func newProblem(before, after *project.Project) *source.Problem {
	known := map[string]int{}
	for _, p := range before.Problems {
		known[p.What]++
	}
	for _, p := range after.Problems {
		if known[p.What]--; known[p.What] < 0 {
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

// commit makes next the state and remembers who changed what.
func (r *run) commit(chosen []rule.Finding, next *project.Project) {
	r.states = append(r.states, r.state)
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
		r.taken = append(r.taken, a)
		r.blame(f)
	}
	for _, f := range chosen {
		for from, to := range renames(f.Fixes[0].Ops) {
			r.moveTo(from, to)
		}
	}
	r.state = next
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

func (r *run) declared() []change.Declared {
	var all []change.Declared
	for _, a := range r.taken {
		all = append(all, a.declares...)
	}
	return all
}

func (r *run) lastRules() string {
	names := ""
	for _, a := range r.taken[max(0, len(r.taken)-4):] {
		names += fmt.Sprintf(" %s (%s %s)", a.id.Rule, a.id.Path, a.id.Subject)
	}
	return names
}
