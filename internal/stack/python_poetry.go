package stack

// poetryTable is tool.poetry. https://python-poetry.org/docs/pyproject/
type poetryTable struct {
	Name         any `toml:"name"`
	Readme       any `toml:"readme"`
	PackageMode  any `toml:"package-mode"`
	Dependencies any `toml:"dependencies"`
	DevLegacy    any `toml:"dev-dependencies"`
	Group        any `toml:"group"`
	Extras       any `toml:"extras"`
	Scripts      any `toml:"scripts"`
	Packages     any `toml:"packages"`
}

// isManager says whether the table is more than left-over configuration of a plugin.
func (t *poetryTable) isManager() bool {
	return t != nil && (t.Name != nil || t.Dependencies != nil || t.Group != nil || t.PackageMode != nil || t.Packages != nil || t.DevLegacy != nil)
}

func describePoetry(f folder, u *Unit, p pyproject) {
	u.Manifests = f.present("pyproject.toml")
	u.Extra = append(u.Extra, f.present("poetry.toml")...)
	u.Lock, u.LockPresent = f.path("poetry.lock"), f.has("poetry.lock")
	t := p.Tool.Poetry
	if t == nil {
		t = &poetryTable{}
	}
	u.Package = t.PackageMode != false
	if u.Name == "" {
		u.Name, _ = t.Name.(string)
	}
	if u.ReadmeFile == "" {
		u.ReadmeFile = fileOf(f, t.Readme)
	}
	for _, name := range keys(table(t.Dependencies)) {
		if name == "python" {
			if v, ok := table(t.Dependencies)[name].(string); ok && u.Requires == "" {
				u.Requires = v
			}
			continue
		}
		u.Dependencies = append(u.Dependencies, NormalisePython(name))
		u.poetryPath(name, table(t.Dependencies)[name])
	}
	for _, name := range keys(table(t.DevLegacy)) {
		u.DevDependencies = append(u.DevDependencies, NormalisePython(name))
	}
	if len(table(t.DevLegacy)) > 0 {
		u.Groups, u.DevGroups = append(u.Groups, "dev"), append(u.DevGroups, "dev")
	}
	for _, name := range keys(table(t.Group)) {
		u.Groups = append(u.Groups, name)
		if isDevName(name) {
			u.DevGroups = append(u.DevGroups, name)
			for _, d := range keys(table(table(table(t.Group)[name])["dependencies"])) {
				u.DevDependencies = append(u.DevDependencies, NormalisePython(d))
			}
		}
	}
	u.Extras = append(u.Extras, keys(table(t.Extras))...)
	for name, s := range table(t.Scripts) {
		if command, ok := s.(string); ok {
			u.script(name, command)
		}
	}
}

func (u *Unit) poetryPath(name string, dependency any) {
	if p, ok := table(dependency)["path"].(string); ok {
		u.LocalPaths = append(u.LocalPaths, localPath(u.Dir, p)...)
		u.LocalNames = append(u.LocalNames, NormalisePython(name))
	}
}

// installPoetry: https://python-poetry.org/docs/cli/#install and
// https://python-poetry.org/docs/faq/#poetry-busts-my-docker-cache-because-it-requires-me-to-copy-my-source-files-in-before-installing-3rd-party-dependencies.
// An active environment (VIRTUAL_ENV) is the one that poetry installs into; check --lock asserts.
func installPoetry(u *Unit, o Options) Install {
	i := Install{
		Environment: []Variable{{"POETRY_NO_INTERACTION", "1"}, {"VIRTUAL_ENV", VenvDir}},
		Runtime:     pythonRuntime, BinDir: VenvDir + "/bin", Outputs: []string{VenvDir},
		Caches:   []Cache{{Root: "/root/.cache/pypoetry", Variable: "POETRY_CACHE_DIR"}},
		Before:   []Command{{"python", "-m", "venv", VenvDir}},
		Asserted: true, Lock: Command{"poetry", "lock"}, Check: Command{"poetry", "check", "--lock"},
	}
	base := Command{"poetry", "install"}
	switch {
	case o.Purpose == Production && len(o.Groups) == 0:
		base = append(base, "--only", "main")
	case o.Purpose == Production:
		for _, g := range u.DevGroups {
			base = append(base, "--without", g)
		}
	}
	if o.Purpose == Development || len(o.Groups) > 0 {
		for _, g := range o.Groups {
			base = append(base, "--with", g)
		}
	}
	for _, e := range o.Extras {
		base = append(base, "--extras", e)
	}
	first := append(append(Command{}, base...), "--no-root")
	if len(u.LocalNames) > 0 {
		first = append(first, "--no-directory")
	}
	i.Dependencies = []Command{{"poetry", "check", "--lock"}, first}
	if u.Package || len(u.LocalNames) > 0 {
		i.Project = []Command{base}
		if !u.Package {
			i.Project = []Command{append(append(Command{}, base...), "--no-root")}
		}
	}
	return i
}
