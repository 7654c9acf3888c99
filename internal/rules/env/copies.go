package env

import (
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/project"
)

// envCopy is an env file that a fresh clone lacks and the template that it is made from.
type envCopy struct{ from, to string }

// copies lists what to copy for everyday work, one at least: development's file where something reads it,
// else the files that Compose files read, else the file that the template's own name stands for.
func copies(p *project.Project) []envCopy {
	template := p.Layout.EnvExample
	if e := exampleOf(p); e != nil {
		template = e.Path
	}
	read := readByCompose(p)
	dev := p.Layout.EnvPath("dev")
	if slices.Contains(read, dev) || len(read) == 0 && path.Dir(template) == p.Layout.EnvDir() {
		return []envCopy{{template, dev}}
	}
	var list []envCopy
	for _, file := range read {
		from := template
		if p.Files.Has(file + ".example") {
			from = file + ".example"
		}
		list = append(list, envCopy{from, file})
	}
	if len(list) == 0 {
		list = append(list, envCopy{template, strings.TrimSuffix(template, ".example")})
	}
	return list
}

// readByCompose are the env files of the repository that services or interpolation read, sorted,
// production's left out.
func readByCompose(p *project.Project) []string {
	found := map[string]bool{}
	for _, e := range p.Environments {
		if e.Name == "prod" || e.Model == nil {
			continue
		}
		for _, s := range e.Model.Services {
			for _, f := range s.EnvFiles {
				found[f.Path] = true
			}
		}
		for _, f := range e.EnvFiles {
			found[f] = true
		}
	}
	maps.DeleteFunc(found, func(f string, _ bool) bool {
		e := p.EnvFile(f)
		return path.IsAbs(f) || strings.HasPrefix(f, "..") || strings.Contains(f, "$") || e != nil && e.Example
	})
	return slices.Sorted(maps.Keys(found))
}

// readInProduction says whether production's Compose file takes values from production's env file.
func readInProduction(p *project.Project) bool {
	file := p.Layout.EnvPath("prod")
	return slices.ContainsFunc(p.Environments, func(e *project.Environment) bool {
		if e.Name != "prod" || e.Model == nil {
			return false
		}
		for _, s := range e.Model.Services {
			for _, f := range s.EnvFiles {
				if f.Path == file {
					return true
				}
			}
		}
		return slices.Contains(e.EnvFiles, file)
	})
}
