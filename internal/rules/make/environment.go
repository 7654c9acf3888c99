package make

import (
	"path"
	"slices"
	"sort"
	"strings"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/project"
)

// environments are those of the layout that the project has, in the layout's order, each name once:
// the one that stands in the layout's place, else the first.
func environments(p *project.Project) []*project.Environment {
	var list []*project.Environment
	for _, name := range p.Layout.Environments {
		var best *project.Environment
		for _, e := range p.Environments {
			if e.Name != name || e.Model == nil || strings.Contains(e.Files[0], "{{") { // a template: what it makes is started elsewhere
				continue
			}
			if best == nil || e.Files[0] == p.Layout.ComposePath(name) && best.Files[0] != p.Layout.ComposePath(name) {
				best = e
			}
		}
		if best != nil && !startedByOwner(p, best) {
			list = append(list, best)
		}
	}
	return list
}

// startedByOwner says whether the Makefile starts the environment under a name of its owner's, from files
// that stay outside of the layout: there is a way to do it, and people know it.
func startedByOwner(p *project.Project, e *project.Environment) bool {
	if p.Makefile == nil || path.Dir(e.Files[0]) == p.Layout.ComposeDir() {
		return false
	}
	return slices.ContainsFunc(e.Calls, func(c project.Call) bool {
		return c.Kind == project.CallCompose && c.From == p.Makefile.Path && c.Subcommand == "up" && c.Target != "" &&
			!strings.HasPrefix(c.Target, e.Name+"-") && slices.Equal(c.Files, e.Files)
	})
}

// envFiles are the env files to pass when the environment is started, and whether it needs no option
// because Compose loads them by itself. Empty when the environment has none.
func envFiles(p *project.Project, e *project.Environment) (files []string, implicit bool) {
	if len(e.EnvFiles) > 0 {
		implicit = len(e.EnvFiles) == 1 && e.EnvFiles[0] == path.Join(e.Dir, ".env")
		return e.EnvFiles, implicit
	}
	own := p.Layout.EnvPath(e.Name)
	if p.EnvFile(own) != nil || slices.Contains(readByServices(e), own) {
		return []string{own}, false
	}
	return nil, false
}

// readByServices are the files that services read by env_file and can't do without, sorted.
func readByServices(e *project.Environment) []string {
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

// alwaysNeeds says whether even ps, logs and down need the env file: a value without a default makes
// them fail or act on something else.
func alwaysNeeds(p *project.Project, e *project.Environment) bool {
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

// supplied says whether one of the env files, or the template of those that are not there, has a value
// that the Compose files ask for.
func supplied(p *project.Project, e *project.Environment, files []string) bool {
	for _, v := range p.Variables(e) {
		for _, at := range files {
			f := p.EnvFile(at)
			if f == nil {
				f = p.EnvFile(template(p, at))
			}
			if f != nil && f.File != nil && slices.Contains(f.File.Keys(), v.Name) {
				return true
			}
		}
	}
	return false
}

// template is the file from which an env file is made; "" when there is none. Production has its own.
func template(p *project.Project, file string) string {
	list := []string{file + ".example"}
	if env, _ := p.Layout.EnvironmentAt(file); env != "prod" {
		list = append(list, path.Join(path.Dir(file), ".env.example"), p.Layout.EnvExample, ".env.example")
	} else {
		list = append(list, p.Layout.ProdExample)
	}
	for _, at := range list {
		if e, ok := p.Files.Entry(at); ok && e.IsRegular() {
			return at
		}
	}
	return ""
}

// passing declares what changes in the resolved model when the env files are passed from now on: the
// values that interpolation takes from them. It is nil when they are passed today.
func passing(p *project.Project, e *project.Environment, files []string) []change.Declared {
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

// identityChanges says whether passing the env files would name the project or a volume anew: data
// would seem gone.
func identityChanges(list []change.Declared) bool {
	return slices.ContainsFunc(list, func(d change.Declared) bool {
		return d.Addr == "name" || strings.HasPrefix(d.Addr, "volumes.")
	})
}
