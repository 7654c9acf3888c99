package stack

import (
	"errors"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"refit/internal/source"
)

// pyproject is what refit reads of a pyproject.toml. Fields of more than one form are any.
// https://packaging.python.org/en/latest/specifications/pyproject-toml/,
// https://docs.astral.sh/uv/reference/settings/, https://python-poetry.org/docs/pyproject/
type pyproject struct {
	Project *struct {
		Name         any `toml:"name"`
		Requires     any `toml:"requires-python"`
		Readme       any `toml:"readme"`
		License      any `toml:"license"`
		LicenseFiles any `toml:"license-files"`
		Dynamic      any `toml:"dynamic"`
		Dependencies any `toml:"dependencies"`
		Optional     any `toml:"optional-dependencies"`
		Scripts      any `toml:"scripts"`
	} `toml:"project"`
	BuildSystem *struct {
		Requires any `toml:"requires"`
		Backend  any `toml:"build-backend"`
		Path     any `toml:"backend-path"`
	} `toml:"build-system"`
	Groups any `toml:"dependency-groups"`
	Tool   struct {
		UV     *uvTable     `toml:"uv"`
		Poetry *poetryTable `toml:"poetry"`
		PDM    *struct{}    `toml:"pdm"`
		Hatch  any          `toml:"hatch"`
	} `toml:"tool"`
}

// detectPython decides for a manager by evidence, the strongest first: a lock, a table of the
// manager's own, its use elsewhere, the kind of manifest.
func detectPython(f folder, hints Hints) *Unit {
	u := &Unit{Dir: f.dir, Language: Python}
	var p pyproject
	hasProject := f.has("pyproject.toml")
	if hasProject {
		readTOML(f, "pyproject.toml", u, &p)
	}
	requirements := requirementsFiles(f)
	if !hasProject && len(requirements) == 0 && len(f.present("setup.py", "setup.cfg", "Pipfile", "environment.yml")) == 0 {
		return nil
	}
	standalone := p.Project != nil // [project] as PEP 621 has it
	bare := standalone && !isDynamic(p, "dependencies") && len(list(p.Project.Dependencies)) == 0 && len(requirements) > 0
	switch {
	case f.has("uv.lock"):
		u.Manager, u.Reason = UV, "uv.lock is there"
	case f.has("poetry.lock"):
		u.Manager, u.Reason = Poetry, "poetry.lock is there"
	case f.has("pdm.lock"):
		u.Manager, u.Reason = PDM, "pdm.lock is there"
	case p.Tool.Poetry.isManager():
		u.Manager, u.Reason = Poetry, "pyproject.toml has tool.poetry"
	case p.Tool.PDM != nil:
		u.Manager, u.Reason = PDM, "pyproject.toml has tool.pdm"
	case p.Tool.UV != nil && standalone && !bare:
		u.Manager, u.Reason = UV, "pyproject.toml has tool.uv"
	case p.Tool.UV != nil && p.Tool.UV.Workspace != nil:
		u.Manager, u.Reason = UV, "pyproject.toml has tool.uv.workspace"
	case standalone && !bare && hints.uses("uv"):
		u.Manager, u.Reason = UV, "pyproject.toml has a project and uv is called elsewhere"
	case f.has("Pipfile") && !standalone:
		u.Manager, u.Reason = Pipenv, "Pipfile is there"
	case len(requirements) > 0 || standalone || len(f.present("setup.py", "setup.cfg")) > 0:
		u.Manager, u.Reason = Pip, "nothing names another manager"
	case f.has("environment.yml"):
		u.Manager, u.Reason = Conda, "environment.yml is there"
	default:
		if len(u.Problems) == 0 {
			return nil // a pyproject.toml that only configures tools
		}
		u.Manager, u.Reason = Pip, "pyproject.toml can't be read"
	}
	describeProject(f, u, p)
	switch u.Manager {
	case UV:
		describeUVProject(f, u, p)
	case Poetry:
		describePoetry(f, u, p)
	case Pip:
		describePip(f, u, p, requirements)
	default:
		describeOtherPython(f, u)
	}
	u.Leftovers = without(append(f.present("uv.lock", "poetry.lock", "pdm.lock", "Pipfile", "Pipfile.lock", "setup.py", "setup.cfg"), requirements...),
		append(slices.Clone(u.Manifests), u.Lock))
	if u.Package { // setuptools reads both beside a [project] table
		u.Leftovers = without(u.Leftovers, f.present("setup.py", "setup.cfg"))
	}
	u.SourceDirs = pythonSources(f, u.Name)
	return u
}

// describeProject reads what the standard tables say, whatever the manager.
func describeProject(f folder, u *Unit, p pyproject) {
	if v := f.read(".python-version", nil); v != nil {
		u.Pinned, _, _ = strings.Cut(strings.TrimSpace(string(v)), "\n")
		u.Pinned = strings.TrimSpace(u.Pinned)
		u.Extra = append(u.Extra, f.path(".python-version"))
	}
	u.buildSystem = p.BuildSystem != nil
	u.Package = u.buildSystem
	for name, g := range table(p.Groups) {
		u.Groups = append(u.Groups, name)
		if isDevName(name) {
			u.DevDependencies = append(u.DevDependencies, requirementNames(list(g))...)
		}
	}
	if p.Project == nil {
		return
	}
	u.Name, _ = p.Project.Name.(string)
	u.Requires, _ = p.Project.Requires.(string)
	u.Dependencies = requirementNames(list(p.Project.Dependencies))
	for name, extra := range table(p.Project.Optional) {
		u.Extras = append(u.Extras, name)
		if isDevName(name) {
			u.DevExtras = append(u.DevExtras, name)
			u.DevDependencies = append(u.DevDependencies, requirementNames(list(extra))...)
		}
	}
	for name, target := range table(p.Project.Scripts) {
		if s, ok := target.(string); ok {
			u.script(name, s)
		}
	}
	u.ReadmeFile = fileOf(f, p.Project.Readme)
	if l := fileOf(f, p.Project.License); l != "" {
		u.BuildFiles = append(u.BuildFiles, l)
	}
	for _, pattern := range list(p.Project.LicenseFiles) {
		if s, ok := pattern.(string); ok {
			u.BuildFiles = append(u.BuildFiles, f.matching(s)...)
		}
	}
}

func (u *Unit) script(name, command string) {
	if u.Scripts == nil {
		u.Scripts = map[string]string{}
	}
	u.Scripts[name] = command
}

// fileOf reads the two forms of readme and license: "README.md" or {file = "README.md"}. A plain
// string that is no file (an SPDX licence) counts as none.
func fileOf(f folder, value any) string {
	name, ok := value.(string)
	if !ok {
		name, _ = table(value)["file"].(string)
	}
	if p := path.Join(f.dir, name); name != "" && f.snap.Has(p) {
		return p
	}
	return ""
}

func isDynamic(p pyproject, field string) bool {
	return p.Project != nil && slices.Contains(list(p.Project.Dynamic), any(field))
}

func describeOtherPython(f folder, u *Unit) {
	names := map[Manager][2]string{PDM: {"pyproject.toml", "pdm.lock"}, Pipenv: {"Pipfile", "Pipfile.lock"}, Conda: {"environment.yml", ""}}[u.Manager]
	u.Manifests = f.present(names[0])
	if names[1] != "" {
		u.Lock, u.LockPresent = f.path(names[1]), f.has(names[1])
	}
}

// pythonSources guesses the folders with code: src, the project's own name, and packages.
func pythonSources(f folder, name string) []string {
	var dirs []string
	for _, d := range []string{"src", "app", strings.ReplaceAll(NormalisePython(name), "-", "_")} {
		if d != "" && f.snap.IsDir(f.path(d)) {
			dirs = append(dirs, f.path(d))
		}
	}
	prefix := f.dir + "/"
	if f.dir == "." {
		prefix = ""
	}
	for _, p := range f.snap.Under(f.dir) {
		rest := strings.TrimPrefix(p, prefix)
		if dir, file, ok := strings.Cut(rest, "/"); ok && file == "__init__.py" && !isDevName(dir) {
			dirs = append(dirs, f.path(dir))
		}
	}
	return dirs
}

// NormalisePython is PEP 503's: runs of "-", "_" and "." are one "-", in lower case.
func NormalisePython(name string) string {
	return strings.ToLower(separators.ReplaceAllString(name, "-"))
}

var (
	separators      = regexp.MustCompile(`[-_.]+`)
	requirementName = regexp.MustCompile(`^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)`)
)

// requirementNames takes the names out of requirements as PEP 508 writes them; entries of another
// form (a group's include) are passed over.
func requirementNames(requirements []any) []string {
	var names []string
	for _, r := range requirements {
		if s, ok := r.(string); ok {
			if m := requirementName.FindStringSubmatch(s); m != nil {
				names = append(names, NormalisePython(m[1]))
			}
		}
	}
	return names
}

// readTOML decodes a file into v; what is wrong becomes a problem of the unit, with its place.
func readTOML(f folder, name string, u *Unit, v any) {
	text := f.read(name, u)
	if text == nil {
		return
	}
	text = slices.Clone(text)
	if err := toml.Unmarshal(text, v); err != nil {
		var at source.Position
		var decode *toml.DecodeError
		if errors.As(err, &decode) {
			at.Line, at.Column = decode.Position()
		}
		u.problem(f.path(name), at, err)
	}
}

// list and table read a value of any form; another form reads as empty.
func list(v any) []any { l, _ := v.([]any); return l }

func table(v any) map[string]any { t, _ := v.(map[string]any); return t }

func keys(t map[string]any) []string { return slices.Sorted(maps.Keys(t)) }

func strs(v any) []string {
	var s []string
	for _, x := range list(v) {
		if t, ok := x.(string); ok {
			s = append(s, t)
		}
	}
	return s
}

// without is all less the entries of drop.
func without(all, drop []string) []string {
	var kept []string
	for _, a := range all {
		if !slices.Contains(drop, a) {
			kept = append(kept, a)
		}
	}
	return kept
}
