package multistage

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/shell"
	"refit/internal/stack"
)

// part is one of the user's instructions with the comments above it.
type part struct {
	in    *dockerfile.Instruction
	notes string // comment lines above it, floating ones too, each with its line end
	text  string // as written
	given bool   // of a copy: the file's own account gets what it brings
}

// parts is the stage, sorted by where its instructions go.
type parts struct {
	from     part
	base     []part // in the order of the file: settings, system packages, work directory
	late     []part // arguments and labels that change with every build
	tools    []part // the package manager itself, copied from its image
	source   []part // COPY and ADD from the build context
	after    []part // commands that need the source
	runtime  []part // EXPOSE, HEALTHCHECK, ENTRYPOINT, CMD
	replaced []part // what refit's own install takes the place of; their comments stay
}

// kind is what a RUN does.
type kind int

const (
	otherKind   kind = iota
	systemKind       // installs packages of the distribution
	installKind      // installs the project's dependencies
	toolKind         // installs the package manager itself
	folderKind       // makes folders and sets their owner and mode
)

// languageManagers are the package managers whose installs refit can replace.
var languageManagers = []string{"uv", "pip", "poetry"}

// kindOf classifies a RUN by its commands: all of them must be of one kind, changes of folder aside.
func kindOf(in *dockerfile.Instruction) kind {
	list, ok := commands(in)
	if !ok || len(list) == 0 {
		return otherKind
	}
	found := map[kind]bool{}
	for _, c := range list {
		found[commandKind(c)] = true
	}
	switch {
	case len(found) == 1:
		return commandKind(list[0])
	case len(found) == 2 && found[toolKind] && found[installKind] && !installsPoetry(in):
		return installKind // pip is brought up to date first, which refit's own install does without
	}
	return otherKind
}

func commandKind(c shell.Command) kind {
	i, ok := shell.Installs(c)
	if !ok {
		return kindBy(c, nil)
	}
	return kindBy(c, &i)
}

// kindBy is commandKind where what the command asks of a package manager is known, nil for nothing.
func kindBy(c shell.Command, i *shell.Install) kind {
	if i != nil {
		switch {
		case i.Manager != "pip3" && !slices.Contains(languageManagers, i.Manager):
			return systemKind
		case i.Action == shell.ActionAdd && len(i.Requirements) == 0 && onlyTools(i.Packages):
			return toolKind
		case i.Action == shell.ActionRestore || len(i.Requirements) > 0:
			return installKind
		case i.Action == shell.ActionAdd && installsHere(i.Packages):
			return installKind
		}
		return otherKind
	}
	switch c.Name() {
	case "mkdir", "chown", "chmod", "touch":
		return folderKind
	}
	return otherKind
}

// onlyTools says whether the packages are package managers and what they need.
func onlyTools(packages []shell.Word) bool {
	for _, p := range packages {
		name, _, _ := strings.Cut(p.Value, "=")
		if !slices.Contains([]string{"uv", "pip", "poetry", "setuptools", "wheel"}, name) {
			return false
		}
	}
	return len(packages) > 0
}

// installsPoetry says whether a RUN has pip install poetry where every account finds it.
func installsPoetry(in *dockerfile.Instruction) bool {
	list, _ := commands(in)
	for _, c := range list {
		i, ok := shell.Installs(c)
		if !ok || i.Action != shell.ActionAdd || i.Manager != "pip" && i.Manager != "pip3" {
			continue
		}
		if slices.ContainsFunc(c.Words, func(w shell.Word) bool { return w.Is("--user") }) {
			continue
		}
		for _, p := range i.Packages {
			if name := strings.FieldsFunc(p.Value, func(r rune) bool { return strings.ContainsRune("=<>~![", r) }); len(name) > 0 && name[0] == "poetry" {
				return true
			}
		}
	}
	return false
}

// installsHere says whether the packages are the project itself: pip install . or -e .
func installsHere(packages []shell.Word) bool {
	for _, p := range packages {
		if p.Value != "." && p.Value != "./" && !strings.HasPrefix(p.Value, ".[") {
			return false
		}
	}
	return len(packages) > 0
}

// classify sorts the stage's instructions. The error names the first that has no certain place.
func (s *Split) classify(*project.Project) error {
	lateArgs := s.lateArguments()
	previous := s.Stage.From.Lead.Start
	for _, in := range s.Stage.Instructions {
		p := part{in: in, notes: s.notes(previous, in.Span.Start), text: in.Source()}
		previous = in.Span.End
		if err := s.place(p, lateArgs); err != nil {
			return err
		}
	}
	if len(s.parts.source) == 0 {
		return errors.New("it copies no source")
	}
	if err := s.ownDecided(); err != nil {
		return err
	}
	if err := s.foreign(); err != nil {
		return err
	}
	if s.Unit.Manager == stack.Poetry && !slices.ContainsFunc(s.Stage.Find("RUN"), installsPoetry) {
		if from := s.exportedBy(); from != "" {
			return fmt.Errorf("its requirements are exported by stage %s, which has poetry: that much is split already, and what is left would be installed in another way", from)
		}
		return errors.New("no pip install of poetry is in it, so where poetry comes from can't be told")
	}
	return nil
}

// exportedBy is the stage from which a list of requirements is copied, "" when there is none.
func (s *Split) exportedBy() string {
	for _, in := range s.Stage.Find("COPY") {
		if c, ok := in.Copy(); ok && c.From != "" && slices.ContainsFunc(c.Sources, func(w dockerfile.CopySource) bool { return strings.HasSuffix(w.Value, ".txt") }) {
			return c.From
		}
	}
	return ""
}

// notes are the comment lines between two instructions, blank lines dropped.
func (s *Split) notes(from, to int) string {
	var b strings.Builder
	for line := range strings.Lines(string(s.Dockerfile.File.Text[from:to])) {
		if t := strings.TrimSpace(line); strings.HasPrefix(t, "#") {
			b.WriteString(t)
			b.WriteString("\n")
		}
	}
	return b.String()
}

// within are the comment lines between the continued lines of an instruction that another takes the place of.
func (s *Split) within(in *dockerfile.Instruction) string {
	if len(in.Heredocs) > 0 {
		return ""
	}
	return s.notes(in.Span.Start, in.Span.End)
}

func (s *Split) place(p part, lateArgs []string) error {
	to := &s.parts
	switch in := p.in; in.Keyword {
	case "FROM":
		to.from = p
	case "ARG", "LABEL", "MAINTAINER":
		if s.isLate(in, lateArgs) {
			to.late = append(to.late, p)
		} else {
			to.base = append(to.base, p)
		}
	case "ENV", "SHELL", "STOPSIGNAL", "VOLUME":
		if s.repeats(in) {
			to.replaced = append(to.replaced, p)
			return nil
		}
		to.base = append(to.base, p)
	case "WORKDIR":
		if len(to.source) > 0 {
			return errors.New("its work directory changes after the source was copied")
		}
		to.base = append(to.base, p)
	case "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD":
		to.runtime = append(to.runtime, p)
	case "USER":
		if s.own != nil && in == s.Stage.Config(nil).User.At {
			s.own.user = p
			return nil
		}
		to.replaced = append(to.replaced, p)
	case "COPY", "ADD":
		return s.placeCopy(p)
	case "RUN":
		return s.placeRun(p)
	default:
		return fmt.Errorf("where its %s belongs can't be told", in.Keyword)
	}
	return nil
}

func (s *Split) placeCopy(p part) error {
	c, ok := p.in.Copy()
	switch {
	case !ok:
		return fmt.Errorf("a %s could not be read", p.in.Keyword)
	case c.From != "" && copiesTool(c):
		s.parts.tools = append(s.parts.tools, p)
	case c.From != "":
		s.parts.base = append(s.parts.base, p)
	case s.manifestsOnly(c):
		s.parts.replaced = append(s.parts.replaced, p)
	default:
		s.parts.source = append(s.parts.source, p)
	}
	return nil
}

// addsPackages says whether a RUN has the language's package manager install packages by their names.
func addsPackages(in *dockerfile.Instruction) bool {
	list, _ := commands(in)
	return slices.ContainsFunc(list, func(c shell.Command) bool {
		i, ok := shell.Installs(c)
		return ok && slices.Contains(languageManagers, i.Manager) && i.Action == shell.ActionAdd && len(i.Requirements) == 0 && !onlyTools(i.Packages) && !installsHere(i.Packages)
	})
}

// repeats says whether an ENV says nothing but what the stage of tools will say of the package manager.
func (s *Split) repeats(in *dockerfile.Instruction) bool {
	for _, p := range in.Pairs {
		known := p.Name == "PATH" && strings.Trim(p.Value, `"`) == s.production.BinDir+":$PATH"
		for _, v := range s.production.Environment {
			known = known || v.Name == p.Name && v.Value == p.Value
		}
		if !known {
			return false
		}
	}
	return len(in.Pairs) > 0
}

// copiesTool says whether a COPY --from brings uv.
func copiesTool(c dockerfile.Copy) bool {
	for _, src := range c.Sources {
		if b := path.Base(src.Value); b != "uv" && b != "uvx" {
			return false
		}
	}
	return len(c.Sources) > 0
}

// manifestsOnly says whether a COPY takes nothing but files that the install copies anyway.
func (s *Split) manifestsOnly(c dockerfile.Copy) bool {
	known := append(append([]string(nil), s.production.Files...), s.development.Files...)
	for _, src := range c.Sources {
		name := strings.TrimSuffix(path.Join(s.contextDir, src.Value), "*")
		if src.Heredoc != nil || !slices.Contains(known, name) && name != s.Unit.ReadmeFile {
			return false
		}
	}
	return true
}

func (s *Split) placeRun(p part) error {
	to := &s.parts
	switch k := kindOf(p.in); {
	case k == installKind:
		if len(p.in.Mounts()) > 0 && hasSecret(p.in) {
			return errors.New("its install mounts a secret, which refit's own would have to know of")
		}
		to.replaced = append(to.replaced, p)
	case k == toolKind && s.Unit.Manager == stack.Poetry && installsPoetry(p.in):
		to.tools = append(to.tools, p)
	case k == toolKind:
		to.replaced = append(to.replaced, p)
	case s.own != nil && givesOrMakes(p.in) && !mixesInstall(p.in):
		return s.placeAccount(p)
	case k == otherKind && addsPackages(p.in):
		return fmt.Errorf("line %d installs packages beside the project's own, which the stages' environment would not have; add them to the project", p.in.Line)
	case k == otherKind && mixesInstall(p.in):
		return fmt.Errorf("line %d installs dependencies and does something else in one RUN", p.in.Line)
	case k == systemKind, k == folderKind, len(to.source) == 0:
		if k == folderKind && len(to.source) > 0 && ownsSource(p.in) {
			to.after = append(to.after, p)
			return nil
		}
		to.base = append(to.base, p)
	default:
		to.after = append(to.after, p)
	}
	return nil
}

func hasSecret(in *dockerfile.Instruction) bool {
	for _, m := range in.Mounts() {
		if m.Type == "secret" || m.Type == "ssh" {
			return true
		}
	}
	return false
}

// ownsSource says whether the commands are about files of the source and so have to come after it:
// everything but making folders.
func ownsSource(in *dockerfile.Instruction) bool {
	list, _ := commands(in)
	for _, c := range list {
		if c.Name() != "mkdir" {
			return true
		}
	}
	return false
}

// made are the folders in the work directory that the user's RUNs make.
func (s *Split) made() []string {
	var dirs []string
	for _, p := range s.parts.base {
		list, _ := commands(p.in)
		for _, c := range list {
			if p.in.Keyword != "RUN" || c.Name() != "mkdir" {
				continue
			}
			at := s.Dockerfile.File.StateAt(p.in, nil).WorkingDir.Value
			for _, w := range c.Words[1:] {
				dir := w.Value
				if !path.IsAbs(dir) {
					dir = path.Join(at, dir)
				}
				if w.Constant && !w.Glob && !strings.HasPrefix(w.Value, "-") && strings.HasPrefix(dir, s.workdir+"/") && !slices.Contains(dirs, dir) {
					dirs = append(dirs, dir)
				}
			}
		}
	}
	return dirs
}

// mixesInstall says whether a RUN that is not an install has one in it.
func mixesInstall(in *dockerfile.Instruction) bool {
	list, ok := commands(in)
	if !ok {
		return slices.ContainsFunc(in.Words, func(w dockerfile.Word) bool { return slices.Contains(languageManagers, path.Base(w.Value)) })
	}
	for _, c := range list {
		if k := commandKind(c); k == installKind || k == toolKind {
			return true
		}
	}
	return false
}

// lateArguments are the ARGs of the stage that only LABELs use: a revision, a build date. Standing
// early they would spoil the cache of every RUN below.
func (s *Split) lateArguments() []string {
	var late []string
	for _, in := range s.Stage.Find("ARG") {
		for _, pair := range in.Pairs {
			if len(in.Pairs) == 1 && s.onlyInLabels(pair.Name) {
				late = append(late, pair.Name)
			}
		}
	}
	return late
}

func (s *Split) onlyInLabels(name string) bool {
	used := false
	for _, in := range s.Stage.Instructions {
		if in.Keyword == "ARG" || !strings.Contains(in.Source(), name) {
			continue
		}
		if in.Keyword != "LABEL" {
			return false
		}
		used = true
	}
	return used
}

func (s *Split) isLate(in *dockerfile.Instruction, lateArgs []string) bool {
	text := in.Source()
	for _, name := range lateArgs {
		if strings.Contains(text, name) {
			return true
		}
	}
	return false
}

// uvImage is the image that the user copies uv from, pinned.
func uvImage(from string) string {
	if ref, err := stack.ParseImage(from); err == nil && ref.Pinning() >= stack.PinnedByVersion {
		return from
	}
	return stack.UVImage
}

var exactly = regexp.MustCompile(`^uv==([0-9]+\.[0-9]+\.[0-9]+)$`)

// uvFromPip is the image with the version of uv that the user's pip install pins, refit's own otherwise.
func (s *Split) uvFromPip() string {
	for _, p := range s.parts.replaced {
		for _, w := range s.words(p.in) {
			if m := exactly.FindStringSubmatch(w.Value); m != nil {
				return "ghcr.io/astral-sh/uv:" + m[1]
			}
		}
	}
	return stack.UVImage
}
