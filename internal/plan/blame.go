package plan

import (
	"fmt"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/rule"
)

// culprit is a fix to leave out, taken in a round.
type culprit struct {
	id    identity
	why   string
	round int
}

// culprits finds the fixes that caused the undeclared differences, all at once. It goes back to the first
// round after which a difference shows and looks which of that round's fixes bring it.
func (r *run) culprits(c change.Comparison) []culprit {
	var found []culprit
	search := &search{run: r, after: map[int]change.Comparison{len(r.states) - 1: c}, parts: map[string]*change.Comparison{}}
	for _, d := range unacceptable(c) {
		why := fmt.Sprintf("it would change %s of %s without saying so (%s)", d.Addr, d.Subject, d.Aspect)
		if d.Blocks {
			why = fmt.Sprintf("what it changes in %s could not be shown to be equivalent: %s", d.Subject, d.Why)
		}
		for _, a := range search.suspects(d) {
			found = append(found, culprit{a.id, why, a.round})
		}
	}
	return found
}

// withNeighbours adds to the culprits the fixes that touch a culprit's file in its round. Where differences come one by
// one, each behind the last, that leaves out some innocent fixes and saves the rest of the plan.
func (r *run) withNeighbours(culprits []culprit) []culprit {
	all := culprits
	for _, c := range culprits {
		for _, a := range r.taken {
			if a.round == c.round && a.id != c.id && a.id.Path == c.id.Path {
				all = append(all[:len(all):len(all)], culprit{a.id, "it stands beside a fix that is left out: " + c.why, a.round})
			}
		}
	}
	return all
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

// search looks for the fixes that bring differences. Comparisons are kept: the differences of one plan mostly
// come from the same few fixes.
type search struct {
	*run
	after map[int]change.Comparison     // by round
	parts map[string]*change.Comparison // by round and fixes; nil when these do not hold without others
}

// suspects are the fixes after which the difference d shows for the first time.
func (s *search) suspects(d change.Difference) []accepted {
	first := 0
	for first < len(s.states)-1 && !has(s.compared(first), d) {
		first++
	}
	var of []accepted
	for _, a := range s.taken {
		if a.round == first {
			of = append(of, a)
		}
	}
	if near := s.touching(of, d); len(near) > 0 && len(near) < len(of) && s.brings(near, d) {
		of = near
	}
	if found := s.narrow(of, d); len(found) > 0 {
		return found
	}
	return of
}

// touching are those of some fixes of one round that touch the file that a difference is about.
func (s *search) touching(of []accepted, d change.Difference) []accepted {
	path, _, _ := strings.Cut(d.Subject, ":")
	return slices.DeleteFunc(slices.Clone(of), func(a accepted) bool {
		return !touches(a.finding, change.Relocated(path, s.movesAfter(a.round-1)))
	})
}

// compared is the comparison with the state when the round is done.
func (s *search) compared(round int) change.Comparison {
	c, known := s.after[round]
	if !known {
		c = s.stages.Compare(s.base, s.states[round+1], s.movesAfter(round), s.declared())
		s.after[round] = c
	}
	return c
}

// narrow is the smallest part of some fixes of one round that brings the difference by itself: of halves that
// do, halves again. Empty when only both halves together bring it.
func (s *search) narrow(of []accepted, d change.Difference) []accepted {
	if len(of) <= 1 {
		return of
	}
	var found []accepted
	for _, half := range [][]accepted{of[:len(of)/2], of[len(of)/2:]} {
		if !s.brings(half, d) {
			continue
		}
		if part := s.narrow(half, d); len(part) > 0 {
			found = append(found, part...)
		} else {
			found = append(found, half...)
		}
	}
	return found
}

// brings says whether some fixes of one round bring the difference without the others.
func (s *search) brings(of []accepted, d change.Difference) bool {
	round := of[0].round
	key := fmt.Sprint(round)
	for _, a := range of {
		key += fmt.Sprintf(" %q", a.id)
	}
	c, known := s.parts[key]
	if !known {
		c = s.alone(round, of)
		s.parts[key] = c
	}
	return c != nil && has(*c, d)
}

// alone compares the state before a round with that round's fixes reduced to some of them; nil when these do not hold
// without the others.
func (s *search) alone(round int, of []accepted) *change.Comparison {
	at := newRun(s.base, s.stages, s.choice)
	at.state = s.states[round]
	var chosen []rule.Finding
	moves := s.movesAfter(round - 1)
	for _, a := range of {
		chosen = append(chosen, a.finding)
	}
	next, failed := at.try(chosen)
	if failed != nil {
		return nil
	}
	for _, a := range of {
		for from, to := range renames(a.fix.Ops) {
			moves[baselineOf(moves, from)] = to
		}
	}
	c := s.stages.Compare(s.base, next, moves, s.declared())
	return &c
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
