package dockerfile

import (
	_ "embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/shell"
	"refit/internal/stack"
)

//go:embed d51_copy_before_install.md
var copyBeforeInstallDoc string

// CopyBeforeInstall finds stages that copy the source before they install dependencies: D51.
var CopyBeforeInstall = rule.Rule{
	Meta: rule.Meta{ID: "D51", Name: "copy-before-install", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "the source is copied before the dependencies are installed, so every change installs them again", Doc: copyBeforeInstallDoc},
	Check: checkCopyBeforeInstall,
}

func checkCopyBeforeInstall(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		for _, s := range d.File.Stages {
			whole, install := copyThenInstall(s)
			if whole == nil || installsProjectCached(install) {
				continue
			}
			f := rule.Finding{At: at(d, whole), Subject: stageSubject(s),
				Message: "the whole source is copied before the dependencies are installed (line " + fmt.Sprint(install.Line) + "); every change of any file installs everything again; copy the manifests first, then install, then copy the rest"}
			if fix, err := manifestsFirst(pass.Project, d, whole, install); err != nil {
				f.Fixes = rule.Manual("Copy the manifests first", err.Error()+"; by hand: COPY the manifest and the lock, install, then COPY the rest")
			} else {
				f.Fixes = []rule.Fix{fix}
			}
			pass.Report(f)
		}
	}
}

// copyThenInstall finds a COPY of the whole context and the first install of dependencies behind it,
// when no install stands before.
func copyThenInstall(s *dockerfile.Stage) (whole, install *dockerfile.Instruction) {
	for _, in := range s.Instructions {
		if c, ok := in.Copy(); ok && c.From == "" && whole == nil && copiesAll(c) {
			whole = in
		}
		if in.Keyword == "RUN" && restores(in) {
			if whole == nil {
				return nil, nil // dependencies come first, as they should
			}
			return whole, in
		}
	}
	return nil, nil
}

func copiesAll(c dockerfile.Copy) bool {
	for _, s := range c.Sources {
		if s.Heredoc == nil && (path.Clean(s.Value) == "." || s.Value == "/") {
			return true
		}
	}
	return false
}

// restores says whether a RUN installs the dependencies of a manifest.
func restores(in *dockerfile.Instruction) bool {
	for _, i := range installs(in) {
		if i != nil && !systemManagers[i.Manager] && (i.Action == shell.ActionRestore || len(i.Requirements) > 0) && i.Manager != "cargo" {
			return true
		}
	}
	return false
}

// manifestsFirst moves the COPY behind the install and puts one of the manifests in its place.
func manifestsFirst(p *project.Project, d *project.Dockerfile, whole, install *dockerfile.Instruction) (rule.Fix, error) {
	if len(d.Contexts()) != 1 {
		return rule.Fix{}, errors.New("it is built from several contexts")
	}
	c, _ := whole.Copy()
	state := d.File.StateAt(whole, nil)
	target, unproven := c.Target(state)
	if len(c.Sources) != 1 || len(unproven) > 0 || path.Clean(target) != path.Clean(state.WorkingDir.Value) || state.WorkingDir.At == nil {
		return rule.Fix{}, errors.New("the source is not copied to the work directory")
	}
	for _, in := range whole.Stage.Instructions {
		if in.Span.Start > whole.Span.Start && in.Span.Start < install.Span.Start && in.Keyword != "ARG" && in.Keyword != "ENV" && in.Keyword != "LABEL" && in.Keyword != "EXPOSE" {
			return rule.Fix{}, fmt.Errorf("line %d stands between the two and may need the source", in.Line)
		}
	}
	unit, err := installedUnit(p, d, install)
	if err != nil {
		return rule.Fix{}, err
	}
	files, err := manifests(p, d, unit)
	if err != nil {
		return rule.Fix{}, err
	}
	text := string(whole.Span.Of(d.File.Text))
	flags := ""
	for _, f := range whole.Flags {
		if f.Name == "exclude" || f.Name == "parents" {
			return rule.Fix{}, errors.New("its COPY has --" + f.Name)
		}
		flags += " " + string(f.Span.Of(d.File.Text))
	}
	edits := append(whole.Delete(true), whole.InsertBefore("COPY"+flags+" "+strings.Join(files, " ")+" ./")...)
	edits[0].Addr = whole.Addr() + "/moved"
	edits[len(edits)-1] = edit.Edit{Start: edits[0].Start, End: edits[0].End, New: edits[len(edits)-1].New, Addr: whole.Addr()}
	edits = edits[len(edits)-1:]
	lead := string(whole.Lead.Of(d.File.Text))
	edits = append(edits, install.InsertAfter(lead+text)...)
	declares := []change.Declared{}
	for _, f := range files {
		declares = append(declares, declaredEverywhere(d, "files."+f+" -> *", "the manifests are copied before the install"))
	}
	return rule.Fix{Title: "Install from the manifests, then copy the source", Safety: change.Behaviour, Ops: []edit.Op{edit.Text(d.Path, edits...)}, Declares: declares}, nil
}

// installedUnit is the unit that a RUN installs, when nothing but the manifests is needed for it.
func installedUnit(p *project.Project, d *project.Dockerfile, install *dockerfile.Instruction) (*stack.Unit, error) {
	var unit *stack.Unit
	asks := installs(install)
	for n, c := range commands(install) {
		i := asks[n]
		if i == nil {
			return nil, fmt.Errorf("line %d does more than installing (%s), which may need the source", install.Line, c.Name())
		}
		if slices.ContainsFunc(c.Words[1:], installsProject) {
			return nil, errors.New("the project itself is installed, which needs the source")
		}
		if i.Action != shell.ActionRestore && len(i.Requirements) == 0 {
			for _, w := range i.Packages {
				if strings.Contains(w.Value, "/") {
					return nil, errors.New("the project itself is installed, which needs the source")
				}
			}
			continue
		}
		for _, u := range p.Units {
			if u.Dir == d.Context() && string(u.Manager) == i.Manager && c.DirKnown && c.Dir == "." {
				unit = u
			}
		}
		if unit == nil {
			return nil, errors.New("which manifests it installs from can't be told")
		}
		if unit.Manager == stack.Pip && !listed(unit, i.Requirements) {
			return nil, errors.New("it installs from other files than refit knows")
		}
	}
	switch {
	case unit == nil:
		return nil, errors.New("which manifests it installs from can't be told")
	case unit.Package && unit.Manager != stack.Pip && unit.Language == stack.Python:
		return nil, errors.New("the project itself is installed with its dependencies, which needs the source")
	case len(unit.LocalPaths) > 0 || unit.Workspace || unit.Root != unit.Dir:
		return nil, errors.New("some dependencies are folders of the repository")
	}
	for _, script := range []string{"preinstall", "install", "postinstall", "prepare"} {
		if unit.Scripts[script] != "" {
			return nil, errors.New("the install runs the script " + script + ", which may need the source")
		}
	}
	return unit, nil
}

// installsProject says whether a word is the folder of the project: pip install ., .[dev], -e.
func installsProject(w shell.Word) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(w.Value, "-e"), "[")
	return name == "." || name == "./" || name == ".." || strings.HasPrefix(name, "../")
}

// installsProjectCached says whether a RUN has pip install the project itself, which can't come before the source,
// and keeps what it downloads in a cache mount, so that a change costs little.
func installsProjectCached(in *dockerfile.Instruction) bool {
	return slices.ContainsFunc(in.Mounts(), func(m dockerfile.Mount) bool { return m.Type == "cache" }) &&
		slices.ContainsFunc(commands(in), func(c shell.Command) bool { return slices.ContainsFunc(c.Words[1:], installsProject) })
}

// listed says whether every requirements file is one that the unit knows.
func listed(u *stack.Unit, files []shell.Word) bool {
	for _, w := range files {
		name := u.Path(w.Value)
		if !slices.Contains(u.Requirements, name) && !slices.Contains(u.DevRequirements, name) {
			return false
		}
	}
	return true
}

// manifests are the files that the install reads, relative to the context, all of which are sent.
func manifests(p *project.Project, d *project.Dockerfile, u *stack.Unit) ([]string, error) {
	i, err := u.Install(stack.Options{Purpose: stack.Development})
	if err != nil {
		return nil, err
	}
	sent := p.BuildContext(d.Path, d.Context())
	var list []string
	for _, f := range append(slices.Clone(i.Files), u.DevRequirements...) {
		rel := strings.TrimPrefix(f, d.Context()+"/")
		if strings.Contains(rel, "/") || strings.ContainsAny(rel, " *?[$") {
			return nil, errors.New(f + " lies in a folder of its own")
		}
		if !p.Files.Has(f) {
			if f == u.Lock {
				continue
			}
			return nil, errors.New(f + " is missing")
		}
		if !slices.Contains(sent, f) && !slices.Contains(sent, rel) {
			return nil, errors.New(f + " is not sent to the build")
		}
		if !slices.Contains(list, rel) {
			list = append(list, rel)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("no manifest is known")
	}
	return list, nil
}
