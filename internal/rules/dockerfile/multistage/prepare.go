package multistage

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/rules/dockerfile/script"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

// installsAndStarts says whether a stage installs a language's dependencies, copies from the build
// context and has a start command: everything in one.
func installsAndStarts(s *dockerfile.Stage) bool {
	config := s.Config(nil)
	if config.Cmd.At == nil && config.Entrypoint.At == nil {
		return false
	}
	fromContext := func(in *dockerfile.Instruction) bool {
		c, ok := in.Copy()
		return ok && c.From == ""
	}
	return slices.ContainsFunc(s.Instructions, fromContext) &&
		slices.ContainsFunc(s.Instructions, func(in *dockerfile.Instruction) bool { return in.Keyword == "RUN" && mayInstall(in) })
}

// mayInstall says whether one of a RUN's commands installs the project's dependencies, whatever else it does:
// what can't be split for that is refused with the reason.
func mayInstall(in *dockerfile.Instruction) bool {
	return source.Recall(&in.File().Memo, installKey{in}, func() bool {
		if in.JSON {
			return false // its command is no text that could be split
		}
		list, _ := commands(in) // also of a here-document that another interpreter reads
		for n, i := range script.InstallsAsShell(in) {
			if kindBy(list[n], i) == installKind {
				return true
			}
		}
		return false
	})
}

// installKey is the key of whether an instruction may install, which each audit of a file asks.
type installKey struct{ in *dockerfile.Instruction }

// prepare checks that the stage can be split with certainty and gathers what that takes.
func (s *Split) prepare(p *project.Project) error {
	for _, check := range []func(*project.Project) error{s.names, s.builds, s.unit, s.facts, s.classify, s.directories, s.sees, s.written, s.scripts, s.runners, s.asRoot, s.root, s.places} {
		if err := check(p); err != nil {
			return err
		}
	}
	return nil
}

// names refuses what would make the new stages' names ambiguous.
func (s *Split) names(*project.Project) error {
	f := s.Dockerfile.File
	for _, other := range f.Stages {
		if other != s.Stage && (slices.Contains(names, other.Name) || other.Name == s.called(s.Stage.Name)) {
			return fmt.Errorf("another stage is already called %s", other.Name)
		}
		for _, in := range other.Instructions {
			for _, ref := range in.FromRefs() {
				if strings.Trim(ref.Value, "0123456789") == "" {
					return errors.New("a COPY --from names a stage by its number, which would change")
				}
				if strings.EqualFold(ref.Value, s.Stage.Name) && s.Stage.Name != "" {
					return errors.New("another stage copies from it")
				}
			}
		}
		if other.Parent(nil) == s.Stage {
			return fmt.Errorf("stage %s builds on it", StageName(other))
		}
	}
	if f.Escape != '\\' {
		return errors.New("its escape character is not the backslash")
	}
	return nil
}

// builds finds the one build context.
func (s *Split) builds(*project.Project) error {
	d := s.Dockerfile
	if len(d.Builds) == 0 {
		s.contextDir = path.Dir(d.Path)
		return nil
	}
	first := d.Builds[0]
	s.contextDir = first.Context
	for _, b := range d.Builds {
		if b.Context != s.contextDir {
			return fmt.Errorf("it is built from two contexts, %s by %s and %s by %s", s.contextDir, first.By, b.Context, b.By)
		}
	}
	return nil
}

// unit finds the language unit that is installed: the one whose folder the source copy brings to
// the work directory.
func (s *Split) unit(p *project.Project) error {
	var found *stack.Unit
	for _, u := range p.Units {
		if u.Dir == s.contextDir && u.Language == stack.Python {
			found = u
		}
	}
	if found == nil {
		return errors.New("only Python projects at the root of the build context are split so far")
	}
	s.Unit = found
	return nil
}

// facts asks what is known of the base image, the account and the package manager.
func (s *Split) facts(*project.Project) error {
	base, ok := s.Stage.ExternalBase(nil)
	image, known := stack.Lookup(base)
	if !ok || !known {
		return fmt.Errorf("nothing is known of the base image %s", base)
	}
	if image.Language != stack.Python {
		return fmt.Errorf("the base image %s is not a Python image, so where its interpreter is can't be told", base)
	}
	s.image = image
	if err := s.findOwn(); err != nil {
		return err
	}
	if s.own == nil {
		if err := s.newAccount(base); err != nil {
			return err
		}
	}
	var err error
	if s.production, err = s.Unit.Install(stack.Options{Purpose: stack.Production}); err != nil {
		return err
	}
	if s.development, err = s.Unit.Install(stack.Options{Purpose: stack.Development}); err != nil {
		return err
	}
	if s.production.BinDir == "" || len(s.production.Outputs) == 0 {
		return fmt.Errorf("%s has no environment that could be copied between stages", s.Unit.Manager)
	}
	return nil
}

// newAccount is the account that the stages get where the file makes none.
func (s *Split) newAccount(base string) error {
	u := s.config.User
	account, err := stack.AppAccount(s.image, stack.Identity{Name: u.Name, UID: u.UID, GID: u.GID})
	if err != nil {
		return fmt.Errorf("no account can be made on %s: %w", base, err)
	}
	if account.Existing || len(account.Commands) == 0 {
		return fmt.Errorf("the base image %s brings its own account", base)
	}
	s.account = account
	return nil
}

// directories checks the work directory and where the source ends up.
func (s *Split) directories(*project.Project) error {
	config := s.Stage.Config(nil)
	s.workdir = config.WorkingDir.Value
	if config.Unknown.WorkingDir || len(config.WorkingDir.Unproven) > 0 || s.workdir == "" || s.workdir == "/" {
		return errors.New("it has no work directory of its own; give it a WORKDIR first")
	}
	s.workdir = path.Clean(s.workdir)
	for _, part := range s.parts.source {
		c, _ := part.in.Copy()
		target, unproven := c.Target(s.Dockerfile.File.StateAt(part.in, nil))
		if len(unproven) > 0 {
			return fmt.Errorf("where %s copies to depends on a variable", part.in.Keyword)
		}
		if whole(c) && path.Clean(target) != s.workdir {
			return fmt.Errorf("the source is copied to %s and not to the work directory %s", target, s.workdir)
		}
	}
	return nil
}

// root refuses a stage that has an account already. It is asked last: where something else hinders the
// split, the account may be the one that refit gave it instead.
func (s *Split) root(*project.Project) error {
	if s.own != nil {
		return nil
	}
	if u := s.Stage.Config(nil).User.Value; u != "" && u != "root" && u != "0" && u != "0:0" {
		return fmt.Errorf("it already runs as %s, which the file does not make", u)
	}
	return nil
}

// whole says whether a COPY takes the whole context.
func whole(c dockerfile.Copy) bool {
	for _, src := range c.Sources {
		if path.Clean(src.Value) == "." || src.Value == "/" {
			return true
		}
	}
	return false
}

// commands are the commands of a RUN's script, also of a here-document for another program, with their places in the
// file; ok is false when it has none. The caller must not change them.
func commands(in *dockerfile.Instruction) (list []shell.Command, ok bool) {
	if in.JSON {
		return nil, false
	}
	return script.AsShell(in)
}
