// Package invocation says how docker compose is called for an environment of a repository: with which files and
// env files, which service is its main one, and which command runs its tests. What refit writes into a Makefile and
// what it runs itself are thereby the same.
package invocation

import (
	"path"
	"slices"
	"sort"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/project"
)

// EnvFiles are the env files to pass when the environment is started, and whether it needs no option
// because Compose loads them by itself. Empty when the environment has none.
func EnvFiles(p *project.Project, e *project.Environment) (files []string, implicit bool) {
	if len(e.EnvFiles) > 0 {
		implicit = len(e.EnvFiles) == 1 && e.EnvFiles[0] == path.Join(e.Dir, ".env")
		return e.EnvFiles, implicit
	}
	own := p.Layout.EnvPath(e.Name)
	if p.EnvFile(own) != nil || slices.Contains(ReadByServices(e), own) {
		return []string{own}, false
	}
	return nil, false
}

// ReadByServices are the files that services read by env_file and can't do without, sorted.
func ReadByServices(e *project.Environment) []string {
	var files []string
	for _, s := range e.Model.Services {
		for _, f := range s.EnvFiles {
			if f.Required {
				files = append(files, f.Path)
			}
		}
	}
	sort.Strings(files)
	return slices.Compact(files)
}

// AlwaysNeeds says whether even ps, logs and down need the env file: a value without a default makes
// them fail or act on something else.
func AlwaysNeeds(p *project.Project, e *project.Environment) bool {
	if e.ProjectVia == "COMPOSE_PROJECT_NAME" {
		return true
	}
	for _, o := range p.Environments {
		if o != e && slices.Equal(o.Files, e.Files) {
			return true // only the env file tells the two apart
		}
	}
	return slices.ContainsFunc(p.Variables(e), func(v compose.Variable) bool { return v.Required || !v.HasDefault() })
}

// Passing declares what changes in the resolved model when the env files are passed from now on: the
// values that interpolation takes from them. It is nil when they are passed today.
func Passing(p *project.Project, e *project.Environment, files []string) []change.Declared {
	if slices.Equal(e.EnvFiles, files) || e.Model == nil {
		return nil
	}
	m, err := p.With(e, files)
	if err != nil {
		return nil
	}
	before, after := e.Model.Flatten(), m.Flatten()
	changed := map[string]bool{}
	for k, v := range before {
		if x, ok := after[k]; !ok || x != v {
			changed[k] = true
		}
	}
	for k := range after {
		if _, ok := before[k]; !ok {
			changed[k] = true
		}
	}
	var list []change.Declared
	for k := range changed {
		list = append(list, change.Declared{Aspect: change.AspectCompose, Subject: e.Files[0], Addr: k,
			Why: "the Compose file's variables take their values from " + strings.Join(files, ", ")})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Addr < list[j].Addr })
	return list
}

// IdentityChanges says whether passing the env files would name the project or a volume anew: data
// would seem gone.
func IdentityChanges(list []change.Declared) bool {
	return slices.ContainsFunc(list, func(d change.Declared) bool {
		return d.Addr == "name" || strings.HasPrefix(d.Addr, "volumes.")
	})
}

// Options are the words behind `docker compose` that name the environment, its env files among them; paths are from
// the repository's root.
func Options(e *project.Environment, envFiles []string) []string {
	var words []string
	for _, c := range e.Calls {
		if c.ProjectDir != "" {
			words = append(words, "--project-directory", path.Clean(c.ProjectDir))
			break
		}
	}
	for _, f := range e.Files {
		words = append(words, "-f", path.Clean(f))
	}
	if e.ProjectVia == "-p" {
		words = append(words, "-p", e.Model.Name)
	}
	for _, f := range envFiles {
		words = append(words, "--env-file", path.Clean(f))
	}
	return words
}

// Passed are the env files that a command which starts the environment gives to Compose by --env-file: none where
// Compose finds them itself, and none that would name the project or a volume anew, since data would seem gone.
func Passed(p *project.Project, e *project.Environment) []string {
	files, implicit := EnvFiles(p, e)
	if implicit || IdentityChanges(Passing(p, e, files)) {
		return nil
	}
	return files
}
