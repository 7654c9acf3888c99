package project

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refit/internal/edit"
	"refit/internal/source"
)

// ledgerMoves is where a refit puts the files of the sample.
var ledgerMoves = map[string]string{
	"docker-compose.dev.yml": "compose/docker-compose.dev.yml", "docker-compose.test.yml": "compose/docker-compose.test.yml",
	"docker-compose.ci.yml": "compose/docker-compose.ci.yml", "Dockerfile": "docker/Dockerfile",
	".env.dev": "env/.env.dev", ".env.test": "env/.env.test", ".env.ci": "env/.env.ci", ".env.example": "env/.env.example",
}

func repository(t testing.TB, files map[string]string) *Project {
	t.Helper()
	var entries []*source.Entry
	for at, text := range files {
		entries = append(entries, source.NewText(at, 0o644, []byte(text)))
	}
	return Discover(source.NewSnapshot(entries, nil), nil, NewCache())
}

// exactSpans fails for a place that does not hold what it says.
func exactSpans(t testing.TB, p *Project) {
	t.Helper()
	for _, r := range p.References {
		text, err := p.Files.Read(r.From)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Implicit && (string(r.Span.Of(text)) != r.Raw || r.Raw == "") && !(r.Kind == RefCompose && r.Span.IsZero()) {
			t.Errorf("%s %v: the bytes are %q, Raw is %q", r.From, r.Span, r.Span.Of(text), r.Raw)
		}
		if e, changed := r.Rewrite(map[string]string{}); changed {
			t.Errorf("%s %q: %+v although nothing moves", r.From, r.Raw, e)
		}
	}
	for _, c := range p.Calls {
		text, _ := p.Files.Read(c.From)
		program := string(c.Program.Of(text))
		if c.Kind == CallCompose && c.V1 && !strings.Contains(program, "docker-compose") || c.After < 0 || c.After > len(text) {
			t.Errorf("%s: program %q, after %d of %d", c.From, program, c.After, len(text))
		}
	}
}

// moved is the text of every file after the moves, at its new path.
func moved(t testing.TB, p *Project, moves map[string]string) (map[string]string, Rewritten) {
	t.Helper()
	rw := p.Rewrite(moves)
	out := map[string]string{}
	for _, at := range p.Files.Paths() {
		e, _ := p.Files.Entry(at)
		if !e.IsRegular() {
			continue
		}
		text, err := e.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if text, err = edit.Patch(text, rw.Edits[at]); err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		to := at
		if m, ok := moves[at]; ok {
			to = m
		}
		out[to] = string(text)
	}
	return out, rw
}

func TestLedgerRewritten(t *testing.T) {
	_, p := ledger(t)
	exactSpans(t, p)
	after, rw := moved(t, p, ledgerMoves)
	for _, r := range rw.Left {
		if !r.Implicit {
			t.Errorf("left: %+v", r)
		}
	}
	for at, want := range map[string]string{
		"Makefile": `-COMPOSE_DEV  := docker-compose.dev.yml
+COMPOSE_DEV  := compose/docker-compose.dev.yml
-COMPOSE_TEST := $(CURDIR)/docker-compose.test.yml
+COMPOSE_TEST := $(CURDIR)/compose/docker-compose.test.yml
-DEV          := $(COMPOSE) -f $(COMPOSE_DEV) --env-file .env.dev
+DEV          := $(COMPOSE) -f $(COMPOSE_DEV) --env-file env/.env.dev
-dev-up: certs .env.dev ## Start the development stack
+dev-up: certs env/.env.dev ## Start the development stack
-	docker-compose -f docker-compose.dev.yml logs -f app
+	docker-compose -f compose/docker-compose.dev.yml logs -f app
-	cd $(CURDIR) && $(COMPOSE) -f docker-compose.ci.yml --env-file .env.ci up -d --build
+	cd $(CURDIR) && $(COMPOSE) -f compose/docker-compose.ci.yml --env-file env/.env.ci up -d --build
-	$(COMPOSE) -f docker-compose.ci.yml exec -T app uv run pytest; \
+	$(COMPOSE) -f compose/docker-compose.ci.yml exec -T app uv run pytest; \
-	status=$$?; $(COMPOSE) -f docker-compose.ci.yml down -v; exit $$status
+	status=$$?; $(COMPOSE) -f compose/docker-compose.ci.yml down -v; exit $$status
-	docker build -f $(CURDIR)/Dockerfile --target app -t ledger:latest .
+	docker build -f $(CURDIR)/docker/Dockerfile --target app -t ledger:latest .
-.env.dev:
+env/.env.dev:
-	cp .env.example .env.dev
+	cp env/.env.example env/.env.dev
`,
		".github/workflows/ci.yml": `-      - Dockerfile
+      - docker/Dockerfile
-      - docker-compose.ci.yml
+      - compose/docker-compose.ci.yml
-      - .env.ci
+      - env/.env.ci
-  COMPOSE: docker compose -f docker-compose.ci.yml --env-file .env.ci
+  COMPOSE: docker compose -f compose/docker-compose.ci.yml --env-file env/.env.ci
-          docker compose -f docker-compose.ci.yml --env-file .env.ci up -d --build postgres redis
+          docker compose -f compose/docker-compose.ci.yml --env-file env/.env.ci up -d --build postgres redis
-        run: docker compose -f docker-compose.ci.yml exec -T app uv run pytest
+        run: docker compose -f compose/docker-compose.ci.yml exec -T app uv run pytest
-        run: docker compose -f docker-compose.ci.yml logs
+        run: docker compose -f compose/docker-compose.ci.yml logs
-        run: docker compose -f ./docker-compose.ci.yml down -v
+        run: docker compose -f ./compose/docker-compose.ci.yml down -v
`,
		".devcontainer/devcontainer.json": `-  "dockerComposeFile": ["../docker-compose.dev.yml"],
+  "dockerComposeFile": ["../compose/docker-compose.dev.yml"],
-  "initializeCommand": "make certs && cp -n .env.example .env.dev || true",
+  "initializeCommand": "make certs && cp -n env/.env.example env/.env.dev || true",
`,
		".vscode/tasks.json": `-      "command": "docker compose -f docker-compose.dev.yml --env-file .env.dev up -d"
+      "command": "docker compose -f compose/docker-compose.dev.yml --env-file env/.env.dev up -d"
-      "args": ["compose", "-f", "${workspaceFolder}/docker-compose.test.yml", "run", "--rm", "app", "uv", "run", "pytest"],
+      "args": ["compose", "-f", "${workspaceFolder}/compose/docker-compose.test.yml", "run", "--rm", "app", "uv", "run", "pytest"],
`,
		".pre-commit-config.yaml": `-        entry: docker compose -f docker-compose.dev.yml config --quiet
+        entry: docker compose -f compose/docker-compose.dev.yml config --quiet
-        files: ^docker-compose\.dev\.yml$
+        files: ^compose/docker-compose\.dev\.yml$
`,
		".github/dependabot.yml": `-  # The base image in ./Dockerfile
+  # The base image in ./docker/Dockerfile
-    directory: /
+    directory: /docker
-  # PostgreSQL and Redis in docker-compose.*.yml
+  # PostgreSQL and Redis in compose/docker-compose.*.yml
-    directory: /
+    directory: /compose
`,
		"scripts/backup-db.sh": `-COMPOSE_FILE="$ROOT/docker-compose.dev.yml"
+COMPOSE_FILE="$ROOT/compose/docker-compose.dev.yml"
-docker-compose -f "$COMPOSE_FILE" --env-file "$ROOT/.env.dev" exec -T postgres \
+docker-compose -f "$COMPOSE_FILE" --env-file "$ROOT/env/.env.dev" exec -T postgres \
`,
		"scripts/wait-for-health.sh": `-docker compose -f docker-compose.ci.yml logs app >&2
+docker compose -f compose/docker-compose.ci.yml logs app >&2
`,
		"README.md": "-cp .env.example .env.dev      # then fill in the OAuth client\n" +
			"+cp env/.env.example env/.env.dev      # then fill in the OAuth client\n" +
			"-$ docker compose -f docker-compose.dev.yml --env-file .env.dev up -d --build\n" +
			"+$ docker compose -f compose/docker-compose.dev.yml --env-file env/.env.dev up -d --build\n" +
			"-Settings are read from `.env.dev`, which `docker-compose.dev.yml` mounts into the\n" +
			"+Settings are read from `env/.env.dev`, which `compose/docker-compose.dev.yml` mounts into the\n" +
			"-docker-compose -f docker-compose.test.yml run --rm app uv run pytest tests/test_oauth.py\n" +
			"+docker-compose -f compose/docker-compose.test.yml run --rm app uv run pytest tests/test_oauth.py\n" +
			"-- `make backup` writes a dump to `backups/`; it reads [.env.dev](.env.dev) and the\n" +
			"+- `make backup` writes a dump to `backups/`; it reads [.env.dev](env/.env.dev) and the\n" +
			"-  [compose file](docker-compose.dev.yml)\n" +
			"+  [compose file](compose/docker-compose.dev.yml)\n" +
			"-- `make build` builds the image from the [Dockerfile](Dockerfile)\n" +
			"+- `make build` builds the image from the [Dockerfile](docker/Dockerfile)\n" +
			"-- CI uses `docker-compose.ci.yml` with `.env.ci`\n" +
			"+- CI uses `compose/docker-compose.ci.yml` with `env/.env.ci`\n",
		"env/.env.example": `-# Copy to .env.dev and fill in. The database's password is in docker-compose.dev.yml.
+# Copy to env/.env.dev and fill in. The database's password is in compose/docker-compose.dev.yml.
`,
		"env/.env.ci": `-# Settings of the CI stack, the same as .env.test. Every value is made up.
+# Settings of the CI stack, the same as env/.env.test. Every value is made up.
`,
		"src/ledger/config.py": `-    # In a container .env is the mounted file of that environment (.env.dev, ...)
+    # In a container .env is the mounted file of that environment (env/.env.dev, ...)
`,
		"tests/conftest.py": "", ".gitignore": "", ".dockerignore": "", "pyproject.toml": "", "scripts/make-certs.sh": "",
	} {
		from := at
		for old, to := range ledgerMoves {
			if to == at {
				from = old
			}
		}
		before, err := p.Files.Read(from)
		if err != nil {
			t.Fatal(err)
		}
		if got := lineChanges(string(before), after[at]); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", at, got, want)
		}
	}
}

// lineChanges are the lines that differ between two texts of as many lines.
func lineChanges(before, after string) string {
	var b strings.Builder
	x, y := strings.Split(before, "\n"), strings.Split(after, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			b.WriteString("-" + strings.TrimSuffix(x[i], "\r") + "\n")
			if i < len(y) {
				b.WriteString("+" + strings.TrimSuffix(y[i], "\r") + "\n")
			}
		}
	}
	return b.String()
}

// The real make must still know every target, and run the same commands but for the paths.
func TestMovedMakefileWorks(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("there is no make")
	}
	dir, p := ledger(t)
	after, _ := moved(t, p, ledgerMoves)
	other := filepath.Join(t.TempDir(), "ledger")
	for at, text := range after {
		write(t, other, at, text)
	}
	for _, target := range p.Makefile.File.Targets() {
		if target.Name == ".env.dev" {
			continue
		}
		plan := func(dir string) string {
			cmd := exec.Command("make", "-n", target.Name)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "MAKEFLAGS=")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("make -n %s: %v\n%s", target.Name, err, out)
			}
			return strings.ReplaceAll(string(out), dir, "/repo")
		}
		want, got := plan(dir), plan(other)
		for from, to := range ledgerMoves {
			got = strings.ReplaceAll(got, to, from)
		}
		if want != got {
			t.Errorf("make -n %s:\n%s\nwant:\n%s", target.Name, got, want)
		}
	}
}

// Each case is one file that names another; all of its references are listed as "raw -> to",
// with "?" for unsure, "!" for missing, "~" for implicit.
func TestReferencesOf(t *testing.T) {
	const compose = "services:\n  web:\n    image: nginx:1\n"
	base := map[string]string{
		"docker-compose.yml": compose, "docker-compose.dev.yml": compose, "docker-compose.prod.yml": compose, "svc/docker-compose.yml": compose,
		"Dockerfile": "FROM scratch\n", ".env.dev": "A=1\n", ".env.prod": "A=1\n", "tools/x.sh": "true\n",
	}
	for _, c := range []struct {
		name, at, text string
		want           []string
	}{
		{"variable part", "run.sh", "docker compose -f docker-compose.$1.yml up\n",
			[]string{"docker-compose.$1.yml -> docker-compose.dev.yml", "docker-compose.$1.yml -> docker-compose.prod.yml"}},
		{"loop", "run.sh", "for e in dev prod; do docker compose -f \"docker-compose.$e.yml\" up; done\n",
			[]string{"docker-compose.$e.yml -> docker-compose.dev.yml", "docker-compose.$e.yml -> docker-compose.prod.yml"}},
		{"other folder", "run.sh", "cd svc && docker compose -f docker-compose.yml up\n", []string{"docker-compose.yml -> svc/docker-compose.yml", "svc -> svc"}},
		{"cd inside", "run.sh", "F=docker-compose.yml\ncd svc\ndocker compose -f $F up\n", []string{"docker-compose.yml -> svc/docker-compose.yml", "svc -> svc"}},
		{"missing", "run.sh", "docker compose -f docker-compose.ci.yml up\n", []string{"docker-compose.ci.yml -> docker-compose.ci.yml!"}},
		{"implicit", "run.sh", "docker compose up\n", []string{" -> docker-compose.yml~"}},
		{"implicit build", "run.sh", "docker build .\n", []string{" -> Dockerfile~", ". -> ."}},
		{"two folders", "svc/run.sh", "docker compose -f docker-compose.yml up\n", []string{"docker-compose.yml -> docker-compose.yml?"}},
		{"list", ".env", "COMPOSE_FILE=docker-compose.yml:docker-compose.dev.yml\n", []string{"docker-compose.dev.yml -> docker-compose.dev.yml", "docker-compose.yml -> docker-compose.yml"}},
		{"exported list", "run.sh", "export COMPOSE_FILE=docker-compose.yml:docker-compose.dev.yml\ndocker compose up\n",
			[]string{"docker-compose.dev.yml -> docker-compose.dev.yml", "docker-compose.yml -> docker-compose.yml"}},
		{"include", "Makefile", "-include .env.dev\nexport\nup:\n\t$(MAKE) -C svc\n", []string{".env.dev -> .env.dev", "svc -> svc"}},
		{"unread", "Makefile", "X := $(shell cat .env.dev)\nup:\n\techo see docker-compose.dev.yml\n", []string{".env.dev -> .env.dev?", "docker-compose.dev.yml -> docker-compose.dev.yml"}},
		{"filters", ".github/workflows/a.yml", "on:\n  push:\n    paths: ['docker-compose*.yml', '**/*.yml', '!Dockerfile', /nothing]\njobs: {}\n",
			[]string{"Dockerfile -> Dockerfile", "docker-compose*.yml -> docker-compose.dev.yml", "docker-compose*.yml -> docker-compose.prod.yml", "docker-compose*.yml -> docker-compose.yml"}},
		{"filter action", ".github/workflows/a.yml", "jobs:\n  b:\n    steps:\n      - uses: dorny/paths-filter@v3\n        with:\n          filters: |\n            it:\n              - Dockerfile\n              - 'docker-compose.d*.yml'\n",
			[]string{"Dockerfile -> Dockerfile", "docker-compose.d*.yml -> docker-compose.dev.yml"}},
		{"build action", ".github/workflows/a.yml", "jobs:\n  b:\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          context: .\n          file: ./Dockerfile\n",
			[]string{". -> .", "./Dockerfile -> Dockerfile"}},
		{"build action without", ".github/workflows/a.yml", "jobs:\n  b:\n    steps:\n      - uses: docker/build-push-action@v6\n        with:\n          context: .\n",
			[]string{" -> Dockerfile~", ". -> ."}},
		{"working directory", ".github/workflows/a.yml", "jobs:\n  b:\n    steps:\n      - run: docker compose -f docker-compose.yml up\n        working-directory: svc\n",
			[]string{"docker-compose.yml -> svc/docker-compose.yml", "svc -> svc"}},
		{"regex list", ".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks:\n  - id: a\n    files: '^(Dockerfile|docker-compose\\.dev\\.yml)$'\n",
			[]string{"Dockerfile -> Dockerfile", `docker-compose\.dev\.yml -> docker-compose.dev.yml`}},
		{"quoted regex", ".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks:\n  - id: a\n    files: \"^docker-compose\\\\.dev\\\\.yml$\"\n",
			[]string{`docker-compose\\.dev\\.yml -> docker-compose.dev.yml`}},
		{"open regex", ".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks:\n  - id: a\n    files: ^docker-compose\\.d.*\\.yml$\n",
			[]string{`^docker-compose\.d.*\.yml$ -> docker-compose.dev.yml?`}},
		{"launch", ".vscode/launch.json", `{"configurations": [{"envFile": "${workspaceFolder}/.env.dev"}]}`, []string{".env.dev -> .env.dev"}},
		{"package", "package.json", `{"scripts": {"up": "docker-compose -f docker-compose.dev.yml up"}}`, []string{"docker-compose.dev.yml -> docker-compose.dev.yml"}},
		{"code", "tests/test_it.py", "FILE = \"docker-compose.dev.yml\"\n", []string{"docker-compose.dev.yml -> docker-compose.dev.yml?"}},
		{"toml", "pyproject.toml", "[tool.pytest.ini_options]\nenv_files = [\".env.dev\"]\n[tool.poe.tasks]\nup = \"docker compose -f docker-compose.dev.yml up\"\n",
			[]string{".env.dev -> .env.dev", "docker-compose.dev.yml -> docker-compose.dev.yml"}},
		{"git patterns", ".gitignore", "Dockerfile\n/.env.dev\n!/svc/docker-compose.yml\n", []string{"/.env.dev -> .env.dev", "/svc/docker-compose.yml -> svc/docker-compose.yml"}},
		{"docker patterns", ".dockerignore", "Dockerfile\n*.yml\n!.env.dev\n", []string{".env.dev -> .env.dev", "Dockerfile -> Dockerfile"}},
		{"owners", ".github/CODEOWNERS", "/docker-compose.dev.yml @someone\n*.py @other\n", []string{"/docker-compose.dev.yml -> docker-compose.dev.yml"}},
		{"just", "justfile", "file := \"docker-compose.dev.yml\"\nup:\n    @docker compose -f {{file}} up\n", []string{"docker-compose.dev.yml -> docker-compose.dev.yml"}},
		{"document below", "docs/a.md", "See [it](../Dockerfile).\n\n```sh\ndocker compose -f docker-compose.dev.yml up\n```\n", []string{"../Dockerfile -> Dockerfile", "docker-compose.dev.yml -> docker-compose.dev.yml"}},
		{"started below", "svc/run.sh", "docker compose -f docker-compose.yml up\n", []string{"docker-compose.yml -> svc/docker-compose.yml"}},
		{"help text", "run.sh", "cat <<E\nuse docker-compose.dev.yml\nE\n", []string{"docker-compose.dev.yml -> docker-compose.dev.yml"}},
		{"written text", "run.sh", "cat > x <<E\nuse docker-compose.dev.yml\nE\n", []string{"docker-compose.dev.yml -> docker-compose.dev.yml?"}},
		{"folder in a variable", "run.sh", "D=./docker-compose\ndocker compose -f $D.dev.yml up\n", []string{"$D.dev.yml -> docker-compose.dev.yml?"}},
		{"prose", "README.md", "The docker-compose.dev.yml is rewritten, Dockerfile is a plain word.\n", []string{"docker-compose.dev.yml -> docker-compose.dev.yml"}},
		{"copied elsewhere", "run.sh", "cp docker-compose.dev.yml /srv/stack.yml\n", []string{"docker-compose.dev.yml -> docker-compose.dev.yml?"}},
		{"filtered elsewhere", "run.sh", "sed s/a/b/ docker-compose.dev.yml > /srv/stack.yml\n", []string{"docker-compose.dev.yml -> docker-compose.dev.yml?"}},
		{"v1 in a variable", "run.sh", "DC=docker-compose\n$DC -f docker-compose.dev.yml up\n", []string{"docker-compose.dev.yml -> docker-compose.dev.yml"}},
		{"heredoc for a shell", "run.sh", "bash <<'E'\ndocker compose -f docker-compose.dev.yml up\nE\n", []string{"docker-compose.dev.yml -> docker-compose.dev.yml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{c.at: c.text}
			for at, text := range base {
				files[at] = text
			}
			if c.name == "started below" {
				files["all.sh"] = "cd svc && sh ./run.sh\n"
			}
			p := repository(t, files)
			exactSpans(t, p)
			var got []string
			for _, r := range p.References {
				if r.From != c.at {
					continue
				}
				s := r.Raw + " -> " + r.To
				for mark, on := range map[string]bool{"?": r.Unsure != "", "!": r.Missing, "~": r.Implicit} {
					if on {
						s += mark
					}
				}
				got = append(got, s)
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// Patterns that go on matching need nothing, others are rewritten or left, and never half of them.
func TestPatternsMoved(t *testing.T) {
	const compose = "services:\n  web:\n    image: nginx:1\n"
	both := map[string]string{"docker-compose.a.yml": "compose/docker-compose.a.yml", "docker-compose.b.yml": "compose/docker-compose.b.yml"}
	one := map[string]string{"docker-compose.a.yml": "compose/docker-compose.a.yml"}
	named := map[string]string{"docker-compose.a.yml": "compose/a.yml", "docker-compose.b.yml": "compose/b.yml"}
	hook := func(re string) string { return "repos:\n- hooks:\n  - id: a\n    files: " + re + "\n" }
	for _, c := range []struct {
		name, at, text, want string
		moves                map[string]string
		left                 int
	}{
		{"both", "a.sh", "docker compose -f docker-compose.$1.yml up\n", "docker compose -f compose/docker-compose.$1.yml up\n", both, 0},
		{"rooted", "a.sh", "cd \"$(dirname \"$0\")\"\ndocker compose -f \"$PWD/docker-compose.$1.yml\" up\n", "cd \"$(dirname \"$0\")\"\ndocker compose -f \"$PWD/compose/docker-compose.$1.yml\" up\n", both, 0},
		{"one of two", "a.sh", "docker compose -f docker-compose.$1.yml up\n", "", one, 2},
		{"other names", "a.sh", "docker compose -f docker-compose.$1.yml up\n", "", named, 2},
		{"regex that holds", ".pre-commit-config.yaml", hook(`docker-compose\..\.yml$`), "", both, 0},
		{"regex that does not", ".pre-commit-config.yaml", hook(`^docker-compose\..\.yml$`), "", both, 2},
		{"dependabot", ".github/dependabot.yml", "updates:\n- package-ecosystem: docker-compose\n  directory: \"/\"\n", "updates:\n- package-ecosystem: docker-compose\n  directory: \"/compose\"\n", both, 0},
		{"dependabot, one of two", ".github/dependabot.yml", "updates:\n- package-ecosystem: docker-compose\n  directory: /\n", "", one, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := repository(t, map[string]string{c.at: c.text, "docker-compose.a.yml": compose, "docker-compose.b.yml": compose})
			after, rw := moved(t, p, c.moves)
			if c.want == "" {
				c.want = c.text
			}
			if after[c.at] != c.want || len(rw.Left) != c.left {
				t.Errorf("%d left, want %d, text\n%s\nwant\n%s\n%+v", len(rw.Left), c.left, after[c.at], c.want, rw.Left)
			}
		})
	}
}

// An option is added where it belongs, and docker-compose becomes docker compose, in any notation.
func TestCallsEdited(t *testing.T) {
	const compose = "services:\n  web:\n    image: nginx:1\n"
	for _, c := range []struct{ name, at, text, inserted, upgraded string }{
		{"plain", "a.sh", "docker-compose -f docker-compose.yml up\n", "docker-compose -f docker-compose.yml --env-file E up\n", "docker compose -f docker-compose.yml up\n"},
		{"no file", "a.sh", "sudo docker compose --ansi never up\n", "sudo docker compose --env-file E --ansi never up\n", ""},
		{"joined", "a.sh", "docker compose --file=docker-compose.yml up\n", "docker compose --file=docker-compose.yml --env-file E up\n", ""},
		{"quoted", "a.sh", "docker compose -f \"docker-compose.yml\" up\n", "docker compose -f \"docker-compose.yml\" --env-file E up\n", ""},
		{"variable", "a.sh", "F=docker-compose.yml\ndocker compose -f $F up\n", "F=docker-compose.yml\ndocker compose -f $F --env-file E up\n", ""},
		{"command in a variable", "a.sh", "C='docker compose -f docker-compose.yml'\n$C up\n", "C='docker compose -f docker-compose.yml --env-file E'\n$C up\n", ""},
		{"program in a variable", "a.sh", "C=docker-compose\n$C -f docker-compose.yml up\n", "C=docker-compose\n$C -f docker-compose.yml --env-file E up\n", "C=\"docker compose\"\n$C -f docker-compose.yml up\n"},
		{"make variable", "Makefile", "F := docker-compose.yml\nC := docker-compose -f $(F)\nup:\n\t@$(C) up\n", "F := docker-compose.yml\nC := docker-compose -f $(F) --env-file E\nup:\n\t@$(C) up\n", "F := docker-compose.yml\nC := docker compose -f $(F)\nup:\n\t@$(C) up\n"},
		{"list", ".vscode/tasks.json", `{"tasks":[{"command":"docker","args":["compose","-f","docker-compose.yml","up"]}]}`, `{"tasks":[{"command":"docker","args":["compose","-f","docker-compose.yml", "--env-file", "E","up"]}]}`, ""},
		{"list without", ".vscode/tasks.json", `{"tasks":[{"command":"docker-compose","args":["up"]}]}`, `{"tasks":[{"command":"docker-compose","args":["--env-file", "E", "up"]}]}`, ""},
		{"workflow", ".github/workflows/a.yml", "env:\n  C: \"docker-compose -f docker-compose.yml\"\njobs:\n  a:\n    steps:\n      - run: $C up\n",
			"env:\n  C: \"docker-compose -f docker-compose.yml --env-file E\"\njobs:\n  a:\n    steps:\n      - run: $C up\n",
			"env:\n  C: \"docker compose -f docker-compose.yml\"\njobs:\n  a:\n    steps:\n      - run: $C up\n"},
		{"package", "package.json", `{"scripts":{"up":"docker-compose -f docker-compose.yml up"}}`, `{"scripts":{"up":"docker-compose -f docker-compose.yml --env-file E up"}}`, `{"scripts":{"up":"docker compose -f docker-compose.yml up"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := repository(t, map[string]string{c.at: c.text, "docker-compose.yml": compose})
			exactSpans(t, p)
			if len(p.Calls) != 1 {
				t.Fatalf("%d calls", len(p.Calls))
			}
			if files := p.Calls[0].Files; !slices.Equal(files, []string{"docker-compose.yml"}) {
				t.Errorf("files %q", files)
			}
			patched := func(e edit.Edit) string {
				out, err := edit.Patch([]byte(c.text), []edit.Edit{e})
				if err != nil {
					t.Fatal(err)
				}
				return string(out)
			}
			if got := patched(p.Calls[0].Insert("--env-file", "E")); got != c.inserted {
				t.Errorf("inserted:\n%s\nwant:\n%s", got, c.inserted)
			}
			e, ok := p.Calls[0].Upgrade()
			if ok != (c.upgraded != "") {
				t.Errorf("upgrade: %t", ok)
			} else if ok && patched(e) != c.upgraded {
				t.Errorf("upgraded:\n%s\nwant:\n%s", patched(e), c.upgraded)
			}
		})
	}
}

// What Rewrite writes names the same file when it is read again.
func TestRewrittenAgain(t *testing.T) {
	_, p := ledger(t)
	after, _ := moved(t, p, ledgerMoves)
	again := repository(t, after)
	exactSpans(t, again)
	type edge struct {
		from, to string
		kind     RefKind
	}
	count := func(p *Project, moves map[string]string) map[edge]int {
		out := map[edge]int{}
		at := func(f string) string {
			if to, ok := moves[f]; ok {
				return to
			}
			return f
		}
		for _, r := range p.References {
			if r.Kind != RefCompose && r.Kind != RefDockerfile && !r.Implicit && notable(path.Base(r.To)) {
				out[edge{at(r.From), at(r.To), r.Kind}]++
			}
		}
		return out
	}
	want, got := count(p, ledgerMoves), count(again, nil)
	for e, n := range want {
		if got[e] != n {
			t.Errorf("%+v: %d before, %d after", e, n, got[e])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d edges before, %d after", len(want), len(got))
	}
}
