package packages

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

// callers rewrites the commands outside of images that are certain; P02 lists the others.
func (m *move) callers() {
	started := m.startedInside()
	for _, c := range m.p.PackageCalls {
		if !m.mine(c.Command.Dir, c.Certain, c.From) {
			continue
		}
		at := inScript
		switch c.Kind {
		case project.RefWorkflow:
			at = inCI
		case project.RefDocs:
			at = inText
		}
		text, err := m.p.Files.Read(c.From)
		if err != nil {
			continue
		}
		m.active, m.started, m.python = started[c.From], m.startedByImage(c.From), m.pythonFor(c)
		o := m.calls(c, text, at)
		m.active, m.started, m.python = false, false, ""
		if o.verdict == changed && verbatim(text, c.Command, o.edits) {
			m.edit(c.From, o.edits...)
		}
	}
	m.lockNames()
}

// startedInside are the scripts that `poetry run` starts: what they install goes into its environment.
func (m *move) startedInside() map[string]bool {
	files := map[string]bool{}
	for _, c := range m.p.PackageCalls {
		w := c.Command.Unwrapped().Words
		if len(w) < 3 || c.Kind == project.RefDocs || !w[0].Is("poetry") || !w[1].Is("run") {
			continue
		}
		for _, one := range w[2:] {
			if file, ok := c.Command.Resolve(one); ok && m.p.Files.Has(file) {
				files[file] = true
			}
		}
	}
	return files
}

// startedByImage says whether a Dockerfile of the project runs a script.
func (m *move) startedByImage(file string) bool {
	scripts := map[string]bool{file: true}
	for _, d := range m.p.Dockerfiles {
		if !slices.ContainsFunc(d.Contexts(), func(dir string) bool { return dir == m.unit.Dir || inside(m.unit.Dir, dir) }) {
			continue
		}
		for _, in := range d.File.Instructions {
			for _, c := range commands(in) {
				if in.Keyword == "RUN" && startsOne(d, c, scripts) {
					return true
				}
			}
		}
	}
	return false
}

// calls says what becomes of a call.
func (m *move) calls(c project.PackageCall, text []byte, at place) outcome {
	inner := c.Command.Unwrapped()
	if inner.Name() == "curl" || inner.Name() == "wget" {
		return installer(c.Command, text)
	}
	if i, ok := shell.Installs(c.Command); ok && installsManager(i) {
		return m.ofTool(i, at)
	}
	o := m.outcome(c.Command, nil, at)
	if o.verdict == tool {
		return setting(c.Command, text)
	}
	return o
}

// mine says whether a command that runs in a folder means this project: the nearest around the folder, as Poetry looks for
// it, or the only one there is.
func (m *move) mine(dir string, known bool, from string) bool {
	if !known {
		dir = path.Dir(from)
	}
	var best *stack.Unit
	count := 0
	for _, u := range m.p.Units {
		if u.Manager != m.unit.Manager {
			continue
		}
		count++
		if inside(dir, u.Dir) && (best == nil || len(u.Dir) > len(best.Dir) || best.Dir == ".") {
			best = u
		}
	}
	if best == nil && count == 1 {
		return true
	}
	return best == m.unit
}

// inside says whether a folder is another one or lies below it.
func inside(dir, other string) bool {
	return other == "." || dir == other || strings.HasPrefix(dir, other+"/")
}

// verbatim says whether what the edits are about stands in the file as the command has it.
func verbatim(text []byte, c shell.Command, edits []edit.Edit) bool {
	for _, w := range c.Unwrapped().Words[:min(2, len(c.Unwrapped().Words))] {
		if w.Constant && string(w.Span.Of(text)) != w.Value {
			return false
		}
	}
	for _, e := range edits {
		if e.Start < 0 || e.End > len(text) || e.Start > e.End {
			return false
		}
	}
	return true
}

// edit notes edits of a file, each once.
func (m *move) edit(file string, edits ...edit.Edit) {
	if m.files == nil {
		m.files = map[string][]edit.Edit{}
	}
	for _, e := range edits {
		if slices.ContainsFunc(m.files[file], func(o edit.Edit) bool {
			return o.Start == e.Start && o.End == e.End || o.Start < e.End && e.Start < o.End
		}) {
			continue
		}
		m.files[file] = append(m.files[file], e)
	}
}

// ofTool: pip install poetry becomes pip install uv.
func (m *move) ofTool(i shell.Install, at place) outcome {
	name := "uv==" + stack.UVVersion
	if at == inText {
		name = "uv"
	}
	o := outcome{verdict: changed}
	done := false
	for _, p := range i.Packages {
		plain := strings.FieldsFunc(p.Value, func(r rune) bool { return strings.ContainsRune("=<>~![", r) })
		switch {
		case p.Span.Len() <= 0 || len(plain) == 0:
			return refuse("its words don't stand there as they are")
		case plain[0] == "poetry" && !done:
			o.edits = append(o.edits, edit.Replace(p.Span, name, ""))
			done = true
		case strings.HasPrefix(plain[0], "poetry"):
			o.edits = append(o.edits, edit.Delete(source.Span{Start: p.Span.Start - 1, End: p.Span.End}, ""))
		}
	}
	return o
}

// installer: the script that installs Poetry becomes the one that installs uv; both put it into ~/.local/bin.
// https://docs.astral.sh/uv/getting-started/installation/
func installer(c shell.Command, text []byte) outcome {
	m := piped.FindIndex(text[c.Span.Start:])
	if m == nil || m[0] != 0 || bytes.Contains(text[c.Span.Start:c.Span.Start+m[1]], []byte("POETRY_HOME")) {
		return refuse("how the installer of Poetry is run can't be told")
	}
	return replaced(source.Span{Start: c.Span.Start, End: c.Span.Start + m[1]}, "curl -LsSf https://astral.sh/uv/"+stack.UVVersion+"/install.sh | sh")
}

var piped = regexp.MustCompile(`^(?:curl|wget)[^|\n]*install\.python-poetry\.org[^|\n]*\|\s*(?:\w+=\S+\s+)*python3?(?:\s+-(?:\s+--?[\w.-]+(?:[ =]\$?[\w.{}]+)?)*)?`)

// setting: the environment in the project's folder is what uv has anyway; other settings are for a person.
func setting(c shell.Command, text []byte) outcome {
	w := c.Unwrapped().Words
	if len(w) < 3 || !w[1].Is("config") || !w[2].Is("virtualenvs.in-project") {
		return refuse("what becomes of this setting of Poetry's can't be told")
	}
	line := source.NewLines(text)
	n := line.Position(c.Span.Start).Line
	if strings.TrimSpace(string(line.Span(n).Of(text))) != string(c.Span.Of(text)) {
		return refuse("it does not stand on a line of its own")
	}
	return outcome{verdict: changed, edits: []edit.Edit{edit.Delete(line.SpanWithEnd(n), "")}}
}

// lockNames gives the lock its new name where workflows and attributes speak of it.
func (m *move) lockNames() {
	if m.unit.Manager != stack.Poetry {
		return
	}
	for _, file := range m.p.Files.Paths() {
		if !strings.HasPrefix(file, ".github/") && path.Base(file) != ".gitattributes" && path.Base(file) != ".pre-commit-config.yaml" || !m.mine(path.Dir(file), false, file) && !m.mine(".", true, file) {
			continue
		}
		e, _ := m.p.Files.Entry(file)
		if !e.IsRegular() || e.Size > source.MaxParsed {
			continue
		}
		text, err := e.Bytes()
		if err != nil {
			continue
		}
		for _, at := range oldLock.FindAllIndex(text, -1) {
			m.edit(file, edit.Replace(source.Span{Start: at[0], End: at[1]}, "uv.lock", ""))
		}
	}
}

var oldLock = regexp.MustCompile(`\bpoetry\.lock\b`)
