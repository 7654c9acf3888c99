package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	yamlv4 "go.yaml.in/yaml/v4"

	"refit/internal/source"
	"refit/internal/spelling"
)

// reader walks the YAML nodes and keeps the first problem; what follows one is still walked, and
// its results are thrown away with the rest.
type reader struct {
	file    string
	config  *Config
	problem *source.Problem
}

func position(n *yamlv4.Node) source.Position {
	return source.Position{Line: n.Line, Column: n.Column}
}

func (r *reader) fail(p *source.Problem) {
	if r.problem == nil {
		r.problem = p
	}
}

func (r *reader) failAt(n *yamlv4.Node, what, advice string) {
	r.fail(&source.Problem{Path: r.file, At: position(n), What: what, Why: "refit would have to guess", Advice: advice})
}

// fields reads a mapping with known keys.
func (r *reader) fields(n *yamlv4.Node, where string, known map[string]func(*yamlv4.Node)) {
	r.entries(n, where, func(key, value *yamlv4.Node) {
		read, ok := known[key.Value]
		if !ok {
			r.fail(unknownName(r.file, position(key), "key of "+where, key.Value, sortedKeys(known)))
			return
		}
		read(value)
	})
}

// entries reads a mapping with any keys, each once. An empty value is an empty mapping.
func (r *reader) entries(n *yamlv4.Node, where string, read func(key, value *yamlv4.Node)) {
	if n.Tag == "!!null" {
		return
	}
	if n.Kind != yamlv4.MappingNode || n.Anchor != "" {
		r.failAt(n, where+" is no plain mapping", `write "key: value" lines, without anchors and aliases`)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yamlv4.ScalarNode || key.Tag == "!!merge":
			r.failAt(key, "a key of "+where+" is no plain word", "write the keys out")
		case seen[key.Value]:
			r.failAt(key, fmt.Sprintf("%q stands twice in %s", key.Value, where), "keep one")
		default:
			seen[key.Value] = true
			read(key, value)
		}
	}
}

// items reads a list.
func (r *reader) items(n *yamlv4.Node, where string) []*yamlv4.Node {
	if n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yamlv4.SequenceNode || n.Anchor != "" {
		r.failAt(n, where+" is no plain list", `write "- " lines, without anchors and aliases`)
		return nil
	}
	return n.Content
}

// text reads a scalar; form, when not nil, is what it must look like.
func (r *reader) text(to *string, form *regexp.Regexp, description string) func(*yamlv4.Node) {
	return func(n *yamlv4.Node) {
		switch {
		case n.Kind != yamlv4.ScalarNode || n.Tag == "!!null" || n.Anchor != "":
			r.failAt(n, "a plain value is missing", "write one word or a quoted text")
		case form != nil && !form.MatchString(n.Value):
			r.failAt(n, fmt.Sprintf("%q is not %s", n.Value, description), "correct it")
		default:
			*to = n.Value
		}
	}
}

// id reads the number of a user or group, of which 0 is root.
func (r *reader) id(to *int) func(*yamlv4.Node) {
	return func(n *yamlv4.Node) {
		id, err := strconv.ParseInt(n.Value, 10, 32)
		if n.Kind != yamlv4.ScalarNode || err != nil || id < 1 {
			r.failAt(n, "not the number of a user or group above 0, which is root", "write a number such as 1000")
			return
		}
		*to = int(id)
	}
}

// choice reads one of a few words.
func (r *reader) choice(to *string, words ...string) func(*yamlv4.Node) {
	return func(n *yamlv4.Node) {
		value := n.Value
		if n.Tag == "!!bool" && slices.Contains(words, "off") && strings.EqualFold(value, "off") {
			value = "off" // YAML 1.1 takes the word for a truth value
		}
		if n.Kind != yamlv4.ScalarNode || !slices.Contains(words, value) {
			p := unknownName(r.file, position(n), "value", n.Value, words)
			if n.Kind != yamlv4.ScalarNode {
				p.What = "not one of the words " + strings.Join(words, ", ")
			}
			r.fail(p)
			return
		}
		*to = value
	}
}

// unknownName is the problem of a word that is not among known.
func unknownName(file string, at source.Position, kind, name string, known []string) *source.Problem {
	p := &source.Problem{Path: file, At: at, What: fmt.Sprintf("unknown %s %q", kind, name), Why: "it would have no effect"}
	if near := nearest(name, known); near != "" {
		p.Advice = fmt.Sprintf("did you mean %q?", near)
	} else if len(known) <= 10 {
		p.Advice = "known are " + strings.Join(known, ", ")
	} else {
		p.Advice = "see docs/configuration.md"
	}
	return p
}

// nearest is the word that takes the fewest changed letters to reach, "" when none is near. Letter case
// makes no difference.
func nearest(name string, known []string) string {
	lower := make([]string, len(known))
	for i, k := range known {
		lower[i] = strings.ToLower(k)
	}
	near := spelling.Nearest(strings.ToLower(name), lower, len(name)/3+1)
	if i := slices.Index(lower, near); i >= 0 {
		return known[i]
	}
	return ""
}
