// Package environment makes, checks, compares and renews the env files of a repository. Everything is
// values in, values out: a change.Set for what is to be written, findings for what is wrong. No value
// of a variable is ever part of a message.
package environment

import (
	"fmt"
	"path"
	"slices"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/layout"
	"refit/internal/project"
)

// Result is what Init and Rotate would do.
type Result struct {
	Path  string // the env file
	Set   change.Set
	Fresh []string // keys that get a new random value
	Taken []string // keys that get the value of another one, with which they belong together
	Added []string // keys that a file lacked, see InitOptions.Complete
	Open  []string // keys that a person has to fill in: empty, or a placeholder for what somebody else issues
	Kept  []Kept   // secrets that were left, with the reason
	Notes []string // what a person should know, one line each
}

// Kept is a secret that Rotate leaves as it is.
type Kept struct {
	Key   string
	Why   string
	Steps []string // what to do instead; commands as they are typed
}

// Name is the environment that a word of the command line means: "production" is "prod".
func Name(word string) string {
	name, _ := layout.Canonical(word)
	return name
}

// Path is where the env file of an environment is or, when there is none, should be: the place that
// the environment's own Compose files ask for, else that of the layout.
func Path(p *project.Project, env string) string {
	if f := existing(p, env); f != nil {
		return f.Path
	}
	for _, e := range p.Environments {
		if e.Name != env || e.Model == nil {
			continue
		}
		for _, m := range e.Model.Missing {
			if isInside(m.Path) && isEnvFileName(m.Path) {
				return m.Path
			}
		}
	}
	return p.Layout.EnvPath(env)
}

// existing is the env file of an environment, the one in the layout's place first; nil when there is
// none.
func existing(p *project.Project, env string) *project.EnvFile {
	if f := p.EnvFile(p.Layout.EnvPath(env)); f != nil {
		return f
	}
	for _, f := range p.EnvFiles {
		if f.Env == env && !f.Example && !f.Partial() {
			return f
		}
	}
	return nil
}

// Template is the committed file from which the env file of an environment is made; nil when there
// is none.
func Template(p *project.Project, env string) *project.EnvFile {
	places := []string{p.Layout.EnvPath(env) + ".example", p.Layout.EnvExample, ".env." + env + ".example", ".env.example"}
	if env == "prod" {
		places = append([]string{p.Layout.ProdExample}, places...)
	}
	for _, at := range places {
		if f := p.EnvFile(at); f != nil {
			return f
		}
	}
	var general *project.EnvFile
	for _, f := range p.EnvFiles {
		if !f.Example || f.Partial() {
			continue
		}
		if f.Env == env {
			return f
		}
		if f.Env == "" && general == nil {
			general = f
		}
	}
	return general
}

// environments are the sets of services that a name means.
func environments(p *project.Project, env string) []*project.Environment {
	var list []*project.Environment
	for _, e := range p.Environments {
		if e.Name == env {
			list = append(list, e)
		}
	}
	return list
}

// Known lists the names of the environments that the repository has or should have, sorted.
func Known(p *project.Project) []string {
	names := slices.Clone(p.Layout.Environments)
	for _, e := range p.Environments {
		names = append(names, e.Name)
	}
	for _, f := range p.EnvFiles {
		if !f.Example {
			names = append(names, f.Env)
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "" })
}

// strict says whether an environment serves others than its developers, so that defaults are no
// good in it.
func strict(env string) bool { return env == "prod" || env == "staging" }

// changed is the set of one operation on the project's files.
func changed(p *project.Project, ops ...edit.Op) (change.Set, error) {
	after, err := edit.Apply(p.Files, ops)
	if err != nil {
		return change.Set{}, err
	}
	files, err := change.Files(p.Files, after, nil)
	return change.Set{Files: files}, err
}

func isInside(at string) bool { return edit.ValidPath(at) == nil }

func isEnvFileName(at string) bool {
	base := path.Base(at)
	return base == ".env" || len(base) > 5 && base[:5] == ".env." || path.Ext(base) == ".env"
}

// Missing is the error for an environment without an env file.
type Missing struct{ Env, Path string }

func (m *Missing) Error() string {
	return fmt.Sprintf("%s: the environment %s has no env file; refit env init %s makes it", m.Path, m.Env, m.Env)
}
