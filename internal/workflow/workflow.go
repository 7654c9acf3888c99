// Package workflow reads the YAML files that start builds and scripts from outside: GitHub Actions
// workflows and actions, GitLab CI, Taskfiles, pre-commit and Dependabot configuration, and others by
// the names of their keys. It finds the scripts with the folder they run in, the paths that trigger
// them, and the inputs of the Docker actions, each with its bytes. Scripts are handed to package shell.
package workflow

import (
	"path"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/yaml"
)

// Kind is what program reads a file.
type Kind string

// The kinds of files.
const (
	GitHub     Kind = "github"     // .github/workflows/*.yml
	Action     Kind = "action"     // action.yml of a composite action
	GitLab     Kind = "gitlab"     // .gitlab-ci.yml
	Task       Kind = "task"       // Taskfile.yml
	PreCommit  Kind = "pre-commit" // .pre-commit-config.yaml
	Dependabot Kind = "dependabot" // .github/dependabot.yml
	Generic    Kind = "generic"    // another: scripts are known by the names of their keys
)

// KindOf is the kind of file that stands at a repo-relative path; false when none is expected there.
func KindOf(file string) (Kind, bool) {
	dir, name := path.Split(strings.ToLower(file))
	ext := path.Ext(name)
	if ext != ".yml" && ext != ".yaml" {
		return "", false
	}
	base := strings.TrimSuffix(name, ext)
	switch {
	case strings.HasSuffix(dir, ".github/workflows/") || strings.HasSuffix(dir, ".gitea/workflows/") || strings.HasSuffix(dir, ".forgejo/workflows/"):
		return GitHub, true
	case base == "action":
		return Action, true
	case base == ".gitlab-ci" || strings.HasSuffix(base, ".gitlab-ci") || strings.HasSuffix(dir, ".gitlab/ci/"):
		return GitLab, true
	case base == "taskfile" || base == "taskfile.dist":
		return Task, true
	case base == ".pre-commit-config":
		return PreCommit, true
	case base == "dependabot" && strings.HasSuffix(dir, ".github/"):
		return Dependabot, true
	case dir == ".circleci/" && base == "config", base == "azure-pipelines", base == "bitbucket-pipelines",
		base == ".drone", base == ".travis", base == ".woodpecker", dir == ".woodpecker/", base == "cloudbuild",
		base == "render", base == ".buildkite", dir == ".buildkite/", base == "appveyor", base == "skaffold":
		return Generic, true
	}
	return "", false
}

// File is one such file.
type File struct {
	Path string
	Kind Kind
	YAML *yaml.File

	Env     []Var    // of the whole file
	Filters []Filter // the paths that trigger it
	Jobs    []Job
	// Scripts are all scripts, those of the jobs included, in the order of the file. A script that
	// several jobs use through an anchor or a default is listed once for each.
	Scripts []Script
	// Hashes are the patterns in hashFiles('...').
	Hashes []Part
	// Paths are other values that name files or folders of the repository: Dependabot's directories,
	// Taskfile's sources, GitLab's cache keys, local actions.
	Paths   []Part
	Updates []Update // Dependabot
	Hooks   []Hook   // pre-commit

	used     int // what of maxSteps is used up
	resolved int // what of maxResolved is used up
}

// maxSteps bounds how many steps are listed: by anchors a small file can have any number, with any
// number of variables. Large steps count as several.
const maxSteps = 20_000

// room says whether a step with these variables and scalars may be listed.
func (f *File) room(env []Var, nodes ...*yaml.Node) bool {
	f.used += 1 + len(env)/64
	for _, n := range nodes {
		f.used += 1 + len(n.Value)/4096
	}
	return f.used <= maxSteps
}

// Parse reads a file as the kind its path tells, or as Generic. The error is a *source.Problem.
// A file of unexpected structure is no error: it just yields less.
func Parse(file string, text []byte) (*File, error) {
	kind, ok := KindOf(file)
	if !ok {
		kind = Generic
	}
	return ParseAs(kind, file, text)
}

// ParseAs reads a file as a given kind.
func ParseAs(kind Kind, file string, text []byte) (*File, error) {
	y, err := yaml.Parse(file, text)
	if err != nil {
		return nil, err
	}
	f := &File{Path: file, Kind: kind, YAML: y}
	for _, root := range y.Docs {
		switch kind {
		case GitHub:
			f.github(root)
		case Action:
			f.action(root)
		case GitLab:
			f.gitlab(root)
		case Task:
			f.task(root)
		case PreCommit:
			f.preCommit(root)
		case Dependabot:
			f.dependabot(root)
		default:
			f.generic(root)
		}
	}
	return f, nil
}

// Position is the line and column of a byte offset.
func (f *File) Position(offset int) source.Position { return f.YAML.Position(offset) }

// Filter is one list of path patterns that decide whether an event triggers.
type Filter struct {
	Event    string // "push", "pull_request"; for GitLab the job
	Ignore   bool   // paths-ignore: matching paths do not trigger
	Patterns []Part
}

// Job is one job.
type Job struct {
	ID        string
	Node      *yaml.Node
	Env       []Var // of the job alone
	Uses      *yaml.Node
	With      []Var
	Container *Container
	Services  []Container
	Steps     []Step
	// Root is the folder, relative to the workspace, into which the job checks out its own
	// repository: "." unless actions/checkout has a path.
	Root string
}

// Step is one step of a job or a composite action.
type Step struct {
	Node   *yaml.Node
	Name   string
	Uses   *yaml.Node // the action; nil for a script
	With   []Var      // its inputs
	Env    []Var      // of the step alone
	Script *Script    // nil for an action
}

// Input is the value of an input of the step's action, or nil.
func (s Step) Input(name string) *yaml.Node {
	for _, v := range s.With {
		if strings.EqualFold(v.Name, name) {
			return v.Value
		}
	}
	return nil
}

// UsesAction says whether the step uses the action of this name ("docker/build-push-action"), at any version.
func (s Step) UsesAction(name string) bool {
	if s.Uses == nil {
		return false
	}
	used, _, _ := strings.Cut(s.Uses.Value, "@")
	return strings.EqualFold(used, name)
}

// Container is the image that a job runs in, or a service beside it.
type Container struct {
	Name    string // of a service
	Node    *yaml.Node
	Image   *yaml.Node
	Env     []Var
	Volumes []*yaml.Node
	Ports   []*yaml.Node
	Options *yaml.Node
}

// Var is a variable or an input.
type Var struct {
	Name  string
	Value *yaml.Node // aliases resolved
}

// Script is one script: what one shell gets to run.
type Script struct {
	// Nodes are the values that it is made of; several when the program joins them (GitLab).
	Nodes []*yaml.Node
	// Text is the script with the places of its bytes in the file. Expressions of the CI are resolved
	// where the file defines them, and unknown otherwise.
	Text shell.Text
	// Shell is the shell as written ("bash", "pwsh", "bash -e {0}"); "" for the default.
	Shell string
	// Dir is the folder that the script starts in, repo-relative, "." for the root.
	// When it depends on the run or lies outside of the repository, it is "" and DirKnown is false.
	Dir      string
	DirKnown bool
	// DirAt is where the folder is written, nil when nowhere.
	DirAt *yaml.Node
	// Env is what the file sets for the script, the innermost definition last.
	Env []Var

	windows bool
	scope   scope
}

// Dialect is the shell language of the script; false when it is not one that package shell reads
// (PowerShell, cmd, Python).
func (s Script) Dialect() (shell.Dialect, bool) {
	name := s.Shell
	if f := strings.Fields(name); len(f) > 0 {
		name = path.Base(strings.ReplaceAll(f[0], `\`, "/"))
	}
	switch strings.TrimSuffix(name, ".exe") {
	case "":
		return shell.Bash, !s.windows
	case "bash":
		return shell.Bash, true
	case "sh", "dash", "ash":
		return shell.POSIX, true
	case "zsh":
		return shell.Zsh, true
	}
	return 0, false
}

// Vars are the variables of Env as package shell wants them.
func (s Script) Vars() map[string]shell.Text {
	out := make(map[string]shell.Text, len(s.Env))
	for _, v := range s.Env {
		out[v.Name] = s.scope.of(v.Value)
	}
	if s.scope.workspace != "" {
		out[s.scope.workspace] = root
	}
	return out
}

// Start is the state in which the script begins, for shell.Run.
func (s Script) Start() shell.Start { return shell.Start{Dir: s.Dir, Vars: s.Vars()} }
