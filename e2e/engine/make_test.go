//go:build unix

package engine_test

import (
	"maps"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"
)

// hostTools are targets of the sample's own that run programs of the machine and nothing of Docker.
var hostTools = []string{"fmt", "lint"}

// TestEveryMakeTarget runs each target of the refitted Makefile, with no refit on PATH.
func TestEveryMakeTarget(t *testing.T) {
	onRequest(t)
	parts := map[string]func(*maker){"development": (*maker).development, "tests": (*maker).tests, "production": (*maker).production}
	var mu sync.Mutex
	ran, makefile, ended := map[string]bool{}, "", 0
	t.Cleanup(func() {
		if ended < len(parts) {
			return // one failed, or not all were asked for
		}
		for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):.*## `).FindAllStringSubmatch(makefile, -1) {
			if !ran[m[1]] && !slices.Contains(hostTools, m[1]) {
				t.Errorf("make %s was not run", m[1])
			}
		}
	})
	for name, play := range parts {
		t.Run(name, func(t *testing.T) {
			s := sample(t)
			s.run("refit apply --yes --run-steps").shows("done")
			s.user.refit = false
			m := &maker{scenario: s, ran: map[string]bool{}}
			m.make("setup")
			play(m)
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(ran, m.ran)
			makefile, ended = s.run("cat Makefile").text, ended+1
		})
	}
}

// maker is somebody who types make, and the targets that they typed.
type maker struct {
	*scenario
	ran map[string]bool
}

func (m *maker) make(target string) output {
	m.t.Helper()
	m.ran[target] = true
	return m.run("make " + target)
}

// follow watches logs for five seconds; make follows them until somebody stops it.
func (m *maker) follow(target string) output {
	m.t.Helper()
	m.ran[target] = true
	return m.fails("timeout 5 make " + target)
}

// whoami asks in the shell that a target opens.
func (m *maker) whoami(target string) output {
	m.t.Helper()
	m.ran[target] = true
	return m.run("echo whoami | make " + target)
}

// healthy waits for what a status target shows: a service answers before the first check of its health.
func (m *maker) healthy(target string) {
	m.t.Helper()
	m.make(target)
	m.eventually(time.Minute, "make "+target, "(healthy)")
}

func (m *maker) development() {
	m.t.Helper()
	m.make("help").shows("dev-rebuild", "prod-up")
	m.make("certs")
	m.make("dev-build")
	m.make("dev-up")
	m.visit("env/.env.dev")
	m.make("migrate")
	m.ran["migration"] = true
	m.run(`make migration m="nothing new"`).shows("Generating")
	m.make("dev-restart")
	m.visit("env/.env.dev")
	m.healthy("dev-status")
	m.follow("dev-logs").shows("Application startup complete")
	m.whoami("dev-shell").is("appuser")
	m.ran["shell"] = true
	m.run("script -qec 'make shell' /dev/null <<'END'\nwhoami\nexit\nEND").shows("appuser")
	m.make("backup").shows("wrote")
	m.run("gunzip -c backups/*.sql.gz").shows("PostgreSQL database dump")
	m.make("dev-down")
	m.make("dev-rebuild")
	m.make("build")
	m.run("docker image rm ledger:latest") // no Compose project's, so nobody else removes it
	m.make("clean")
}

func (m *maker) tests() {
	m.t.Helper()
	for _, target := range []string{"test", "dev-test", "test-test", "ci", "ci-test"} {
		m.make(target).shows(" passed")
	}
	for _, environment := range []string{"test", "ci"} {
		m.make(environment + "-build")
		m.make(environment + "-up")
		m.make(environment + "-restart")
		m.make(environment + "-status").shows("app")
		m.follow(environment + "-logs").shows("postgres")
		m.whoami(environment + "-shell").is("appuser")
		m.make(environment + "-down")
		m.make(environment + "-rebuild")
	}
}

func (m *maker) production() {
	m.t.Helper()
	m.ran["prod-test"] = true
	m.fails("make prod-test")
	m.user.refit = true
	m.run("refit env init prod")
	m.user.refit = false
	m.freePorts("env/.env.prod")
	m.make("prod-test").shows("prod is complete")
	m.make("prod-rebuild")
	m.make("prod-build")
	m.make("prod-up")
	m.visit("env/.env.prod")
	m.make("prod-restart")
	m.visit("env/.env.prod")
	m.healthy("prod-status")
	m.follow("prod-logs").shows("Application startup complete")
	m.whoami("prod-shell").is("appuser")
	m.make("prod-down")
}
