package multistage

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/shell"
	"refit/internal/stack"
)

// Apart takes a stage apart into what building needs and what runs, and changes nothing else: the user's own
// instructions stay as they are written. What stands before the install goes to a common stage, the install with
// compilers and headers to a build stage, and what is left runs, with a copy of what was installed. It is for stages
// that Split leaves alone: they install by a script, or keep their environment at a place of their own.
type Apart struct {
	*Split
	project    *project.Project
	cut        int                              // the first instruction that only one of the two stages needs
	last       int                              // the last install
	hoisted    map[*dockerfile.Instruction]bool // behind the cut and still common: settings, the package manager
	installers map[*dockerfile.Instruction]bool // what installing says of each that was asked
	outputs    []string                         // absolute, in the image
	owner      string                           // of the outputs as --chown names it, "" for root
	build      []part                           // RUNs with packages that only a build needs
}

// SetApart says how a stage that installs and runs is taken apart. An error says why it can't be with certainty.
func SetApart(p *project.Project, d *project.Dockerfile, s *dockerfile.Stage) (*Apart, error) {
	a := &Apart{Split: &Split{Dockerfile: d, Stage: s, config: p.Config}, project: p, hoisted: map[*dockerfile.Instruction]bool{}, installers: map[*dockerfile.Instruction]bool{}}
	if err := a.builds(p); err != nil {
		return nil, err
	}
	for _, check := range []func() error{a.stageNames, a.base, a.installs, a.sort, a.rest, a.owned, a.interpreter} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Name of the stages that the stage is taken apart into.
func (a *Apart) common() string { return a.beside("base") }

// BuildStage is the name of the stage that gets the compilers.
func (a *Apart) BuildStage() string { return a.beside("build") }

func (a *Apart) beside(name string) string {
	if a.Stage.Name == "" {
		return name
	}
	return a.Stage.Name + "-" + name
}

// stageNames refuses names that are taken, and stages that others stand on.
func (a *Apart) stageNames() error {
	f := a.Dockerfile.File
	if a.Stage.Parent(nil) != nil {
		return fmt.Errorf("it builds on the stage %s, which others may use", StageName(a.Stage.Parent(nil)))
	}
	for _, other := range f.Stages {
		if other.Name == a.common() || other.Name == a.BuildStage() {
			return fmt.Errorf("another stage is called %s already", other.Name)
		}
		if other.Parent(nil) == a.Stage {
			return fmt.Errorf("stage %s builds on it", StageName(other))
		}
		for _, in := range other.Instructions {
			if in.Keyword == "ONBUILD" {
				return errors.New("an ONBUILD would run in another stage")
			}
			for _, ref := range in.FromRefs() {
				if in != other.From && strings.Trim(ref.Value, "0123456789") == "" {
					return errors.New("a COPY --from names a stage by its number, which would change")
				}
				if in != other.From && strings.EqualFold(ref.Value, a.Stage.Name) && a.Stage.Name != "" {
					return fmt.Errorf("stage %s copies from it", StageName(other))
				}
			}
		}
	}
	if f.Escape != '\\' {
		return errors.New("its escape character is not the backslash")
	}
	return nil
}

// base asks what is known of the image below and of the file's own account.
func (a *Apart) base() error {
	base, ok := a.Stage.ExternalBase(nil)
	image, known := stack.Lookup(base)
	if !ok || !known || image.Distro == stack.UnknownDistro {
		return fmt.Errorf("nothing is known of the base image %s", base)
	}
	a.image = image
	return nil
}

// installs finds the RUNs that install, what they make, and the first instruction that the common stage can't have:
// another account, files of the source, an install.
func (a *Apart) installs() error {
	for i, in := range a.Stage.Instructions {
		c, copies := in.Copy()
		install := in.Keyword == "RUN" && a.installing(in)
		if install {
			a.last = i
		}
		if a.cut == 0 && (install || in.Keyword == "USER" || copies && (c.From == "" || !external(a.Dockerfile.File, c.From))) {
			a.cut = i
		}
	}
	if a.last == 0 {
		return errors.New("what builds in it can't be told")
	}
	for _, in := range a.Stage.Instructions[a.cut : a.last+1] {
		if in.Keyword == "RUN" && a.installing(in) {
			if err := a.outputsOf(in); err != nil {
				return err
			}
		}
	}
	if len(a.outputs) == 0 {
		return errors.New("where its packages are installed to can't be told")
	}
	return nil
}

// external says whether a COPY --from names an image and not a stage.
func external(f *dockerfile.File, from string) bool {
	_, stage := f.Stage(from)
	return !stage && strings.ContainsAny(from, "/:")
}

// sort checks that every instruction up to the last install has a certain place.
func (a *Apart) sort() error {
	first := true // no install stands above
	blocked := false
	for i, in := range a.Stage.Instructions[:a.last+1] {
		switch {
		case in.Keyword == "RUN" && a.installing(in):
			first = false
		case in.Keyword == "RUN":
			if err := a.sortRun(in, i, first); err != nil {
				return err
			}
		case i < a.cut || in.Keyword == "FROM":
		case in.Keyword == "VOLUME":
			return fmt.Errorf("line %d declares a volume before the install", in.Line)
		case in.Keyword == "ENV" || in.Keyword == "ARG":
			if blocked = blocked || !first || !a.settable(in, i); !blocked {
				a.hoisted[in] = true
			}
		default:
			c, ok := in.Copy()
			if ok && first && external(a.Dockerfile.File, c.From) && path.IsAbs(c.Dest.Value) && !strings.Contains(c.Dest.Value, "$") {
				a.hoisted[in] = true
			}
		}
	}
	return nil
}

// sortRun places a RUN that installs no dependencies.
func (a *Apart) sortRun(in *dockerfile.Instruction, i int, first bool) error {
	part := part{in: in, notes: a.notes(a.Stage.Instructions[i-1].Span.End, in.Span.Start), text: in.Source()}
	packages := a.words(in)
	if len(a.buildOnly(packages)) > 0 {
		if a.underAccount(in) {
			return fmt.Errorf("line %d installs packages as an account that is not root", in.Line)
		}
		a.build = append(a.build, part)
	}
	list, ok := commands(in)
	if !ok {
		return fmt.Errorf("line %d could not be read", in.Line)
	}
	onlySystem := len(list) > 0
	for _, c := range list {
		install, installs := shell.Installs(c)
		system := installs && (install.Action == shell.ActionClean || commandKind(c) == systemKind)
		onlySystem = onlySystem && system
		if !system && !harmless(c) {
			return fmt.Errorf("line %d runs %s before the install, which may need the compilers", in.Line, spoken(c))
		}
	}
	switch {
	case i < a.cut:
	case onlySystem && first && !a.underAccount(in):
		a.hoisted[in] = true
	default:
		return fmt.Errorf("line %d stands between the source and the install, and which of them needs it can't be told", in.Line)
	}
	return nil
}

// harmless says whether a command builds nothing: it makes accounts, folders, links.
func harmless(c shell.Command) bool {
	return slices.Contains(accountMakers, c.Name()) || slices.Contains(rootOnly, c.Name()) && c.Name() != "su" && c.Name() != "sudo" && c.Name() != "gosu" ||
		slices.Contains([]string{"groupmod", "mkdir", "chmod", "touch", "ln", "rm", "echo", "printf", "set", "true", "test", "[", "cp", "mv", "locale-gen"}, c.Name())
}

// settable says whether an ENV or ARG can stand above what is between the cut and it: nothing there names its variables.
func (a *Apart) settable(in *dockerfile.Instruction, i int) bool {
	for _, above := range a.Stage.Instructions[a.cut:i] {
		if a.hoisted[above] && above.Keyword != "RUN" {
			continue
		}
		text := above.Source()
		for _, pair := range in.Pairs {
			if above.Keyword == "RUN" || strings.Contains(text, "$"+pair.Name) || strings.Contains(text, "${"+pair.Name) {
				return false
			}
		}
	}
	return true
}

// rest checks what comes behind the install: it builds nothing, and brings what the install's copies brought.
func (a *Apart) rest() error {
	for _, in := range a.Stage.Instructions[a.last+1:] {
		if in.Keyword != "RUN" {
			continue
		}
		if len(a.buildOnly(a.words(in))) > 0 {
			return fmt.Errorf("line %d installs packages for a build behind the install", in.Line)
		}
		list, ok := commands(in)
		if !ok {
			return fmt.Errorf("line %d could not be read", in.Line)
		}
		for _, c := range list {
			if i, is := shell.Installs(c); is && i.Action != shell.ActionClean && commandKind(c) == systemKind {
				continue
			}
			if MayCompile(c) {
				return fmt.Errorf("line %d runs %s, which may need the compilers", in.Line, spoken(c))
			}
		}
	}
	return nil
}

// owned finds who owns what is installed.
func (a *Apart) owned() error {
	in := a.Stage.Instructions[a.last]
	user := a.Dockerfile.File.StateAt(in, nil).User
	name, group, _ := strings.Cut(user.Value, ":")
	switch {
	case len(user.Unproven) > 0:
		return errors.New("which account installs depends on a variable")
	case name == "" || name == "root" || name == "0":
		return nil
	case group != "":
		a.owner = user.Value
		return nil
	}
	for _, other := range a.Stage.Instructions {
		if c, ok := other.Copy(); ok {
			if u, g, both := strings.Cut(c.Chown, ":"); both && u == name && g != "" && !strings.Contains(c.Chown, "$") {
				a.owner = c.Chown
				return nil
			}
		}
	}
	made, _ := a.madeAccounts()
	for _, m := range made {
		if m.Name == name {
			if group := a.loginGroup(m); group != "" {
				a.owner = name + ":" + group
				return nil
			}
		}
	}
	return fmt.Errorf("which group the account %s belongs to can't be told", name)
}
