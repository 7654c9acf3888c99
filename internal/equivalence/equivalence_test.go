package equivalence_test

import (
	"strings"
	"testing"

	"refit/examples"
	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/equivalence"
	"refit/internal/project"
	"refit/internal/source"
)

// open lays the sample out and discovers it.
func open(t *testing.T) *project.Project {
	t.Helper()
	dir := t.TempDir() + "/ledger"
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// replaced is an op that replaces old by new, which must be there exactly once.
func replaced(t *testing.T, p *project.Project, path, old, new string) edit.Op {
	t.Helper()
	text, err := p.Files.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), old); n != 1 {
		t.Fatalf("%q stands %d times in %s, want once", old, n, path)
	}
	at := strings.Index(string(text), old)
	return edit.Text(path, edit.Replace(source.Span{Start: at, End: at + len(old)}, new, ""))
}

func after(t *testing.T, p *project.Project, ops ...edit.Op) *project.Project {
	t.Helper()
	files, err := edit.Apply(p.Files, ops)
	if err != nil {
		t.Fatal(err)
	}
	return project.Discover(files, p, project.NewCache())
}

func TestNothingChangedIsAllPreserved(t *testing.T) {
	p := open(t)
	c := equivalence.Compare(p, after(t, p), nil, nil)
	if len(c.Undeclared)+len(c.Declared) > 0 {
		t.Fatalf("differences where nothing changed: %+v", c)
	}
	seen := map[change.Aspect]bool{}
	for _, x := range c.Preserved {
		seen[x.Aspect] = true
	}
	for _, a := range []change.Aspect{change.AspectCompose, change.AspectGraph, change.AspectContext, change.AspectMake} {
		if !seen[a] {
			t.Errorf("nothing was compared of %s: %+v", a, c.Preserved)
		}
	}
}

// TestPlantedChanges plants one undeclared change of every kind; each must be caught.
func TestPlantedChanges(t *testing.T) {
	p := open(t)
	text := func(path, old, new string) []edit.Op { return []edit.Op{replaced(t, p, path, old, new)} }
	cases := []struct {
		name, addr string
		aspect     change.Aspect
		ops        []edit.Op
	}{
		{"image of a service", "services.postgres.image", change.AspectCompose, text("docker-compose.ci.yml", "postgres:17.6-alpine3.22", "postgres:18")},
		{"literal in the environment", "services.postgres.environment.POSTGRES_DB", change.AspectCompose, text("docker-compose.test.yml", "POSTGRES_DB=ledger_test", "POSTGRES_DB=ledger")},
		{"anchor shared by two services", "services.callback.environment.LOG_LEVEL", change.AspectCompose, text("docker-compose.dev.yml", "LOG_LEVEL: debug", "LOG_LEVEL: info")},
		{"default of a variable", "services.app.ports.8000/tcp:9000.published", change.AspectCompose, text("docker-compose.dev.yml", "${APP_PORT:-8000}", "${CHANGED_PORT:-9000}")},
		{"project name", "name", change.AspectCompose, text("docker-compose.dev.yml", "services:\n  app:", "name: other\nservices:\n  app:")},
		{"volume identity", "volumes.postgres_data.name", change.AspectCompose, text("docker-compose.dev.yml", "  postgres_data:\n  redis_data:", "  postgres_data:\n    name: elsewhere\n  redis_data:")},
		{"mount of a volume", "services.postgres.volumes./var/lib/postgresql/data.source", change.AspectCompose, text("docker-compose.dev.yml", "postgres_data:/var", "redis_data:/var")},
		{"build target", "services.app.build.target", change.AspectCompose, text("docker-compose.ci.yml", "target: app", "target: callback")},
		{"user", "user", change.AspectImage, text("Dockerfile", "EXPOSE 8182", "EXPOSE 8182\nUSER 1000")},
		{"environment of an image", "env.TZ", change.AspectImage, text("Dockerfile", "ENV TZ=Europe/Berlin", "ENV TZ=UTC")},
		{"package", "packages.tzdata", change.AspectImage, text("Dockerfile", "    tzdata \\\n", "")},
		{"label", "label.org.opencontainers.image.title", change.AspectImage, text("Dockerfile", `"ledger-callback"`, `"other"`)},
		{"port", "expose.8182-8182/tcp", change.AspectImage, text("Dockerfile", "EXPOSE 8182\n", "")},
		{"start-up step", "start.alembic upgrade head", change.AspectImage, text("Dockerfile", "uv run alembic upgrade head && \\\n    ", "")},
		{"copied file", "files.src/ledger/callback.py -> /srv/callback/", change.AspectImage, text("Dockerfile", "src/ledger/callback.py", "src/ledger/main.py")},
		{"command of the build", "run.mkdir -p logs data/exports", change.AspectImage, text("Dockerfile", "RUN mkdir -p logs data/exports\n", "")},
		{"base image", "base", change.AspectImage, text("Dockerfile", "FROM python:${PYTHON_VERSION}-slim AS callback", "FROM python:${PYTHON_VERSION} AS callback")},
		{"name of a stage", "target", change.AspectImage, text("Dockerfile", "-slim AS callback", "-slim AS listener")},
		{"build context", "README.md", change.AspectContext, text(".dockerignore", "# Secrets\n", "# Secrets\n*.md\n")},
		{"make target", "backup", change.AspectMake, text("Makefile", "backup: ## Dump", "dump: ## Dump")},
		{"comment", "only the dev stack has data", change.AspectComment, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ops := c.ops
			if c.aspect == change.AspectComment {
				ops, c.addr = text("Dockerfile", "# Days begin at midnight here, not in UTC\n", ""), "Days begin at midnight here not in UTC"
			}
			result := equivalence.Compare(p, after(t, p, ops...), nil, nil)
			for _, d := range result.Undeclared {
				if d.Aspect == c.aspect && d.Addr == c.addr {
					return
				}
			}
			t.Errorf("the planted change of %s %s was not caught: %+v", c.aspect, c.addr, result.Undeclared)
		})
	}
}

func TestDeclaredDifferencePasses(t *testing.T) {
	p := open(t)
	changed := after(t, p, replaced(t, p, "Dockerfile", "ENV TZ=Europe/Berlin", "ENV TZ=UTC"))
	declared := []change.Declared{{Aspect: change.AspectImage, Subject: "Dockerfile:app", Addr: "env.TZ", After: "UTC", Why: "asked for", Rule: "X1"}}
	c := equivalence.Compare(p, changed, nil, declared)
	if len(c.Undeclared) > 0 || len(c.Declared) == 0 || c.Declared[0].Why != "asked for" || c.Declared[0].Rule != "X1" {
		t.Fatalf("%+v", c)
	}
	declared[0].After = "Europe/Paris"
	if c := equivalence.Compare(p, changed, nil, declared); len(c.Undeclared) == 0 {
		t.Error("a declaration of another value covers the difference")
	}
}

// TestMoveIsNoDifference moves a file with the references that it needs: the resolved model is the same.
func TestMoveIsNoDifference(t *testing.T) {
	p := open(t)
	moves := map[string]string{"docker-compose.test.yml": "compose/docker-compose.test.yml"}
	changed := after(t, p,
		edit.Rename("docker-compose.test.yml", "compose/docker-compose.test.yml"),
		replaced(t, p, "docker-compose.test.yml", "services:\n  app:\n    build: { context: ., target: app }", "name: ledger\nservices:\n  app:\n    build: { context: .., target: app }"),
		replaced(t, p, "docker-compose.test.yml", "- .:/app", "- ..:/app"),
		replaced(t, p, "docker-compose.test.yml", "./.env.test", "../.env.test"),
		replaced(t, p, "docker-compose.test.yml", "./scripts/init-db.sql", "../scripts/init-db.sql"))
	c := equivalence.Compare(p, changed, moves, nil)
	for _, d := range c.Undeclared {
		if d.Aspect == change.AspectCompose {
			t.Errorf("%+v", d)
		}
	}
	without := equivalence.Compare(p, after(t, p, edit.Rename("docker-compose.test.yml", "compose/docker-compose.test.yml")), moves, nil)
	if len(without.Undeclared) == 0 {
		t.Error("a move that breaks every path was not caught")
	}
}
