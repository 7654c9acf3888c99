package compose

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/tree"
	"go.yaml.in/yaml/v4"

	"refit/internal/source"
)

// document is one YAML document as a plain tree, with the places that its !reset and !override tags
// wipe out of the files merged before it.
type document struct {
	tree   map[string]any
	resets []tree.Path
}

// decode turns the bytes of a Compose file into plain trees, one per YAML document: maps with string
// keys, []any, scalars. Aliases and merge keys are expanded, within a bound.
func decode(file string, text []byte) ([]document, error) {
	var docs []document
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var node yaml.Node
		err := d.Decode(&node)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, yamlProblem(file, text, err)
		}
		doc, err := decodeDocument(&node)
		if err != nil {
			return nil, yamlProblem(file, text, err)
		}
		docs = append(docs, doc)
	}
}

func decodeDocument(node *yaml.Node) (document, error) {
	var doc document
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	if hasMergeTag(node) {
		w := tagWalk{}
		if err := w.walk(node, tree.NewPath(), 0); err != nil {
			return doc, err
		}
		doc.resets = w.resets
		prune(node)
	}
	var raw any
	if err := node.Decode(&raw); err != nil {
		return doc, err
	}
	budget := maxTreeNodes
	plain, err := plainTree(raw, "", &budget)
	if err != nil {
		return doc, err
	}
	var ok bool
	if doc.tree, ok = plain.(map[string]any); !ok {
		return doc, errors.New("top-level object must be a mapping")
	}
	return doc, nil
}

// plainTree copies a decoded value, so that what an anchor shares becomes separate, and checks that
// keys are strings.
func plainTree(v any, at string, budget *int) (any, error) {
	if *budget--; *budget < 0 {
		return nil, errors.New("its aliases expand to too many values")
	}
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			c, err := plainTree(e, join(at, k), budget)
			if err != nil {
				return nil, err
			}
			out[k] = c
		}
		return out, nil
	case map[any]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			name, ok := k.(string)
			if !ok {
				return nil, fmt.Errorf("a key of %s is not a string: %v", orTop(at), k)
			}
			c, err := plainTree(e, join(at, name), budget)
			if err != nil {
				return nil, err
			}
			out[name] = c
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			c, err := plainTree(e, join(at, strconv.Itoa(i)), budget)
			if err != nil {
				return nil, err
			}
			out[i] = c
		}
		return out, nil
	case string:
		if strings.Contains(v, mark) {
			return nil, fmt.Errorf("%s holds the control character U+0001", orTop(at))
		}
	}
	return v, nil
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

func orTop(at string) string {
	if at == "" {
		return "the top level"
	}
	return at
}

// hasMergeTag looks for !reset and !override without following aliases.
func hasMergeTag(n *yaml.Node) bool {
	if n.Tag == "!reset" || n.Tag == "!override" {
		return true
	}
	for _, c := range n.Content {
		if hasMergeTag(c) {
			return true
		}
	}
	return false
}

// tagWalk collects where !reset and !override stand, aliases followed.
type tagWalk struct {
	resets []tree.Path
	visits int
}

func (w *tagWalk) walk(n *yaml.Node, at tree.Path, depth int) error {
	if w.visits++; w.visits > 100_000 || depth > 1000 {
		return errors.New("its aliases expand to too many values")
	}
	if n.Tag == "!override" {
		w.resets = append(w.resets, at)
		return nil
	}
	if n.Kind == yaml.AliasNode {
		return w.walk(n.Alias, at, depth+1)
	}
	for i, c := range n.Content {
		next := at.Next(strconv.Itoa(i))
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			next = at.Next(n.Content[i-1].Value)
			if n.Content[i-1].Value == "<<" { // what is merged in stands in this mapping itself
				next = at
			}
		}
		if w.isReset(c, next) {
			continue
		}
		if err := w.walk(c, next, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// prune takes the values with !reset out of the tree.
func prune(n *yaml.Node) {
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	var kept []*yaml.Node
	for i := 0; i+step <= len(n.Content); i += step {
		value := n.Content[i+step-1]
		if resetTag(value) {
			continue
		}
		prune(value)
		kept = append(kept, n.Content[i:i+step]...)
	}
	n.Content = kept
}

func resetTag(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		n = n.Alias
	}
	return n.Tag == "!reset"
}

func (w *tagWalk) isReset(n *yaml.Node, at tree.Path) bool {
	if resetTag(n) {
		w.resets = append(w.resets, at)
		return true
	}
	return false
}

// wipe removes from a tree what the reset paths name. Lists are left alone, as compose-go does.
func wipe(v any, resets []tree.Path, at tree.Path) {
	m, ok := v.(map[string]any)
	if !ok || len(resets) == 0 {
		return
	}
next:
	for k, e := range m {
		here := at.Next(k)
		for _, r := range resets {
			if here.Matches(r) {
				delete(m, k)
				continue next
			}
		}
		wipe(e, resets, here)
	}
}

// clone is a deep copy of a plain tree.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = clone(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = clone(e)
		}
		return out
	}
	return v
}

var lineOf = regexp.MustCompile(`\bline (\d+)(?:, column (\d+))?:? ?`)

// yamlProblem is the YAML library's error as a problem at its line.
func yamlProblem(file string, text []byte, err error) error {
	p := &source.Problem{Path: file, What: "is not readable as YAML", Original: err, Advice: "correct it or exclude the file"}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if m := lineOf.FindStringSubmatchIndex(message); m != nil {
		line, _ := strconv.Atoi(message[m[2]:m[3]])
		p.At.Line = line
		if m[4] >= 0 {
			p.At.Column, _ = strconv.Atoi(message[m[4]:m[5]])
		}
		message = message[:m[0]] + message[m[1]:]
	}
	p.What += ": " + strings.TrimSpace(strings.ReplaceAll(message, "\n", " "))
	if t := templateSign(text); t != "" {
		p.What = "is a template, not YAML (it holds " + t + ")"
		p.Advice = "render it first; refit reads only what Docker Compose reads"
	}
	return p
}

// templateSign is the first sign of a Jinja or Go template in text, or "".
func templateSign(text []byte) string {
	at, sign := -1, ""
	for _, s := range []string{"{%", "{{", "{#"} {
		if i := bytes.Index(text, []byte(s)); i >= 0 && (at < 0 || i < at) {
			at, sign = i, s
		}
	}
	return sign
}
