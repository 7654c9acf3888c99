package plan

import (
	"fmt"
	"maps"
	"slices"
	"sort"

	"refit/internal/change"
	"refit/internal/parallel"
	"refit/internal/project"
	"refit/internal/rule"
)

// run is the way to a fixpoint.
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
	rejected map[identity]rejection    // fixes that did not hold
	audited  audited                   // the findings of the last state that was audited
	phase    int                       // index of the theme whose turn it is
	quiet    int                       // themes in a row that had nothing to repair in state
	closed   bool                      // take nothing more: what is decided stands
}

// rejection is why a fix did not hold, in which round.
type rejection struct {
	why   string
	round int
}

func newRun(base *project.Project, stages Stages, choice Choice) *run {
	return &run{base: base, stages: stages, choice: choice, barred: map[identity]string{}, state: base,
		moves: map[string]string{}, origin: map[string]string{}, causes: map[string][]change.Cause{}, rejected: map[identity]rejection{}}
}

// backTo takes back what was decided in a round and in all after it. What came before stands: it was decided
// without knowing of them.
func (r *run) backTo(round int) {
	taken := r.taken
	if round < len(r.states) {
		r.state, r.states = r.states[round], r.states[:round]
	}
	r.taken, r.moves, r.origin, r.causes = nil, map[string]string{}, map[string]string{}, map[string][]change.Cause{}
	for i := range round {
		of := slices.DeleteFunc(slices.Clone(taken), func(a accepted) bool { return a.round != i })
		r.record(of)
	}
	maps.DeleteFunc(r.rejected, func(_ identity, x rejection) bool { return x.round >= round })
	r.phase, r.quiet = 0, 0
	for i, theme := range themes {
		if len(r.taken) > 0 && r.taken[len(r.taken)-1].finding.Meta.InTurn() == theme {
			r.phase = i
		}
	}
}

func (r *run) toFixpoint() error {
	for range maxRounds {
		candidates := r.candidates()
		if len(candidates) == 0 {
			return nil
		}
		r.take(candidates)
	}
	return fmt.Errorf("%w after %d rounds: %s keep changing what the others wrote", ErrNoFixpoint, maxRounds, r.lastRules())
}

// restless are the fixes that were taken again and again, because others undo them. They are left out
// rather than the whole plan.
func (r *run) restless() map[identity]string {
	times := map[identity]int{}
	for _, a := range r.taken {
		times[a.id]++
	}
	found := map[identity]string{}
	for id, n := range times {
		if n > 2 {
			found[id] = fmt.Sprintf("it does not come to rest: after %d rounds its finding is there again, brought back by another fix", n)
		}
	}
	return found
}

// themes are the phases of a plan, in order.
var themes = []rule.Theme{rule.Packages, rule.Layout, rule.Dockerfile, rule.Compose, rule.Env, rule.Context, rule.Make, rule.CI}

// candidates are the findings with a fix to apply, of the theme whose turn it is or of the next one that has
// any, in rule order. The themes take turns until none has any: then remain holds all that was found. Other themes are
// not even audited: what they find would be about a state that is going to change.
func (r *run) candidates() []rule.Finding {
	for ; r.quiet < len(themes); r.quiet++ {
		var list []rule.Finding
		for _, f := range r.audit(r.state, themes[r.phase]) {
			if len(f.Fixes) > 0 && !r.closed && r.applicable(f) {
				list = append(list, f)
			}
		}
		parallel.Do(len(list), func(i int) { list[i].Fixes = []rule.Fix{list[i].Fixes[0].Written()} })
		list = slices.DeleteFunc(list, func(f rule.Finding) bool { return len(f.Fixes[0].Ops) == 0 })
		if len(list) > 0 {
			r.quiet = 0
			sort.SliceStable(list, func(i, j int) bool { return list[i].Meta.Order < list[j].Meta.Order })
			return list
		}
		r.phase = (r.phase + 1) % len(themes)
	}
	r.remain = nil
	for _, theme := range themes {
		r.remain = append(r.remain, r.audit(r.state, theme)...)
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
	if fix.Safety == change.Manual || r.choice.SafeOnly && fix.Safety != change.Safe {
		return false
	}
	if r.choice.Wants != nil && !r.choice.Wants(f.Meta) {
		return false
	}
	id := r.identify(f)
	return r.barred[id] == "" && r.rejected[id].why == ""
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
