// Package project turns a repository into one immutable value: what each file is, which
// environment it serves, who builds and reads it, and every place that names another file.
package project

import (
	"cmp"
	"slices"

	"refit/internal/compose"
	"refit/internal/config"
	"refit/internal/dockerfile"
	"refit/internal/dotenv"
	"refit/internal/gitrepo"
	"refit/internal/layout"
	"refit/internal/makefile"
	"refit/internal/source"
	"refit/internal/stack"
	"refit/internal/workflow"
)

// Project is a repository as refit understands it. It is immutable: rules share it across cores.
type Project struct {
	Name   string           // base name of the repository's folder; Compose derives a project name from it
	Files  *source.Snapshot // every file that was listed
	Config *config.Config   // .refit.yaml, or the defaults
	// ConfigProblem says why .refit.yaml does not count; nil when it does or when there is none.
	ConfigProblem *source.Problem
	Git           *gitrepo.State    // never nil; Exists is false outside of git
	Layout        layout.Layout     // where things should live here
	Dockerfiles   []*Dockerfile     // sorted by path
	Compose       []*ComposeFile    // sorted by path
	Environments  []*Environment    // sorted by name, then first file
	EnvFiles      []*EnvFile        // sorted by path
	Makefile      *Makefile         // the one at the root that make would read; nil when there is none
	Workflows     []*Workflow       // sorted by path
	Units         []*stack.Unit     // the language units, sorted by folder
	Scripts       []*Script         // shell scripts, sorted by path
	References    []Reference       // sorted by file, then offset
	Calls         []Call            // command lines that run docker compose or docker build
	PackageCalls  []PackageCall     // command lines that run a package manager of Python
	Problems      []*source.Problem // what could not be read or parsed; sorted by path, then position

	baseline *Project          // what this one came from; nil for the first
	mode     layout.Mode       // asked for on the command line; "" leaves it to the configuration
	packages string            // asked for on the command line; "" leaves it to the configuration
	hidden   []Hidden          // sorted by path
	lister   *lister           // lists hidden folders; nil when the files are not on a disk
	unlisted []*source.Problem // of the walk and of git
	cache    *Cache            // of what was parsed
	Memo     source.Memo       // what rules work out of the project, for the other rules
}

// Baseline is the project as it was before a plan changed anything: the one that Discover was first
// given as previous. For a project as it lies on the disk it is that one.
func (p *Project) Baseline() *Project {
	if p.baseline != nil {
		return p.baseline
	}
	return p
}

// WithLayout is the project with another layout mode than the configuration's.
func (p *Project) WithLayout(mode layout.Mode, c *Cache) *Project {
	base := p.describe()
	base.mode = mode
	return Discover(p.Files, base, c)
}

// WithPackages is the project with another answer than the configuration's to whether projects move to uv: "keep" or "uv".
func (p *Project) WithPackages(packages string, c *Cache) *Project {
	base := p.describe()
	base.packages = packages
	return Discover(p.Files, base, c)
}

// Packages is "uv" when projects of Poetry and pip shall move to uv, else "keep".
func (p *Project) Packages() string {
	if p.packages != "" {
		return p.packages
	}
	return p.Config.Packages
}

// describe is what files can't tell: the repository's name, git's state, what the walk left out.
func (p *Project) describe() *Project {
	return &Project{Name: p.Name, Git: p.Git, hidden: p.hidden, lister: p.lister, unlisted: p.unlisted, mode: p.mode, packages: p.packages}
}

// Dockerfile is one Dockerfile and who builds it.
type Dockerfile struct {
	Path   string
	File   *dockerfile.File
	Builds []Build // empty when nothing in the repository builds it
	Ignore string  // the ignore file that BuildKit reads for the first build; "" when there is none
}

// Build is one use of a Dockerfile.
type Build struct {
	By      string // the Compose file, workflow or script that asks for it
	Service string // the Compose service; "" elsewhere
	Env     string // the environment; "" when unknown
	Context string // repo-relative folder of the build context
	Target  string // stage name; "" means the last stage
	Args    map[string]string
	Span    source.Span // where By asks for it
}

// ComposeFile is one Compose file as written.
type ComposeFile struct {
	Path string
	File *compose.File
	Env  string       // environment by its name and callers: "dev", "test", "ci", "prod", another name, or ""
	Role compose.Role // by name and content, and by what callers and other files do with it
	// First is the path of the first file of the stack in which this file is used: relative paths
	// resolve against its folder. It is the file's own path for one that stands alone.
	First string
}

// Environment is one set of services that is started together.
type Environment struct {
	Name       string         // "dev", "test", "ci", "prod", ...; "" when it has none (a bare compose.yml)
	Files      []string       // Compose files in the order in which Compose stacks them
	EnvFiles   []string       // dotenv files that interpolation reads (--env-file, or the .env beside the first file)
	Model      *compose.Model // resolved, missing files and values left out; nil when Err is set
	Err        error          // why the model could not be resolved
	Raw        *compose.Raw   // where Err is set: what can be said without interpolation; nil when nothing can
	ProjectVia string         // where the project name comes from: "name", "COMPOSE_PROJECT_NAME", "-p", "folder"
	// Dir is the project directory, repo-relative: that of --project-directory or of the first file.
	// Relative paths in Files start from it.
	Dir   string
	Calls []Call // the command lines that start or address it, in the order of Project.Calls
	// StandIns are the templates whose values Model has for variables that have none: without them Compose
	// can't resolve the files in a fresh clone. Empty where it can.
	StandIns []string

	dirGiven bool // by --project-directory
}

// Mechanism is how an env file is read.
type Mechanism string

// The mechanisms by which an env file reaches a container or a Compose file.
const (
	ByEnvFile       Mechanism = "env_file"      // services.X.env_file: into the container
	ByInterpolation Mechanism = "interpolation" // --env-file or .env beside the Compose file: into the Compose file's ${VAR}
	ByMount         Mechanism = "mount"         // bind-mounted into the container
	ByShell         Mechanism = "shell"         // sourced by a script, included by make
)

// Reader is one reader of an env file.
type Reader struct {
	Mechanism Mechanism
	By        string // the file that says so
	Service   string // for Compose
	Env       string
	Span      source.Span
}

// EnvFile is one dotenv file.
type EnvFile struct {
	Path    string
	File    *dotenv.File
	Env     string // environment by its name and readers; "" when unknown
	Example bool   // a template without secrets, meant to be committed
	Tracked bool   // git tracks it
	Ignored bool   // git ignores it
	Readers []Reader
}

// Makefile is the Makefile at the root.
type Makefile struct {
	Path string
	File *makefile.File
}

// Workflow is one file that starts builds and scripts from outside: a CI definition, a Taskfile,
// pre-commit and Dependabot configuration. File.Kind says which.
type Workflow struct {
	Path string
	File *workflow.File
}

// Script is one shell script.
type Script struct {
	Path string
	Text []byte
}

// EnvironmentOf is the environment that stacks the Compose file, or nil.
func (p *Project) EnvironmentOf(composePath string) *Environment {
	for _, e := range p.Environments {
		for _, f := range e.Files {
			if f == composePath {
				return e
			}
		}
	}
	return nil
}

// Variables are those that the Compose files of an environment interpolate, those of included and
// extended files too, as often as they are written.
func (p *Project) Variables(e *Environment) []compose.Variable {
	files := e.Files
	if e.Model != nil {
		files = e.Model.Files
	}
	var list []compose.Variable
	for _, at := range files {
		if c := p.ComposeFile(at); c != nil {
			list = append(list, compose.Variables(c.File)...)
		}
	}
	return list
}

// Dockerfile is the Dockerfile at the path, or nil.
func (p *Project) Dockerfile(path string) *Dockerfile {
	return at(p.Dockerfiles, path, (*Dockerfile).path)
}

// ComposeFile is the Compose file at the path, or nil.
func (p *Project) ComposeFile(path string) *ComposeFile {
	return at(p.Compose, path, (*ComposeFile).path)
}

// Place is where the Compose files of an environment have the first of the addresses that is there, the last file first;
// ok is false where none has one.
func (p *Project) Place(e *Environment, addresses ...string) (in *ComposeFile, start int, ok bool) {
	for _, address := range addresses {
		for _, at := range slices.Backward(e.Files) {
			c := p.ComposeFile(at)
			if c == nil {
				continue
			}
			if v, ok := c.File.Lookup(address); ok {
				return c, v.Node.Span.Start, true
			}
		}
	}
	return nil, 0, false
}

// EnvFile is the dotenv file at the path, or nil.
func (p *Project) EnvFile(path string) *EnvFile {
	return at(p.EnvFiles, path, (*EnvFile).path)
}

// Unit is the language unit of the folder that holds path, the nearest one upwards, or nil.
func (p *Project) Unit(path string) *stack.Unit {
	var best *stack.Unit
	for _, u := range p.Units {
		if (u.Dir == "." || path == u.Dir || len(path) > len(u.Dir) && path[:len(u.Dir)+1] == u.Dir+"/") &&
			(best == nil || len(u.Dir) > len(best.Dir) || best.Dir == ".") {
			best = u
		}
	}
	return best
}

func (f *Dockerfile) path() string  { return f.Path }
func (f *ComposeFile) path() string { return f.Path }
func (f *EnvFile) path() string     { return f.Path }

// at is the item at a path in a list that is sorted by path, or nil.
func at[T any](list []*T, path string, pathOf func(*T) string) *T {
	i, found := slices.BinarySearchFunc(list, path, func(item *T, path string) int { return cmp.Compare(pathOf(item), path) })
	if !found {
		return nil
	}
	return list[i]
}

// placed puts an item into a list that is sorted by path.
func placed[T any](list []*T, item *T, pathOf func(*T) string) []*T {
	i, _ := slices.BinarySearchFunc(list, pathOf(item), func(other *T, path string) int { return cmp.Compare(pathOf(other), path) })
	return slices.Insert(list, i, item)
}
