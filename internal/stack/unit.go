package stack

import (
	"path"
	"slices"
	"sort"
	"strings"

	"refit/internal/source"
)

// Language of a unit or of an image's runtime.
type Language string

// The languages that refit knows.
const (
	Python Language = "python"
	Node   Language = "node"
	Go     Language = "go"
	Ruby   Language = "ruby"
	PHP    Language = "php"
	Java   Language = "java"
	Rust   Language = "rust"
	Dotnet Language = "dotnet"
)

// Manager is the package manager that a unit is installed with.
type Manager string

// The managers that refit tells apart. Those that Unit.Install has no facts for are named here
// all the same, so that a project of theirs is not taken for one of another manager.
const (
	UV       Manager = "uv"
	Pip      Manager = "pip"
	Poetry   Manager = "poetry"
	PDM      Manager = "pdm"
	Pipenv   Manager = "pipenv"
	Conda    Manager = "conda"
	NPM      Manager = "npm"
	Yarn     Manager = "yarn"
	PNPM     Manager = "pnpm"
	Bun      Manager = "bun"
	GoMod    Manager = "go"
	Bundler  Manager = "bundler"
	Composer Manager = "composer"
	Maven    Manager = "maven"
	Gradle   Manager = "gradle"
	Cargo    Manager = "cargo"
	Nuget    Manager = "nuget"
)

// Unit is one project of the repository: a folder with a manifest, seen as one language. All paths
// are repo-relative.
type Unit struct {
	Dir      string // "." for the root
	Language Language
	Manager  Manager
	Reason   string // what decided for the manager: "uv.lock is there"
	Name     string // the project's own name, "" when it gives none

	Manifests   []string // files that the manager reads the dependencies from, the main one first
	Extra       []string // further files that the install needs: .npmrc, .python-version, patches
	Leftovers   []string // manifests and locks of other managers, which this one doesn't read
	Lock        string   // where the lock is or belongs; "" when the manager has none
	LockPresent bool

	// Root is the folder of the workspace that the unit is a member of, with which it shares the
	// lock; it is Dir itself for the workspace's root and for a unit on its own.
	Root      string
	Workspace bool     // the unit is the root of a workspace
	Members   []string // folders of the workspace's other units, sorted

	Requires string // constraint on the language's version, verbatim: ">=3.11"
	Pinned   string // exact version that .python-version, .nvmrc and their like name, verbatim

	Dependencies    []string // names, normalised as the language does, sorted
	DevDependencies []string // those for development only
	Groups          []string // named groups of dependencies (uv, poetry, bundler), sorted
	DevGroups       []string // those of them that a production install leaves out
	Extras          []string // optional features that an install can ask for, sorted
	DevExtras       []string // those of them that are for development by their name

	// Package says that the project itself is installed (its code becomes part of the environment),
	// so that the install has a second half once the source is there.
	Package    bool
	ReadmeFile string   // read when the package is built, so that an ignore file must not drop it
	BuildFiles []string // what else building the package reads: licences, version files
	SourceDirs []string // folders with the project's code, sorted
	LocalPaths []string // folders of the repository that dependencies are taken from, sorted
	LocalNames []string // those dependencies' names, sorted

	Requirements    []string // pip: files for production, in the order to install them
	DevRequirements []string // pip: further files for development
	Hashed          bool     // pip: every requirement carries a hash
	Scripts         map[string]string
	ManagerVersion  string // major version or packageManager's value, as far as it is known

	Problems []*source.Problem // manifests that could not be read

	buildSystem bool     // pyproject.toml has a [build-system]
	linked      []string // see Install.Linked
}

// Path joins the unit's folder and a name.
func (u *Unit) Path(name string) string { return path.Join(u.Dir, name) }

// DependsOn says whether any of the packages is among the unit's dependencies, those for
// development included. Names are compared as the language normalises them.
func (u *Unit) DependsOn(names ...string) bool {
	for _, n := range names {
		if u.Language == Python {
			n = NormalisePython(n)
		}
		if slices.Contains(u.Dependencies, n) || slices.Contains(u.DevDependencies, n) {
			return true
		}
	}
	return false
}

// Hints is what other files say about the stack.
type Hints struct {
	// Programs are package managers that Dockerfiles, Makefiles and workflows call: "uv", "poetry".
	Programs []string
}

func (h Hints) uses(program string) bool { return slices.Contains(h.Programs, program) }

// Detect finds the units of a repository, sorted by folder and language. It returns at most one
// unit a folder and language. Folders of vendored code and virtual environments are passed over.
// A manifest that can't be read makes a unit with what is known and a Problem; nothing panics.
func Detect(snap *source.Snapshot, hints Hints) []*Unit {
	folders := foldersOf(snap)
	var units []*Unit
	for _, f := range folders {
		for _, detect := range detectors {
			if u := detect(f, hints); u != nil {
				if u.Root == "" {
					u.Root = u.Dir
				}
				units = append(units, u)
			}
		}
	}
	joinWorkspaces(snap, units)
	for _, u := range units {
		u.tidy()
	}
	return units
}

// detectors, one a language. Each returns nil for a folder without its manifests.
var detectors = []func(folder, Hints) *Unit{
	detectDotnet, detectGo, detectJava, detectNode, detectPHP, detectPython, detectRuby, detectRust,
}

// folder is one folder of the snapshot with the names of its files.
type folder struct {
	snap  *source.Snapshot
	dir   string
	files []string // base names, sorted
}

func (f folder) has(name string) bool {
	_, ok := slices.BinarySearch(f.files, name)
	return ok
}

func (f folder) path(name string) string { return path.Join(f.dir, name) }

// read returns the file's bytes, nil when it isn't there or can't be read; then the unit, when
// given, gets a problem that says so.
func (f folder) read(name string, u *Unit) []byte {
	text, err := f.snap.Read(f.path(name))
	if err != nil {
		if u != nil && f.has(name) {
			u.problem(f.path(name), source.Position{}, err)
		}
		return nil
	}
	return text
}

// present keeps the names that the folder has, as paths.
func (f folder) present(names ...string) []string {
	var found []string
	for _, n := range names {
		if f.has(n) {
			found = append(found, f.path(n))
		}
	}
	return found
}

// matching lists the files that match a path.Match pattern, as paths.
func (f folder) matching(pattern string) []string {
	var found []string
	for _, n := range f.files {
		if ok, _ := path.Match(pattern, n); ok {
			found = append(found, f.path(n))
		}
	}
	return found
}

func (u *Unit) problem(p string, at source.Position, err error) {
	u.Problems = append(u.Problems, &source.Problem{
		Path: p, At: at, What: err.Error(),
		Why:    "refit can't tell what it installs",
		Advice: "repair the file", Original: err,
	})
}

// foldersOf lists the folders that hold files and aren't vendored, sorted.
func foldersOf(snap *source.Snapshot) []folder {
	skip := map[string]bool{}
	byDir := map[string]*folder{}
	for _, p := range snap.Paths() {
		dir, name := path.Dir(p), path.Base(p)
		if name == "pyvenv.cfg" { // a virtual environment, whatever it is called
			skip[dir] = true
		}
		f := byDir[dir]
		if f == nil {
			f = &folder{snap: snap, dir: dir}
			byDir[dir] = f
		}
		f.files = append(f.files, name)
	}
	var folders []folder
	for dir, f := range byDir {
		if !isVendored(dir, skip) {
			sort.Strings(f.files)
			folders = append(folders, *f)
		}
	}
	sort.Slice(folders, func(i, j int) bool { return folders[i].dir < folders[j].dir })
	return folders
}

// vendored are the names of folders that hold other people's code.
var vendored = set(`.git node_modules bower_components vendor .venv venv site-packages .tox .nox __pypackages__
	.yarn .pnpm-store .bundle .gradle .m2 __pycache__`)

func isVendored(dir string, skip map[string]bool) bool {
	for d := dir; d != "."; d = path.Dir(d) {
		if skip[d] || vendored[path.Base(d)] {
			return true
		}
	}
	return skip["."]
}

// tidy sorts the lists and drops doubles, so that the result doesn't depend on how it was found.
func (u *Unit) tidy() {
	for _, l := range []*[]string{
		&u.Dependencies, &u.DevDependencies, &u.Groups, &u.DevGroups, &u.Extras, &u.DevExtras,
		&u.SourceDirs, &u.Members, &u.LocalPaths, &u.LocalNames, &u.Leftovers, &u.BuildFiles,
	} {
		sort.Strings(*l)
		*l = slices.Compact(*l)
	}
}

// isDevName says whether a group, an extra or a file is for development by its name.
func isDevName(name string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		switch w {
		case "dev", "develop", "development", "test", "tests", "testing", "lint", "linting", "typing", "types",
			"docs", "doc", "ci", "qa", "debug", "local", "style", "format":
			return true
		}
	}
	return false
}
