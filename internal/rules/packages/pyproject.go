package packages

import (
	"slices"
	"strings"

	"refit/internal/stack"
	"refit/internal/toml"
)

// pyproject is what a pyproject.toml has to say for uv, before it is written into the file.
type pyproject struct {
	lines        []string // of [project]: "key = value", comments, "" for a blank line
	requires     item
	dependencies []item
	optional     []item // dependencies that only extras install
	extras       []*group
	groups       []*group
	defaults     []string // groups that a plain install takes
	urls         []item
	sources      []string // lines of [tool.uv.sources]
	indexes      []index
	constraints  []stack.Locked
	several      []string // what that lock has in several versions

	dependenciesLead, extrasLead []string // comments above the tables that they were in
	kept                         []string // comments of what has no counterpart

	virtual bool  // the project itself is not installed
	wheel   wheel // else: what is in its package

	keys     []string // of [project], those that the file has already included
	dynamics []string
}

// item is one element of a list, with its comments.
type item struct {
	name string   // the package's, normalised; "" for none
	text string   // a requirement, or a whole line
	raw  string   // TOML that stands for the element
	lead []string // comments above it; "" is a blank line
	tail string   // the comment behind it
}

// group is a named list of dependencies.
type group struct {
	name     string
	optional bool
	lead     []string
	items    []item
}

type index struct {
	lead             []string
	name, url, extra string
}

// wheel is what a package has, in the words of hatchling.
// https://hatch.pypa.io/latest/config/build/#file-selection
type wheel struct {
	key   string
	paths []string
}

// read notes what the file's [project] has already.
func (o *pyproject) read(d *toml.Document) {
	t := d.Table("project")
	if t == nil {
		return
	}
	for _, e := range t.Entries {
		o.keys = append(o.keys, strings.Join(e.Key, "."))
		if list, ok := e.Value.([]any); ok && strings.Join(e.Key, ".") == "dynamic" {
			o.dynamics = words(list)
		}
	}
}

func (o *pyproject) has(key string) bool     { return slices.Contains(o.keys, key) }
func (o *pyproject) dynamic(key string) bool { return slices.Contains(o.dynamics, key) }
func (o *pyproject) source(name, table string) {
	o.sources = append(o.sources, toml.Key(name)+" = "+table)
}
func (o *pyproject) existing(key string) (k []string) {
	if o.has(key) {
		k = append(k, key)
	}
	return k
}

// take puts an entry into [project], unless it is there: then that one counts, as it does for Poetry.
func (o *pyproject) take(d *toml.Document, e *toml.Entry, key, value string) {
	if o.has(key) {
		o.keepComments(d, e)
		return
	}
	it := itemOf(d, e, key+" = "+value)
	if len(o.lines) > 0 || len(it.lead) > 0 && it.lead[0] != "" {
		o.lines = append(o.lines, it.lead...)
	} else {
		o.lines = append(o.lines, without(it.lead)...)
	}
	line := it.text
	if it.tail != "" {
		line += "  " + it.tail
	}
	o.lines = append(o.lines, line)
	o.keys = append(o.keys, key)
}

// headLead keeps the comments of a table's header; above tells whether they go above [project].
func (o *pyproject) headLead(d *toml.Document, t *toml.Table, above bool) {
	if !above {
		o.kept = append(o.kept, leadOf(d, t)...)
	}
}

// keepComments keeps the comments of an entry that has no counterpart.
func (o *pyproject) keepComments(d *toml.Document, e *toml.Entry) {
	o.kept = append(o.kept, commentLines(string(e.Lead.Of(d.Text)))...)
	if tail := string(e.Tail.Of(d.Text)); tail != "" {
		o.kept = append(o.kept, tail)
	}
}

// pinned says whether a dependency's own specifier is that version alone.
func (o *pyproject) pinned(l stack.Locked) bool {
	same := func(list []item) bool {
		return slices.ContainsFunc(list, func(i item) bool {
			spec, _, _ := strings.Cut(i.text, " ;")
			_, version, ok := strings.Cut(spec, "==")
			return ok && i.name == stack.NormalisePython(l.Name) && version == l.Version && !strings.Contains(i.text, " ;")
		})
	}
	return same(o.dependencies) || slices.ContainsFunc(o.groups, func(g *group) bool { return same(g.items) })
}

func without(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return l == "" })
}

// itemOf is an entry as a line of its own.
func itemOf(d *toml.Document, e *toml.Entry, text string) item {
	return item{text: text, lead: itemLead(d, e), tail: string(e.Tail.Of(d.Text))}
}

// itemLead are the lines above an entry.
func itemLead(d *toml.Document, e *toml.Entry) []string { return plainLines(string(e.Lead.Of(d.Text))) }

// plainLines are the lines of a text without their indentation.
func plainLines(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		list = append(list, strings.TrimSpace(line))
	}
	return list
}

// commentLines are the comments among them.
func commentLines(text string) []string { return without(plainLines(text)) }

// leadOf are the comments of a table's header.
func leadOf(d *toml.Document, t *toml.Table) []string {
	lead := commentLines(string(t.Lead.Of(d.Text)))
	if c := headerComment(d, t); c != "" {
		lead = append(lead, c)
	}
	return lead
}

func headerComment(d *toml.Document, t *toml.Table) string {
	header := string(t.Header.Of(d.Text))
	if i := strings.LastIndex(header, "]"); i >= 0 {
		return strings.TrimSpace(header[i+1:])
	}
	return ""
}

// restOf are the comments right below a table's last entry, as an element without content.
func restOf(d *toml.Document, t *toml.Table) []item {
	near, _ := restParts(string(t.Rest.Of(d.Text)))
	if len(near) == 0 {
		return nil
	}
	return []item{{lead: near}}
}

// restParts cuts what stands behind a table's last entry at its first blank line.
func restParts(rest string) (near, far []string) {
	lines := plainLines(rest)
	i := slices.Index(lines, "")
	if i < 0 {
		return lines, nil
	}
	return lines[:i], lines[i:]
}
