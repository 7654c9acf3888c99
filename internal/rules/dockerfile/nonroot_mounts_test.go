package dockerfile

import (
	"strings"
	"testing"

	"refit/internal/project"
	"refit/internal/source"
)

// TestFoldersThatDockerMakes: a mounted folder that git does not have is root's, so that giving it away is a step; one
// that git has is the developer's.
func TestFoldersThatDockerMakes(t *testing.T) {
	p := project.Discover(source.NewSnapshot([]*source.Entry{
		source.NewText("Dockerfile", 0o644, []byte("FROM debian:trixie\nCOPY serve /serve\nEXPOSE 8080\nCMD [\"/serve\"]\n")),
		source.NewText("conf/serve.conf", 0o644, []byte("a=1\n")),
		source.NewText("compose.yml", 0o644, []byte(`name: shop
services:
  web:
    build: .
    volumes:
      - ./data:/data
      - ./conf:/conf
      - ./made:/made:ro
      - ./serve.sock:/serve.sock
      - /var/lib/shop:/shop
`)),
	}, nil), nil, project.NewCache())
	var steps []string
	_, all := findings(p)
	for _, f := range all {
		for _, fix := range f.Fixes {
			for _, s := range fix.Steps {
				steps = append(steps, strings.Join(s.Command, " "))
			}
		}
	}
	want := "docker compose -f compose.yml run --rm --no-deps --user root --entrypoint chown web -R 1000:1000 /data"
	if len(steps) != 1 || steps[0] != want {
		t.Errorf("steps are %q, want only %q", steps, want)
	}
}
