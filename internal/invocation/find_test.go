package invocation

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refit/internal/project"
)

func open(t *testing.T, files map[string]string) *project.Project {
	t.Helper()
	root := t.TempDir()
	for at, text := range files {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(at)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, at), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Open(root, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const web = "services:\n  web:\n    image: nginx:1\n"

func TestFind(t *testing.T) {
	refitted := map[string]string{"compose/docker-compose.dev.yml": "name: a\n" + web, "compose/docker-compose.prod.yml": "name: b\n" + web, "docker-compose.dev.yml": web}
	root := map[string]string{"compose.yml": web, "db/compose.yml": web}
	for _, tt := range []struct {
		files      map[string]string
		word, want string
	}{
		{refitted, "dev", "compose/docker-compose.dev.yml"},
		{refitted, "production", "compose/docker-compose.prod.yml"},
		{refitted, "docker-compose.dev.yml", "docker-compose.dev.yml"},
		{refitted, "test", "test: no environment of this repository that can be run is called so; it has dev, prod"},
		{root, "default", "compose.yml"},
		{root, "dev", "compose.yml"},
		{root, "./db/compose.yml", "db/compose.yml"},
		{root, "prod", "it has default"},
		{map[string]string{"a/compose.yml": web, "b/compose.yml": web}, "default", "may be the environment of a/compose.yml or b/compose.yml"},
		{map[string]string{"x": ""}, "dev", "no Compose file"},
	} {
		e, err := Find(open(t, tt.files), tt.word)
		switch {
		case err == nil && e.Files[0] != tt.want:
			t.Errorf("%s: %s, want %s", tt.word, e.Files[0], tt.want)
		case err != nil && !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s: %v, want %s", tt.word, err, tt.want)
		}
	}
}

func TestPassedAndOptions(t *testing.T) {
	for _, tt := range []struct {
		files  map[string]string
		word   string
		passed []string
		words  string
	}{
		{map[string]string{"compose/docker-compose.dev.yml": "name: a\n" + web, "env/.env.dev": "A=1\n"}, "dev", []string{"env/.env.dev"}, "-f compose/docker-compose.dev.yml --env-file env/.env.dev"},
		{map[string]string{"compose.yml": web, ".env": "A=1\n"}, "default", nil, "-f compose.yml"},
		// its env file would name the project anew
		{map[string]string{"docker-compose.dev.yml": web, "env/.env.dev": "COMPOSE_PROJECT_NAME=other\n"}, "dev", nil, "-f docker-compose.dev.yml"},
	} {
		p := open(t, tt.files)
		e, err := Find(p, tt.word)
		if err != nil {
			t.Fatal(err)
		}
		passed := Passed(p, e)
		if words := strings.Join(Options(e, passed), " "); !slices.Equal(passed, tt.passed) || words != tt.words {
			t.Errorf("%v: passed %v, %s", tt.files, passed, words)
		}
	}
}
