package env

import (
	"strings"
	"testing"

	"refit/internal/project"
	"refit/internal/rule"
)

// TestTemplateOfTheRootsFile: people copy the layout's template to the .env at the root as well, so that it has its variables
// though another env file lies beside it.
func TestTemplateOfTheRootsFile(t *testing.T) {
	dir := repository(t, map[string]string{
		"compose.yml":      "services:\n  app: {image: app, env_file: .env}\n",
		"compose.test.yml": "services:\n  app: {image: app, env_file: env/.env.test}\n",
		".env":             "API_KEY=made-up-7f3b9c2e\nDB_ROOT_PW=made-up-8a4c0d3f\n",
		"env/.env.test":    "API_KEY=made-up-6e2a8b1d\n",
	}, "compose.yml", "compose.test.yml")
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	pass := &rule.Pass{Project: p, Meta: &rule.Meta{}}
	reportMissingExample(pass)
	text := ""
	for _, f := range pass.Found() {
		for _, op := range f.Fixes[0].Ops {
			text += op.Content
		}
	}
	if !strings.Contains(text, "DB_ROOT_PW=change-me\n") {
		t.Errorf("the template lacks DB_ROOT_PW:\n%s", text)
	}
}
