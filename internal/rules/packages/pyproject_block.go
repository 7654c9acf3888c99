package packages

import (
	"slices"
	"strings"

	"refit/internal/stack"
	"refit/internal/toml"
)

// block writes [project] and the tables that belong to it. Without a header it continues the table that is there.
func (w *rewriting) block(header string) {
	o := w.out
	if header != "" {
		w.line("%s", header)
	}
	for _, l := range o.lines {
		w.line("%s", l)
	}
	for _, l := range o.kept {
		w.line("%s", l)
	}
	if o.requires.text != "" {
		w.items([]item{o.requires}, "")
	}
	if !o.has("dependencies") {
		for _, l := range o.dependenciesLead {
			w.line("%s", l)
		}
		w.list("dependencies", o.dependencies)
	}
	w.tables()
}

// tables writes the tables behind [project].
func (w *rewriting) tables() {
	o := w.out
	if len(o.urls) > 0 && !slices.Contains(mapped(w.renamed), "project.urls") {
		w.gap()
		w.line("[project.urls]")
		w.items(o.urls, "")
	}
	if len(o.extras) > 0 {
		w.gap()
		w.comments(o.extrasLead)
		w.line("[project.optional-dependencies]")
		w.grouped(o.extras)
	}
	if len(o.groups) > 0 {
		w.gap()
		w.line("[dependency-groups]")
		w.grouped(o.groups)
	}
	w.uv()
	if len(o.wheel.paths) > 0 && w.doc.Table("build-system") == nil {
		w.gap()
		w.line("[build-system]")
		w.line(`requires = ["hatchling"]`)
		w.line(`build-backend = "hatchling.build"`)
		w.hatch()
	}
}

func mapped(m map[*toml.Table]string) (list []string) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

func (w *rewriting) grouped(list []*group) {
	for i, g := range list {
		if i > 0 && len(g.lead) > 0 {
			w.gap()
		}
		w.comments(g.lead)
		w.list(toml.Key(g.name), g.items)
	}
}

func (w *rewriting) comments(lines []string) {
	for _, l := range lines {
		w.line("%s", l)
	}
}

// list writes an array with one element a line.
func (w *rewriting) list(key string, items []item) {
	if len(items) == 0 {
		w.line("%s = []", key)
		return
	}
	w.line("%s = [", key)
	w.items(items, w.indent)
	w.line("]")
}

// items writes elements with their comments; without an indentation they are lines of their own.
func (w *rewriting) items(items []item, indent string) {
	for i, it := range items {
		for k, l := range it.lead {
			switch {
			case l != "":
				w.line("%s%s", indent, l)
			case i > 0 || k > 0:
				w.line("")
			}
		}
		line := it.text
		switch {
		case indent != "" && it.raw != "":
			line = it.raw + ","
		case indent != "" && it.text != "":
			line = toml.String(it.text) + ","
		}
		if line == "" {
			continue
		}
		if it.tail != "" {
			line += "  " + it.tail
		}
		w.line("%s%s", indent, line)
	}
}

// uv writes [tool.uv], its sources and its indexes.
func (w *rewriting) uv() {
	o := w.out
	var pins []stack.Locked
	for _, l := range o.constraints {
		if !o.pinned(l) {
			pins = append(pins, l)
		}
	}
	defaults := len(o.groups) > 0 && !(len(o.defaults) == 1 && o.defaults[0] == "dev") && !(len(o.defaults) == 0 && !slices.ContainsFunc(o.groups, func(g *group) bool { return g.name == "dev" }))
	if o.virtual || defaults || len(pins) > 0 {
		w.gap()
		w.line("[tool.uv]")
	}
	if o.virtual {
		w.line("package = false")
	}
	if defaults {
		w.line("default-groups = [%s]", quotedList(o.defaults))
	}
	if len(pins) > 0 {
		w.line("# The versions that were locked before, so that the first `uv lock` takes the same ones. Delete the list once")
		w.line("# uv.lock is there, and run `uv lock` again: it keeps them.")
		if len(o.several) > 0 {
			w.line("# Not in the list, since several versions of them were locked: %s.", strings.Join(o.several, ", "))
		}
		var items []item
		for _, l := range pins {
			text := l.Name + "==" + l.Version
			if l.Marker != "" {
				text += " ; " + l.Marker
			}
			items = append(items, item{text: text})
		}
		w.list("constraint-dependencies", items)
	}
	if len(o.sources) > 0 {
		w.gap()
		w.line("[tool.uv.sources]")
		w.comments(o.sources)
	}
	for _, i := range o.indexes {
		w.gap()
		w.comments(i.lead)
		w.line("[[tool.uv.index]]")
		w.line("name = %s", toml.String(i.name))
		w.line("url = %s", toml.String(i.url))
		w.line("%s", i.extra)
	}
}
