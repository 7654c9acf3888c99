package project

import (
	"slices"
	"testing"

	"refit/internal/compose"
)

// An editor stacks the files of dockerComposeFile: paths in the second start from the first one's folder.
func TestDevcontainerStack(t *testing.T) {
	p := repository(t, map[string]string{
		"docker-compose.dev.yml":                   "services:\n  app:\n    image: app\n",
		".devcontainer/docker-compose.extend.yml":  "services:\n  app:\n    command: sleep infinity\n    volumes: [\".:/workspace:cached\"]\n",
		".devcontainer/devcontainer.json":          "{\"dockerComposeFile\": [\"../docker-compose.dev.yml\", \"docker-compose.extend.yml\"], \"service\": \"app\"}\n",
		".devcontainer/single/devcontainer.json":   "{\"dockerComposeFile\": \"../../docker-compose.dev.yml\"}\n",
		".devcontainer/variable/devcontainer.json": "{\"dockerComposeFile\": [\"${localWorkspaceFolder}/docker-compose.dev.yml\", \"x.yml\"]}\n",
	})
	if len(p.Problems) > 0 {
		t.Errorf("problems: %v", p.Problems)
	}
	files := []string{"docker-compose.dev.yml", ".devcontainer/docker-compose.extend.yml"}
	at := slices.IndexFunc(p.Environments, func(e *Environment) bool { return slices.Equal(e.Files, files) })
	if at < 0 || p.Environments[at].Model == nil {
		t.Fatalf("no environment of the two files: %d", len(p.Environments))
	}
	if m := p.Environments[at].Model.Services["app"].Mounts; !slices.Contains(m, compose.Mount{Type: "bind", Source: ".", Target: "/workspace"}) {
		t.Errorf("mounts %+v", m)
	}
	if c := p.ComposeFile(files[1]); c == nil || c.First != files[0] {
		t.Errorf("the second file's paths start elsewhere: %+v", c)
	}
}
