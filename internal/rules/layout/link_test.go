package layout

import (
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// Compose does not follow a link before it takes the file's folder for the start of paths: through a
// link that stays, the rewritten paths of a file that moved would leave the repository.
func TestLinkedComposeFileStays(t *testing.T) {
	files := []*source.Entry{
		source.NewText(".refit.yaml", 0o644, []byte("layout: move\n")),
		source.NewText("Dockerfile", 0o644, []byte("FROM busybox\n")),
		source.NewText("docker-compose.dev.yml", 0o644, []byte("name: x\nservices:\n  app:\n    build: .\n")),
	}
	for _, linked := range []bool{false, true} {
		if linked {
			files = append(files, source.NewLink("docker-compose.yml", "docker-compose.dev.yml"))
		}
		p := project.Discover(source.NewSnapshot(files, nil), nil, project.NewCache())
		meta := MisplacedFile.Meta
		pass := &rule.Pass{Project: p, Meta: &meta}
		MisplacedFile.Check(pass)
		seen := false
		for _, f := range pass.Found() {
			if f.At.Path != "docker-compose.dev.yml" {
				continue
			}
			seen = true
			refused := f.Fixes[0].Safety == change.Manual && strings.Contains(f.Fixes[0].Why, "docker-compose.yml is a link to it")
			if refused != linked {
				t.Errorf("linked %v: %s, %s", linked, f.Fixes[0].Safety, f.Fixes[0].Why)
			}
		}
		if !seen {
			t.Error("nothing is said of docker-compose.dev.yml")
		}
	}
}
