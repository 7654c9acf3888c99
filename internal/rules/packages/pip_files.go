package packages

import (
	"bytes"
	"fmt"
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
	kept = m.unmoved()
	for _, file := range m.p.Files.Paths() {
		e, _ := m.p.Files.Entry(file)
		if slices.Contains(m.lists.all, file) || !e.IsRegular() || e.Size > maxNaming || !naming(file) {
			continue
		}
		text, err := e.Bytes()
		if err != nil {
			continue
		}
		kept = append(kept, m.namedIn(file, text)...)
	}
	if len(kept) > 0 {
		slices.Sort(kept)
		return slices.Compact(kept)
	}
	for _, file := range m.lists.all {
		m.removed(file)
	}
	return nil
}

// maxNaming bounds the files in which the lists are looked for, in bytes.
const maxNaming = 256 << 10

// unmoved are the installs from the lists that stay as they are.
func (m *move) unmoved() (kept []string) {
	for _, c := range m.p.PackageCalls {
		i, ok := shell.Installs(c.Command)
		if !ok || c.Kind == project.RefDocs || slices.ContainsFunc(m.files[c.From], func(e edit.Edit) bool { return e.Start >= c.Command.Span.Start && e.End <= c.Command.Span.End }) {
			continue
		}
		for _, w := range i.Requirements {
			if to, known := c.Command.Resolve(w); known && slices.Contains(m.lists.all, to) {
				kept = append(kept, c.From)
			}
		}
	}
	return kept
}

// namedIn are the lines of a file that name a list, once the move has changed it: by its name in the project's own
// folder, by its path elsewhere.
func (m *move) namedIn(file string, text []byte) (kept []string) {
	var names []string
	for _, l := range m.lists.all {
		name := l
		if m.ownFolder(file) {
			name = path.Base(l)
		}
		if bytes.Contains(text, []byte(name)) {
			names = append(names, regexp.QuoteMeta(name))
		}
	}
	if len(names) == 0 {
		return nil
	}
	named := regexp.MustCompile(`(?:^|[^\w.-])(` + strings.Join(names, "|") + `)\b`)
	text, err := edit.Patch(text, m.editsOf(file))
	if err != nil {
		return nil
	}
	for n, line := range strings.Split(string(text), "\n") {
		if said := strings.TrimSpace(line); named.MatchString(said) && !strings.HasPrefix(said, "#") && !strings.HasPrefix(said, "//") {
			kept = append(kept, fmt.Sprintf("%s:%d", file, n+1))
		}
	}
	return kept
}

// ownFolder says whether a file lies in the project's folder and in no other project's below it.
func (m *move) ownFolder(file string) bool {
	if !inside(path.Dir(file), m.unit.Dir) {
		return false
	}
	return !slices.ContainsFunc(m.p.Units, func(u *stack.Unit) bool {
		return u.Dir != m.unit.Dir && inside(u.Dir, m.unit.Dir) && inside(path.Dir(file), u.Dir)
	})
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

// naming says whether what a file names has to be there: what runs or configures things. Documents and ignore files speak of
// what may be gone.
func naming(file string) bool {
	name := strings.ToLower(path.Base(file))
	switch path.Ext(name) {
	case "", ".py", ".sh", ".bash", ".mk", ".yml", ".yaml", ".toml", ".cfg", ".ini", ".json", ".bat", ".ps1", ".in", ".just":
		return !strings.HasSuffix(name, "ignore") && name != "license"
	}
	return strings.Contains(name, "dockerfile")
}
