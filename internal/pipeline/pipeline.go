// Package pipeline is the program on one page: it wires the stages
//
//	discover -> audit -> plan -> equivalence -> apply
//
// and owns what passes between them.
package pipeline

import (
	"fmt"
	"io"

	"refit/internal/apply"
	"refit/internal/audit"
	"refit/internal/change"
	"refit/internal/equivalence"
	"refit/internal/layout"
	"refit/internal/placement"
	"refit/internal/plan"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/rules"
	layoutrules "refit/internal/rules/layout"
	"refit/internal/source"
)

// Repository is one repository under refit: where it is and what was found in it.
type Repository struct {
	Root    string // folder on this machine
	Project *project.Project
	cache   *project.Cache
	known   []string // secrets, to mask
}

// Open discovers the repository at root. It runs nothing and writes nothing.
func Open(root string) (*Repository, error) {
	cache := project.NewCache()
	p, err := project.Open(root, cache)
	if err != nil {
		return nil, err
	}
	return &Repository{Root: root, Project: p, cache: cache}, nil
}

// Layout lets files move to their places, or stay where they are, whatever the configuration says.
func (r *Repository) Layout(mode layout.Mode) { r.Project = r.Project.WithLayout(mode, r.cache) }

// Packages says whether projects of Poetry and pip move to uv ("uv") or not ("keep"), whatever the configuration says.
func (r *Repository) Packages(packages string) {
	r.Project = r.Project.WithPackages(packages, r.cache)
}

// Audit checks the files with every rule.
func (r *Repository) Audit() audit.Result { return audit.Run(r.Project, rules.All()) }

// Plan works out the repairs, shown equivalent except for what they declare.
func (r *Repository) Plan(choice plan.Choice) (*plan.Plan, error) {
	planned, err := plan.Make(r.Project, r.stages(), choice)
	if err != nil {
		return nil, err
	}
	planned.Set.Secrets = project.SecretRefs(r.Project)
	if choice.Wants == nil || choice.Wants(&layoutrules.MisplacedFile.Meta) {
		planned.Set.Layout = placement.Of(r.Project).Said()
	}
	return planned, nil
}

func (r *Repository) stages() plan.Stages {
	return plan.Stages{
		Discover: func(files *source.Snapshot) *project.Project { return project.Discover(files, r.Project, r.cache) },
		Audit: func(p *project.Project, theme rule.Theme) []rule.Finding {
			return audit.Run(p, rules.InTurnOf(theme)).Findings
		},
		Compare: equivalence.Compare,
	}
}

// SavePlan writes the set as a plan file, secrets as references.
func (r *Repository) SavePlan(w io.Writer, set *change.Set) error {
	return change.Encode(w, set, r.Project.Files.Read)
}

// LoadPlan reads a plan file made for this repository. A file that changed since is an error.
func (r *Repository) LoadPlan(in io.Reader) (*change.Set, error) {
	set, err := change.Decode(in, r.Project.Files.Read)
	if err != nil {
		return nil, fmt.Errorf("plan file: %w", err)
	}
	return set, nil
}

// Apply carries the set out as one transaction and returns the id that rolls it back. note is told
// what the user should know and what is no error; it may be nil.
func (r *Repository) Apply(set *change.Set, note func(string)) (string, error) {
	id, err := apply.Apply(r.Root, set, apply.Options{Command: "refit apply", Note: note})
	return string(id), err
}
