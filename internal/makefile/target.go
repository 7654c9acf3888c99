package makefile

import (
	"slices"
	"strings"
	"sync"

	"refit/internal/shell"
)

// Target is a target that a user can ask make for.
type Target struct {
	Name        string
	Rules       []*Rule
	Phony       bool
	Doc         string // what the help idiom says: "## text" on the rule or above it
	Conditional bool   // it exists only in some branch of a conditional
}

// Targets lists the targets that make offers, in the order of the file: explicit ones, no pattern
// rules, none of make's special targets. Prerequisites of .PHONY without a rule count: make accepts
// them. Targets that only $(eval) or an included file makes are not known.
// They are worked out once; the caller must not change them.
func (f *File) Targets() []Target {
	f.targets.once.Do(func() { f.targets.list = f.findTargets() })
	return f.targets.list
}

// targets are the targets of a file once somebody asked for them.
type targets struct {
	once sync.Once
	list []Target
}

func (f *File) findTargets() []Target {
	var out []Target
	at := map[string]int{}
	add := func(name string, r *Rule) {
		i, ok := at[name]
		if !ok {
			i = len(out)
			at[name] = i
			out = append(out, Target{Name: name, Conditional: true})
		}
		t := &out[i]
		if r.Special == "" {
			t.Rules = append(t.Rules, r)
			if t.Doc == "" {
				t.Doc = r.Doc
			}
		}
		t.Conditional = t.Conditional && len(r.Guards) > 0
	}
	phony := map[string]bool{}
	for _, r := range f.Rules {
		words := r.Targets
		if r.Special == ".PHONY" {
			words = r.Prereqs
		}
		for _, w := range words {
			if !w.Constant || special[w.Value] || strings.Contains(w.Value, "%") || r.Special != "" && r.Special != ".PHONY" {
				continue
			}
			if r.Special == ".PHONY" {
				phony[w.Value] = true
			}
			add(w.Value, r)
		}
	}
	for i := range out {
		out[i].Phony = phony[out[i].Name]
	}
	return out
}

// Dynamic says whether the file may make targets that Targets doesn't list: by $(eval), by a line that
// is nothing but a reference, by include, or by a target whose name only a run knows.
func (f *File) Dynamic() bool {
	return f.hasEval || len(f.Includes) > 0 || slices.ContainsFunc(f.Rules, func(r *Rule) bool {
		return slices.ContainsFunc(r.Targets, func(w shell.Word) bool { return !w.Constant })
	})
}

// Target is the target of a name; ok is false when Targets doesn't list it.
func (f *File) Target(name string) (t Target, ok bool) {
	for _, t := range f.Targets() {
		if t.Name == name {
			return t, true
		}
	}
	return Target{}, false
}

// DefaultGoal is the target that make without arguments makes, "" when there is none.
func (f *File) DefaultGoal() string {
	c := f.at(len(f.text))
	if v, ok := c.lookup(".DEFAULT_GOAL"); ok && v.Known() && strings.TrimSpace(v.String()) != "" {
		return strings.TrimSpace(v.String())
	}
	for _, r := range f.Rules {
		for _, w := range r.Targets {
			dotted := strings.HasPrefix(w.Value, ".") && !strings.Contains(w.Value, "/")
			if w.Constant && !dotted && !strings.Contains(w.Value, "%") && c.holds(r.Guards) {
				return w.Value
			}
		}
	}
	return ""
}
