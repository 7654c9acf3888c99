package make

import (
	_ "embed"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/makefile"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed l13_not_phony.md
var notPhonyDoc string

// NotPhony finds targets that make no file and are not declared phony: L13.
var NotPhony = rule.Rule{
	Meta: rule.Meta{ID: "L13", Name: "target-not-phony", Theme: rule.Make, Severity: rule.Info, Since: "0.1.0",
		Summary: "a target that makes no file is not declared .PHONY", Aliases: []string{"checkmake phonydeclared"}, Doc: notPhonyDoc},
	Check: checkNotPhony,
}

// actions are names of targets that stand for something to do, not for a file.
var actions = strings.Fields("all up down start stop restart build rebuild run dev test tests check lint fmt format clean distclean install uninstall " +
	"help setup logs status ps shell bash exec migrate migration migrations backup restore deploy push pull release publish docs serve watch " +
	"ci certs typecheck coverage init update upgrade lock sync seed prune destroy default")

func checkNotPhony(pass *rule.Pass) {
	p := pass.Project
	if p.Makefile == nil {
		return
	}
	var missing, shadowed []string
	var f rule.Finding
	for _, t := range p.Makefile.File.Targets() {
		if t.Phony || len(t.Rules) == 0 || !isAction(p, t) {
			continue
		}
		if len(missing) == 0 {
			f.At = rule.Location{Path: p.Makefile.Path, Span: t.Rules[0].Header}
		}
		missing = append(missing, t.Name)
		if at := path.Join(path.Dir(p.Makefile.Path), t.Name); p.Files.Has(at) || p.Files.IsDir(at) {
			shadowed = append(shadowed, t.Name)
		}
	}
	if len(missing) == 0 {
		return
	}
	f.Subject = ".PHONY"
	safety := change.Safe
	f.Message = strings.Join(missing, ", ") + " make no file and are not declared .PHONY; as soon as a file or folder of the name appears make says that it is up to date and does nothing; declare them"
	if len(shadowed) > 0 {
		f.Severity, safety = rule.Warning, change.Behaviour
		f.Message = strings.Join(shadowed, ", ") + ": there is a file or folder of that name, so that make may do nothing; declare as .PHONY: " + strings.Join(missing, ", ")
	}
	const title = "Declare targets that make no file .PHONY"
	edits, err := p.Makefile.File.AddPhony(missing...)
	if err != nil || len(edits) == 0 {
		f.Fixes = rule.Manual(title, "refit found no place for the declaration: add `.PHONY: "+strings.Join(missing, " ")+"`")
	} else {
		f.Fixes = []rule.Fix{{Title: title, Safety: safety, Ops: []edit.Op{edit.Text(p.Makefile.Path, edits...)}}}
	}
	pass.Report(f)
}

// isAction says whether a target is certain to make no file of its name.
func isAction(p *project.Project, t makefile.Target) bool {
	if !slices.Contains(actions, t.Name) && !isEnvironmentTarget(p, t.Name) {
		return false
	}
	work := false
	for _, r := range t.Rules {
		work = work || len(r.Recipe)+len(r.Prereqs) > 0
		text, err := p.Files.Read(p.Makefile.Path)
		if err != nil || r.Stem != nil {
			return false
		}
		for _, l := range r.Recipe {
			if mayMake(string(l.Span.Of(text)), t.Name) {
				return false
			}
		}
	}
	return work
}

// mayMake says whether a recipe line may make the file of the name: it writes there, or to $@.
func mayMake(line, name string) bool {
	if strings.Contains(line, "$@") || strings.Contains(line, "$(@") || strings.Contains(line, "${@") {
		return true
	}
	words := strings.Fields(line)
	for i, w := range words {
		if strings.Trim(strings.TrimLeft(w, ">"), `"';/`) != name {
			continue
		}
		for _, maker := range words[:i] {
			switch strings.TrimLeft(maker, "@-+") {
			case "mkdir", "touch", "cp", "mv", "ln", "-o", "--output", ">", ">>", "tee", "install", "git", "tar", "unzip":
				return true
			}
		}
		if strings.HasPrefix(w, ">") {
			return true
		}
	}
	return false
}

// isEnvironmentTarget says whether a name is made of an environment and something to do with it.
func isEnvironmentTarget(p *project.Project, name string) bool {
	env, verb, ok := strings.Cut(name, "-")
	return ok && p.Layout.Has(env) && slices.Contains(verbs, verb)
}
