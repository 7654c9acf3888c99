package project

import (
	"os/exec"
	"strings"
	"testing"

	"refit/internal/fuzztest"
)

// FuzzReferences: whatever a file holds, the places that are found are exact and stay so.
func FuzzReferences(f *testing.F) {
	names := []string{"Makefile", "run.sh", "svc/run.sh", ".github/workflows/a.yml", "package.json", ".vscode/tasks.json", ".devcontainer/devcontainer.json",
		".pre-commit-config.yaml", "README.md", ".gitignore", ".dockerignore", "justfile", "pyproject.toml", "a.py", ".env.x", ".github/dependabot.yml", "renovate.json"}
	for i, text := range []string{
		"F := docker-compose.yml\nup: .env.dev\n\tdocker-compose -f $(F) up\n", "F=x; docker compose -f docker-compose.$F.yml up\n", "cd svc && docker build .",
		"jobs:\n  a:\n    steps:\n      - run: docker compose up\n", `{"scripts": {"a": "docker compose -f ./docker-compose.yml up"}}`,
		`{"tasks":[{"command":"docker-compose","args":["-f","docker-compose.yml"]}]}`, `{"dockerComposeFile":"../docker-compose.yml"}`,
		"repos:\n- hooks:\n  - id: a\n    files: ^(Dockerfile|\\.env\\.dev)$\n", "`docker-compose.yml`\n```sh\n$ docker compose up\n```\n", "/Dockerfile\n!.env.dev\n",
		"*.yml\nDockerfile\n", "f := \"docker-compose.yml\"\nup:\n  docker compose -f {{f}} up\n", "a = \".env.dev\"\n", "x = 'Dockerfile'\n", "COMPOSE_FILE=docker-compose.yml:a.yml\n",
		"updates:\n- package-ecosystem: docker\n  directory: /\n", `{"docker":{"fileMatch":["^docker-compose\\.yml$"]}}`,
	} {
		f.Add(i, text)
	}
	for _, seed := range fuzztest.Seeds(6) {
		d := fuzztest.New(seed)
		for i, text := range []string{d.Makefile(), d.Script(), d.Script(), d.Workflow()} {
			f.Add(i, text)
		}
		f.Add(8, d.Readme())
		f.Add(9, d.Ignore())
		f.Add(14, d.Env())
	}
	moves := map[string]string{"docker-compose.yml": "compose/docker-compose.yml", "Dockerfile": "docker/Dockerfile", ".env.dev": "env/.env.dev"}
	f.Fuzz(func(t *testing.T, which int, text string) {
		if which < 0 || len(text) > 4000 {
			return
		}
		p := repository(t, map[string]string{
			names[which%len(names)]: text, "docker-compose.yml": "services:\n  web:\n    image: nginx:1\n", "Dockerfile": "FROM scratch\n", ".env.dev": "A=1\n",
		})
		exactSpans(t, p)
		after, _ := moved(t, p, moves)
		if name := names[which%len(names)]; strings.HasSuffix(name, ".sh") && after[name] != text && reads(text) && !reads(after[name]) {
			t.Errorf("bash can't read the script any more:\n%s\n--- before\n%s", after[name], text)
		}
	})
}

// reads says whether bash can read a script, which it does not run.
func reads(script string) bool {
	cmd := exec.Command("bash", "--norc", "-n")
	cmd.Stdin = strings.NewReader(script)
	return cmd.Run() == nil
}
