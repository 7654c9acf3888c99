package packages

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"refit/internal/stack"
	"refit/internal/toml"
)

// dependencies takes over [tool.poetry.dependencies].
func (c *poetry) dependencies() error {
	t := c.doc.Table("tool", "poetry", "dependencies")
	if e := c.entry("dependencies"); e != nil {
		return c.at(e, "dependencies are read from a table of their own only")
	}
	if t == nil {
		return nil
	}
	c.drop = append(c.drop, t)
	if len(c.out.existing("dependencies")) > 0 && len(t.Entries) > 0 {
		return fmt.Errorf("%s lists dependencies in [project] and more about them in [tool.poetry.dependencies], which is Poetry's own; write them in one place", c.file)
	}
	c.out.dependenciesLead = leadOf(c.doc, t)
	for _, e := range t.Entries {
		if len(e.Key) == 1 && e.Key[0] == "python" {
			if err := c.python(e); err != nil {
				return err
			}
			continue
		}
		items, optional, err := c.dependency(e)
		if err != nil {
			return err
		}
		if optional {
			c.out.optional = append(c.out.optional, items...)
			continue
		}
		c.out.dependencies = append(c.out.dependencies, items...)
	}
	c.out.dependencies = append(c.out.dependencies, restOf(c.doc, t)...)
	return nil
}

func (c *poetry) python(e *toml.Entry) error {
	s, ok := e.Value.(string)
	if !ok {
		return c.at(e, "is no version constraint")
	}
	spec, err := stack.PEP440(s)
	if err != nil {
		return c.at(e, "%v", err)
	}
	if spec == "" {
		return c.at(e, "any Python is allowed; uv wants the oldest that is, as >=3.11")
	}
	if !c.out.has("requires-python") {
		c.out.requires = itemOf(c.doc, e, "requires-python = "+toml.String(spec))
	}
	return nil
}

// quotedText are strings of TOML on one line.
var quotedText = regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"|'[^'\n]*'`)

// dependency is an entry as requirements; several where Poetry has several constraints.
func (c *poetry) dependency(e *toml.Entry) (items []item, optional bool, err error) {
	if len(e.Key) > 1 {
		return nil, false, c.at(e, "a dotted key has no certain place")
	}
	name := e.Key[0]
	var constraints []any
	switch v := e.Value.(type) {
	case []any:
		constraints = v
		if strings.Contains(quotedText.ReplaceAllString(string(e.ValueAt.Of(c.doc.Text)), ""), "#") {
			return nil, false, c.at(e, "a comment between its constraints has no certain place; write it above them")
		}
	default:
		constraints = []any{v}
	}
	for i, one := range constraints {
		var d map[string]any
		switch v := one.(type) {
		case string:
			d = map[string]any{"version": v}
		case map[string]any:
			d = v
		default:
			return nil, false, c.at(e, "is neither a version nor a table")
		}
		text, source, err := requirement(name, d)
		if err != nil {
			return nil, false, c.at(e, "%v", err)
		}
		if source != "" && len(constraints) > 1 {
			return nil, false, c.at(e, "several constraints with a source each have no certain counterpart")
		}
		if source != "" {
			c.out.source(name, source)
		}
		optional = optional || d["optional"] == true
		it := item{name: stack.NormalisePython(name), text: text}
		if i == 0 {
			it.lead, it.tail = itemLead(c.doc, e), string(e.Tail.Of(c.doc.Text))
		}
		items = append(items, it)
	}
	return items, optional, nil
}

// requirement writes a dependency as PEP 508 does; source is what [tool.uv.sources] has to say of it, as an inline table.
// https://python-poetry.org/docs/dependency-specification/, https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources
func requirement(name string, d map[string]any) (text, source string, err error) {
	text = name
	if extras, ok := d["extras"].([]any); ok && len(extras) > 0 {
		text += "[" + strings.Join(words(extras), ",") + "]"
	}
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(d)) {
		value, isText := d[key].(string)
		switch key {
		case "extras", "optional":
		case "version":
			spec, err := stack.PEP440(value)
			if err != nil || !isText {
				return "", "", err
			}
			text += spec
		case "python", "platform", "markers":
		case "allow-prereleases":
			if d[key] == true {
				return "", "", fmt.Errorf("uv allows pre-releases of one package only where its specifier names one, as >=2.0a1")
			}
		case "git", "path", "file", "url", "source":
			value, err := sourceValue(key, value)
			if err != nil {
				return "", "", err
			}
			keys = append(keys, value)
		case "branch", "tag", "rev", "subdirectory":
			keys = append(keys, key+" = "+toml.String(value))
		case "develop":
			if d[key] == true {
				keys = append(keys, "editable = true")
			}
		default:
			return "", "", fmt.Errorf("refit knows no counterpart of %s", key)
		}
	}
	marker, err := markerOf(d)
	if err != nil {
		return "", "", err
	}
	if marker != "" {
		text += " ; " + marker
	}
	if len(keys) > 0 {
		source = "{ " + strings.Join(keys, ", ") + " }"
	}
	return text, source, nil
}

func sourceValue(key, value string) (string, error) {
	switch key {
	case "git":
		if user, rest, ok := strings.Cut(value, "@"); ok && !strings.Contains(value, "://") {
			host, repository, _ := strings.Cut(rest, ":")
			value = "ssh://" + user + "@" + host + "/" + repository
		}
	case "file":
		key = "path"
	case "source":
		key = "index"
	}
	if value == "" {
		return "", fmt.Errorf("%s is no text", key)
	}
	return key + " = " + toml.String(value), nil
}

// markerOf joins what restricts a dependency.
func markerOf(d map[string]any) (string, error) {
	var parts []string
	if s, ok := d["python"].(string); ok {
		m, err := stack.PythonMarker(s)
		if err != nil {
			return "", err
		}
		if m != "" {
			parts = append(parts, m)
		}
	}
	if s, ok := d["platform"].(string); ok {
		m, err := stack.PlatformMarker(s)
		if err != nil {
			return "", err
		}
		parts = append(parts, m)
	}
	if s, ok := d["markers"].(string); ok && strings.TrimSpace(s) != "" {
		if len(parts) > 0 && strings.Contains(s, " or ") {
			s = "(" + s + ")"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " and "), nil
}

func words(list []any) []string {
	var out []string
	for _, one := range list {
		out = append(out, fmt.Sprint(one))
	}
	return out
}
