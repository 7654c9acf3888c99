//go:build unix

package engine_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// edit changes a file of the scenario as its user would.
func (s *scenario) edit(at, before, after string) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, at))
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.Contains(string(text), before) {
		s.t.Fatalf("%s has no %q:\n%s", at, before, text)
	}
	s.write(at, strings.Replace(string(text), before, after, 1))
}

// of is the diagnosis of a service.
func of(t *testing.T, list []diagnosis, service string) diagnosis {
	t.Helper()
	for _, d := range list {
		if d.Service == service {
			return d
		}
	}
	t.Fatalf("nothing is said of %s: %+v", service, list)
	return diagnosis{}
}

// written is what a cure says to write: the YAML behind its first ": ".
func (d diagnosis) written(t *testing.T) string {
	t.Helper()
	_, value, ok := strings.Cut(d.Cure.Title, ": ")
	if !ok {
		t.Fatalf("nothing to write in %q", d.Cure.Title)
	}
	value, _, _ = strings.Cut(value, " into ")
	return value
}

func TestDoctorUnhealthy(t *testing.T) {
	service := func(name, check, more string) string {
		return "  " + name + ":\n    build: .\n    stop_grace_period: 0s\n    healthcheck:\n      test: " + check + "\n      interval: 1s\n      retries: 2\n" + more
	}
	probe := func(url string) string {
		return `["CMD", "python", "-c", "import urllib.request as r; r.urlopen('` + url + `', timeout=2)"]`
	}
	checks := map[string]string{
		"program": `["CMD", "curl", "-f", "http://localhost:8000/"]`,
		"scheme":  probe("https://127.0.0.1:8000/"),
		"port":    probe("http://127.0.0.1:8080/"),
	}
	s := ward(t, map[string]string{
		"docker-compose.dev.yml": "name: NAME\nservices:\n" + service("program", checks["program"], "") + service("scheme", checks["scheme"], "") +
			service("port", checks["port"], "") + service("slow", probe("http://127.0.0.1:8000/"), "    environment: {DELAY: \"45\"}\n") +
			service("wrong", `["CMD", "python", "-c", "raise SystemExit('no row in the table')"]`, ""),
		"Dockerfile": wardDockerfile, "server.py": wardServer,
	})
	s.run(compose + "up -d --build")
	for _, name := range []string{"program", "scheme", "port", "slow", "wrong"} {
		s.eventually(time.Minute, compose+"ps "+name, "(unhealthy)")
	}
	list := s.finds("refit doctor dev", "M24", "M25", "M25", "M26", "M27")
	of(t, list, "program").says(t, "calls curl", `exec: "curl": executable file not found`)
	of(t, list, "scheme").says(t, "asks https, and the service serves http", "exit code 1")
	of(t, list, "port").says(t, "port 8080, where nothing listens", "listens on 8000")
	of(t, list, "slow").says(t, "nothing listens in it yet", "start_period 0s, interval 1s, retries 2")
	of(t, list, "wrong").says(t, "no row in the table", "exec wrong python -c")

	s.now("the checks as the doctor writes them")
	for name, check := range checks {
		test := of(t, list, name).written(t)
		var words []string
		if err := json.Unmarshal([]byte(test), &words); err != nil || words[0] != "CMD" {
			t.Fatalf("%s: %v", test, err)
		}
		s.edit("docker-compose.dev.yml", check, test)
	}
	s.edit("docker-compose.dev.yml", "    environment: {DELAY: \"45\"}\n", "      start_period: "+of(t, list, "slow").written(t)+"\n    environment: {DELAY: \"5\"}\n")
	s.edit("docker-compose.dev.yml", "raise SystemExit('no row in the table')", "pass")
	s.follow(of(t, list, "program"))
	s.run(compose + "up -d --wait")
	s.finds("refit doctor dev")
}

func TestDoctorEnds(t *testing.T) {
	s := ward(t, map[string]string{
		"docker-compose.dev.yml": `name: NAME
services:
  hog:
    build: .
    command: ["python", "-c", "import time; print('reading all of made-up-4f9c2d7b61'); time.sleep(2); x = bytearray(200 << 20); print('done')"] # an engine that is busy misses what ends at once
    environment: {SESSION_SECRET: made-up-4f9c2d7b61}
    mem_limit: 24m
    memswap_limit: 24m
  loop:
    build: .
    command: ["python", "-c", "import os; os.environ['DATABASE_URL']"]
    restart: always
  over:
    build: .
    command: ["python", "-c", "raise SystemExit(3)"]
`,
		"Dockerfile": wardDockerfile, "server.py": wardServer,
	})
	s.run(compose + "up -d --build")
	s.eventually(time.Minute, "docker inspect --format 'restarted {{ge .RestartCount 3}}' "+s.name+"-loop-1", "restarted true")
	s.eventually(time.Minute, compose+"ps -a hog", "Exited")
	list := s.finds("refit doctor dev", "M28", "M29", "M30")
	hog := of(t, list, "hog").says(t, "its limit of 24 MB", "OOMKilled true")
	of(t, list, "loop").says(t, "over and over", "exit code 1", "KeyError: 'DATABASE_URL'")
	of(t, list, "over").says(t, "exit code 3")
	for _, d := range list {
		if strings.Contains(strings.Join(d.Evidence, "\n"), madeUp) {
			t.Errorf("a secret is told: %v", d.Evidence)
		}
	}

	s.edit("docker-compose.dev.yml", "mem_limit: 24m\n    memswap_limit: 24m", "deploy: {resources: {limits: {memory: 512M}}}")
	s.edit("docker-compose.dev.yml", "    restart: always", "    environment: {DATABASE_URL: x}")
	s.edit("docker-compose.dev.yml", "SystemExit(3)", "SystemExit(0)")
	s.run(hog.Cure.Commands[0])
	s.run(compose + "up -d")
	s.eventually(time.Minute, compose+"logs hog", "done")
	s.eventually(time.Minute, compose+"ps -aq --status running; echo gone", "gone")
	s.finds("refit doctor dev")
}

func TestDoctorValues(t *testing.T) {
	s := ward(t, map[string]string{
		"compose/docker-compose.dev.yml": `name: NAME
services:
  app:
    build: ..
    stop_grace_period: 0s
    env_file: ../env/.env.dev
    environment:
      LEVEL: ${LEVEL:-none}
      TOKEN: ${TOKEN:?write it into env/.env.dev}
`,
		"Dockerfile": wardDockerfile, "server.py": wardServer, ".gitignore": "env/.env.*\n!env/.env.example\n",
		"env/.env.example": "LEVEL=info\nTOKEN=\nDATABASE_HOST=db\n", "env/.env.dev": "LEVEL=info\nTOKEN=made-up-4f9c2d7b61\nDATABASE_HOST=db\n",
	})
	const called = "docker compose -f compose/docker-compose.dev.yml --env-file env/.env.dev "
	up := called + "up -d"
	s.run(up + " --build")
	s.finds("refit doctor dev")

	s.now("a variable of the shell wins over the file")
	s.finds("LEVEL=debug refit doctor dev", "M12", "M38")[0].says(t, "unset LEVEL")
	s.finds("LEVEL=debug; export LEVEL; unset LEVEL; refit doctor dev")

	s.now("the file changed, and the container did not")
	s.edit("env/.env.dev", "DATABASE_HOST=db", "DATABASE_HOST=database")
	d := s.finds("refit doctor dev", "M38")[0].says(t, "other values for DATABASE_HOST", "the files changed after it was started")
	s.run(called + "restart") // as people do
	s.finds("refit doctor dev", "M38")
	s.follow(d)
	s.finds("refit doctor dev")

	s.now("a value is missing")
	s.edit("env/.env.dev", "TOKEN=made-up-4f9c2d7b61\n", "")
	d = s.finds("refit doctor dev", "M11", "M38")[0]
	d.says(t, "TOKEN has no value", "refit env init dev --complete")
	s.run(d.Cure.Commands[1])
	s.run(up)
	s.finds("refit doctor dev")

	s.now("the file is missing")
	s.run("rm env/.env.dev && " + "docker compose -p " + s.name + " down")
	s.finds("refit doctor dev", "M10")
	s.run("refit doctor dev --fix --yes").shows("M10 env/.env.dev is cured")
	s.run(up)
	s.finds("refit doctor dev")

	s.now("it was started from another folder")
	s.run("docker compose -p " + s.name + " down; cp -r . ../other && docker compose -f ../other/compose/docker-compose.dev.yml --env-file env/.env.dev up -d")
	d = s.finds("refit doctor dev", "M14")[0].says(t, "another folder: "+filepath.Join(filepath.Dir(s.dir), "other"))
	s.follow(d)
	s.finds("refit doctor dev")
}

func TestDoctorWrongMechanism(t *testing.T) {
	s := ward(t, map[string]string{
		"docker-compose.dev.yml": "name: NAME\nservices:\n  app:\n    build: .\n    stop_grace_period: 0s\n    env_file: .env.dev\n    environment:\n      TOKEN: ${TOKEN}\n",
		"Dockerfile":             wardDockerfile, "server.py": wardServer, ".gitignore": ".env.dev\n", ".env.dev": "TOKEN=made-up-4f9c2d7b61\n",
	})
	s.run(compose + "up -d --build")
	s.run(compose + "exec -T app sh -c 'echo \"[$TOKEN]\"'").shows("[]")
	s.run("refit doctor dev; true").shows("M13 env-wrong-mechanism")
	s.run("refit apply --only C27 --yes")
	s.run(compose + "up -d")
	s.run(compose + "exec -T app sh -c 'echo \"[$TOKEN]\"'").shows("[" + madeUp + "]")
	s.finds("refit doctor dev")
}
