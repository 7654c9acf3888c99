// Package config reads .refit.yaml, in which a repository says how refit shall treat it.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	yamlv4 "go.yaml.in/yaml/v4"

	"refit/internal/source"
)

// Name is the configuration's file name, at the root of the repository.
const Name = ".refit.yaml"

// Config is what .refit.yaml says; docs/configuration.md describes it. The zero value of a field is
// the default, except where Default says otherwise.
type Config struct {
	// Layout overrides names and places by the keys of layout.Layout: "compose", "env", "dockerfile", ...
	// The key "mode" with the value "keep" leaves files where they are.
	Layout       map[string]string
	Environments map[string]Environment
	User         User
	Rules        map[string]Rule // by id or name
	Ignores      []Ignore
}

// Environment is what is said of one environment.
type Environment struct {
	Name string `yaml:"name"` // Compose project name
}

// User is who runs the containers.
type User struct {
	Name      string `yaml:"name"`
	UID       int    `yaml:"uid"`
	GID       int    `yaml:"gid"`
	Ownership string `yaml:"ownership"` // "appuser": the work directory is the user's; "root": root-owned, readable
}

// Rule is what is said of one rule.
type Rule struct {
	Severity string            `yaml:"severity"` // error, warning, info or off
	Options  map[string]string `yaml:"options"`
}

// Ignore silences findings, with the reason.
type Ignore struct {
	Rule    string `yaml:"rule"`    // id or name
	Path    string `yaml:"path"`    // glob; "" is every file
	Subject string `yaml:"subject"` // "" is every subject
	Reason  string `yaml:"reason"`  // required
}

// Default is the configuration of a repository that has none: appuser 1000:1000 owns the work directory.
func Default() *Config {
	return &Config{User: User{Name: "appuser", UID: 1000, GID: 1000, Ownership: "appuser"}}
}

// document is the file as written; a field that is not there leaves the default.
type document struct {
	Layout       map[string]string      `yaml:"layout"`
	Environments map[string]Environment `yaml:"environments"`
	User         User                   `yaml:"user"`
	Rules        map[string]Rule        `yaml:"rules"`
	Ignores      []Ignore               `yaml:"ignores"`
}

// Parse reads a configuration. The error is a *source.Problem: broken YAML, an unknown key or a value
// that is not allowed.
func Parse(file string, text []byte) (*Config, error) {
	c := Default()
	d := document{User: c.User}
	decoder := yamlv4.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&d); err != nil && !errors.Is(err, io.EOF) {
		return nil, problem(file, err)
	}
	c.Layout, c.Environments, c.User, c.Rules, c.Ignores = d.Layout, d.Environments, d.User, d.Rules, d.Ignores
	if err := c.validate(); err != nil {
		return nil, &source.Problem{Path: file, What: err.Error(), Why: "refit would have to guess", Advice: "see docs/configuration.md"}
	}
	return c, nil
}

var lineOf = regexp.MustCompile(`line (\d+)`)

// problem gives a decoding error its place; the library says the line in its text only.
func problem(file string, err error) *source.Problem {
	p := &source.Problem{Path: file, What: strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "), Why: "nothing in it can be trusted",
		Advice: "mend it, or see docs/configuration.md for the keys", Original: err}
	if m := lineOf.FindStringSubmatch(err.Error()); m != nil {
		p.At.Line, _ = strconv.Atoi(m[1])
		p.At.Column = 1
	}
	return p
}

func (c *Config) validate() error {
	if c.User.UID < 1 || c.User.GID < 1 {
		return fmt.Errorf("user: uid and gid must be above 0, which is root")
	}
	if c.User.Ownership != "appuser" && c.User.Ownership != "root" {
		return fmt.Errorf("user.ownership is %q; want appuser or root", c.User.Ownership)
	}
	for name, r := range c.Rules {
		if !slices.Contains([]string{"", "error", "warning", "info", "off"}, r.Severity) {
			return fmt.Errorf("rules.%s.severity is %q; want error, warning, info or off", name, r.Severity)
		}
	}
	for i, ignore := range c.Ignores {
		if ignore.Rule == "" || ignore.Reason == "" {
			return fmt.Errorf("ignores[%d] needs a rule and a reason", i)
		}
		if _, err := path.Match(ignore.Path, ""); err != nil {
			return fmt.Errorf("ignores[%d].path: %w", i, err)
		}
	}
	return nil
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
		if i.Rule != id && i.Rule != name || i.Subject != "" && i.Subject != subject {
			continue
		}
		if ok, _ := path.Match(i.Path, file); ok || i.Path == "" || strings.HasSuffix(i.Path, "/**") && strings.HasPrefix(file, strings.TrimSuffix(i.Path, "**")) {
			return i.Reason
		}
	}
	return ""
}
