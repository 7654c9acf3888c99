package stack

import (
	"path"
	"slices"
	"strings"
)

// linked finds what an editable install of the project reads, where that is certain: the install is a link to the folder
// of the package then, and is the same whatever else the folder holds. It is so for static metadata, a package in one folder,
// and a build backend that writes a .pth file and has nothing else to do:
// https://hatch.pypa.io/latest/config/build/#dev-mode, https://docs.astral.sh/uv/concepts/build-backend/
func linked(f folder, u *Unit, p pyproject) []string {
	if p.Project == nil || p.BuildSystem == nil || len(list(p.Project.Dynamic)) > 0 || p.BuildSystem.Path != nil || f.has("setup.py") || f.has("hatch.toml") {
		return nil
	}
	packages, ok := ownPackages(f, u, p)
	if !ok {
		return nil
	}
	var reads []string
	add := func(files ...string) {
		for _, at := range files {
			if at != "" && !slices.Contains(reads, at) {
				reads = append(reads, at)
			}
		}
	}
	add(u.ReadmeFile)
	add(u.BuildFiles...)
	for _, pattern := range []string{"LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*"} { // what goes into the metadata by itself
		add(f.matching(pattern)...)
	}
	if !namesFiles(p.Project.LicenseFiles) || slices.ContainsFunc(reads, func(at string) bool { return path.Dir(at) != u.Dir }) {
		return nil
	}
	for _, dir := range packages {
		add(f.path(path.Join(dir, "__init__.py")))
	}
	if slices.ContainsFunc(reads, func(at string) bool { return !f.plain(at) }) {
		return nil
	}
	return reads
}

// namesFiles says whether license-files is a list of names in the folder itself, or is not there. Its older form is a table.
func namesFiles(licences any) bool {
	return licences == nil || len(list(licences)) > 0 && !slices.ContainsFunc(list(licences), func(pattern any) bool {
		s, is := pattern.(string)
		return !is || strings.Contains(s, "/") || strings.Contains(s, "**")
	})
}

// plain says whether a path is a file that a COPY can name as it is.
func (f folder) plain(at string) bool {
	e, there := f.snap.Entry(at)
	return there && e.IsRegular() && !strings.ContainsAny(at, " \t*?[]\\$\"'`#<")
}

// ownPackages are the folders of the packages that the project is, relative to it, when its build backend is known and
// does nothing else.
func ownPackages(f folder, u *Unit, p pyproject) (dirs []string, ok bool) {
	backend, _ := p.BuildSystem.Backend.(string)
	name := strings.ReplaceAll(NormalisePython(u.Name), "-", "_")
	inSrc := path.Join("src", name)
	switch requires := requirementNames(list(p.BuildSystem.Requires)); {
	case backend == "hatchling.build" && slices.Equal(requires, []string{"hatchling"}):
		if dirs, ok = hatchPackages(p); !ok || len(dirs) > 0 {
			return dirs, ok
		}
		// https://hatch.pypa.io/latest/plugins/builder/wheel/#default-file-selection: the first that is there
		for _, dir := range []string{name, inSrc} {
			if f.snap.Has(f.path(path.Join(dir, "__init__.py"))) {
				return []string{dir}, true
			}
		}
	case backend == "uv_build" && slices.Equal(requires, []string{"uv-build"}):
		uv := p.Tool.UV
		return []string{inSrc}, uv == nil || uv.BuildBackend == nil
	}
	return nil, false
}

// hatchPackages are the packages that hatch is told of; ok is false when it is told of more than that.
func hatchPackages(p pyproject) (dirs []string, ok bool) {
	only := func(t map[string]any, names ...string) bool {
		for name := range t {
			if !slices.Contains(names, name) {
				return false
			}
		}
		return true
	}
	hatch := table(p.Tool.Hatch)
	build := table(hatch["build"])
	targets := table(build["targets"])
	wheel := table(targets["wheel"])
	if !only(table(hatch["metadata"]), "allow-direct-references") || !only(build, "targets") || !only(wheel, "packages") {
		return nil, false
	}
	for _, dir := range list(wheel["packages"]) {
		s, is := dir.(string)
		if !is || path.IsAbs(s) || path.Clean(s) != strings.TrimSuffix(s, "/") || strings.HasPrefix(s, ".") {
			return nil, false
		}
		dirs = append(dirs, path.Clean(s))
	}
	return dirs, true
}
