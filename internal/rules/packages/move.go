package packages

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/shell"
	"refit/internal/stack"
)

//go:embed p01_move_to_uv.md
var moveToUVDoc string

// MoveToUV moves a project from Poetry or pip to uv, where somebody asked for it: P01.
var MoveToUV = rule.Rule{
	Meta: rule.Meta{ID: "P01", Name: "move-to-uv", Theme: rule.Packages, Severity: rule.Info, Since: "0.1.0",
		Summary: "a project is installed by Poetry or pip, and uv was asked for", Doc: moveToUVDoc},
	Check: checkMove,
}

func checkMove(pass *rule.Pass) {
	if pass.Project.Packages() != "uv" {
		return
	}
	for _, u := range pass.Project.Units {
		if len(u.Manifests) == 0 || u.Manager != stack.Poetry && (u.Manager != stack.Pip || len(u.Requirements) == 0) {
			continue
		}
		m := &move{p: pass.Project, unit: u, out: &pyproject{}}
		fix, err := m.fix()
		f := rule.Finding{At: rule.Location{Path: append(slices.Clone(u.Requirements), u.Manifests...)[0]}, Subject: string(u.Manager),
			Message: fmt.Sprintf("%s is installed by %s, and `packages: uv` asks for uv", nameOf(u), u.Manager)}
		if len(m.kept) > 0 {
			f.Message += "; its requirements files stay, because they are named in " + rule.Listed(m.kept)
		}
		if err != nil {
			f.Fixes = rule.Manual("Move to uv", "not moved: "+err.Error()+m.advice())
		} else {
			f.Fixes = []rule.Fix{fix}
		}
		pass.Report(f)
	}
}

func nameOf(u *stack.Unit) string {
	switch {
	case u.Name != "" && !strings.ContainsAny(u.Name, "{}"):
		return u.Name
	case u.Dir == ".":
		return "the project"
	}
	return u.Dir
}

// move is one project on its way to uv.
type move struct {
	p    *project.Project
	unit *stack.Unit
	out  *pyproject
	fx   rule.Fix

	active   bool   // the command at hand runs in the environment of another, into which Poetry installs
	started  bool   // the command at hand stands in a script that an image runs
	python   string // the step that sets Python up in the job of the command at hand
	onlyMain bool   // the command at hand installs the main dependencies and some groups

	lists   *lists          // of a project that pip installs
	scripts map[string]bool // scripts whose installs are rewritten
	kept    []string        // what still names its requirements files

	files map[string][]edit.Edit // of callers, by file
}

// advice is how a person does it.
func (m *move) advice() string {
	return "; settle that, or do it by hand: `uvx migrate-to-uv` in " + m.unit.Dir + " converts pyproject.toml, then `uv lock`, and `uv sync --locked` in the place of the installs"
}

// fix is the whole move, or the reason against it.
func (m *move) fix() (rule.Fix, error) {
	if len(m.unit.Problems) > 0 {
		return rule.Fix{}, errors.New(m.unit.Problems[0].Error())
	}
	m.fx = rule.Fix{Title: "Move " + nameOf(m.unit) + " from " + string(m.unit.Manager) + " to uv", Safety: change.Behaviour}
	if err := m.manifest(); err != nil {
		return rule.Fix{}, err
	}
	m.callers()
	m.scriptsOf()
	for _, d := range m.p.Dockerfiles {
		if !m.installs(d) {
			continue
		}
		edits, declares, err := m.convertImage(d)
		if err != nil {
			return rule.Fix{}, err
		}
		m.fx.Ops = append(m.fx.Ops, edit.Text(d.Path, edits...))
		m.fx.Declares = append(m.fx.Declares, declares...)
		if err := m.services(d); err != nil {
			return rule.Fix{}, err
		}
	}
	m.workflows()
	if m.lists != nil {
		m.kept = m.retire()
	}
	for _, file := range slices.Sorted(maps.Keys(m.files)) {
		edits := m.files[file]
		for i := range edits {
			if edits[i].Addr == "" {
				edits[i].Addr = fmt.Sprintf("uv/%d", edits[i].Start)
			}
		}
		m.fx.Ops = append(m.fx.Ops, edit.Text(file, edits...))
	}
	m.fx.Steps = []change.Step{{Name: "uv lock", Command: []string{"uv", "lock"}, Dir: m.unit.Dir, Image: stack.UVToolchain,
		Why: "makes " + m.unit.Path("uv.lock") + ", which the installs assert", Makes: []string{m.unit.Path("uv.lock")}}}
	return m.fx, nil
}

// manifest makes pyproject.toml say it for uv.
func (m *move) manifest() error {
	if m.unit.Manager == stack.Pip {
		out, ops, l, err := convertPip(m.p, m.unit)
		if err != nil {
			return err
		}
		m.out, m.lists = out, l
		m.fx.Ops = append(m.fx.Ops, ops...)
		return nil
	}
	out, edits, err := convertPoetry(m.p, m.unit, m.rootless())
	if err != nil {
		return err
	}
	m.out = out
	m.fx.Ops = append(m.fx.Ops, edit.Text(m.unit.Path("pyproject.toml"), edits...))
	if lock := m.unit.Path("poetry.lock"); m.p.Files.Has(lock) {
		m.removed(lock)
	}
	return nil
}

// removed takes a file away that uv doesn't read.
func (m *move) removed(file string) {
	m.fx.Ops = append(m.fx.Ops, edit.Remove(file))
	m.fx.Declares = append(m.fx.Declares,
		change.Declared{Aspect: change.AspectContext, Subject: "*", Addr: file, Before: "sent", Why: "uv doesn't read it"},
		change.Declared{Aspect: change.AspectComment, Subject: file, Addr: "*", Why: "uv doesn't read it"})
}

// installs says whether a Dockerfile installs the unit: by its manager, from its folder or from files of it.
func (m *move) installs(d *project.Dockerfile) bool {
	calls, copies := false, false
	for _, in := range d.File.Instructions {
		for _, c := range commands(in) {
			o := m.outcome(c, nil, inImage)
			calls = calls || o.verdict != foreign || m.startsScript(d, c)
		}
		if c, ok := in.Copy(); ok && c.From == "" {
			for _, s := range c.Sources {
				for _, dir := range d.Contexts() {
					at := path.Join(dir, path.Dir(s.Value))
					copies = copies || at == m.unit.Dir && strings.HasPrefix(path.Base(s.Value), "pyproject")
					copies = copies || m.lists != nil && inside(at, m.unit.Dir) && strings.Contains(path.Base(s.Value), "requirements")
				}
			}
		}
	}
	if !calls {
		return false
	}
	for _, dir := range d.Contexts() {
		copies = copies || dir == m.unit.Dir
	}
	return copies
}

// startsScript says whether a command of an image starts a script whose installs are rewritten.
func (m *move) startsScript(d *project.Dockerfile, c shell.Command) bool {
	return startsOne(d, c, m.scripts)
}

// outcome is what becomes of a command.
func (m *move) outcome(c shell.Command, all []shell.Command, at place) outcome {
	inner := c.Unwrapped()
	if inner.Name() == "poetry" || strings.HasPrefix(inner.Name(), "python") && len(inner.Words) > 2 && inner.Words[1].Is("-m") && inner.Words[2].Is("poetry") {
		return m.ofPoetry(c, all, at)
	}
	i, ok := shell.Installs(c)
	switch {
	case !ok:
	case installsManager(i):
		return outcome{verdict: tool}
	case i.Manager == "pip" && m.lists != nil:
		return m.ofPip(c, i, at)
	}
	return outcome{}
}

// installsManager says whether a command installs Poetry and what belongs to it, and nothing else.
func installsManager(i shell.Install) bool {
	if i.Action != shell.ActionAdd || len(i.Requirements) > 0 {
		return false
	}
	poetry := false
	for _, p := range i.Packages {
		name := strings.FieldsFunc(strings.ReplaceAll(p.Value, shell.Unknown, ""), func(r rune) bool { return strings.ContainsRune("=<>~![", r) })
		if len(name) == 0 {
			return false
		}
		switch name[0] {
		case "poetry", "poetry-core", "poetry-plugin-export", "poetry-plugin-shell":
			poetry = true
		case "pip", "setuptools", "wheel", "virtualenv":
		default:
			return false
		}
	}
	return poetry
}

// rootless says whether all installs leave the project itself out.
func (m *move) rootless() bool {
	some := false
	without := func(c shell.Command) bool {
		c = c.Unwrapped()
		if c.Name() != "poetry" || len(c.Words) < 2 || !c.Words[1].Is("install") && !c.Words[1].Is("sync") {
			return true
		}
		some = true
		return slices.ContainsFunc(c.Words, func(w shell.Word) bool { return w.Is("--no-root") })
	}
	for _, d := range m.p.Dockerfiles {
		if !m.installs(d) {
			continue
		}
		for _, in := range d.File.Instructions {
			for _, c := range commands(in) {
				if !without(c) {
					return false
				}
			}
		}
	}
	for _, c := range m.p.PackageCalls {
		if m.mine(c.Command.Dir, c.Certain, c.From) && !without(c.Command) {
			return false
		}
	}
	return some
}
