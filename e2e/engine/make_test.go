//go:build unix

package engine_test

import (
	"regexp"
	"slices"
	"testing"
	"time"
)

// hostTools are targets of the sample's own that run programs of the machine and nothing of Docker.
var hostTools = []string{"fmt", "lint"}

// TestEveryMakeTarget runs each target of the refitted Makefile, with no refit on PATH.
func TestEveryMakeTarget(t *testing.T) {
	s := sample(t)
	s.run("refit apply --yes --run-steps").shows("done")
	s.user.refit = false
	ran := map[string]bool{}
	target := func(name string) output {
		t.Helper()
		ran[name] = true
		return s.run("make " + name)
	}
	follow := func(name string) output { // logs are followed until somebody stops them
		t.Helper()
		ran[name] = true
		return s.fails("timeout 5 make " + name)
	}

	becomesHealthy := func(name string) { // it answers before the first check of its health
		t.Helper()
		target(name)
		s.eventually(time.Minute, "make "+name, "(healthy)")
	}

	target("setup")
	target("help").shows("dev-rebuild", "prod-up")
	target("certs")

	s.now("development")
	target("dev-build")
	target("dev-up")
	s.visit("env/.env.dev")
	target("migrate")
	ran["migration"] = true
	s.run(`make migration m="nothing new"`).shows("Generating")
	target("dev-restart")
	s.visit("env/.env.dev")
	becomesHealthy("dev-status")
	follow("dev-logs").shows("Application startup complete")
	ran["dev-shell"], ran["shell"] = true, true
	s.run("echo whoami | make dev-shell").is("appuser")
	s.run("script -qec 'make shell' /dev/null <<'END'\nwhoami\nexit\nEND").shows("appuser")
	target("backup").shows("wrote")
	s.run("gunzip -c backups/*.sql.gz").shows("PostgreSQL database dump")
	target("dev-down")
	target("dev-rebuild")
	target("build")
	s.run("docker image rm ledger:latest") // no Compose project's, so nobody else removes it

	s.now("test and ci")
	target("test").shows(" passed")
	target("dev-test").shows(" passed")
	target("test-test").shows(" passed")
	target("ci").shows(" passed")
	target("ci-test").shows(" passed")
	for _, environment := range []string{"test", "ci"} {
		target(environment + "-build")
		target(environment + "-up")
		target(environment + "-restart")
		target(environment + "-status").shows("app")
		follow(environment + "-logs").shows("postgres")
		ran[environment+"-shell"] = true
		s.run("echo whoami | make " + environment + "-shell").is("appuser")
		target(environment + "-down")
		target(environment + "-rebuild")
	}

	s.now("production")
	s.fails("make prod-test")
	s.user.refit = true
	s.run("refit env init prod")
	s.user.refit = false
	s.freePorts("env/.env.prod")
	target("prod-test").shows("prod is complete")
	target("prod-rebuild")
	target("prod-build")
	target("prod-up")
	s.visit("env/.env.prod")
	target("prod-restart")
	s.visit("env/.env.prod")
	becomesHealthy("prod-status")
	follow("prod-logs").shows("Application startup complete")
	ran["prod-shell"] = true
	s.run("echo whoami | make prod-shell").is("appuser")
	target("prod-down")
	target("clean")

	s.now("that were all of them")
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):.*## `).FindAllStringSubmatch(s.run("cat Makefile").text, -1) {
		if !ran[m[1]] && !slices.Contains(hostTools, m[1]) {
			t.Errorf("make %s was not run", m[1])
		}
	}
}
