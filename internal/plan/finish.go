package plan

import (
	"cmp"
	"sort"

	"refit/internal/change"
	"refit/internal/rule"
)

// finish turns the fixpoint into a change set.
func (r *run) finish(c change.Comparison) (*Plan, error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	set := &change.Set{Compare: c, Files: files, Refused: r.refusals(), Steps: r.steps()}
	return &Plan{Set: set, After: r.state, Remain: r.remain}, nil
}

// files compares the baseline with the last state, entry by entry, and says who caused what.
func (r *run) files() ([]change.File, error) {
	files, err := change.Files(r.base.Files, r.state.Files, r.moves)
	if err != nil {
		return nil, err
	}
	for i := range files {
		files[i].Causes = r.causes[files[i].Path]
	}
	return files, nil
}

// refusals are the findings that remain although a fix was thought of, each with the reason, and the
// fixes that were left out of the plan although others took their place.
func (r *run) refusals() []change.Refusal {
	list := r.remaining()
	listed := map[identity]bool{}
	for _, x := range list {
		listed[identity{x.Rule, x.Path, x.Subject}] = true
	}
	var more []change.Refusal
	for id, why := range r.barred {
		if !listed[id] {
			more = append(more, change.Refusal{Rule: id.Rule, Path: id.Path, Subject: id.Subject, Why: why})
		}
	}
	sort.Slice(more, func(i, j int) bool {
		return cmp.Or(cmp.Compare(more[i].Path, more[j].Path), cmp.Compare(more[i].Rule, more[j].Rule), cmp.Compare(more[i].Subject, more[j].Subject)) < 0
	})
	return append(list, more...)
}

func (r *run) remaining() []change.Refusal {
	var list []change.Refusal
	for _, f := range r.remain {
		if r.choice.Wants != nil && !r.choice.Wants(f.Meta) {
			continue
		}
		id := r.identify(f)
		why := r.barred[id]
		if why == "" {
			why = r.rejected[id].why
		}
		if why == "" {
			why = manualReason(f, r.choice)
		}
		if why != "" {
			list = append(list, change.Refusal{Rule: f.Meta.ID, Path: id.Path, Subject: f.Subject, Why: why})
		}
	}
	return list
}

func manualReason(f rule.Finding, choice Choice) string {
	if len(f.Fixes) == 0 {
		return ""
	}
	fix := f.Fixes[0]
	if fix.Safety == change.Manual {
		return fix.Why
	}
	if choice.SafeOnly && fix.Safety == change.Behaviour {
		return "its fix changes behaviour and only safe fixes are asked for: " + fix.Title
	}
	return ""
}

// steps are what the plan leaves to be done, each once: those of the fixes taken and those that
// remaining findings name.
func (r *run) steps() []change.Step {
	var steps []change.Step
	seen := map[string]bool{}
	add := func(fix rule.Fix) {
		for _, s := range fix.Steps {
			if key := s.Dir + "\x00" + s.Name; !seen[key] {
				seen[key] = true
				steps = append(steps, s)
			}
		}
	}
	for _, a := range r.taken {
		add(a.fix)
	}
	for _, f := range r.remain {
		for _, fix := range f.Fixes {
			if fix.Safety == change.Manual {
				add(fix)
			}
		}
	}
	return steps
}
