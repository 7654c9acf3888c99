// Package config reads .refit.yaml, in which a repository says how refit shall treat it.
package config

import (
	"strings"

	"github.com/moby/patternmatcher"

	"refit/internal/source"
)

// Name is the configuration's file name, at the root of the repository.
const Name = ".refit.yaml"

// Config is what .refit.yaml says; docs/configuration.md describes it. The zero value of a field is
// the default, except where Default says otherwise.
type Config struct {
	// Layout overrides names and places by the keys of layout.Layout: "compose", "env", "dockerfile", ...
	// The key "mode" is "auto", "move" or "keep", which leaves files where they are.
	Layout       map[string]string
	Environments map[string]Environment
	User         User
	Build        Build
	Packages     string          // "keep" or "uv": whether projects of Poetry and pip move to uv
	Rules        map[string]Rule // by id or name
	Ignores      []Ignore

	file string
	at   map[string]source.Position // of rules, ignores and layout keys: "rules.root-user", "ignores[0]", "layout.env"
}

// Environment is what is said of one environment.
type Environment struct {
	Name string // Compose project name; "" leaves it to refit
}

// User is who runs the containers.
type User struct {
	Name      string
	UID, GID  int
	Form      string // "numeric": USER 1000:1000, which Kubernetes can check; "name": USER appuser
	Ownership string // "appuser": the work directory is the user's; "root": root-owned, readable
}

// Build is how images are built where tools contradict one another.
type Build struct {
	Cache string // "mount": package caches in cache mounts; "clean": removed in the RUN that made them
}

// Rule is what is said of one rule.
type Rule struct {
	Severity string // error, warning, info or off; "" leaves the rule's own
	Options  map[string]string
}

// Ignore silences findings, with the reason.
type Ignore struct {
	Rule    string // id or name
	Path    string // a pattern as in .dockerignore, "**" included; "" is every file
	Subject string // "" is every subject
	Reason  string // required
}

// Default is the configuration of a repository that has none: appuser 1000:1000 owns the work
// directory, is named by number, and caches are mounted.
func Default() *Config {
	return &Config{User: User{Name: "appuser", UID: 1000, GID: 1000, Form: "numeric", Ownership: "appuser"}, Build: Build{Cache: "mount"}, Packages: "keep"}
}

// RuleSeverity is the severity that the configuration gives a rule, "" when it gives none; off says
// that the rule is not to run.
func (c *Config) RuleSeverity(id, name string) (severity string, off bool) {
	for _, key := range []string{id, name} {
		if s := c.Rules[key].Severity; s != "" {
			if s == "off" {
				return "", true
			}
			return s, false
		}
	}
	return "", false
}

// RuleOptions are a rule's own settings; nil when it has none.
func (c *Config) RuleOptions(id, name string) map[string]string {
	for _, key := range []string{id, name} {
		if o := c.Rules[key].Options; o != nil {
			return o
		}
	}
	return nil
}

// Ignored is the reason for which the configuration silences a finding, "" when it does not.
func (c *Config) Ignored(id, name, file, subject string) string {
	for _, i := range c.Ignores {
		if (i.Rule == id || i.Rule == name) && (i.Subject == "" || i.Subject == subject) && (i.Path == "" || covers(i.Path, file)) {
			return i.Reason
		}
	}
	return ""
}

func covers(pattern, file string) bool {
	ok, err := patternmatcher.MatchesOrParentMatches(file, []string{strings.TrimPrefix(pattern, "/")})
	return ok && err == nil
}

// Unknown lists the rules that the configuration names and that are not among known (ids and
// names), each as a problem at its place, with the nearest known one.
func (c *Config) Unknown(known []string) []*source.Problem {
	isKnown := map[string]bool{}
	for _, k := range known {
		isKnown[k] = true
	}
	var problems []*source.Problem
	report := func(rule, place string) {
		if !isKnown[rule] {
			problems = append(problems, unknownName(c.file, c.at[place], "rule", rule, known))
		}
	}
	for _, name := range sortedKeys(c.Rules) {
		report(name, "rules."+name)
	}
	for i, ignore := range c.Ignores {
		report(ignore.Rule, ignorePlace(i))
	}
	return problems
}

// Position is where the configuration says something: "layout.env", "rules.root-user",
// "ignores[0]"; zero when it does not.
func (c *Config) Position(place string) source.Position { return c.at[place] }
