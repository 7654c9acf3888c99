package project

import (
	"strings"
	"testing"
)

// An overlay that can't stand alone and that devcontainer.json stacks on its base makes one environment with it, not two.
func TestDevcontainerOverlayIsOneEnvironment(t *testing.T) {
	p := Discover(memory(map[string]string{
		"docker-compose.yml":               "services:\n  app:\n    image: alpine:3.20\n",
		".devcontainer/docker-compose.yml": "services:\n  app:\n    command: sleep infinity\n",
		".devcontainer/devcontainer.json":  "{\"dockerComposeFile\": [\"../docker-compose.yml\", \"docker-compose.yml\"], \"service\": \"app\"}\n",
	}), nil, NewCache())
	var stacks []string
	for _, e := range p.Environments {
		stacks = append(stacks, strings.Join(e.Files, "+"))
	}
	if got, want := strings.Join(stacks, " "), "docker-compose.yml docker-compose.yml+.devcontainer/docker-compose.yml"; got != want {
		t.Errorf("environments %s, want %s", got, want)
	}
}
