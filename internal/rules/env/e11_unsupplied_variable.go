package env

import (
	_ "embed"
	"strings"

	"refit/internal/compose"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

//go:embed e11_unsupplied_variable.md
var unsuppliedVariableDoc string

// UnsuppliedVariable finds variables that the code can't do without and that nothing supplies: E11.
var UnsuppliedVariable = rule.Rule{
	Meta: rule.Meta{ID: "E11", Name: "unsupplied-variable", Theme: rule.Env, Severity: rule.Warning, Since: "0.1.0",
		Summary: "the code requires a variable that no env file or environment supplies", Doc: unsuppliedVariableDoc},
	Check: checkUnsuppliedVariable,
}

func checkUnsuppliedVariable(pass *rule.Pass) {
	p := pass.Project
	if len(p.Environments) == 0 || !builds(p) {
		return
	}
	supplied := suppliedNames(p)
	reported := map[string]bool{}
	for _, d := range demands(p) {
		if supplied[strings.ToUpper(d.name)] || reported[d.name] || ofTheSystem[d.name] {
			continue
		}
		reported[d.name] = true
		pass.Report(rule.Finding{At: rule.Location{Path: d.path, Span: source.Span{Start: d.start, End: d.end}}, Subject: d.name,
			Message: d.name + " has no default, and no env file, template or environment supplies it; the program stops when it starts; add it to the env files and their template",
			Fixes:   rule.Manual("Supply "+d.name, "only you know its value: add it to "+p.Layout.EnvExample+" and to every environment's file")})
	}
}

// ofTheSystem are variables that every process has, or every one in an image of Python. Source: the ENV
// lines of docker-library/python.
var ofTheSystem = map[string]bool{"PYTHON_VERSION": true, "PYTHON_SHA256": true, "GPG_KEY": true, "HOME": true, "PATH": true, "USER": true, "PWD": true, "HOSTNAME": true, "LANG": true, "TMPDIR": true, "SHELL": true}

func builds(p *project.Project) bool {
	for _, d := range p.Dockerfiles {
		if len(d.Builds) > 0 {
			return true
		}
	}
	return false
}

// suppliedNames are the variables, in upper case, that any environment, env file, template or Dockerfile sets.
func suppliedNames(p *project.Project) map[string]bool {
	names := map[string]bool{}
	for _, e := range p.EnvFiles {
		for _, k := range e.File.Keys() {
			names[strings.ToUpper(k)] = true
		}
	}
	for _, e := range p.Environments {
		if e.Model == nil {
			continue
		}
		for _, s := range e.Model.Services {
			for k := range s.Environment {
				names[strings.ToUpper(k)] = true
			}
			for _, k := range s.PassedThrough {
				names[strings.ToUpper(k)] = true
			}
		}
	}
	for _, c := range p.Compose {
		for _, v := range compose.Variables(c.File) {
			names[strings.ToUpper(v.Name)] = true
		}
	}
	for _, d := range p.Dockerfiles {
		for _, in := range d.File.Instructions {
			if in.Keyword == "ENV" || in.Keyword == "ARG" {
				for _, pair := range in.Pairs {
					names[strings.ToUpper(pair.Name)] = true
				}
			}
		}
	}
	return names
}
