package invocation

import (
	"slices"

	"refit/internal/compose"
	"refit/internal/project"
)

// Builds says whether an image of the environment is made here.
func Builds(e *project.Environment) bool {
	for _, s := range e.Model.Services {
		if s.Build != nil {
			return true
		}
	}
	return false
}

// KeepsData says whether a service has a named volume.
func KeepsData(e *project.Environment) bool {
	for _, s := range e.Model.Services {
		if slices.ContainsFunc(s.Mounts, func(m compose.Mount) bool { return m.Type == "volume" && m.Source != "" }) {
			return true
		}
	}
	return false
}

// usual are names that the main service of a repository has.
var usual = []string{"app", "web", "api", "backend", "server", "django", "fastapi", "application", "site", "frontend"}

// MainService is the service that a shell is wanted in: one of the repository's own, by its name, else
// the one that publishes ports, else the first. "" when there is no service.
func MainService(e *project.Environment) string {
	var own, all []string
	for name, s := range e.Model.Services {
		if !s.Enabled {
			continue
		}
		all = append(all, name)
		if s.Build != nil {
			own = append(own, name)
		}
	}
	if len(own) == 0 {
		own = all
	}
	slices.Sort(own)
	for _, name := range usual {
		if slices.Contains(own, name) {
			return name
		}
	}
	for _, name := range own {
		if len(e.Model.Services[name].Ports) > 0 {
			return name
		}
	}
	if len(own) == 0 {
		return ""
	}
	return own[0]
}
