package env

import (
	_ "embed"
	"path"
	"slices"
	"strconv"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/gitrepo"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
	"refit/internal/workflow"
	"refit/internal/yaml"
)

//go:embed e15_ci_needs_env_file.md
var ciNeedsEnvFileDoc string

// CINeedsEnvFile finds jobs that start Compose with env files that a fresh clone lacks: E15.
var CINeedsEnvFile = rule.Rule{
	Meta: rule.Meta{ID: "E15", Name: "ci-needs-env-file", Theme: rule.CI, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a CI job needs an env file that git ignores", Doc: ciNeedsEnvFileDoc},
	Check: checkCINeedsEnvFile,
}

func checkCINeedsEnvFile(pass *rule.Pass) {
	p := pass.Project
	ignore := p.GitIgnore()
	for _, w := range p.Workflows {
		if w.File.Kind != workflow.GitHub {
			continue
		}
		for _, job := range w.File.Jobs {
			if use, ok := firstUse(p, ignore, w, job); ok {
				pass.Report(ciFinding(p, w, job, use))
			}
		}
	}
}

// envUse is the first step of a job that needs env files which a fresh clone lacks.
type envUse struct {
	step  int
	files []string
	span  source.Span
}

func firstUse(p *project.Project, ignore *gitrepo.Ignore, w *project.Workflow, job workflow.Job) (envUse, bool) {
	var made string // the scripts up to here
	for i, step := range job.Steps {
		if step.Script == nil {
			continue
		}
		text := scriptOf(step)
		var needed []string
		for _, f := range neededBy(p, w, step) {
			ignored, _ := ignore.Match(f, false)
			if (ignored && !p.Git.Tracked(f) || !p.Files.Has(f)) && !makes(made+"\n"+text, f) && !slices.Contains(needed, f) {
				needed = append(needed, f)
			}
		}
		if len(needed) > 0 {
			return envUse{i, needed, step.Node.Span}, true
		}
		made += "\n" + text
	}
	return envUse{}, false
}

func scriptOf(s workflow.Step) string {
	var text []string
	for _, n := range s.Script.Nodes {
		text = append(text, n.Value)
	}
	return strings.Join(text, "\n")
}

// makes says whether scripts make the env file: by `make setup`, or by a line that copies or writes it.
func makes(scripts, file string) bool {
	for _, line := range strings.Split(scripts, "\n") {
		words := strings.Fields(line)
		if len(words) > 1 && words[0] == "make" && slices.Contains(words[1:], "setup") || strings.Contains(line, "refit env init") {
			return true
		}
		named := strings.Contains(line, file) || strings.Contains(line, path.Base(file)) && !strings.Contains(line, "--env-file")
		if named && (strings.Contains(line, ">") || strings.HasPrefix(line, "cp ") || strings.Contains(line, " cp ") || strings.Contains(line, "mv ") || strings.Contains(line, "touch ")) {
			return true
		}
	}
	return false
}

// neededBy lists the env files without which a step's Compose commands, or those of the make targets
// that it runs, fail.
func neededBy(p *project.Project, w *project.Workflow, step workflow.Step) []string {
	targets := map[string]bool{}
	for _, line := range strings.Split(scriptOf(step), "\n") {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "make" {
			for _, word := range words[1:] {
				targets[word] = true
			}
		}
	}
	var files []string
	for _, call := range p.Calls {
		ofStep := call.From == w.Path && step.Node.Full.Contains(call.Span.Start)
		ofMake := p.Makefile != nil && call.From == p.Makefile.Path && targets[call.Target]
		if (ofStep || ofMake) && call.Kind == project.CallCompose {
			files = append(files, neededByCall(p, call)...)
		}
	}
	return files
}

func neededByCall(p *project.Project, call project.Call) []string {
	files := slices.DeleteFunc(slices.Clone(call.EnvFiles), func(f string) bool {
		e := p.EnvFile(f)
		return e != nil && e.Example
	})
	for _, env := range p.Environments {
		if !slices.Equal(env.Files, call.Files) || env.Model == nil {
			continue
		}
		for _, s := range env.Model.Services {
			for _, f := range s.EnvFiles {
				if f.Required && s.Enabled {
					files = append(files, f.Path)
				}
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

func ciFinding(p *project.Project, w *project.Workflow, job workflow.Job, use envUse) rule.Finding {
	f := rule.Finding{At: rule.Location{Path: w.Path, Span: use.span}, Subject: "jobs." + job.ID,
		Message: "the job needs " + rule.Listed(use.files) + ", which git does not have; in a fresh clone Compose stops with an error; make the files before"}
	title := "Run `make setup` in job " + job.ID + " before the first use of " + rule.Listed(use.files)
	add, why := setupStep(p, job, use)
	if why != "" {
		f.Fixes = rule.Manual(title, why)
		return f
	}
	f.Fixes = []rule.Fix{{Title: title, Safety: change.Safe, Ops: []edit.Op{edit.Text(w.Path, add...)}}}
	return f
}

// setupStep adds a step that makes what a fresh clone lacks, behind the checkout.
func setupStep(p *project.Project, job workflow.Job, use envUse) (edits []edit.Edit, why string) {
	if p.Makefile == nil {
		return nil, "there is no Makefile with a `setup` target; add a step that makes " + rule.Listed(use.files) + " from the template"
	}
	if _, ok := p.Makefile.File.Target("setup"); !ok {
		return nil, "the Makefile has no `setup` target yet; add a step that makes " + rule.Listed(use.files) + " from the template"
	}
	checkout := -1
	for i, step := range job.Steps[:use.step] {
		if step.UsesAction("actions/checkout") {
			checkout = i
		}
	}
	steps := job.Node.Get("steps")
	if checkout < 0 || steps == nil || len(steps.Items) != len(job.Steps) {
		return nil, "no checkout was found before the step that needs the files; add a step with `make setup` there"
	}
	text := "name: Env files, certificates and lock that a fresh clone lacks\nrun: make setup"
	if script := job.Steps[use.step].Script; job.Root != "." || script.DirAt != nil || script.Dir != "." {
		text += "\nworking-directory: " + job.Root
	}
	edits, err := steps.AddItem(text, yaml.After(strconv.Itoa(checkout)))
	if err != nil {
		return nil, "the step can't be added with certainty: " + err.Error()
	}
	return edits, ""
}
