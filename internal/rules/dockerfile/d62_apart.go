package dockerfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/rules/dockerfile/multistage"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

// apart is the fix of a stage that installs with compilers and runs: the install gets a stage of its own, and the
// run-time libraries take the headers' place. Where D50 splits the stage, that is the better fix.
func (r *running) apart(p *project.Project, names []string) (fix rule.Fix, err error) {
	if split, err := multistage.Find(p, r.d); err == nil && split != nil {
		return fix, errors.New("D50 splits the whole stage")
	}
	if on := ownBases(p).on[r.stage]; len(on) > 0 {
		return fix, fmt.Errorf("%s builds on its image", on[0])
	}
	if err := r.needsCompilers(p); err != nil {
		return fix, err
	}
	a, err := multistage.SetApart(p, r.d, r.stage)
	if err != nil {
		return fix, err
	}
	moved := a.Packages()
	for _, name := range names {
		if !slices.Contains(moved, name) {
			return fix, fmt.Errorf("which run-time packages belong to %s is not known to refit", name)
		}
	}
	title := "Install in a stage of its own, " + a.BuildStage() + ", with " + rule.Listed(names)
	if libs := a.Libraries(); len(libs) > 0 {
		title += "; what runs has " + rule.Listed(libs) + " in their place"
	}
	return rule.Fix{Title: title, Safety: change.Behaviour, Declares: a.Declares(), Ops: []edit.Op{edit.Text(r.d.Path, a.Edits()...)}}, nil
}

// compileAtRunTime are packages of Python that call a compiler while they run.
// https://pytensor.readthedocs.io/en/latest/install.html, https://mc-stan.org/cmdstanpy/installation.html
var compileAtRunTime = strings.Fields("pytensor pymc pymc3 theano theano-pymc aesara cmdstanpy pystan pyximport scipy-weave")

// needsCompilers says what compiles when the container runs.
func (r *running) needsCompilers(p *project.Project) error {
	for _, c := range r.allStarts() {
		if name := c.Name(); multistage.Compiler(name) {
			return fmt.Errorf("it starts %s, which may be one of them", name)
		}
	}
	for _, file := range r.startFiles(p) {
		text, err := p.Files.Read(file)
		if err != nil || !shellScript.Match(text) && !strings.HasSuffix(file, ".sh") {
			continue
		}
		for _, c := range shell.Commands(shell.ParseText(shell.Verbatim(text, source.Span{End: len(text)}), shell.Bash), shell.Start{}) {
			c = c.Unwrapped()
			if i, ok := shell.Installs(c); ok && i.Action != shell.ActionClean && !systemManagers[i.Manager] {
				return fmt.Errorf("%s, which it starts, runs %s, which may compile", file, c.Name())
			}
			if multistage.Compiler(c.Name()) {
				return fmt.Errorf("%s, which it starts, runs %s, which may be one of them", file, c.Name())
			}
		}
	}
	for _, u := range p.Units {
		if u.Language != stack.Python {
			continue
		}
		for _, name := range compileAtRunTime {
			if u.DependsOn(name) {
				return fmt.Errorf("%s compiles while it runs", name)
			}
		}
	}
	return nil
}
