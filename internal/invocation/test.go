package invocation

import (
	"slices"
	"strings"

	"refit/internal/project"
	"refit/internal/stack"
)

// TestCommand is the service and the words that run its tests; words is nil when refit does not know them. What
// the user's own commands run is what works here; mine says which calls are refit's own, and may be nil.
func TestCommand(p *project.Project, e *project.Environment, mine func(project.Call) bool) (service string, words []string) {
	service = MainService(e)
	words = usersTest(p, e, mine)
	if words != nil {
		service, words = words[0], words[1:]
	} else if words = stackTest(p, e, service); words == nil {
		return "", nil
	}
	if len(words) > 2 && words[0] == "uv" && words[1] == "run" && venvOnPath(p, e, service) {
		words = words[2:] // uv run would install again
	}
	return service, words
}

// usersTest is the shortest of the test commands that the repository runs in a container, behind the
// name of its service; nil when there is none.
func usersTest(p *project.Project, e *project.Environment, mine func(project.Call) bool) []string {
	var best []string
	for _, c := range p.Calls {
		if mine != nil && mine(c) || c.Kind != project.CallCompose || c.Subcommand != "exec" && c.Subcommand != "run" {
			continue
		}
		at := slices.IndexFunc(c.Args, func(a string) bool { return e.Model.Services[a] != nil })
		if at < 0 || e.Model.Services[c.Args[at]].Build == nil || !runsTests(c.Args[at+1:]) || slices.ContainsFunc(c.Args[at:], func(a string) bool { return strings.ContainsAny(a, "?\x01\x02") }) {
			continue
		}
		if best == nil || len(c.Args)-at < len(best) {
			best = c.Args[at:]
		}
	}
	return slices.Clone(best)
}

// runsTests says whether the words of a command run tests.
func runsTests(words []string) bool {
	for i, w := range words {
		switch w {
		case "pytest", "phpunit", "vendor/bin/phpunit", "rspec", "jest", "vitest", "tox", "nox":
			return true
		case "test":
			return i > 0 && slices.Contains([]string{"npm", "yarn", "pnpm", "bun", "manage.py", "./manage.py", "go", "cargo", "artisan", "rails"}, words[i-1])
		}
	}
	return false
}

// stackTest is the command that runs the tests of a service's language unit.
func stackTest(p *project.Project, e *project.Environment, service string) []string {
	s := e.Model.Services[service]
	if s == nil || s.Build == nil {
		return nil
	}
	u := p.Unit(s.Build.Context)
	if u == nil {
		return nil
	}
	switch {
	case u.Language == stack.Python && u.DependsOn("pytest"):
		switch u.Manager {
		case stack.UV, stack.Poetry, stack.PDM, stack.Pipenv:
			return []string{string(u.Manager), "run", "pytest"}
		}
		return []string{"pytest"}
	case u.Language == stack.Node && u.Scripts["test"] != "" && !strings.Contains(u.Scripts["test"], "no test specified"):
		return []string{string(u.Manager), "test"}
	case u.Language == stack.Ruby && u.DependsOn("rspec", "rspec-rails"):
		return []string{"bundle", "exec", "rspec"}
	case u.Language == stack.PHP && u.DependsOn("phpunit/phpunit"):
		return []string{"vendor/bin/phpunit"}
	}
	return nil
}

// venvOnPath says whether the image of a service has its virtual environment on PATH.
func venvOnPath(p *project.Project, e *project.Environment, service string) bool {
	s := e.Model.Services[service]
	if s == nil || s.Build == nil {
		return false
	}
	text, err := p.Files.Read(s.Build.Dockerfile)
	return err == nil && strings.Contains(string(text), stack.VenvDir+"/bin")
}
