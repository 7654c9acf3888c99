package context

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/dockerignore"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// What a random repository is put together from.
var (
	somePatterns = []string{".git", "**/.git", ".env", ".env*", "**/.env.*", "!.env.example", "*.md", "docs", "docker", "certs", "*.pem", "src/*.log",
		"*", "!src", "!pyproject.toml", "uv.lock", "tests", "# a comment", "", ".venv", "/env", "node_modules", "!**/.env"}
	someFiles = []string{".env", ".env.dev", ".env.example", "env/.env.prod", "env/README.md", "sub/.env", "certs/key.pem", "certs/public.pem", "sub/a.key",
		"README.md", "docs/a.md", "docker/entrypoint.sh", "pyproject.toml", "uv.lock", "src/main.py", "src/a.log", "tests/test_a.py", "alembic.ini", ".vscode/tasks.json",
		"compose/docker-compose.prod.yml", "scripts/[a].sh"}
	someCopies = []string{"COPY . .", "COPY src /app", "COPY pyproject.toml uv.lock ./", "COPY README.md .", "COPY docker/entrypoint.sh /", "COPY --chown=1:1 alembic.ini tests ./",
		"RUN --mount=type=bind,source=uv.lock,target=uv.lock true", "ADD docs /docs", "COPY certs/public.pem /", "COPY *.md /", "RUN pip install ."}
)

const madeUpSecret = "SESSION_SECRET=made-up-session-7f3b9c2e\n"

// TestFixesKeepWhatBuildsName makes random repositories, repairs them, and looks at what builds receive.
func TestFixesKeepWhatBuildsName(t *testing.T) {
	fixed := 0
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		base := []string{".", "backend"}[r.IntN(2)]
		before := randomRepository(r, base)
		after, declared := repair(t, before)
		c := contexts(before)
		if len(c) != 1 {
			continue
		}
		sent := sentOf(before, c[0])
		now := sentOf(after, contexts(after)[0])
		describe := func() string {
			text, _ := after.Files.Read(c[0].rootFile())
			was, _ := before.Files.Read(c[0].rootFile())
			return fmt.Sprintf("seed %d\n%s\n-- was --\n%s\n-- is --\n%s", seed, before.Dockerfiles[0].File.Text, was, text)
		}
		for _, s := range sources(before.Dockerfiles[0]) {
			if s.broad() {
				continue
			}
			for _, f := range c[0].matches(before, s) {
				if slices.Contains(sent, f) && !slices.Contains(now, f) && f == s.path {
					t.Errorf("%s is copied by name and no longer sent: %s", f, describe())
				}
			}
			had := slices.ContainsFunc(c[0].matches(before, s), func(f string) bool { return slices.Contains(sent, f) })
			has := slices.ContainsFunc(c[0].matches(after, s), func(f string) bool { return slices.Contains(now, f) })
			if had && !has {
				t.Errorf("nothing is left of %s: %s", s.path, describe())
			}
		}
		if left := c[0].secretsSent(after, parsed(after, c[0].rootFile())); len(left) > 0 && c[0].takes() {
			t.Errorf("secrets are still sent: %q: %s", left, describe())
		}
		for _, f := range append(slices.Clone(sent), now...) {
			if slices.Contains(sent, f) == slices.Contains(now, f) {
				continue
			}
			d := change.Difference{Aspect: change.AspectContext, Subject: base, Addr: strings.TrimPrefix(base+"/"+f, "./"), Before: "sent"}
			if !slices.Contains(sent, f) {
				d.Before, d.After = "", "sent"
			}
			if !slices.ContainsFunc(declared, func(x change.Declared) bool { return x.Covers(d) }) {
				t.Errorf("%s changes undeclared (was %q): %s", d.Addr, d.Before, describe())
			}
		}
		if len(declared) > 0 {
			fixed++
		}
	}
	if fixed < 60 {
		t.Errorf("only %d repositories had anything to repair", fixed)
	}
}

func randomRepository(r *rand.Rand, base string) *project.Project {
	in := func(f string) string { return strings.TrimPrefix(base+"/"+f, "./") }
	files := map[string]string{"compose.yml": "services:\n  app:\n    build: " + base + "\n"}
	for _, f := range someFiles {
		text := "x\n"
		switch {
		case f == ".env.example":
			text = "SESSION_SECRET=change-me\n"
		case strings.Contains(f, ".env"):
			text = madeUpSecret
		case f == "certs/key.pem" || strings.HasSuffix(f, ".key"):
			text = "-----BEGIN PRIVATE KEY-----\nmade up\n-----END PRIVATE KEY-----\n"
		case f == "pyproject.toml":
			text = "[project]\nname = \"a\"\nversion = \"1\"\nreadme = \"README.md\"\n"
		case strings.HasSuffix(f, ".yml"):
			text = "services:\n  app:\n    image: alpine:3.22\n"
		}
		if r.IntN(4) > 0 {
			files[in(f)] = text
		}
	}
	files[in("Dockerfile")] = "FROM python:3.13-slim\n" + strings.Join(some(r, someCopies, 4), "\n") + "\n"
	if r.IntN(4) > 0 {
		eol := []string{"\n", "\r\n"}[r.IntN(2)]
		files[in(".dockerignore")] = strings.Join(some(r, somePatterns, 7), eol) + eol
	}
	var entries []*source.Entry
	for at, text := range files {
		entries = append(entries, source.NewText(at, 0o644, []byte(text)))
	}
	return project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
}

func some(r *rand.Rand, from []string, most int) []string {
	var list []string
	for range r.IntN(most) + 1 {
		list = append(list, from[r.IntN(len(from))])
	}
	return list
}

// repair carries fixes out round by round, as plan does, and returns what they declare.
func repair(t *testing.T, p *project.Project) (*project.Project, []change.Declared) {
	t.Helper()
	var declared []change.Declared
	for range 12 {
		var ops [][]edit.Op
		var fixes []rule.Fix
		for _, r := range Rules() {
			pass := &rule.Pass{Project: p, Meta: &r.Meta}
			r.Check(pass)
			for _, f := range pass.Found() {
				if len(f.Fixes) > 0 && f.Fixes[0].Safety != change.Manual {
					fixes, ops = append(fixes, f.Fixes[0]), append(ops, f.Fixes[0].Ops)
				}
			}
		}
		if len(fixes) == 0 {
			return p, declared
		}
		accepted, _ := edit.Merge(ops)
		var all []edit.Op
		for _, i := range accepted {
			all, declared = append(all, ops[i]...), append(declared, fixes[i].Declares...)
		}
		files, err := edit.Apply(p.Files, all)
		if err != nil {
			t.Fatal(err)
		}
		p = project.Discover(files, p, project.NewCache())
	}
	text, _ := p.Files.Read(".dockerignore")
	t.Fatalf("12 rounds and still something to repair:\n%s", text)
	return nil, nil
}

func sentOf(p *project.Project, c *buildContext) []string {
	return dockerignore.Context(p.Files, c.dir, parsed(p, c.rootFile()))
}
