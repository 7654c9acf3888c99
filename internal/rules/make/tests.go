package make

import (
	"strings"

	"refit/internal/invocation"
	"refit/internal/makefile"
	"refit/internal/project"
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
	case e.Name != "test" && invocation.KeepsData(e) && o.testEnvironment():
		t.Doc, t.Prereqs = "Run the tests, with the databases of test: "+e.Name+" has data", []string{"test-test"}
	default: // with --build: an image of before the last change would test what was
		t.Doc = "Run the tests in " + e.Name
		t.Recipe = []string{"@" + full + " run --rm --build " + strings.Join(command, " ") + " && status=0 || status=$$?; " + bare + " down; exit $$status"}
		if invocation.KeepsData(e) || e.Name == "dev" { // it may be up for other work
			t.Recipe = []string{"@" + full + " run --rm --build " + strings.Join(command, " ")}
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

// testCommand is the service and the words that run its tests, quoted for a recipe; nil when refit
// does not know them.
func (o *offer) testCommand(e *project.Environment) []string {
	service, words := invocation.TestCommand(o.p, e, func(c project.Call) bool {
		return o.p.Makefile != nil && c.From == o.p.Makefile.Path && o.block[c.Target]
	})
	if words == nil {
		return nil
	}
	quoted := []string{quote(service)}
	for _, w := range words {
		quoted = append(quoted, quote(w))
	}
	return quoted
}
