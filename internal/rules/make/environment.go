package make

import (
	"path"
	"slices"
	"strings"

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
