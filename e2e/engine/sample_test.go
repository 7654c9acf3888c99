//go:build unix

package engine_test

import (
	"testing"
	"time"
)

// TestRefitKeepsTheDataAndStopsRunningAsRoot is the whole story of the sample on one engine.
func TestRefitKeepsTheDataAndStopsRunningAsRoot(t *testing.T) {
	s := sample(t)

	s.now("before its refit the sample comes up, with its faults")
	s.run("make dev-up")
	ada := s.visit(".env.dev")
	s.run("docker compose -f docker-compose.dev.yml exec -T app whoami").shows("root")
	s.run("stat -c %U .venv logs uv.lock").is("root\nroot\nroot")
	s.run("docker run --rm " + s.name + "-app cat .env.dev").shows("SESSION_SECRET")
	s.run("docker run --rm " + s.name + "-app which gcc make").shows("/usr/bin/gcc")

	s.now("somebody uses it: a row in the database, a file written by the service")
	ada.post("/session", `{"owner": "ada"}`)
	ada.post("/transactions", `{"booked_on": "2026-01-02", "amount": "12.50", "note": "the row before"}`)
	ada.post("/transactions/export", "")
	s.run("make dev-down")

	s.now("the refit")
	s.run("refit apply --yes --run-steps").shows("done")
	s.run("test -f uv.lock && test -f compose/docker-compose.dev.yml && test ! -e docker-compose.dev.yml")

	s.now("what containers wrote as root into the folder is in the way of an ordinary account, until it is given back")
	s.run("refit doctor dev --fix --yes --fail-on never").shows("M16 root-owned-mount", "M16 . is cured")
	s.run("find . -user root").is("")

	s.now("the same volumes come up, not as root, with the row still there")
	s.run("make dev-up")
	ada = s.visit("env/.env.dev")
	s.run("docker compose -f compose/docker-compose.dev.yml exec -T app whoami").is("appuser")
	ada.post("/session", `{"owner": "ada"}`)
	ada.get("/transactions").shows("the row before")
	ada.post("/transactions", `{"booked_on": "2026-01-03", "amount": "1.00", "note": "the row after"}`)
	s.run("docker volume ls --format {{.Name}} | grep ^" + s.name + " | sort").is(s.name + "_postgres_data\n" + s.name + "_redis_data")
	s.run("find . -user root").is("")
	s.run("refit doctor dev --fail-on warning")

	s.now("the guide's bare commands work as it writes them")
	s.guidesCommands()

	s.now("production runs beside it, serves HTTPS and has no tools in it")
	s.production()

	s.now("rolled back while it runs: the files are as before, the data are there")
	s.run("refit rollback --yes --force") // env/.env.prod, whose ports this scenario changed
	s.run("refit rollback --yes")
	s.run("git status --porcelain --untracked-files=all").is("")
	s.run("make dev-up")
	ada = s.visit(".env.dev")
	ada.post("/session", `{"owner": "ada"}`)
	ada.get("/transactions").shows("the row before", "the row after")
}

// TestFreshCloneWithoutRefit plays a colleague: they clone the refitted repository, and have neither refit nor uv.
func TestFreshCloneWithoutRefit(t *testing.T) {
	s := sample(t)
	s.run("refit apply --yes --run-steps").shows("done")
	s.run("git add -A && git -c user.name=Ada -c user.email=ada@example.com commit -q -m Refit")
	s.run("git clone -q . ../clone")
	s.leaveFor("../clone")
	s.fails("command -v refit || command -v uv")

	s.now("make setup makes what git doesn't have: env files and certificates")
	s.run("make setup").shows("made env/.env.dev", "made env/.env.test", "made env/.env.ci")
	s.run("stat -c %a env/.env.dev").is("600")
	s.freePorts("env/.env.dev")

	s.now("make dev-up brings it up")
	s.run("make dev-up")
	s.visit("env/.env.dev")
	s.run("docker compose -f compose/docker-compose.dev.yml exec -T app whoami").is("appuser")

	s.now("a change on the host is served at once")
	s.run(`sed -i 's/title="Ledger"/title="Ledger of Ada"/' src/ledger/main.py`)
	s.eventually(time.Minute, "curl -sk https://localhost:"+s.setting("env/.env.dev", "APP_PORT")+"/openapi.json", "Ledger of Ada")
	s.run("make dev-down")

	s.now("make test runs the sample's own tests and returns their status")
	s.run("make test").shows(" passed")
	s.run("printf 'def test_wrong():\\n    assert 1 == 2\\n' > tests/test_wrong.py")
	s.fails("make test").shows("1 failed")
	s.run("find . -user root").is("")
}

// guidesCommands types the guide's commands of its checks and of its troubleshooting.
func (s *scenario) guidesCommands() {
	s.t.Helper()
	s.run("docker compose -f compose/docker-compose.dev.yml exec app whoami").is("appuser")
	s.run("curl -k https://localhost:" + s.setting("env/.env.dev", "APP_PORT") + "/health").shows(`"status":"ok"`)
	s.eventually(time.Minute, "docker compose -f compose/docker-compose.dev.yml ps callback", "(healthy)")
	s.run("docker compose -f compose/docker-compose.dev.yml ps").shows("app", "postgres", "redis", "callback").lacks("unhealthy", "starting")
	s.run("docker compose -f compose/docker-compose.dev.yml logs app").
		shows("Application startup complete").lacks("Permission denied", "Traceback", "ERROR")
	s.run("docker compose -f compose/docker-compose.dev.yml exec app ls -la /app").shows("appuser appuser").lacks("root root")
	s.run("docker compose -f compose/docker-compose.dev.yml exec app env | grep POSTGRES").shows("POSTGRES_PASSWORD=")
	s.run("make dev-status").shows("(healthy)")
}

func (s *scenario) production() {
	s.t.Helper()
	s.run("refit env init prod")
	s.freePorts("env/.env.prod")
	s.run("make prod-build")
	s.run("make prod-up")
	s.visit("env/.env.prod")
	const compose = "docker compose -f compose/docker-compose.prod.yml "
	s.run(compose + "--env-file env/.env.prod exec -T app whoami").is("appuser")
	s.fails(compose + "--env-file env/.env.prod exec -T app sh -c 'command -v gcc || command -v make || command -v uv || command -v pytest'").is("")
	s.run(compose + "--env-file env/.env.prod exec -T app find /app -name '.env*' -o -name .git -o -name tests -o -name .venv").is("")
	s.run(compose + "ps").shows("(healthy)")
	s.run("make prod-down")
}
