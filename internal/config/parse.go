package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/patternmatcher"
	yamlv4 "go.yaml.in/yaml/v4"

	"refit/internal/source"
)

// maxSize is the largest configuration that is read, in bytes.
const maxSize = 256 << 10

// Parse reads a configuration. The error is a *source.Problem with its line and column: broken YAML,
// an unknown key (with the nearest known one) or a value that is not allowed. Anchors and aliases
// are not allowed. An empty file is the default.
func Parse(file string, text []byte) (c *Config, err error) {
	r := &reader{file: file, config: Default()}
	r.config.file, r.config.at = file, map[string]source.Position{}
	if len(text) > maxSize {
		return nil, &source.Problem{Path: file, What: "configuration of more than 256 KiB", Why: "it is not read"}
	}
	decoder := yamlv4.NewDecoder(bytes.NewReader(text))
	var doc, second yamlv4.Node
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return r.config, nil
	case err != nil:
		return nil, brokenYAML(file, err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, &source.Problem{Path: file, At: position(&second), What: "more than one YAML document", Advice: "keep one"}
	}
	if len(doc.Content) == 1 && doc.Content[0].Tag != "!!null" {
		r.document(doc.Content[0])
	}
	if r.problem != nil {
		return nil, r.problem
	}
	return r.config, nil
}

func (r *reader) document(n *yamlv4.Node) {
	c := r.config
	r.fields(n, "the configuration", map[string]func(*yamlv4.Node){
		"layout": r.layout,
		"environments": func(n *yamlv4.Node) {
			c.Environments = map[string]Environment{}
			r.entries(n, "environments", func(key, n *yamlv4.Node) {
				var e Environment
				r.fields(n, "environments."+key.Value, map[string]func(*yamlv4.Node){"name": r.text(&e.Name, projectName, "a Compose project name: lower-case letters, digits, - and _")})
				c.Environments[key.Value] = e
			})
		},
		"user": func(n *yamlv4.Node) {
			r.fields(n, "user", map[string]func(*yamlv4.Node){
				"name": r.text(&c.User.Name, userName, "the name of a user: lower-case letters, digits, - and _"), "uid": r.id(&c.User.UID), "gid": r.id(&c.User.GID),
				"form": r.choice(&c.User.Form, "numeric", "name"), "ownership": r.choice(&c.User.Ownership, "appuser", "root"),
			})
		},
		"build": func(n *yamlv4.Node) {
			r.fields(n, "build", map[string]func(*yamlv4.Node){"cache": r.choice(&c.Build.Cache, "mount", "clean")})
		},
		"packages": r.choice(&c.Packages, "keep", "uv"),
		"rules": func(n *yamlv4.Node) {
			c.Rules = map[string]Rule{}
			r.entries(n, "rules", r.rule)
		},
		"ignores": func(n *yamlv4.Node) {
			for i, item := range r.items(n, "ignores") {
				c.at[ignorePlace(i)] = position(item)
				c.Ignores = append(c.Ignores, r.ignore(item, ignorePlace(i)))
			}
		},
	})
}

// layout takes the mode for short, and environments as a list.
func (r *reader) layout(n *yamlv4.Node) {
	c := r.config
	if n.Kind == yamlv4.ScalarNode && n.Tag != "!!null" {
		mode := ""
		r.choice(&mode, "auto", "move", "keep")(n)
		c.Layout, c.at["layout.mode"] = map[string]string{"mode": mode}, position(n)
		return
	}
	c.Layout = map[string]string{}
	r.entries(n, "layout", func(key, value *yamlv4.Node) {
		c.at["layout."+key.Value] = position(key)
		if !slices.Contains(layoutKeys, key.Value) {
			r.fail(unknownName(r.file, position(key), "key of layout", key.Value, layoutKeys))
			return
		}
		var text string
		if key.Value == "environments" && value.Kind == yamlv4.SequenceNode {
			var names []string
			for _, item := range value.Content {
				r.text(&text, nil, "")(item)
				names = append(names, text)
			}
			text = strings.Join(names, ",")
		} else {
			r.text(&text, nil, "")(value)
		}
		c.Layout[key.Value] = text
	})
}

// layoutKeys are the keys that layout.For takes.
var layoutKeys = []string{"mode", "compose", "env", "env_example", "prod_example", "env_readme", "dockerfile", "environments"}

// rule takes a severity for short.
func (r *reader) rule(key, n *yamlv4.Node) {
	var rule Rule
	r.config.at["rules."+key.Value] = position(key)
	severity := r.choice(&rule.Severity, "error", "warning", "info", "off")
	if n.Kind == yamlv4.ScalarNode && n.Tag != "!!null" {
		severity(n)
	} else {
		r.fields(n, "rules."+key.Value, map[string]func(*yamlv4.Node){"severity": severity, "options": func(n *yamlv4.Node) {
			rule.Options = map[string]string{}
			r.entries(n, "options", func(key, n *yamlv4.Node) {
				var value string
				r.text(&value, nil, "")(n)
				rule.Options[key.Value] = value
			})
		}})
	}
	r.config.Rules[key.Value] = rule
}

func (r *reader) ignore(n *yamlv4.Node, place string) Ignore {
	var i Ignore
	r.fields(n, place, map[string]func(*yamlv4.Node){"rule": r.text(&i.Rule, nil, ""), "path": func(n *yamlv4.Node) {
		r.text(&i.Path, nil, "")(n)
		if _, err := patternmatcher.MatchesOrParentMatches("a", []string{i.Path}); err != nil || strings.HasPrefix(i.Path, "!") {
			r.failAt(n, fmt.Sprintf("%q is no path pattern", i.Path), "write it as in .dockerignore, without !")
		}
	}, "subject": r.text(&i.Subject, nil, ""), "reason": r.text(&i.Reason, nil, "")})
	if i.Rule == "" {
		r.failAt(n, place+" names no rule", "add rule: with the id or the name of one")
	} else if strings.TrimSpace(i.Reason) == "" {
		r.failAt(n, place+" gives no reason", "add reason: and say why the finding does not matter here")
	}
	return i
}

func ignorePlace(i int) string { return fmt.Sprintf("ignores[%d]", i) }

var (
	projectName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
	userName    = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,31}$`)
	errorPlace  = regexp.MustCompile(`line (\d+)(?:,? column (\d+))?`)
)

// brokenYAML gives an error of the library its place, which it tells in its text only.
func brokenYAML(file string, err error) *source.Problem {
	p := &source.Problem{Path: file, What: strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " "),
		Why: "nothing in it can be trusted", Advice: "correct the YAML", Original: err}
	if m := errorPlace.FindStringSubmatch(err.Error()); m != nil {
		p.At.Line, _ = strconv.Atoi(m[1])
		p.At.Column, _ = strconv.Atoi(m[2])
		p.At.Column = max(p.At.Column, 1)
	}
	return p
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
