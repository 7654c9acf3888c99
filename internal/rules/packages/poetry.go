package packages

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/stack"
	"refit/internal/toml"
)

// poetry is the conversion of one pyproject.toml that Poetry reads.
type poetry struct {
	p    *project.Project
	unit *stack.Unit
	file string
	doc  *toml.Document

	rootless bool // no install of it asks for the project itself
	lock     []stack.Locked
	several  []string // packages that the lock has in several versions

	out     pyproject
	drop    []*toml.Table // tables whose place is taken
	renamed map[*toml.Table]string
}

// convertPoetry is the edits that turn the file into one that uv reads.
func convertPoetry(p *project.Project, u *stack.Unit, rootless bool) (*pyproject, []edit.Edit, error) {
	c := &poetry{p: p, unit: u, file: u.Path("pyproject.toml"), rootless: rootless, renamed: map[*toml.Table]string{}}
	text, err := p.Files.Read(c.file)
	if err != nil {
		return nil, nil, err
	}
	if c.doc, err = toml.Parse(text); err != nil {
		return nil, nil, fmt.Errorf("%s can't be read: %w", c.file, err)
	}
	c.out.read(c.doc)
	for _, step := range []func() error{c.known, c.locked, c.metadata, c.dependencies, c.groups, c.extras, c.tables, c.build} {
		if err := step(); err != nil {
			return nil, nil, err
		}
	}
	edits, err := c.edits()
	return &c.out, edits, err
}

// known refuses what the conversion has no place for.
func (c *poetry) known() error {
	if t := c.doc.Table("tool", "uv"); t != nil || len(c.doc.Below("tool", "uv")) > 0 {
		return errors.New("it has [tool.uv] already")
	}
	for _, t := range c.doc.Tables {
		if t.Key == nil || len(t.Key) == 1 && t.Key[0] == "tool" {
			for _, e := range t.Entries {
				if full := append(slices.Clone(t.Key), e.Key...); full[0] == "tool" && len(full) > 1 && full[1] == "poetry" || full[0] == "project" {
					return c.at(e, "tool.poetry and project are read as tables of their own only")
				}
			}
		}
	}
	if e := c.entry("build"); e != nil {
		return c.at(e, "a build script of Poetry's has no counterpart")
	}
	if len(c.doc.Below("tool", "poetry-dynamic-versioning")) > 0 {
		return errors.New("poetry-dynamic-versioning makes its version, which is Poetry's alone")
	}
	return nil
}

// table is tool.poetry's own.
func (c *poetry) table() *toml.Table { return c.doc.Table("tool", "poetry") }

func (c *poetry) entry(key string) *toml.Entry {
	if t := c.table(); t != nil {
		return t.Entry(key)
	}
	return nil
}

// at is an error about an entry, with its line.
func (c *poetry) at(e *toml.Entry, why string, args ...any) error {
	line := 1 + strings.Count(string(c.doc.Text[:e.KeySpan.Start]), "\n")
	return fmt.Errorf("%s:%d: %s: %s", c.file, line, strings.Join(e.Key, "."), fmt.Sprintf(why, args...))
}

// locked reads what poetry.lock holds.
func (c *poetry) locked() (err error) {
	lock := c.unit.Path("poetry.lock")
	if !c.p.Files.Has(lock) {
		return nil
	}
	text, err := c.p.Files.Read(lock)
	if err != nil {
		return err
	}
	if c.lock, c.several, err = stack.PoetryLocked(text); err != nil {
		return fmt.Errorf("%s can't be read: %w", lock, err)
	}
	return nil
}

// metadata takes over what describes the project.
func (c *poetry) metadata() error {
	t := c.table()
	if t == nil {
		return c.named()
	}
	c.drop = append(c.drop, t)
	c.out.headLead(c.doc, t, c.doc.Table("project") == nil)
	for _, e := range t.Entries {
		if err := c.describe(e); err != nil {
			return err
		}
	}
	return c.named()
}

func (c *poetry) describe(e *toml.Entry) error {
	if len(e.Key) > 1 {
		return c.at(e, "a dotted key has no certain place")
	}
	value := string(e.ValueAt.Of(c.doc.Text))
	switch key := e.Key[0]; key {
	case "name", "version", "description", "keywords", "classifiers":
		c.out.take(c.doc, e, key, value)
	case "readme":
		if list, ok := e.Value.([]any); ok && len(list) != 1 {
			return c.at(e, "several files for one readme have no counterpart")
		} else if ok {
			value = toml.String(fmt.Sprint(list[0]))
		}
		c.out.take(c.doc, e, key, value)
	case "license":
		if s, ok := e.Value.(string); ok {
			value = "{ text = " + toml.String(s) + " }"
		}
		c.out.take(c.doc, e, key, value)
	case "authors", "maintainers":
		return c.people(e)
	case "homepage", "repository", "documentation":
		s, ok := e.Value.(string)
		if !ok {
			return c.at(e, "is no text")
		}
		c.out.urls = append(c.out.urls, itemOf(c.doc, e, strings.ToUpper(key[:1])+key[1:]+" = "+toml.String(s)))
	case "package-mode", "packages", "include", "exclude", "requires-poetry":
		c.out.keepComments(c.doc, e) // see build
	default:
		return c.at(e, "refit knows no counterpart")
	}
	return nil
}

// people turns "Name <mail>" into the table that the standard wants, in place.
func (c *poetry) people(e *toml.Entry) error {
	list, ok := e.Value.([]any)
	if !ok || len(list) != len(e.Elements) {
		return c.at(e, "is no list of names")
	}
	value := string(e.ValueAt.Of(c.doc.Text))
	var edits []edit.Edit
	for i, one := range list {
		s, ok := one.(string)
		if !ok {
			return c.at(e, "is no list of names")
		}
		name, rest, _ := strings.Cut(s, "<")
		mail, _, _ := strings.Cut(rest, ">")
		var parts []string
		if name = strings.TrimSpace(name); name != "" {
			parts = append(parts, "name = "+toml.String(name))
		}
		if mail = strings.TrimSpace(mail); mail != "" {
			parts = append(parts, "email = "+toml.String(mail))
		}
		edits = append(edits, edit.Replace(e.Elements[i].Shift(-e.ValueAt.Start), "{ "+strings.Join(parts, ", ")+" }", ""))
	}
	changed, err := edit.Patch([]byte(value), edits)
	if err != nil {
		return c.at(e, "can't be written anew: %v", err)
	}
	c.out.take(c.doc, e, e.Key[0], string(changed))
	return nil
}

// named gives a project a name and a version, which Poetry can do without when it isn't a package.
func (c *poetry) named() error {
	if !c.out.has("name") {
		name := path.Base(c.unit.Dir)
		if c.unit.Dir == "." {
			name = c.p.Name
		}
		if name = nameFrom(name); name == "" {
			return errors.New("it has no name; add one to [tool.poetry]")
		}
		c.out.lines = append([]string{"name = " + toml.String(name)}, c.out.lines...)
	}
	if !c.out.has("version") && !c.out.dynamic("version") {
		c.out.lines = append(c.out.lines, `version = "0.1.0"`)
	}
	return nil
}

// nameFrom is a folder's name as a project's; "" when it can't be one.
func nameFrom(folder string) string {
	name := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r == '-' || r == '_' || r == '.' || r == ' ':
			return '-'
		}
		return -1
	}, folder), "-")
	if strings.ContainsAny(folder, "{}%$") {
		return ""
	}
	return name
}

// build decides whether the project is a package, and who builds it.
func (c *poetry) build() error {
	mode := c.entry("package-mode")
	if mode != nil && mode.Value == false || c.rootless {
		c.out.virtual = true
		return nil
	}
	include, err := c.packages()
	if err != nil {
		return err
	}
	if len(include.paths) == 0 { // Poetry finds nothing to install either
		c.out.virtual = true
		return nil
	}
	for _, key := range []string{"include", "exclude"} {
		if e := c.entry(key); e != nil && fmt.Sprint(e.Value) != "[]" {
			return c.at(e, "which files its package has can't be told to another build backend with certainty; build it by hand once with both and compare")
		}
	}
	c.out.wheel = include
	return nil
}

// packages are the folders that Poetry puts into the package.
// https://python-poetry.org/docs/pyproject/#packages
func (c *poetry) packages() (wheel, error) {
	e := c.entry("packages")
	if e == nil {
		module := strings.ReplaceAll(stack.NormalisePython(c.unit.Name), "-", "_")
		for _, dir := range []string{module, "src/" + module} {
			switch {
			case module == "":
			case c.p.Files.IsDir(c.unit.Path(dir)):
				return wheel{key: "packages", paths: []string{dir}}, nil
			case c.p.Files.Has(c.unit.Path(dir + ".py")):
				return wheel{key: "include", paths: []string{dir + ".py"}}, nil
			}
		}
		return wheel{}, nil
	}
	list, _ := e.Value.([]any)
	w := wheel{key: "packages"}
	for _, one := range list {
		entry, _ := one.(map[string]any)
		include, _ := entry["include"].(string)
		from, _ := entry["from"].(string)
		known := 1
		if _, ok := entry["from"]; ok {
			known++
		}
		if include == "" || len(entry) != known || strings.ContainsAny(include+from, "*?[") || !c.p.Files.IsDir(c.unit.Path(path.Join(from, include))) {
			return w, c.at(e, "an entry is more than a folder of the repository")
		}
		w.paths = append(w.paths, path.Join(from, include))
	}
	return w, nil
}
