package layout

import (
	_ "embed" // the rule's documentation
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/layout"
	"refit/internal/placement"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed l09_environment_missing.md
var environmentMissingDoc string

// EnvironmentMissing finds environments that the layout has and the repository lacks, and makes
// production's. It belongs behind the rules about Compose files, whose work it builds on.
var EnvironmentMissing = rule.Rule{
	Meta: rule.Meta{
		ID: "L09", Name: "environment-missing", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "An environment has no Compose file, production above all", Doc: environmentMissingDoc,
	},
	Check: checkEnvironments,
}

func checkEnvironments(pass *rule.Pass) {
	p := pass.Project
	source := model(p)
	if source == nil || p.Layout.Mode == layout.Keep {
		return
	}
	for _, env := range p.Layout.Environments {
		if served(p, env) || env != "prod" && unassigned(p) != "" {
			continue // it has one, or the one of which nothing says whose it is may be its own
		}
		at := p.Layout.ComposePath(env)
		f := rule.Finding{
			At: rule.Location{Path: source.Files[0]}, Subject: "environment:" + env, Severity: rule.Info,
			Message: "there is no Compose file for " + env + "; what is run there is not what was tried elsewhere; write " + at,
		}
		if env == "prod" {
			f.Severity = rule.Warning
			f.Message = "there is no Compose file for production; the one of " + source.Name + " is not made for it: limits, restarts and required secrets are missing; make " + at
			f.Fixes = []rule.Fix{productionFix(p, source, at)}
		}
		pass.Report(f)
	}
}

// model is the environment from which others are made: that of development, else the first, of those
// that lie where the layout wants them and build something.
func model(p *project.Project) *project.Environment {
	var best *project.Environment
	for _, env := range p.Layout.Environments {
		for _, e := range p.Environments {
			if best == nil && e.Name == env && env != "prod" && e.Model != nil && e.Files[0] == p.Layout.ComposePath(env) && builds(e) {
				best = e
			}
		}
	}
	return best
}

func builds(e *project.Environment) bool {
	for _, s := range e.Model.Services {
		if s.Build != nil {
			return true
		}
	}
	return false
}

// served says whether some Compose file is, or may be, that of the environment.
func served(p *project.Project, env string) bool {
	return slices.ContainsFunc(p.Environments, func(e *project.Environment) bool { return e.Name == env }) ||
		slices.ContainsFunc(p.Compose, func(c *project.ComposeFile) bool { return c.Env == env }) ||
		slices.ContainsFunc(p.Files.Paths(), func(at string) bool { return strings.EqualFold(at, p.Layout.ComposePath(env)) })
}

// unassigned is a Compose file at the root or in the layout's folder that starts services of its own and of
// which nothing says for which environment, "" when there is none.
func unassigned(p *project.Project) string {
	for _, c := range p.Compose {
		dir := path.Dir(c.Path)
		if c.Env == "" && c.First == c.Path && (dir == "." || dir == path.Dir(p.Layout.ComposePath("prod"))) && len(c.File.Services) > 0 && c.Role == compose.RoleMain {
			return c.Path
		}
	}
	return ""
}

func productionFix(p *project.Project, source *project.Environment, at string) rule.Fix {
	const title = "Make a Compose file for production"
	if source.Name == "test" || source.Name == "ci" {
		return manual(title, "the only environment to make it from is "+source.Name+", whose services and settings are those of tests; write "+at+" with what production runs")
	}
	if other := unassigned(p); other != "" {
		return manual(title, "the files don't tell which environment "+other+" is for, and it may be production's; if it is, rename it to "+path.Base(at)+", if not, name it after its environment")
	}
	b, why := newProduction(p, source, at)
	if why != "" {
		return manual(title, why)
	}
	if why := obstacle(p, placement.File{From: source.Files[0], To: at}); why != "" {
		return manual(title, why)
	}
	return rule.Fix{
		Title: title, Safety: change.Behaviour, Ops: []edit.Op{edit.Create(at, b.text(), 0o644)},
		Declares: []change.Declared{
			{Aspect: change.AspectCompose, Subject: at, Addr: "environment", Why: "production had no Compose file"},
			{Aspect: change.AspectContext, Subject: "*", Addr: at, After: "sent", Why: "the new file lies in the build context"},
		},
	}
}
