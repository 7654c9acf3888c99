package packages

import (
	"fmt"
	"slices"

	"refit/internal/stack"
	"refit/internal/toml"
)

// groups takes over the groups of dependencies, the old dev-dependencies included.
func (c *poetry) groups() error {
	if len(c.doc.Below("dependency-groups")) > 0 && (len(c.doc.Below("tool", "poetry", "group")) > 0 || c.doc.Table("tool", "poetry", "dev-dependencies") != nil) {
		return fmt.Errorf("%s has groups in [dependency-groups] and in [tool.poetry]; write them in one place", c.file)
	}
	if t := c.doc.Table("tool", "poetry", "dev-dependencies"); t != nil {
		if err := c.group("dev", t); err != nil {
			return err
		}
	}
	for _, t := range c.doc.Below("tool", "poetry", "group") {
		switch {
		case len(t.Key) == 4 && !t.Array:
			if err := c.groupSettings(t.Key[3], t); err != nil {
				return err
			}
		case len(t.Key) == 5 && t.Key[4] == "dependencies" && !t.Array:
			if err := c.group(t.Key[3], t); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: [%s] has no counterpart that refit knows", c.file, toml.Key(t.Key...))
		}
	}
	for _, g := range c.out.groups {
		if !g.optional {
			c.out.defaults = append(c.out.defaults, g.name)
		}
	}
	return nil
}

// groupNamed is the group to be, made when it isn't there yet.
func (c *poetry) groupNamed(name string) *group {
	for _, g := range c.out.groups {
		if g.name == name {
			return g
		}
	}
	g := &group{name: name}
	c.out.groups = append(c.out.groups, g)
	return g
}

func (c *poetry) groupSettings(name string, t *toml.Table) error {
	c.drop = append(c.drop, t)
	g := c.groupNamed(name)
	g.lead = append(g.lead, leadOf(c.doc, t)...)
	for _, e := range t.Entries {
		switch {
		case len(e.Key) == 1 && e.Key[0] == "optional":
			g.optional = e.Value == true
			g.lead = append(g.lead, commentLines(string(e.Lead.Of(c.doc.Text)))...)
			if tail := string(e.Tail.Of(c.doc.Text)); tail != "" {
				g.lead = append(g.lead, tail)
			}
		case len(e.Key) == 1 && e.Key[0] == "include-groups":
			list, _ := e.Value.([]any)
			for _, one := range words(list) {
				g.items = append(g.items, item{raw: "{ include-group = " + toml.String(one) + " }"})
			}
		default:
			return c.at(e, "refit knows no counterpart")
		}
	}
	g.items = append(g.items, restOf(c.doc, t)...)
	return nil
}

func (c *poetry) group(name string, t *toml.Table) error {
	c.drop = append(c.drop, t)
	g := c.groupNamed(name)
	g.lead = append(g.lead, leadOf(c.doc, t)...)
	for _, e := range t.Entries {
		items, optional, err := c.dependency(e)
		if err != nil {
			return err
		}
		if optional {
			return c.at(e, "an optional dependency of a group has no counterpart")
		}
		g.items = append(g.items, items...)
	}
	g.items = append(g.items, restOf(c.doc, t)...)
	return nil
}

// extras puts the optional dependencies into the extras that ask for them.
func (c *poetry) extras() error {
	t := c.doc.Table("tool", "poetry", "extras")
	used := map[string]bool{}
	if t != nil {
		c.drop = append(c.drop, t)
		c.out.extrasLead = leadOf(c.doc, t)
		for _, e := range t.Entries {
			list, ok := e.Value.([]any)
			if !ok || len(e.Key) != 1 {
				return c.at(e, "is no list of dependencies")
			}
			g := &group{name: e.Key[0], lead: commentLines(string(e.Lead.Of(c.doc.Text)))}
			if tail := string(e.Tail.Of(c.doc.Text)); tail != "" {
				g.lead = append(g.lead, tail)
			}
			for _, name := range words(list) {
				name = stack.NormalisePython(name)
				found := false
				for _, o := range c.out.optional {
					if o.name == name {
						if used[name] { // its comments stand once
							o.lead, o.tail = nil, ""
						}
						g.items, found = append(g.items, o), true
					}
				}
				if !found {
					if slices.ContainsFunc(c.out.dependencies, func(i item) bool { return i.name == name }) {
						continue // installed in any case
					}
					return c.at(e, "%s is no dependency", name)
				}
				used[name] = true
			}
			c.out.extras = append(c.out.extras, g)
		}
	}
	for _, o := range c.out.optional {
		if !used[o.name] {
			return fmt.Errorf("%s: %s is optional and in no extra, so that nothing can install it; uv has no place for it", c.file, o.name)
		}
	}
	return nil
}

// tables takes over the tables that only get another name, and refuses those that are not known.
func (c *poetry) tables() error {
	for _, t := range c.doc.Below("tool", "poetry") {
		if slices.Contains(c.drop, t) {
			continue
		}
		switch name := t.Key[min(2, len(t.Key)-1)]; {
		case name == "scripts" && len(t.Key) == 3, name == "urls" && len(t.Key) == 3, name == "plugins" && len(t.Key) == 4:
			for _, e := range t.Entries {
				if _, ok := e.Value.(string); !ok {
					return c.at(e, "is more than a text, which has no counterpart")
				}
			}
			key := append([]string{"project"}, t.Key[2:]...)
			if name == "plugins" {
				key[1] = "entry-points"
			}
			if c.doc.Table(key...) != nil {
				return fmt.Errorf("%s has [%s] and [%s]; write them in one place", c.file, toml.Key(t.Key...), toml.Key(key...))
			}
			c.renamed[t] = toml.Key(key...)
		case name == "source" && t.Array:
			if err := c.index(t); err != nil {
				return err
			}
		case name == "requires-plugins" && len(t.Entries) > 0:
			return fmt.Errorf("%s: [%s]: plugins of Poetry have no counterpart", c.file, toml.Key(t.Key...))
		default:
			return fmt.Errorf("%s: [%s] has no counterpart that refit knows", c.file, toml.Key(t.Key...))
		}
	}
	return nil
}

// index takes over a package index. Where Poetry asks it only for the packages that name it, or for all of them, uv can do
// the same; an index beside PyPI is asked in another order, which decides whose package is taken.
// https://python-poetry.org/docs/repositories/#package-sources, https://docs.astral.sh/uv/concepts/indexes/
func (c *poetry) index(t *toml.Table) error {
	get := func(key string) string {
		if e := t.Entry(key); e != nil {
			s, _ := e.Value.(string)
			return s
		}
		return ""
	}
	var extra string
	switch priority := get("priority"); {
	case priority == "explicit":
		extra = "explicit = true"
	case len(c.doc.Below("tool", "poetry", "source")) == 1 && (priority == "primary" || priority == "default"):
		extra = "default = true"
	default:
		return fmt.Errorf("%s: the source %s is asked beside PyPI; in which order uv would ask them decides whose package is taken, so write [[tool.uv.index]] yourself", c.file, get("name"))
	}
	if get("name") == "" || get("url") == "" {
		return fmt.Errorf("%s: a [[tool.poetry.source]] without name or url", c.file)
	}
	c.drop = append(c.drop, t)
	lead := leadOf(c.doc, t)
	for _, e := range t.Entries {
		lead = append(lead, commentLines(string(e.Lead.Of(c.doc.Text)))...)
		if tail := string(e.Tail.Of(c.doc.Text)); tail != "" {
			lead = append(lead, tail)
		}
	}
	c.out.indexes = append(c.out.indexes, index{lead: lead, name: get("name"), url: get("url"), extra: extra})
	return nil
}
