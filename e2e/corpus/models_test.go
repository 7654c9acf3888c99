package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// modelIn is the model that config would show for a repository at /r.
func modelIn(t *testing.T, text string) model {
	t.Helper()
	var tree map[string]any
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		t.Fatal(err)
	}
	return modelOf(tree, "/r")
}

const ledger = `{"name": "r", "services": {"app": {"build": {"context": "/r", "dockerfile": "Dockerfile"},
  "environment": {"A": "1", "B": null}, "ports": [{"target": 80, "published": "8080", "protocol": "tcp"}],
  "volumes": [{"type": "bind", "source": "/r/conf.d", "target": "/etc/conf.d"}], "x-note": "old"}},
  "volumes": {"data": {"name": "r_data"}}, "x-common": {"a": 1}}`

const ledgerMoved = `{"name": "r", "services": {"app": {"build": {"context": "/r", "dockerfile": "docker/Dockerfile"},
  "environment": {"A": "1", "B": null}, "ports": [{"target": 80, "published": "8080", "protocol": "tcp", "host_ip": "127.0.0.1"}],
  "volumes": [{"type": "bind", "source": "/r/conf.d", "target": "/etc/conf.d"}], "x-note": "new"}},
  "volumes": {"data": {"name": "r_data"}}}`

func TestChangedModel(t *testing.T) {
	e := between(files{}, files{}, moves{"Dockerfile": "docker/Dockerfile"})
	e.stacks = []stack{{files: []string{"compose.yml"}, before: modelIn(t, ledger), after: modelIn(t, ledgerMoved)}}
	sees(t, changedModels, e, `services.app.ports.80/tcp:8080.host_ip: "(nothing)" became "127.0.0.1"`)
	e.plan.Equivalence.Declared = []difference{{Aspect: "compose", Subject: "other.yml", Addr: "services.app.ports.80/tcp:8080.host_ip"}}
	sees(t, changedModels, e, "host_ip") // of another environment
	e.plan.Equivalence.Declared[0].Subject = "compose.yml"
	sees(t, changedModels, e, "")
	e.plan.Equivalence.Unproven = []difference{{Aspect: "compose", Subject: "compose.yml", Addr: "environment"}}
	e.plan.Equivalence.Declared[0].Subject = "other.yml"
	sees(t, changedModels, e, "") // listed as unproven, and the same in an environment that was compared
	e.plan.Equivalence.Declared[0].Addr = "services.app.image"
	sees(t, changedModels, e, "host_ip")
	e.plan.Equivalence.Declared[0] = difference{Aspect: "compose", Subject: "compose.yml", Addr: "services.app.ports.80/tcp:8080.host_ip"}
	e.moves = nil
	sees(t, changedModels, e, `build.dockerfile: "Dockerfile" became "docker/Dockerfile"`)
	e.stacks[0].after = model{err: "exit status 1: no such file"}
	sees(t, changedModels, e, "Compose takes it no more")
	e.stacks[0].before = model{err: "the same"}
	sees(t, changedModels, e, "")
}

func TestProjectNameIsCompared(t *testing.T) {
	e := between(files{}, files{}, nil)
	e.stacks = []stack{{files: []string{"compose.yml"}, before: modelIn(t, `{"name": "r"}`), after: modelIn(t, `{"name": "compose"}`)}}
	sees(t, changedModels, e, `name: "r" became "compose"`)
}

func TestDeclaredValueOfANameWithADot(t *testing.T) {
	e := between(files{}, files{}, nil)
	e.stacks = []stack{{files: []string{"compose.yml"}, before: modelIn(t, `{"services": {"laravel.test": {"image": "x"}}}`),
		after: modelIn(t, `{"services": {"laravel.test": {"image": "y"}}}`)}}
	sees(t, changedModels, e, "laravel.test.image")
	e.plan.Equivalence.Declared = []difference{{Aspect: "compose", Subject: "compose.yml", Addr: `services.laravel\.test.image`}}
	sees(t, changedModels, e, "")
}

func TestPartOfAStackIsComparedThere(t *testing.T) {
	one, two := modelIn(t, `{"services": {"a": {"image": "x"}}}`), modelIn(t, `{"services": {"a": {"image": "y"}}}`)
	e := between(files{"base.yml": "", "top.yml": "extends: base.yml"}, files{}, nil)
	e.stacks = []stack{{files: []string{"base.yml"}, before: one, after: two}, {files: []string{"top.yml"}, before: one, after: one}}
	sees(t, changedModels, e, "")
	e.plan.Equivalence.Preserved = []preserved{{"compose", "base.yml"}}
	sees(t, changedModels, e, "base.yml: services.a.image")
	e.plan.Equivalence.Preserved = nil
	e.before["top.yml"] = entry{}
	sees(t, changedModels, e, "base.yml: services.a.image")
}

func TestStackOfAWorkingDirectory(t *testing.T) {
	repo := files{"ui/a/x.yml": "services:\n", "ui/a/y.yml": "services:\n", ".github/workflows/t.yml": "run: docker compose -f a/x.yml -f a/y.yml up\n"}.tree()
	repo["ui"] = entry{mode: os.ModeDir | 0o755}
	stacks := stacksOf(repo)
	if last := stacks[len(stacks)-1].files; !slices.Equal(last, []string{"ui/a/x.yml", "ui/a/y.yml"}) {
		t.Errorf("%v", stacks)
	}
}

func TestStacks(t *testing.T) {
	repo := files{
		"docker-compose.yml": "services:\n  a: {}\n", "docker-compose.override.yml": "services:\n  a: {}\n", "docker-compose.prod.yml": "services:\n",
		"deploy/stack.yaml": "services:\n  b: {}\n", "ci.yml": "jobs:\n", "deploy/Makefile": "up:\n\tdocker compose -f stack.yaml \\\n\t  -f ../docker-compose.prod.yml up\n",
		"up.sh":    "docker compose --file docker-compose.yml --file=docker-compose.prod.yml --env-file prod.env up -d\n",
		"prod.env": "A=1\n", "x.env": "COMPOSE_FILE=docker-compose.prod.yml:deploy/stack.yaml\n",
	}.tree()
	var got [][]string
	for _, s := range stacksOf(repo) {
		got = append(got, s.files)
	}
	want := [][]string{{"deploy/stack.yaml"}, {"docker-compose.override.yml"}, {"docker-compose.yml", "docker-compose.override.yml"}, {"docker-compose.prod.yml"},
		{"docker-compose.yml"}, {"deploy/stack.yaml", "docker-compose.prod.yml"}, {"docker-compose.yml", "docker-compose.prod.yml"}, {"docker-compose.prod.yml", "deploy/stack.yaml"}}
	if !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("stacks %q, want %q", got, want)
	}
	if envs := envFiles(repo, []string{"docker-compose.yml", "docker-compose.prod.yml"}); !slices.Equal(envs, []string{"prod.env"}) {
		t.Errorf("env files %q", envs)
	}
}

// TestConfigAsksDockerCompose needs the program that make corpus builds.
func TestConfigAsksDockerCompose(t *testing.T) {
	compose, err := filepath.Abs("../../bin/docker-compose")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(compose); err != nil {
		t.Skip("bin/docker-compose is not built: make bin/docker-compose")
	}
	dir := t.TempDir()
	write(t, dir, files{"compose.yml": "services:\n  a:\n    build: .\n    env_file: [missing.env]\n    environment: {B: \"${C-none}\"}\n", ".env": "C=from-env\n"})
	tr := &trial{options: options{compose: compose}, dir: dir, ctx: context.Background()}
	stacks := stacksOf(mustTree(t, dir))
	tr.resolve(stacks, nil, mustTree(t, dir), false)
	s := stacks[0]
	if s.level != 1 || s.before.err != "" || s.before.flat["services.a.environment.B"] != "from-env" || s.before.builds["a"] != (build{".", "Dockerfile"}) {
		t.Errorf("level %d, %+v", s.level, s.before)
	}
	// The file moves, and with it goes the .env that was found by itself.
	write(t, dir, files{"compose/compose.yml": "name: \"" + filepath.Base(dir) + "\"\nservices:\n  a:\n    build: ..\n    env_file: [../missing.env]\n    environment: {B: \"${C-none}\"}\n"})
	if err := os.Remove(filepath.Join(dir, "compose.yml")); err != nil {
		t.Fatal(err)
	}
	m := moves{"compose.yml": "compose/compose.yml"}
	tr.resolve(stacks, m, mustTree(t, dir), true)
	e := &evidence{stacks: stacks, moves: m, before: tree{}}
	sees(t, changedModels, e, "")
	write(t, dir, files{".env": "C=other\n"})
	tr.resolve(stacks, m, mustTree(t, dir), true)
	sees(t, changedModels, e, `services.a.environment.B: "from-env" became "other"`)
}

func TestEnvFilesThatStandInForDotEnv(t *testing.T) {
	before := files{".env.example": "A=1\n", "compose.yml": "services:\n"}.tree()
	after := files{"env/.env.example": "A=1\n", "compose/compose.yml": "services:\n", ".env": "B=2\n"}.tree()
	dir := t.TempDir()
	tr := &trial{dir: filepath.Join(dir, "r")}
	template := tr.copied(before, templateOf(before, "."))
	if text, err := os.ReadFile(template); err != nil || string(text) != "A=1\n" {
		t.Errorf("%q, %v", text, err)
	}
	if got := envFilesBefore(before, []string{"compose.yml"}, template); !slices.Equal(got, []string{template}) {
		t.Errorf("before: %q", got)
	}
	got := envFilesAfter([]string{"compose.yml"}, []string{"compose/compose.yml"}, template, moves{".env.example": "env/.env.example"}, after)
	if !slices.Equal(got, []string{template, ".env"}) {
		t.Errorf("after: %q", got)
	}
	before[".env"] = before[".env.example"]
	if template := templateOf(before, "."); template != "" {
		t.Errorf("%s stands in for a .env that is there", template)
	}
}

func write(t *testing.T, dir string, f files) {
	t.Helper()
	for p, text := range f {
		p = filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func mustTree(t *testing.T, dir string) tree {
	t.Helper()
	files, err := treeOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	return files
}
