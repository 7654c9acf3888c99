package project

import (
	"testing"

	"refit/internal/source"
)

// TestProseDoesNotBreakAStack: a README that names the overlay alone does not make it an environment
// when the Makefile stacks it on its base.
func TestProseDoesNotBreakAStack(t *testing.T) {
	p := Discover(source.NewSnapshot([]*source.Entry{
		source.NewText("docker-compose.yml", 0o644, []byte("services:\n  web:\n    image: nginx:1.29\n")),
		source.NewText("docker-compose.prod.yml", 0o644, []byte("services:\n  web:\n    restart: always\n    image: nginx:1.29\n")),
		source.NewText("Makefile", 0o644, []byte("deploy:\n\tdocker compose -f docker-compose.yml -f docker-compose.prod.yml up -d\n")),
		source.NewText("README.md", 0o644, []byte("```sh\ndocker compose -f docker-compose.prod.yml logs\n```\n")),
	}, nil), nil, NewCache())
	for _, e := range p.Environments {
		if len(e.Files) == 1 && e.Files[0] == "docker-compose.prod.yml" {
			t.Errorf("the overlay stands alone: %+v", e.Files)
		}
	}
	if len(p.Environments) == 0 {
		t.Error("there is no environment")
	}
}
