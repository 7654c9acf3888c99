package packages

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/source"
	"refit/internal/stack"
	"refit/internal/workflow"
	"refit/internal/yaml"
)

// setupPoetry are the actions that install Poetry, and setupUV the one that installs uv, pinned to its major version.
// https://github.com/astral-sh/setup-uv
var setupPoetry = []string{"snok/install-poetry", "abatilo/actions-poetry", "Gr1N/setup-poetry"}

const setupUV = "astral-sh/setup-uv@v6"

// workflows rewrites what is no command: actions, caches, Dependabot's ecosystem.
func (m *move) workflows() {
	for _, w := range m.p.Workflows {
		for _, u := range w.File.Updates {
			m.update(w.Path, u)
		}
		if !m.mine(".", true, w.Path) {
			continue
		}
		for _, j := range w.File.Jobs {
			for _, s := range j.Steps {
				m.step(w.Path, s)
				m.words(w.Path, s)
			}
		}
		if m.lists != nil {
			m.bringUV(w)
		}
	}
}

// update: Dependabot calls uv's projects by another name than pip's, under which it looks for Poetry's too.
func (m *move) update(file string, u workflow.Update) {
	if u.Ecosystem != "pip" || len(u.Directories) != 1 || path.Clean(strings.TrimPrefix(u.Directories[0].Text(), "/")) != path.Clean(m.unit.Dir) {
		return
	}
	if n := u.Node.Get("package-ecosystem"); n != nil {
		if edits, err := n.SetScalar("uv"); err == nil {
			m.edit(file, edits...)
		}
	}
}

func (m *move) step(file string, s workflow.Step) {
	switch {
	case slices.ContainsFunc(setupPoetry, s.UsesAction):
		m.setUp(file, s)
	case s.UsesAction("actions/setup-python"):
		if n := s.Input("cache"); n != nil && n.Value == string(m.unit.Manager) && m.unit.Manager == stack.Poetry {
			m.dropLine(file, n)
		}
	}
}

// setUp puts setup-uv in the place of an action that installs Poetry.
func (m *move) setUp(file string, s workflow.Step) {
	at, ok := s.Uses.Inner()
	text, err := m.p.Files.Read(file)
	if !ok || err != nil {
		return
	}
	lines := source.NewLines(text)
	line := lines.Position(at.Start).Line
	before := string(text[lines.Span(line).Start:at.Start])
	indent := strings.Repeat(" ", len(before)-len(strings.TrimLeft(before, " ")))
	if dash := strings.TrimLeft(before, " "); strings.HasPrefix(dash, "-") {
		indent += strings.Repeat(" ", len(dash)-len(strings.TrimLeft(dash[1:], " ")))
	}
	version := fmt.Sprintf("version: %q", stack.UVVersion)
	if with := s.Node.Get("with"); with != nil {
		if with.Kind != yaml.Mapping || with.Shared() {
			return
		}
		m.edit(file, edit.Replace(with.Span, version, ""))
	} else {
		end := lines.SpanWithEnd(line).End
		eol := source.EOL(text)
		m.edit(file, edit.Insert(end, indent+"with:"+eol+indent+"  "+version+eol, ""))
	}
	m.edit(file, edit.Replace(at, setupUV, ""))
}

// pythonFor is the action that sets Python up in the job of a call; "" for none.
func (m *move) pythonFor(c project.PackageCall) string {
	for _, w := range m.p.Workflows {
		if w.Path != c.From || w.File.Kind != workflow.GitHub {
			continue
		}
		for _, j := range w.File.Jobs {
			if j.Node == nil || !j.Node.Full.Contains(c.Command.Span.Start) {
				continue
			}
			for _, s := range j.Steps {
				if s.UsesAction("actions/setup-python") && s.Node.Span.Start < c.Command.Span.Start {
					return s.Uses.Value
				}
			}
		}
	}
	return ""
}

// bringUV puts setup-uv before the first step of a job that now calls uv, where pip was there by itself.
func (m *move) bringUV(w *project.Workflow) {
	text, err := m.p.Files.Read(w.Path)
	if err != nil {
		return
	}
	lines, eol := source.NewLines(text), source.EOL(text)
	for _, j := range w.File.Jobs {
		if slices.ContainsFunc(j.Steps, func(s workflow.Step) bool { return s.UsesAction("astral-sh/setup-uv") }) {
			continue
		}
		for _, s := range j.Steps {
			if !slices.ContainsFunc(m.files[w.Path], func(e edit.Edit) bool {
				return e.Start >= s.Node.Span.Start && e.End <= s.Node.Span.End && strings.Contains(e.New, "uv sync")
			}) {
				continue
			}
			n := lines.Position(s.Node.Span.Start).Line
			dash := string(lines.Span(n).Of(text))
			indent := dash[:len(dash)-len(strings.TrimLeft(dash, " "))]
			for n > 1 && strings.HasPrefix(strings.TrimSpace(string(lines.Span(n-1).Of(text))), "#") {
				n--
			}
			step := indent + "- uses: " + setupUV + eol + indent + "  with:" + eol + indent + fmt.Sprintf("    version: %q", stack.UVVersion) + eol
			m.edit(w.Path, edit.Insert(lines.Span(n).Start, step, ""))
			break
		}
	}
}

// words lets the name of a step that changed speak of uv.
func (m *move) words(file string, s workflow.Step) {
	span := s.Node.Span
	text, err := m.p.Files.Read(file)
	if err != nil || !slices.ContainsFunc(m.files[file], func(e edit.Edit) bool { return e.Start >= span.Start && e.End <= span.End }) {
		return
	}
	lines := source.NewLines(text)
	for n := lines.Position(span.Start).Line; n <= lines.Position(span.End).Line; n++ {
		line := lines.Span(n)
		said := strings.TrimSpace(string(line.Of(text)))
		if !strings.HasPrefix(strings.TrimLeft(said, "- "), "name:") {
			continue
		}
		for _, at := range calledPoetry.FindAllIndex(line.Of(text), -1) {
			m.edit(file, edit.Replace(source.Span{Start: line.Start + at[0], End: line.Start + at[1]}, "uv", ""))
		}
	}
}

// dropLine takes away the line of an entry whose key stands on it.
func (m *move) dropLine(file string, value *yaml.Node) {
	text, err := m.p.Files.Read(file)
	if err != nil {
		return
	}
	lines := source.NewLines(text)
	line := lines.Position(value.Span.Start).Line
	if key := strings.TrimSpace(string(text[lines.Span(line).Start:value.Span.Start])); key == "cache:" {
		m.edit(file, edit.Delete(lines.SpanWithEnd(line), ""))
	}
}
