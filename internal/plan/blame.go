package plan

import (
	"fmt"
	"strings"

	"refit/internal/change"
	"refit/internal/rule"
)

// culprits finds the fixes that caused the undeclared differences. It goes back to the first
// round after which a difference shows and tries that round's fixes one by one.
func (r *run) culprits(c change.Comparison) map[identity]string {
	found := map[identity]string{}
	for _, d := range unacceptable(c) {
		why := fmt.Sprintf("it would change %s of %s without saying so (%s)", d.Addr, d.Subject, d.Aspect)
		if d.Blocks {
			why = fmt.Sprintf("what it changes in %s could not be shown to be equivalent: %s", d.Subject, d.Why)
		}
		for _, a := range r.suspects(d) {
			found[a.id] = why
		}
	}
	return found
}

// unacceptable are the differences that no fix may leave behind: undeclared ones, and those about
// volumes, the environment or build contexts that could not be judged.
func unacceptable(c change.Comparison) []change.Difference {
	list := c.Undeclared
	for _, d := range c.Unproven {
		if d.Blocks {
			list = append(list[:len(list):len(list)], d)
		}
	}
	return list
}

// suspects are the fixes after which the difference d shows for the first time.
func (r *run) suspects(d change.Difference) []accepted {
	first := len(r.states) - 1
	for round := range r.states {
		if r.showsAfter(round, d) {
			first = round
			break
		}
	}
	var of []accepted
	for _, a := range r.taken {
		if a.round == first {
			of = append(of, a)
		}
	}
	var alone []accepted
	for _, a := range of {
		if len(of) > 1 && r.causesAlone(first, a, d) {
			alone = append(alone, a)
		}
	}
	if len(alone) > 0 {
		return alone
	}
	return of
}

// showsAfter says whether the difference is there when the round is done.
func (r *run) showsAfter(round int, d change.Difference) bool {
	after := r.state
	if round+1 < len(r.states) {
		after = r.states[round+1]
	}
	return has(r.stages.Compare(r.base, after, r.movesAfter(round), r.declared()), d)
}

func (r *run) causesAlone(round int, a accepted, d change.Difference) bool {
	at := &run{base: r.base, stages: r.stages, state: r.states[round]}
	next, failed := at.try([]rule.Finding{a.finding})
	if failed != nil {
		return true
	}
	moves := r.movesAfter(round - 1)
	for from, to := range renames(a.fix.Ops) {
		moves[baselineOf(moves, from)] = to
	}
	return has(r.stages.Compare(r.base, next, moves, r.declared()), d)
}

// movesAfter maps baseline paths to where they are when the round is done.
func (r *run) movesAfter(round int) map[string]string {
	moves := map[string]string{}
	for _, a := range r.taken {
		if a.round > round {
			continue
		}
		for from, to := range renames(a.fix.Ops) {
			moves[baselineOf(moves, from)] = to
		}
	}
	return moves
}

func baselineOf(moves map[string]string, p string) string {
	for from, to := range moves {
		if to == p {
			return from
		}
	}
	return p
}

func has(c change.Comparison, d change.Difference) bool {
	for _, x := range unacceptable(c) {
		if x.Aspect == d.Aspect && x.Subject == d.Subject && x.Addr == d.Addr {
			return true
		}
	}
	return false
}

// baselineSubject turns the path in a difference's subject ("docker/Dockerfile:app") into the
// path that the file had in the baseline.
func (r *run) baselineSubject(subject string) string {
	p, _, _ := strings.Cut(subject, ":")
	if from, ok := r.origin[p]; ok {
		return from + strings.TrimPrefix(subject, p)
	}
	return subject
}
