package layout

import (
	"slices"
	"strings"
	"testing"
)

func TestDefaultIsTheGuides(t *testing.T) {
	l := Default()
	for got, want := range map[string]string{
		l.ComposePath("dev"): "compose/docker-compose.dev.yml", l.EnvPath("prod"): "env/.env.prod",
		l.EnvExample: "env/.env.example", l.ProdExample: "env/.env.prod.example", l.EnvReadme: "env/README.md",
		l.Dockerfile: "docker/Dockerfile", l.DockerDir(): "docker", l.ComposeDir(): "compose", l.EnvDir(): "env",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if !slices.Equal(l.Environments, []string{"dev", "test", "ci", "prod"}) || l.Mode == Keep {
		t.Errorf("%+v", l)
	}
	if !l.Has("ci") || l.Has("staging") {
		t.Error("Has is wrong")
	}
}

func TestFor(t *testing.T) {
	l, err := For(map[string]string{
		"mode": "keep", "compose": "deploy/./%s/compose.yaml", "env": "config/%s.env", "dockerfile": "Dockerfile", "environments": "dev, staging prod",
	})
	if err != nil {
		t.Fatal(err)
	}
	if l.Mode != Keep || l.ComposePath("staging") != "deploy/staging/compose.yaml" || l.EnvPath("dev") != "config/dev.env" ||
		l.DockerDir() != "." || l.EnvDir() != "config" || strings.Join(l.Environments, " ") != "dev staging prod" {
		t.Errorf("%+v", l)
	}
	if l.EnvExample != Default().EnvExample {
		t.Error("what isn't overridden stays the default")
	}
	for _, bad := range []map[string]string{
		{"compose": "../compose.%s.yml"}, {"compose": "/etc/%s"}, {"compose": "compose/compose.yml"}, {"compose": "%s/%s.yml"},
		{"compose": "a/%d/%s.yml"}, {"env": "env/.env"}, {"env": ".git/%s"}, {"dockerfile": ""}, {"dockerfile": "a/../../b"},
		{"dockerfile": "docker/"}, {"dockerfile": "."}, {"dockerfile": `docker\Dockerfile`}, {"dockerfile": "docker/%s"}, {"env_readme": "env/\x00"},
		{"mode": "other"}, {"nonsense": "x"}, {"environments": ""}, {"environments": "dev,dev"}, {"environments": "dev,../x"}, {"environments": "dev,-p"},
		{"env_example": "env/.env.prod.example"}, // two things in one place
		{"env": "env/.env.%s", "env_example": "env/.env.dev"},
	} {
		if l, err := For(bad); err == nil {
			t.Errorf("%v was taken: %+v", bad, l)
		}
	}
}

func TestCanonical(t *testing.T) {
	for word, want := range map[string]string{
		"development": "dev", "Local": "dev", "testing": "test", "CI": "ci", "production": "prod", "stage": "staging", "prd": "prod",
	} {
		if got, ok := Canonical(word); !ok || got != want {
			t.Errorf("%s: got %s, %v; want %s", word, got, ok, want)
		}
	}
	for _, word := range []string{"mysql", "", "override"} {
		if got, ok := Canonical(word); ok || got != word {
			t.Errorf("%s: got %s, %v", word, got, ok)
		}
	}
	for _, env := range append(slices.Clone(Default().Environments), "staging") {
		words := Words(env)
		if !slices.Contains(words, env) || !slices.IsSorted(words) {
			t.Errorf("%s: %v", env, words)
		}
		for _, w := range words {
			if got, _ := Canonical(w); got != env {
				t.Errorf("%s stands for %s, listed for %s", w, got, env)
			}
		}
	}
}

func TestPlaceOf(t *testing.T) {
	l := Default()
	for p, want := range map[string]string{
		"compose/docker-compose.dev.yml": "dev", "env/.env.prod": "prod", "env/.env.prod.example": "", "docker-compose.yml": "", "compose/docker-compose..yml": "", "compose/docker-compose.a/b.yml": "",
	} {
		if env, _ := l.EnvironmentAt(p); env != want {
			t.Errorf("%s: got %q, want %q", p, env, want)
		}
	}
}
