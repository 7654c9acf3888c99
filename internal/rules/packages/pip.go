package packages

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/source"
	"refit/internal/stack"
	"refit/internal/toml"
)

// lists are the requirements files of a project, by what becomes of them.
type lists struct {
	main   string            // its dependencies
	groups map[string]string // file -> group
	lock   string            // what pip freeze or pip-compile wrote, "" for none
	all    []string          // all of them, those that they include too
	wide   map[string]bool   // files of groups that include the main one
}

// convertPip reads a project's requirements files and says what its pyproject.toml will be: new, or with more tables.
func convertPip(p *project.Project, u *stack.Unit) (*pyproject, []edit.Op, *lists, error) {
	l, err := listsOf(p, u)
	if err == nil {
		err = errors.Join(packaged(p, u), configured(p, u))
	}
	if err != nil {
		return nil, nil, nil, err
	}
	out := &pyproject{virtual: true}
	r := &requirements{p: p, lists: l}
	if out.dependencies, err = r.read(l.main, false); err != nil {
		return nil, nil, nil, err
	}
	for _, file := range l.all {
		name := l.groups[file]
		if name == "" {
			continue
		}
		g := &group{name: name}
		if g.items, err = r.read(file, true); err != nil {
			return nil, nil, nil, err
		}
		out.groups = append(out.groups, g)
	}
	if clash := clashing(out); clash != "" {
		return nil, nil, nil, fmt.Errorf("%s is pinned to different versions in two of the lists, which one lock can't hold", clash)
	}
	out.defaults = []string{"dev"}
	if l.lock != "" {
		text, _ := p.Files.Read(l.lock)
		out.constraints, _ = stack.PinnedRequirements(text)
	}
	python, err := pythonOf(p, u)
	if err != nil {
		return nil, nil, nil, err
	}
	name := nameFrom(path.Base(u.Dir))
	if u.Dir == "." {
		name = nameFrom(p.Name)
	}
	if name == "" {
		return nil, nil, nil, errors.New("its folder's name can't be a project's")
	}
	out.lines = []string{"name = " + toml.String(name), `version = "0.1.0"`}
	out.requires = item{text: "requires-python = " + toml.String(">="+python)}
	op, err := pyprojectFor(p, u, out)
	return out, []edit.Op{op}, l, err
}

// pyprojectFor is the file: made, or with the new tables in front.
func pyprojectFor(p *project.Project, u *stack.Unit, out *pyproject) (edit.Op, error) {
	file := u.Path("pyproject.toml")
	var text []byte
	if p.Files.Has(file) {
		read, err := p.Files.Read(file)
		if err != nil {
			return edit.Op{}, err
		}
		text = read
	}
	doc, err := toml.Parse(text)
	if err != nil {
		return edit.Op{}, fmt.Errorf("%s can't be read: %w", file, err)
	}
	if doc.Table("project") != nil || len(doc.Below("tool", "uv")) > 0 || len(doc.Below("dependency-groups")) > 0 {
		return edit.Op{}, fmt.Errorf("%s describes a project already, beside the requirements files; which of them counts can't be told", file)
	}
	if len(doc.Tables[0].Entries) > 0 {
		return edit.Op{}, fmt.Errorf("%s has keys outside of a table", file)
	}
	w := &rewriting{doc: doc, out: out, indent: "    "}
	if m := indented.FindStringSubmatch(string(text)); m != nil {
		w.indent = m[1]
	}
	w.block("[project]")
	if !p.Files.Has(file) {
		return edit.Create(file, w.b.String(), 0o644), nil
	}
	w.gap()
	eol := source.EOL(text)
	return edit.Text(file, edit.Insert(0, strings.ReplaceAll(w.b.String(), "\n", eol), "project")), nil
}

// listsOf sorts the requirements files.
func listsOf(p *project.Project, u *stack.Unit) (*lists, error) {
	l := &lists{groups: map[string]string{}, wide: map[string]bool{}}
	for _, file := range stack.RequirementsFiles(p.Files, u.Dir) {
		l.all = append(l.all, file)
		text, err := p.Files.Read(file)
		if err != nil {
			return nil, err
		}
		_, pinned := stack.PinnedRequirements(text)
		name := strings.TrimSuffix(path.Base(file), path.Ext(file))
		switch {
		case slices.Contains(u.Requirements, file) && l.main == "":
			l.main = file
		case slices.Contains(u.Requirements, file):
			return nil, fmt.Errorf("%s and %s: which of them the project needs can't be told", l.main, file)
		case pinned && lockName.MatchString(name) && l.lock == "":
			l.lock = file
		case slices.Contains(u.DevRequirements, file):
			l.groups[file] = groupOf(name)
		default:
			return nil, fmt.Errorf("%s is neither the project's list nor one for development; what it is for can't be told", file)
		}
	}
	if l.main == "" {
		return nil, errors.New("it has no list of what it needs")
	}
	if in := strings.TrimSuffix(l.main, ".txt") + ".in"; p.Files.Has(in) {
		return nil, fmt.Errorf("%s is made from %s; `uv add -r %s -c %s` takes over both", l.main, in, in, l.main)
	}
	return l, nil
}

var lockName = regexp.MustCompile(`(?i)lock|freeze|frozen|constraints`)

// groupOf is the group that a file is for, by its name.
func groupOf(name string) string {
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		switch w {
		case "requirements":
		case "development", "develop", "local":
			return "dev"
		case "tests", "testing":
			return "test"
		default:
			return w
		}
	}
	return "dev"
}

// requirements reads requirements files line by line.
type requirements struct {
	p     *project.Project
	lists *lists
}

var (
	requirementLine = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[A-Za-z0-9 ,._-]*\])?\s*((?:(?:===|==|~=|!=|<=|>=|<|>)\s*[A-Za-z0-9.*+!_-]+\s*,?\s*)*)(;.*)?$`)
	includeLine     = regexp.MustCompile(`^(?:-r|--requirement|-c|--constraint)[ =]\s*(\S+)$`)
)

// read is a file as the elements of a list, with its comments. A list of a group may include the main one.
func (r *requirements) read(file string, isGroup bool) (items []item, err error) {
	text, err := r.p.Files.Read(file)
	if err != nil {
		return nil, err
	}
	var lead []string
	joined := strings.ReplaceAll(strings.TrimPrefix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\ufeff"), "\\\n", " ")
	for n, line := range strings.Split(joined, "\n") {
		line = strings.TrimSpace(line)
		comment := ""
		if i := strings.Index(" "+line, " #"); i >= 0 {
			comment, line = line[i:], strings.TrimSpace(line[:i])
		}
		if line == "" {
			lead = append(lead, comment)
			continue
		}
		if m := includeLine.FindStringSubmatch(line); m != nil {
			included := path.Join(path.Dir(file), m[1])
			if included != r.lists.main && included != r.lists.lock || included == file || !isGroup && included == r.lists.main {
				return nil, fmt.Errorf("%s:%d: %s is included, and what it adds can't be told", file, n+1, m[1])
			}
			r.lists.wide[file] = r.lists.wide[file] || included == r.lists.main
			if comment != "" {
				lead = append(lead, comment)
			}
			continue
		}
		line = strings.TrimSpace(hashes.ReplaceAllString(line, ""))
		m := requirementLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%s:%d: `%s` has no certain counterpart in pyproject.toml", file, n+1, strings.Fields(line)[0])
		}
		text := m[1] + strings.ReplaceAll(m[2], " ", "") + strings.TrimSuffix(strings.ReplaceAll(m[3], " ", ""), ",")
		if m[4] != "" {
			text += " ; " + strings.TrimSpace(m[4][1:])
		}
		items = append(items, item{name: stack.NormalisePython(m[1]), text: text, lead: lead, tail: comment})
		lead = nil
	}
	for len(lead) > 0 && lead[len(lead)-1] == "" {
		lead = lead[:len(lead)-1]
	}
	if len(lead) > 0 {
		items = append(items, item{lead: lead})
	}
	return items, nil
}

var hashes = regexp.MustCompile(`\s--hash=\S+`)

// clashing is a package that two lists pin to different versions.
func clashing(o *pyproject) string {
	pins := map[string]string{}
	all := slices.Clone(o.dependencies)
	for _, g := range o.groups {
		all = append(all, g.items...)
	}
	for _, i := range all {
		spec, _, marked := strings.Cut(i.text, " ;")
		if _, version, ok := strings.Cut(spec, "=="); ok && !marked {
			if other := pins[i.name]; other != "" && other != version {
				return i.name
			}
			pins[i.name] = version
		}
	}
	return ""
}

var (
	pythonImage   = regexp.MustCompile(`^(?:[a-z0-9./-]*/)?python:(\d+\.\d+)`)
	pythonVersion = regexp.MustCompile(`^(?:python-|cpython@?)?(\d+\.\d+)`)
)

// reaches says whether a Dockerfile may be the project's: it is built from its folder or lies in it.
func reaches(d *project.Dockerfile, u *stack.Unit) bool {
	return slices.Contains(d.Contexts(), u.Dir) || inside(path.Dir(d.Path), u.Dir)
}

// pythonOf is the oldest Python that the project is run with: by its Dockerfiles, .python-version or runtime.txt.
func pythonOf(p *project.Project, u *stack.Unit) (string, error) {
	oldest := ""
	see := func(version string) {
		if oldest == "" || stack.CompareReleases(version, oldest) < 0 {
			oldest = version
		}
	}
	for _, d := range p.Dockerfiles {
		if !reaches(d, u) {
			continue
		}
		for _, s := range d.File.Stages {
			if m := pythonImage.FindStringSubmatch(s.BaseName(nil)); m != nil {
				see(m[1])
			}
		}
	}
	for _, name := range []string{".python-version", "runtime.txt"} {
		if text, err := p.Files.Read(u.Path(name)); err == nil && p.Files.Has(u.Path(name)) {
			if m := pythonVersion.FindStringSubmatch(strings.TrimSpace(string(text))); m != nil {
				see(m[1])
			}
		}
	}
	if oldest == "" {
		return "", errors.New("which Python it is for can't be told: no Dockerfile, .python-version or runtime.txt says it; write one")
	}
	return oldest, nil
}
