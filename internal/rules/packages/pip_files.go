package packages

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/source"
)

// scriptsOf are the scripts whose installs are all rewritten: an image that starts one installs by uv.
func (m *move) scriptsOf() {
	m.scripts = map[string]bool{}
	for _, c := range m.p.PackageCalls {
		if c.Kind != project.RefScript || len(m.files[c.From]) == 0 {
			continue
		}
		m.scripts[c.From] = true
	}
	for file := range m.scripts {
		text, err := m.p.Files.Read(file)
		if err != nil {
			continue
		}
		m.ages(file, text)
	}
}

var (
	newer  = regexp.MustCompile(`\[\s+(\S+)\s+-nt\s+(\S+)\s+\]`)
	freeze = regexp.MustCompile(`\bpip3? freeze(?: --user| --local| --all)*\s*>\s*(\S+)`)
)

// ages: whether the list is newer than what pip freeze wrote is whether pyproject.toml is newer than the lock, which `uv lock` makes.
func (m *move) ages(file string, text []byte) {
	if m.lists == nil || m.lists.lock == "" {
		return
	}
	main, lock := path.Base(m.lists.main), path.Base(m.lists.lock)
	for _, at := range newer.FindAllSubmatchIndex(text, -1) {
		if string(text[at[2]:at[3]]) == main && string(text[at[4]:at[5]]) == lock {
			m.edit(file, edit.Replace(source.Span{Start: at[2], End: at[3]}, "pyproject.toml", ""), edit.Replace(source.Span{Start: at[4], End: at[5]}, "uv.lock", ""))
		}
	}
	for _, at := range freeze.FindAllSubmatchIndex(text, -1) {
		if string(text[at[2]:at[3]]) == lock {
			m.edit(file, edit.Replace(source.Span{Start: at[0], End: at[1]}, "uv lock", ""))
		}
	}
}

// retire takes the requirements files away that nothing names any more. Those that something still names stay, and kept says where.
func (m *move) retire() (kept []string) {
	var names []string
	for _, file := range m.lists.all {
		names = append(names, regexp.QuoteMeta(path.Base(file)))
	}
	named := regexp.MustCompile(`(?:^|[^\w.-])(` + strings.Join(names, "|") + `)\b`)
	for _, file := range m.p.Files.Paths() {
		if slices.Contains(m.lists.all, file) || !naming(file) {
			continue
		}
		e, _ := m.p.Files.Entry(file)
		if !e.IsRegular() || e.Size > source.MaxParsed {
			continue
		}
		text, err := e.Bytes()
		if err != nil || !named.Match(text) {
			continue
		}
		if text, err = edit.Patch(text, m.editsOf(file)); err != nil {
			continue
		}
		for n, line := range strings.Split(string(text), "\n") {
			if said := strings.TrimSpace(line); named.MatchString(said) && !strings.HasPrefix(said, "#") && !strings.HasPrefix(said, "//") {
				kept = append(kept, fmt.Sprintf("%s:%d", file, n+1))
			}
		}
	}
	if len(kept) > 0 {
		return kept
	}
	for _, file := range m.lists.all {
		m.removed(file)
	}
	return nil
}

// editsOf are the edits of a file, in whatever part of the fix they are.
func (m *move) editsOf(file string) []edit.Edit {
	edits := slices.Clone(m.files[file])
	for _, op := range m.fx.Ops {
		if op.Kind == edit.KindText && op.Path == file {
			edits = append(edits, op.Edits...)
		}
	}
	return edits
}

// naming says whether what a file names has to be there: documents and ignore files speak of what may be gone.
func naming(file string) bool {
	name := strings.ToLower(path.Base(file))
	switch path.Ext(name) {
	case ".md", ".rst", ".markdown", ".adoc", ".lock":
		return false
	}
	return !strings.HasSuffix(name, "ignore") && name != "license"
}
