package make

import (
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/makefile"
	"refit/internal/project"
	"refit/internal/stack"
)

// test adds the target that runs an environment's tests and returns their status.
func (o *offer) test(e *project.Environment, full, bare string) {
	t := makefile.NewTarget{Name: e.Name + "-test"}
	command := o.testCommand(e)
	switch {
	case e.Name == "prod": // its image holds no tests and nothing to run them with
		t.Doc = "Check that the Compose file of prod and all its required values are there"
		t.Recipe = []string{"@" + full + " config --quiet && echo 'prod is complete'"}
	case command == nil:
		return
	case e.Name != "test" && keepsData(e) && o.testEnvironment():
		t.Doc, t.Prereqs = "Run the tests, with the databases of test: "+e.Name+" has data", []string{"test-test"}
	default:
		t.Doc = "Run the tests in " + e.Name
		t.Recipe = []string{"@" + full + " run --rm " + strings.Join(command, " ") + " && status=0 || status=$$?; " + bare + " down; exit $$status"}
		if keepsData(e) || e.Name == "dev" { // it may be up for other work
			t.Recipe = []string{"@" + full + " run --rm " + strings.Join(command, " ")}
		}
	}
	o.add(t)
}

// testEnvironment says whether the project has an environment for tests that can run them.
func (o *offer) testEnvironment() bool {
	for _, e := range environments(o.p) {
		if e.Name == "test" {
			return o.users.has("test-test") || o.testCommand(e) != nil
		}
	}
	return false
}

// keepsData says whether a service has a named volume.
func keepsData(e *project.Environment) bool {
	for _, s := range e.Model.Services {
		if slices.ContainsFunc(s.Mounts, func(m compose.Mount) bool { return m.Type == "volume" && m.Source != "" }) {
			return true
		}
	}
	return false
}

// testCommand is the service and the words that run its tests, quoted for a recipe; nil when refit
// does not know them. What the user's own commands run is what works here.
func (o *offer) testCommand(e *project.Environment) []string {
	service := mainService(e)
	words := o.usersTest(e)
	if words != nil {
		service, words = words[0], words[1:]
	} else if words = o.stackTest(e, service); words == nil {
		return nil
	}
	if len(words) > 2 && words[0] == "uv" && words[1] == "run" && o.venvOnPath(e, service) {
		words = words[2:] // uv run would install again
	}
	quoted := []string{quote(service)}
	for _, w := range words {
		quoted = append(quoted, quote(w))
	}
	return quoted
}

// usersTest is the shortest of the test commands that the repository runs in a container, behind the
// name of its service; nil when there is none.
func (o *offer) usersTest(e *project.Environment) []string {
	var best []string
	for _, c := range o.p.Calls {
		mine := o.p.Makefile != nil && c.From == o.p.Makefile.Path && o.block[c.Target]
		if mine || c.Kind != project.CallCompose || c.Subcommand != "exec" && c.Subcommand != "run" {
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
func (o *offer) stackTest(e *project.Environment, service string) []string {
	s := e.Model.Services[service]
	if s == nil || s.Build == nil {
		return nil
	}
	u := o.p.Unit(s.Build.Context)
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
func (o *offer) venvOnPath(e *project.Environment, service string) bool {
	s := e.Model.Services[service]
	if s == nil || s.Build == nil {
		return false
	}
	text, err := o.p.Files.Read(s.Build.Dockerfile)
	return err == nil && strings.Contains(string(text), stack.VenvDir+"/bin")
}
