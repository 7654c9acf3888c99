package packages

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
	"refit/internal/toml"
)

// edits is the file written anew where something changes; every other table stays as it is, byte for byte.
func (c *poetry) edits() ([]edit.Edit, error) {
	c.out.constraints, c.out.several = c.lock, c.several
	w := &rewriting{doc: c.doc, out: &c.out, drop: c.drop, renamed: c.renamed}
	return w.edits()
}

// rewriting is a pyproject.toml on its way to its new text.
type rewriting struct {
	doc     *toml.Document
	out     *pyproject
	drop    []*toml.Table
	renamed map[*toml.Table]string

	b       strings.Builder
	written int // the length of b when something new was written last
	indent  string
}

var indented = regexp.MustCompile(`(?m)^([ \t]+)["'{]`)

// edits is one edit, from the first byte that differs to the last.
func (w *rewriting) edits() ([]edit.Edit, error) {
	w.indent = "    "
	if m := indented.FindStringSubmatch(string(w.doc.Text)); m != nil {
		w.indent = m[1]
	}
	project := w.doc.Table("project")
	placed := false
	for _, t := range w.doc.Tables {
		switch {
		case t == project && project != nil:
			w.project(t)
			placed = true
		case slices.Contains(w.drop, t):
			if project == nil && !placed {
				w.first(t)
				placed = true
			}
			w.floating(t)
		case w.renamed[t] != "":
			w.rename(t)
		case slices.Equal(t.Key, []string{"build-system"}):
			w.buildSystem(t)
		default:
			w.verbatim(source.Span{Start: t.Lead.Start, End: t.Span.End})
		}
	}
	if !placed {
		w.gap()
		w.block("[project]")
	}
	text := strings.TrimRight(w.b.String(), "\n") + "\n"
	if source.EOL(w.doc.Text) == "\r\n" {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	}
	if _, err := toml.Parse([]byte(text)); err != nil {
		return nil, fmt.Errorf("what it would become is no TOML: %w", err)
	}
	return difference(w.doc.Text, text), nil
}

// difference is one edit from the first line that differs to the last.
func difference(old []byte, text string) []edit.Edit {
	before := string(old)
	if before == text {
		return nil
	}
	n := 0
	for n < len(before) && n < len(text) && before[n] == text[n] {
		n++
	}
	n = strings.LastIndexByte(before[:n], '\n') + 1
	end := 0
	for end < len(before)-n && end < len(text)-n && before[len(before)-1-end] == text[len(text)-1-end] {
		end++
	}
	if i := strings.IndexByte(before[len(before)-end:], '\n'); i >= 0 {
		end -= i + 1
	} else {
		end = 0
	}
	return []edit.Edit{edit.Replace(source.Span{Start: n, End: len(before) - end}, text[n:len(text)-end], "project")}
}

func (w *rewriting) verbatim(s source.Span) {
	if s.Len() > 0 && w.written == w.b.Len() && w.written > 0 {
		w.gap()
	}
	w.b.Write(s.Of(w.doc.Text))
}

func (w *rewriting) line(format string, args ...any) {
	fmt.Fprintf(&w.b, format+"\n", args...)
	w.written = w.b.Len()
}

// atGap says whether a blank line, or nothing, stands above.
func (w *rewriting) atGap() bool {
	s := strings.ReplaceAll(w.b.String(), "\r\n", "\n")
	return s == "" || strings.HasSuffix(s, "\n\n")
}

func (w *rewriting) gap() {
	if s := w.b.String(); s != "" && !strings.HasSuffix(s, "\n") {
		w.b.WriteString("\n")
	}
	if !w.atGap() {
		w.b.WriteString("\n")
	}
}

// first writes [project] in the place of a table.
func (w *rewriting) first(t *toml.Table) {
	for _, l := range commentLines(string(t.Lead.Of(w.doc.Text))) {
		w.line("%s", l)
	}
	header := "[project]"
	if c := headerComment(w.doc, t); c != "" {
		header += "  " + c
	}
	w.block(header)
}

// floating writes the comments behind a dropped table that went nowhere else, and the blank lines there.
func (w *rewriting) floating(t *toml.Table) {
	near, far := restParts(string(t.Rest.Of(w.doc.Text)))
	if len(t.Key) == 2 || t.Array { // whose near ones no list took
		far = append(slices.Clone(near), far...)
	}
	if comments := without(far); len(comments) > 0 {
		w.gap()
		for _, l := range comments {
			w.line("%s", l)
		}
	}
	blank := len(far) - len(without(far))
	s := strings.ReplaceAll(w.b.String(), "\r\n", "\n")
	for n := len(s) - len(strings.TrimRight(s, "\n")) - 1; n < blank && n >= 0; n++ {
		w.b.WriteString("\n")
	}
}

// project writes the [project] that is there and what is new in it.
func (w *rewriting) project(t *toml.Table) {
	at := t.Lead.Start
	for _, e := range t.Entries {
		if strings.Join(e.Key, ".") != "dynamic" {
			continue
		}
		var left []string
		for _, d := range w.out.dynamics {
			if d != "dependencies" && !slices.Contains(w.out.keys, d) && (d != "optional-dependencies" || len(w.out.extras) == 0) {
				left = append(left, toml.String(d))
			}
		}
		w.verbatim(source.Span{Start: at, End: e.Line.Start})
		at = e.Line.End
		if len(left) > 0 {
			w.b.Write(w.doc.Text[e.Line.Start:e.ValueAt.Start])
			w.b.WriteString("[" + strings.Join(left, ", ") + "]")
			w.b.Write(w.doc.Text[e.ValueAt.End:e.Line.End])
		} else if tail := string(e.Tail.Of(w.doc.Text)); tail != "" {
			w.line("%s", tail)
		}
	}
	w.b.Write(w.doc.Text[at:t.Rest.Start])
	if s := w.b.String(); s != "" && !strings.HasSuffix(s, "\n") {
		w.b.WriteString("\n")
	}
	w.block("")
	w.b.Write(t.Rest.Of(w.doc.Text))
}

func (w *rewriting) rename(t *toml.Table) {
	w.verbatim(t.Lead)
	w.gapless(t)
	header := "[" + w.renamed[t] + "]"
	if c := headerComment(w.doc, t); c != "" {
		header += "  " + c
	}
	w.line("%s", header)
	if w.renamed[t] == "project.urls" {
		w.items(w.out.urls, "")
		w.out.urls = nil
	}
	start := t.Rest.Start
	if len(t.Entries) > 0 {
		start = t.Entries[0].Lead.Start
	}
	w.b.Write(w.doc.Text[start:t.Span.End])
}

// gapless makes sure that a header without comments above stands behind a blank line.
func (w *rewriting) gapless(t *toml.Table) {
	if t.Lead.Len() == 0 {
		w.gap()
	}
}

// buildSystem takes Poetry's build backend away, or puts hatchling in its place.
func (w *rewriting) buildSystem(t *toml.Table) {
	backend := t.Entry("build-backend")
	ours := backend == nil || strings.Contains(fmt.Sprint(backend.Value), "poetry")
	switch {
	case !ours && !w.out.virtual:
		w.verbatim(source.Span{Start: t.Lead.Start, End: t.Span.End})
	case w.out.virtual:
		comments := leadOf(w.doc, t)
		for _, e := range t.Entries {
			comments = append(comments, commentLines(string(e.Lead.Of(w.doc.Text)))...)
			if tail := string(e.Tail.Of(w.doc.Text)); tail != "" {
				comments = append(comments, tail)
			}
		}
		if len(comments) > 0 {
			w.gap()
			for _, l := range comments {
				w.line("%s", l)
			}
		}
		w.floating(t)
	default:
		w.gapless(t)
		at := t.Lead.Start
		for _, e := range t.Entries {
			value := map[string]string{"requires": `["hatchling"]`, "build-backend": `"hatchling.build"`}[e.Key[0]]
			if value == "" {
				continue
			}
			w.b.Write(w.doc.Text[at:e.ValueAt.Start])
			w.b.WriteString(value)
			at = e.ValueAt.End
		}
		w.b.Write(w.doc.Text[at:t.Rest.Start])
		w.hatch()
		w.b.Write(t.Rest.Of(w.doc.Text))
		w.out.wheel = wheel{}
	}
}

func (w *rewriting) hatch() {
	w.gap()
	w.line("[tool.hatch.build.targets.wheel]")
	w.line("%s = [%s]", w.out.wheel.key, quotedList(w.out.wheel.paths))
}

func quotedList(list []string) string {
	var out []string
	for _, s := range list {
		out = append(out, toml.String(s))
	}
	return strings.Join(out, ", ")
}
