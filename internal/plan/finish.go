package plan

import (
	"io/fs"
	"sort"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/source"
)

// finish turns the fixpoint into a change set.
func (r *run) finish(c change.Comparison) *Plan {
	set := &change.Set{Compare: c}
	set.Files = r.files()
	set.Refused = r.refusals()
	set.Steps = r.steps()
	return &Plan{Set: set, After: r.state, Remain: r.remain}
}

// files compares the baseline with the last state, entry by entry.
func (r *run) files() []change.File {
	var files []change.File
	for _, p := range r.state.Files.Paths() {
		after, _ := r.state.Files.Entry(p)
		from := r.baseline(p)
		before, existed := r.base.Files.Entry(from)
		if existed && before == after && from == p {
			continue
		}
		if f, changed := compare(from, before, p, after, existed); changed {
			f.Causes = r.causes[p]
			files = append(files, f)
		}
	}
	for _, p := range r.base.Files.Paths() {
		if !r.state.Files.Has(p) && r.moves[p] == "" {
			before, _ := r.base.Files.Entry(p)
			old, _ := before.Bytes()
			files = append(files, change.File{Op: edit.KindDelete, Path: p, Before: change.HashOf(old), Old: old,
				Was: before.Mode.Perm(), Causes: r.causes[p]})
		}
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Path < files[j].Path })
	return files
}

// compare is the change of one file; changed is false when there is none.
func compare(from string, before *source.Entry, to string, after *source.Entry, existed bool) (change.File, bool) {
	text := content(after)
	f := change.File{Path: to, Text: text, After: change.HashOf(text), Mode: after.Mode & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky | fs.ModeSymlink)}
	if !existed {
		f.Op = edit.KindCreate
		return f, true
	}
	f.Old = content(before)
	f.Before = change.HashOf(f.Old)
	f.Was = before.Mode & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky | fs.ModeSymlink)
	switch {
	case from != to:
		f.Op, f.From = edit.KindRename, from
	case f.Before != f.After:
		f.Op = edit.KindText
	case f.Was != f.Mode:
		f.Op = edit.KindChmod
	default:
		return f, false
	}
	return f, true
}

// content is a file's bytes, for a link what it says.
func content(e *source.Entry) []byte {
	if e.IsLink() {
		return []byte(e.Target)
	}
	text, _ := e.Bytes()
	return text
}

// refusals are the findings that remain although a fix was thought of, each with the reason.
func (r *run) refusals() []change.Refusal {
	var list []change.Refusal
	for _, f := range r.remain {
		if r.choice.Wants != nil && !r.choice.Wants(f.Meta) {
			continue
		}
		id := r.identify(f)
		why := r.barred[id]
		if why == "" {
			why = r.rejected[id]
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
			add(fix)
		}
	}
	return steps
}
