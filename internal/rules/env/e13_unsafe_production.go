package env

import (
	_ "embed"
	"maps"
	"slices"
	"strings"

	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
)

//go:embed e13_unsafe_production.md
var unsafeProductionDoc string

// UnsafeProduction finds production with development's values: E13.
var UnsafeProduction = rule.Rule{
	Meta: rule.Meta{ID: "E13", Name: "unsafe-production-value", Theme: rule.Env, Severity: rule.Warning, Since: "0.1.0",
		Summary: "production runs with DEBUG, with a weak secret, or with another environment's", Aliases: []string{"Django security.W018"}, Doc: unsafeProductionDoc},
	Check: checkUnsafeProduction,
}

func checkUnsafeProduction(pass *rule.Pass) {
	p := pass.Project
	for _, e := range p.Environments {
		if e.Name != "prod" || e.Model == nil || len(e.Files) == 0 {
			continue
		}
		reported := map[string]bool{}
		for _, name := range slices.Sorted(maps.Keys(e.Model.Services)) {
			s := e.Model.Services[name]
			for _, key := range slices.Sorted(maps.Keys(s.Environment)) {
				what := unsafeIn(key, s.Environment[key])
				if what == "" {
					what = sharedWith(p, key, s.Environment[key])
				}
				if what == "" || reported[key] {
					continue
				}
				reported[key] = true
				pass.Report(unsafeFinding(p, e, name, key, what))
			}
		}
	}
}

func unsafeIn(key, value string) string {
	on := strings.EqualFold(value, "true") || value == "1" || strings.EqualFold(value, "on") || strings.EqualFold(value, "yes")
	if switchKey.MatchString(strings.ToUpper(key)) && on {
		return "is on in production; errors show the program's inside to everyone; turn it off"
	}
	switch v := secret.Judge(key, value); v.Class {
	case secret.Weak:
		return "is " + v.Why + " in production; it is guessed at once; draw a random one"
	case secret.Placeholder:
		return "is still a placeholder in production; everyone who has the template knows it; draw a random one"
	}
	return ""
}

// sharedWith says which environment's env file has the same secret.
func sharedWith(p *project.Project, key, value string) string {
	if secret.Judge(key, value).Class != secret.Secret {
		return ""
	}
	for _, e := range valued(p) {
		v, ok := e.File.Get(key)
		if ok && e.Env != "" && e.Env != "prod" && v.Value == value {
			return "is the same in production and in " + e.Path + "; who knows the one has the other; draw another one for production"
		}
	}
	return ""
}

func unsafeFinding(p *project.Project, e *project.Environment, service, key, what string) rule.Finding {
	f := rule.Finding{At: at(e.Files[0]), Subject: key, Message: key + " " + what,
		Fixes: rule.Manual("Correct "+key, "what runs in production uses the value now: change it there and here together")}
	for _, file := range slices.Backward(e.Files) {
		c := p.ComposeFile(file)
		if c == nil || c.File == nil || c.File.Service(service) == nil {
			continue
		}
		for _, pair := range c.File.Service(service).Environment {
			if pair.Key != key {
				continue
			}
			f.At = rule.Location{Path: file, Span: pair.Entry.Span()}
			if secret.Judge(key, pair.Text).Default {
				f.Severity = rule.Info
				f.Message = key + " falls back to a value that everybody knows when nothing sets its variable; production then runs with it and says nothing; ask for the variable there"
				f.Fixes = rule.Manual("Ask for the variable", "whoever starts production may set it elsewhere: write ${NAME:?set it} in production's Compose file")
			}
			return f
		}
	}
	for _, env := range e.Model.Services[service].EnvFiles {
		if file := p.EnvFile(env.Path); file != nil {
			if v, ok := file.File.Get(key); ok {
				f.At = rule.Location{Path: env.Path, Span: v.ValueSpan}
			}
		}
	}
	return f
}
