// Package plan turns findings into a change set: it chooses fixes, merges them, applies the
// winners to an overlay, audits that again and goes on until nothing is left to repair. What a
// fix breaks, or changes without having declared it, takes the fix out of the plan.
package plan

import (
	"errors"
	"fmt"
	"maps"

	"refit/internal/change"
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
	maxRetries = 12 // from half of them on, a culprit's neighbours go with it; the last takes no new fix
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
	r := newRun(base, stages, choice)
	for attempt := range maxRetries + 1 {
		r.closed = attempt == maxRetries
		if err := r.toFixpoint(); err != nil {
			restless := r.restless()
			if len(restless) == 0 {
				return nil, err
			}
			maps.Copy(r.barred, restless)
			r.backTo(0)
			continue
		}
		comparison := stages.Compare(base, r.state, r.moves, r.declared())
		culprits := r.culprits(comparison)
		if len(culprits) == 0 {
			return r.finish(comparison)
		}
		if attempt >= maxRetries/2 {
			culprits = r.withNeighbours(culprits)
		}
		first := len(r.states)
		for _, c := range culprits {
			r.barred[c.id] = c.why
			first = min(first, c.round)
		}
		r.backTo(first)
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
