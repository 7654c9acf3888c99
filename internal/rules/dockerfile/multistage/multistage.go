// Package multistage splits a Dockerfile's one stage for everything into stages: base, tools,
// builder, development, testing, production. The user's own instructions are kept and moved with
// their comments; only what installs dependencies is replaced, by what refit knows of the package
// manager.
package multistage

import (
	"fmt"

	"refit/internal/config"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/source"
	"refit/internal/stack"
)

// The stages that a split makes.
const (
	Base        = "base"        // the user's settings, run-time packages, the account, the work directory
	Tools       = "tools"       // compilers, the package manager, the manifests
	Builder     = "builder"     // what production needs, installed
	Development = "development" // everything, with tools and tests
	Testing     = "testing"     // the same, under the name that test environments ask for
	Production  = "production"  // what runs, and nothing else
)

// names are the stages' names in the order of the file.
var names = []string{Base, Tools, Builder, Development, Testing, Production}

// instead are names for the stages that start nothing, where the stage to be split has theirs: it keeps it,
// as an alias of production, for who asks for it.
var instead = map[string]string{Base: "common", Tools: "toolchain", Builder: "build"}

// called is the name that a new stage gets.
func (s *Split) called(name string) string {
	if other := instead[name]; other != "" && s.Stage.Name == name {
		return other
	}
	return name
}

// Split is a stage that can be split, and how.
type Split struct {
	Dockerfile *project.Dockerfile
	Stage      *dockerfile.Stage
	Unit       *stack.Unit

	production, development stack.Install
	account                 stack.Account // refit's, where the file has none of its own
	own                     *own
	dropped                 []string // chowns that COPY --chown takes the place of
	config                  *config.Config
	image                   stack.Image
	parts                   parts
	contextDir              string   // repo-relative
	workdir                 string   // absolute, in the image
	writes                  []string // folders beside it that the service writes, absolute
	links                   bool     // see linked
}

// Find looks for the stage that does everything in one: it installs a unit's dependencies, takes
// the source in and starts it. split is nil when there is none. An error says why one that is there
// can't be split with certainty.
func Find(p *project.Project, d *project.Dockerfile) (split *Split, err error) {
	for _, s := range d.File.Stages {
		if s.Parent(nil) != nil || !installsAndStarts(s) {
			continue
		}
		candidate := &Split{Dockerfile: d, Stage: s, config: p.Config}
		if err := candidate.prepare(p); err != nil {
			return nil, fmt.Errorf("stage %s: %w", StageName(s), err)
		}
		return candidate, nil
	}
	return nil, nil
}

// StageName is how people call a stage: its name, or its number.
func StageName(s *dockerfile.Stage) string {
	if s.Name != "" {
		return s.Name
	}
	return fmt.Sprint(s.Index)
}

// Edits are the byte edits of the Dockerfile.
func (s *Split) Edits() []edit.Edit {
	span := s.span()
	text := s.render()
	edits := []edit.Edit{edit.Replace(span, text, "stage:"+StageName(s.Stage))}
	if e, ok := syntax(s.Dockerfile.File); ok {
		edits = append(edits, e)
	}
	return edits
}

// user is the account as production's USER names it.
func (s *Split) user() string {
	if s.own != nil {
		return s.own.user.in.Words[0].Value
	}
	if s.config.User.Form == "name" {
		return s.account.Name
	}
	return s.numeric()
}

// numeric is the account by its numbers, "1000:1000"; the file's own as the file names it.
func (s *Split) numeric() string {
	if s.own != nil {
		return s.own.owner
	}
	return fmt.Sprintf("%d:%d", s.account.UID, s.account.GID)
}

// rootOwned says that production's code is root's and the account can only read it.
func (s *Split) rootOwned() bool {
	if s.own != nil {
		return !s.own.source
	}
	return s.config.User.Ownership == "root"
}

// cleans says whether installs empty their cache instead of mounting one, which a number has to be known for.
func (s *Split) cleans() bool {
	return s.config.Build.Cache == "clean" || s.own != nil && s.own.uid < 0
}

// span reaches from the comments above the stage's FROM to the end of its last instruction.
func (s *Split) span() source.Span {
	return source.Span{Start: s.Stage.From.Lead.Start, End: s.Stage.Last().Span.End}
}

// syntax asks for the newest frontend, which knows cache mounts, on the first line, where alone it counts. ok is
// false where a line says already which.
func syntax(f *dockerfile.File) (e edit.Edit, ok bool) {
	for _, d := range f.Directives {
		if d.Name == "syntax" {
			return edit.Edit{}, false
		}
	}
	at := 0
	if text := f.Text; len(text) >= 3 && string(text[:3]) == "\ufeff" {
		at = 3
	}
	return edit.Insert(at, "# syntax=docker/dockerfile:1"+source.EOL(f.Text), "directive:syntax"), true
}

// StageFor is the stage that an environment builds: development tools where people work and test,
// production elsewhere.
func StageFor(env string) string {
	switch env {
	case "dev":
		return Development
	case "test", "ci":
		return Testing
	}
	return Production
}
