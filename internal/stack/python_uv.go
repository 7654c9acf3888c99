package stack

import (
	"path"
	"slices"
)

// UVVersion is the version of uv that refit pins when it finds none pinned: the guide's. UVImage
// holds the binaries alone, to be copied: COPY --from=UVImage /uv /uvx /usr/local/bin/
const (
	UVVersion = "0.8.22"
	UVImage   = "ghcr.io/astral-sh/uv:" + UVVersion
	// UVToolchain has uv, a Python and a shell, to run uv for whoever lacks it.
	UVToolchain = UVImage + "-python3.13-trixie-slim"
)

// uvTable is tool.uv. https://docs.astral.sh/uv/reference/settings/
type uvTable struct {
	Package         *bool `toml:"package"`
	DevDependencies any   `toml:"dev-dependencies"`
	DefaultGroups   any   `toml:"default-groups"`
	Sources         any   `toml:"sources"`
	BuildBackend    any   `toml:"build-backend"`
	Workspace       *struct {
		Members any `toml:"members"`
		Exclude any `toml:"exclude"`
	} `toml:"workspace"`
}

func describeUVProject(f folder, u *Unit, p pyproject) {
	u.Manifests = f.present("pyproject.toml")
	u.Extra = append(u.Extra, f.present("uv.toml")...)
	u.Lock, u.LockPresent = f.path("uv.lock"), f.has("uv.lock")
	uv := p.Tool.UV
	if uv == nil {
		uv = &uvTable{}
	}
	if uv.Package != nil {
		u.Package = *uv.Package
	}
	if p.Project == nil {
		u.Package = false // the virtual root of a workspace
	}
	if legacy := list(uv.DevDependencies); len(legacy) > 0 {
		u.Groups = append(u.Groups, "dev")
		u.DevDependencies = append(u.DevDependencies, requirementNames(legacy)...)
	}
	u.DevGroups = uvDevGroups(u.Groups, uv.DefaultGroups)
	if w := uv.Workspace; w != nil {
		u.Workspace = true
		u.Members = strs(w.Members)
		for _, e := range strs(w.Exclude) {
			u.Members = append(u.Members, "!"+e)
		}
	}
	u.linked = linked(f, u, p)
	for _, name := range keys(table(uv.Sources)) {
		from := table(table(uv.Sources)[name])
		if p, ok := from["path"].(string); ok {
			u.LocalPaths = append(u.LocalPaths, localPath(f.dir, p)...)
			u.LocalNames = append(u.LocalNames, NormalisePython(name))
		}
	}
}

// uvDevGroups are the groups for development among those that uv syncs by default: "dev" unless
// tool.uv.default-groups says otherwise.
func uvDevGroups(groups []string, defaults any) []string {
	synced := []string{"dev"}
	if l := strs(defaults); l != nil {
		synced = l
	} else if defaults == "all" {
		synced = groups
	}
	var dev []string
	for _, g := range synced {
		if isDevName(g) && slices.Contains(groups, g) {
			dev = append(dev, g)
		}
	}
	return dev
}

// installUV: https://docs.astral.sh/uv/guides/integration/docker/#intermediate-layers,
// https://docs.astral.sh/uv/concepts/projects/sync/ and
// https://docs.astral.sh/uv/reference/environment/.
//
// --locked fails when the lock doesn't fit. A workspace and dependencies from folders of the
// repository need --frozen in the first layer: what asserting them takes isn't copied yet; the
// second install asserts. UV_PYTHON_DOWNLOADS=never keeps uv from putting a Python of its own into
// root's home, where another user can't reach it.
func installUV(u *Unit, o Options) Install {
	i := Install{
		Environment: []Variable{
			{"UV_COMPILE_BYTECODE", "1"}, {"UV_LINK_MODE", "copy"},
			{"UV_PROJECT_ENVIRONMENT", VenvDir}, {"UV_PYTHON_DOWNLOADS", "never"},
		},
		Runtime: pythonRuntime, BinDir: VenvDir + "/bin", Outputs: []string{VenvDir},
		Caches:   []Cache{{Root: "/root/.cache/uv", Variable: "UV_CACHE_DIR"}},
		Asserted: true, Lock: Command{"uv", "lock"}, Check: Command{"uv", "lock", "--check"},
	}
	var what []string
	if o.Purpose == Production {
		what = append(what, uvWithoutDev(u.DevGroups)...)
	}
	for _, g := range o.Groups {
		what = append(what, "--group", g)
	}
	for _, e := range o.Extras {
		what = append(what, "--extra", e)
	}
	member := u.Root != "" && u.Root != u.Dir
	if member {
		i.Files = append(i.Files, path.Join(u.Root, "pyproject.toml"))
		if u.Name != "" {
			what = append(what, "--package", u.Name)
		}
	}
	first, last := Command{"uv", "sync", "--locked"}, append(Command{"uv", "sync", "--locked"}, what...)
	if u.Workspace || member || len(u.LocalNames) > 0 {
		first = Command{"uv", "sync", "--frozen"}
	}
	first = append(first, what...)
	switch {
	case u.Workspace || member:
		first = append(first, "--no-install-workspace")
	default:
		first = append(first, "--no-install-project")
	}
	for _, n := range u.LocalNames {
		first = append(first, "--no-install-package", n)
	}
	i.Dependencies = []Command{first}
	if u.Package || u.Workspace || member || len(u.LocalNames) > 0 {
		i.Project = []Command{last}
	}
	if u.Package && !u.Workspace && !member && len(u.LocalNames) == 0 {
		i.Linked = u.linked
	}
	return i
}

// uvWithoutDev leaves the groups for development out. --no-dev, the documented form, takes away
// "dev"; it is given even when no such group exists yet.
func uvWithoutDev(groups []string) []string {
	words := []string{"--no-dev"}
	for _, g := range groups {
		if g != "dev" {
			words = append(words, "--no-group", g)
		}
	}
	return words
}

// Toolchain is the image that runs the unit's package manager for whoever lacks it; "" when refit knows none.
func (u *Unit) Toolchain() string {
	if u.Manager == UV {
		return UVToolchain
	}
	return ""
}
