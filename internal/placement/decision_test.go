package placement

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"refit/internal/project"
	"refit/internal/source"
)

func discover(files map[string]string) *project.Project {
	var entries []*source.Entry
	for _, at := range slices.Sorted(maps.Keys(files)) {
		entries = append(entries, source.NewText(at, 0o644, []byte(files[at])))
	}
	return project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
}

const (
	builds = "services:\n  app:\n    build: .\n"
	image  = "services:\n  app:\n    image: example/app:1\n"
)

func TestDecision(t *testing.T) {
	for name, c := range map[string]struct {
		files  map[string]string
		reason Reason
		wanted string
	}{
		"one Compose file and its Dockerfile": {map[string]string{
			"compose.yaml": builds + "    volumes: ['.:/srv']\n", "compose.override.yaml": builds, "Dockerfile": "FROM scratch\n", ".env.example": "A=1\n",
		}, FoundByIt, ""},
		"per-environment files beside a default one": {map[string]string{
			"docker-compose.yml": builds, "docker-compose.ci.yml": image, "docker-compose.test.yml": image, "Dockerfile": "FROM scratch\n", ".env.example": "A=1\n",
		}, Named, "docker-compose.ci.yml docker-compose.test.yml"},
		"all per environment": {map[string]string{
			"docker-compose.dev.yml": builds + "    env_file: .env.dev\n", "docker-compose.ci.yml": builds, "Dockerfile": "FROM scratch\n", ".env.dev": "A=1\n", ".env.example": "A=1\n",
		}, Named, "docker-compose.ci.yml docker-compose.dev.yml .env.dev .env.example Dockerfile"},
		"a single one of an environment": {map[string]string{"docker-compose.yml": builds, "docker-compose.test.yml": image, "Dockerfile": "FROM scratch\n"}, FewNamed, ""},
		"a stack": {map[string]string{
			"docker-compose.yml": builds, "docker-compose.dev.yml": "services:\n  app:\n    command: dev\n", "docker-compose.prod.yml": "services:\n  app:\n    restart: always\n",
			"Makefile": "dev:\n\tdocker compose -f docker-compose.yml -f docker-compose.dev.yml up\nprod:\n\tdocker compose -f docker-compose.yml -f docker-compose.prod.yml up -d\n",
		}, Stacked, ""},
		"folders of their own": {map[string]string{"deploy/docker-compose.prod.yml": image, "deploy/docker-compose.dev.yml": image, "app/Dockerfile": "FROM scratch\n"}, OwnFolders, ""},
		"Dockerfiles that are named": {map[string]string{
			"compose.yaml":   "services:\n  api:\n    build: {context: ., dockerfile: api.Dockerfile}\n  web:\n    build: {context: ., dockerfile: web.Dockerfile}\n",
			"api.Dockerfile": "FROM scratch\n", "web.Dockerfile": "FROM scratch\n",
		}, Named, "api.Dockerfile web.Dockerfile"},
		"Dockerfiles beside the one that is found": {map[string]string{
			"compose.yaml": "services:\n  api:\n    build: .\n  web:\n    build: {context: ., dockerfile: Dockerfile.web}\n  job:\n    build: {context: ., dockerfile: Dockerfile.job}\n",
			"Dockerfile":   "FROM scratch\n", "Dockerfile.web": "FROM scratch\n", "Dockerfile.job": "FROM scratch\n",
		}, FoundByIt, ""},
		"too many files name them": {map[string]string{
			"compose.ci.yaml": image, "compose.test.yaml": image,
			"a/1.sh": "docker compose -f compose.ci.yaml up\n", "a/2.sh": "docker compose -f compose.ci.yaml up\n", "a/3.sh": "docker compose -f compose.ci.yaml up\n",
			"a/4.sh": "docker compose -f compose.test.yaml up\n", "a/5.sh": "docker compose -f compose.test.yaml up\n", "a/6.sh": "docker compose -f compose.test.yaml up\n",
			"a/7.sh": "docker compose -f compose.test.yaml up\n",
		}, CostsMore, ""},
		"two, one of which is held": {map[string]string{
			"docker-compose.yml": builds, "docker-compose.dev.yml": image, "docker-compose.prod.yml": image, "README.md": "```sh\ndocker compose up\n```\n",
			"deploy.sh": "#!/bin/sh\nfetch-config | xargs -I{} sh -c 'docker-compose.prod.yml {}'\n",
		}, FewNamed, ""},
		"the last of several":       {map[string]string{"compose/docker-compose.dev.yml": image, "docker-compose.ci.yml": image}, Begun, "docker-compose.ci.yml"},
		"two of one environment":    {map[string]string{"docker-compose.dev.yml": image, "docker-compose.local.yml": builds}, Named, "docker-compose.dev.yml docker-compose.local.yml"},
		"staging beside production": {map[string]string{"docker-compose.yml": builds, "docker-compose.staging.yml": image, "docker-compose.prod.yml": image}, Named, "docker-compose.prod.yml docker-compose.staging.yml"},
		"what a framework finds by its name": {map[string]string{
			"package.json": "{}", "compose.yaml": image + "    env_file: [.env.test, .env.production]\n", ".env.test": "A=1\n", ".env.production": "A=1\n",
		}, FoundByIt, ""},
		"what a platform finds by its name": {map[string]string{
			"fly.toml": "app = 'x'\n", "compose.yaml": "services:\n  a:\n    build: {context: ., dockerfile: a.Dockerfile}\n  b:\n    build: {context: ., dockerfile: b.Dockerfile}\n",
			"a.Dockerfile": "FROM scratch\n", "b.Dockerfile": "FROM scratch\n",
		}, FoundByIt, ""},
		"default names that every command gives": {map[string]string{
			"docker-compose.yml": builds, "docker-compose.dev.yml": image, "Dockerfile": "FROM scratch\n",
			"Makefile": "prod:\n\tdocker compose -f docker-compose.yml up -d\ndev:\n\tdocker compose -f docker-compose.dev.yml up\n",
		}, Named, "docker-compose.dev.yml docker-compose.yml Dockerfile"},
		"default names that a document counts on": {map[string]string{
			"docker-compose.yml": builds, "docker-compose.dev.yml": image, "Dockerfile": "FROM scratch\n", "README.md": "```sh\ndocker compose up\n```\n",
			"Makefile": "prod:\n\tdocker compose -f docker-compose.yml up -d\ndev:\n\tdocker compose -f docker-compose.dev.yml up\n",
		}, FewNamed, ""},
		"default names that CI alone gives": {map[string]string{
			"docker-compose.yml": builds, "docker-compose.dev.yml": image, "Dockerfile": "FROM scratch\n",
			".github/workflows/ci.yml": "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker compose -f docker-compose.yml up -d\n",
		}, FewNamed, ""},
		"default names in a place that nobody understands": {map[string]string{
			"docker-compose.yml": builds, "docker-compose.dev.yml": image, "Dockerfile": "FROM scratch\n", "up.py": "start(\"docker-compose.yml\")\n",
			"Makefile": "prod:\n\tdocker compose -f docker-compose.yml up -d\n",
		}, FewNamed, ""},
		"of no environment, named by its command": {map[string]string{
			"docker-compose.yml": image, "docker-compose.tools.yml": image, "docker-compose.ci.yml": image, "Makefile": "tools:\n\tdocker compose -f docker-compose.tools.yml up -d\n",
		}, Named, "docker-compose.ci.yml docker-compose.tools.yml"},
		"of no environment, beside those of environments": {map[string]string{
			"docker-compose.remote.yml": image, "docker-compose.tools.yml": image, "docker-compose.prod.yml": image, "docker-compose.test.yml": image, "NOTES.md": "`docker compose -f docker-compose.remote.yml up`\n",
		}, Named, "docker-compose.prod.yml docker-compose.remote.yml docker-compose.test.yml"},
		"of no environment, by themselves": {map[string]string{
			"docker-compose.remote.yml": image, "docker-compose.tools.yml": image, "NOTES.md": "`docker compose -f docker-compose.remote.yml up`, `docker compose -f docker-compose.tools.yml up`\n",
		}, OwnFolders, ""},
		"what a script moves and writes": {map[string]string{
			"docker-compose.prod.yml": image, "docker-compose.test.yml": image,
			"tidy.sh": "mv docker-compose.prod.yml old.yml\nsed 's/a/b/' template > docker-compose.test.yml\n",
		}, Handled, ""},
		"a Dockerfile in lower case": {map[string]string{
			"package.json": "{\"scripts\": {\"build\": \"docker buildx build -t a .\", \"alpine\": \"docker build -f dockerfile-alpine .\", \"slim\": \"docker build -f dockerfile-slim .\"}}",
			"dockerfile":   "FROM scratch\n", "dockerfile-alpine": "FROM scratch\n", "dockerfile-slim": "FROM scratch\n",
		}, FoundByIt, ""},
		"Dockerfiles beside those that lie in the folder, built by scripts": {map[string]string{
			"package.json": "{\"scripts\": {\"build\": \"docker buildx build -t a .\", \"alpine\": \"docker build -f Dockerfile.alpine .\"}}",
			"Dockerfile":   "FROM scratch\n", "Dockerfile.alpine": "FROM scratch\n", "docker/base.Dockerfile": "FROM scratch\n",
		}, Begun, "Dockerfile Dockerfile.alpine"},
		"Dockerfiles of which a document says how they are built": {map[string]string{
			"package.json": "{\"scripts\": {\"build\": \"docker buildx build -t a .\", \"alpine\": \"docker build -f Dockerfile.alpine .\"}}",
			"Dockerfile":   "FROM scratch\n", "Dockerfile.alpine": "FROM scratch\n", "docker/base.Dockerfile": "FROM scratch\n", "README.md": "```sh\ndocker build .\n```\n",
		}, FoundByIt, ""},
		"a Dockerfile alone beside those that lie in the folder": {map[string]string{
			"build.sh": "docker build -t a .\n", "Dockerfile": "FROM scratch\n", "docker/base.Dockerfile": "FROM scratch\n",
		}, FoundByIt, ""},
		"a Dockerfile in lower case that is named": {map[string]string{
			"package.json": "{\"scripts\": {\"build\": \"docker build -f dockerfile .\", \"alpine\": \"docker build -f dockerfile-alpine .\"}}",
			"dockerfile":   "FROM scratch\n", "dockerfile-alpine": "FROM scratch\n",
		}, Named, "dockerfile dockerfile-alpine"},
		"nothing to do with Docker":      {map[string]string{"main.go": "package main\n"}, OwnFolders, ""},
		"kept by the configuration":      {map[string]string{".refit.yaml": "layout: keep\n", "docker-compose.ci.yml": image, "docker-compose.test.yml": image}, Configured, ""},
		"moved by the configuration":     {map[string]string{".refit.yaml": "layout: move\n", "docker-compose.yml": builds, "Dockerfile": "FROM scratch\n"}, Configured, "docker-compose.yml Dockerfile"},
		"left to refit in so many words": {map[string]string{".refit.yaml": "layout: {mode: auto}\n", "docker-compose.ci.yml": image}, FewNamed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := Of(discover(c.files))
			if got := strings.Join(paths(d.Wanted), " "); d.Reason != c.reason || got != c.wanted || d.Move != (c.wanted != "") {
				t.Errorf("move %v, %s, %q; want %s, %q; stays %v", d.Move, d.Reason, got, c.reason, c.wanted, d.Stays)
			}
		})
	}
}

// What is left at the root half-way through a plan must not turn the decision round.
func TestDecisionIsTheBaselines(t *testing.T) {
	files := map[string]string{"docker-compose.ci.yml": image, "docker-compose.test.yml": image, "docker-compose.yml": builds, "Dockerfile": "FROM scratch\n"}
	base := discover(files)
	delete(files, "docker-compose.ci.yml")
	half := project.Discover(discover(files).Files, base, project.NewCache())
	further := project.Discover(half.Files, half, project.NewCache())
	for _, p := range []*project.Project{half, further} {
		if got := strings.Join(paths(Wanted(p)), " "); got != "docker-compose.test.yml" {
			t.Errorf("wanted %q", got)
		}
	}
	if d := Of(discover(files)); d.Move {
		t.Errorf("by itself it would stay: %+v", d)
	}
}

// What Compose loads by its name beside the file would not be loaded any more.
func TestOverrideHoldsTheFile(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"git ignores it": {".gitignore": "/compose.override.yaml\n"},
		"a template":     {"docker-compose.override.yml.example": image},
	} {
		files["docker-compose.yml"], files[".refit.yaml"] = builds+"    volumes: ['.:/srv']\n", "layout: move\n"
		all := Of(discover(files)).Wanted
		if len(all) != 1 || !strings.Contains(all[0].Keep, "loads by its name beside docker-compose.yml") {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

// An env file that has only a part of its environment's values is not the environment's.
func TestEnvFilesOfServices(t *testing.T) {
	var to []string
	for _, f := range Of(discover(map[string]string{
		"docker-compose.prod.yml": image + "    env_file: [.env.prod, .env.prod.db, .env.production.redis]\n", "docker-compose.dev.yml": image + "    env_file: .env.dev.db\n",
		".env.prod": "A=1\n", ".env.prod.db": "A=1\n", ".env.production.redis": "A=1\n", ".env.dev.db": "A=1\n",
	})).Wanted {
		if f.Kind == Env {
			to = append(to, f.To)
		}
	}
	if got, want := strings.Join(to, " "), "env/.env.dev.db env/.env.prod env/.env.prod.db env/.env.production.redis"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Files that would get one name keep their own.
func TestTwoOfOneEnvironment(t *testing.T) {
	var to []string
	for _, f := range Of(discover(map[string]string{"docker-compose.dev.yml": image, "docker-compose.local.yml": image, "docker-compose.e2e.yml": image, "docker-compose.e2e.yaml": image})).Wanted {
		to = append(to, f.To)
	}
	if got, want := strings.Join(to, " "), "compose/docker-compose.dev.yml compose/docker-compose.e2e.yaml compose/docker-compose.e2e.yml compose/docker-compose.local.yml"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
