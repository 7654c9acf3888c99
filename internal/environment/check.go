package environment

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// Check says what is wrong with the env file of an environment: variables that are required and
// missing, unknown ones, drift from the template, secrets that are placeholders, weak, shared with
// another environment or contradicting each other, hosts that a container can't reach, the file's mode
// and git. Findings are sorted by place; none holds a value.
func Check(p *project.Project, env string) []rule.Finding {
	c := &check{project: p, env: env, file: existing(p, env), template: Template(p, env), seen: map[string]bool{}}
	if c.file == nil {
		at := Path(p, env)
		c.report(&FileMissing, rule.Location{Path: at}, "file",
			fmt.Sprintf("the environment %s has no env file; what reads it does not start; refit env init %s makes it", env, env))
		return c.found
	}
	for _, problem := range c.file.File.Problems {
		c.report(&Unreadable, c.position(problem), "syntax", problem.What+"; Compose stops or misreads the file there; "+cmp.Or(problem.Advice, "correct the line"))
	}
	c.required()
	c.settings()
	c.drift()
	c.secrets()
	c.hosts()
	c.production()
	c.exposure()
	slices.SortStableFunc(c.found, func(a, b rule.Finding) int {
		return cmp.Or(cmp.Compare(a.At.Path, b.At.Path), cmp.Compare(a.At.Span.Start, b.At.Span.Start), cmp.Compare(a.Meta.ID, b.Meta.ID), cmp.Compare(a.Subject, b.Subject))
	})
	return c.found
}

type check struct {
	project  *project.Project
	env      string
	file     *project.EnvFile
	template *project.EnvFile // nil when there is none
	found    []rule.Finding
	seen     map[string]bool
}

// report adds a finding, once for each check and subject.
func (c *check) report(m *rule.Meta, at rule.Location, subject, message string, severity ...rule.Severity) {
	if key := m.ID + "\x00" + subject; !c.seen[key] {
		c.seen[key] = true
		c.found = append(c.found, rule.Finding{Meta: m, At: at, Subject: subject, Message: message, Severity: append(severity, m.Severity)[0]})
	}
}

func (c *check) position(p *source.Problem) rule.Location {
	offset := source.NewLines(c.file.File.Text).Offset(max(p.At.Line, 1), max(p.At.Column, 1))
	return rule.Location{Path: c.file.Path, Span: source.Span{Start: offset, End: offset}}
}

// at is the place of a variable's value, or of the file when it has none.
func (c *check) at(key string) rule.Location {
	if v, ok := c.file.File.Get(key); ok {
		return rule.Location{Path: c.file.Path, Span: v.Span}
	}
	return rule.Location{Path: c.file.Path}
}

// has says whether the file supplies a variable; empty says that it does so without a value.
func (c *check) has(key string) (ok, empty bool) {
	v, ok := c.file.File.Get(key)
	return ok, ok && !v.Bare && v.Value == ""
}

// required looks at what the Compose files of the environment interpolate.
func (c *check) required() {
	for _, e := range environments(c.project, c.env) {
		for _, v := range c.project.Variables(e) {
			ok, empty := c.has(v.Name)
			insists := v.Operator == ":?"
			switch {
			case v.Required && (!ok || insists && empty):
				c.report(&KeyMissing, c.at(v.Name), v.Name, fmt.Sprintf("%s requires %s and the file has no value for it; no Compose command works; %s", v.Path, v.Name, c.supply(v.Name)))
			case !ok && v.Operator == "" && !wellKnown[v.Name]:
				c.report(&KeyMissing, c.at(v.Name), v.Name, fmt.Sprintf("%s uses %s without a default and the file lacks it; Compose puts nothing there; %s", v.Path, v.Name, c.supply(v.Name)), rule.Warning)
			}
		}
	}
}

// wellKnown are variables that the caller's shell supplies.
var wellKnown = map[string]bool{"PWD": true, "HOME": true, "USER": true, "UID": true, "GID": true, "HOSTNAME": true, "PATH": true}

// supply is what to do about a missing variable.
func (c *check) supply(key string) string {
	if c.template != nil {
		if _, ok := c.template.File.Get(key); ok {
			if here, _ := c.has(key); !here {
				return "refit env init " + c.env + " --complete adds it"
			}
		}
	}
	return "write it into " + c.file.Path
}

// settings looks at what the application itself insists on.
func (c *check) settings() {
	reading := c.builtServices()
	if len(reading) == 0 {
		return
	}
	for _, s := range settingsOf(c.project) {
		if ok, empty := c.has(s.key); !s.required || ok && !empty {
			continue
		}
		if slices.ContainsFunc(reading, func(r *compose.Service) bool { return suppliedTo(r, s.key) }) {
			continue
		}
		c.report(&KeyMissing, c.at(s.key), s.key, fmt.Sprintf("%s has no default for %s and neither this file nor a Compose file supplies it; the application does not start; %s", s.at, s.key, c.supply(s.key)))
	}
}

// builtServices are the services of the environment that are built here: they run the application.
func (c *check) builtServices() []*compose.Service {
	var list []*compose.Service
	for _, e := range environments(c.project, c.env) {
		if e.Model == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(e.Model.Services)) {
			if s := e.Model.Services[name]; s.Build != nil {
				list = append(list, s)
			}
		}
	}
	return list
}

func suppliedTo(s *compose.Service, key string) bool {
	for name, value := range s.Environment {
		if strings.EqualFold(name, key) && value != "" {
			return true
		}
	}
	return slices.ContainsFunc(s.PassedThrough, func(name string) bool { return strings.EqualFold(name, key) })
}
