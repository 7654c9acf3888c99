package compose

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"refit/examples"
	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

func ledger(t *testing.T) *project.Project {
	t.Helper()
	dir := t.TempDir()
	if err := examples.WriteLedger(dir + "/ledger"); err != nil {
		t.Fatal(err)
	}
	p, err := project.Open(dir+"/ledger", project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLedger(t *testing.T) {
	p := ledger(t)
	var got []string
	for _, r := range Rules() {
		pass := &rule.Pass{Project: p, Meta: &r.Meta}
		r.Check(pass)
		for _, f := range pass.Found() {
			got = append(got, fmt.Sprintf("%s %s %s %s", r.ID, f.At.Path, f.Subject, f.Fixes[0].Safety))
		}
	}
	slices.Sort(got)
	if text := strings.Join(got, "\n"); text != strings.TrimSpace(inLedger) {
		t.Errorf("found:\n%s", text)
	}
}

// applied is the project after the fixes of all rules, round by round.
func applied(t *testing.T, p *project.Project) *project.Project {
	t.Helper()
	for range 12 {
		var fixes [][]edit.Op
		for _, r := range Rules() {
			pass := &rule.Pass{Project: p, Meta: &r.Meta}
			r.Check(pass)
			for _, f := range pass.Found() {
				if len(f.Fixes) > 0 && f.Fixes[0].Safety != change.Manual {
					fixes = append(fixes, f.Fixes[0].Ops)
				}
			}
		}
		if len(fixes) == 0 {
			return p
		}
		winners, _ := edit.Merge(fixes)
		var ops []edit.Op
		for _, w := range winners {
			ops = append(ops, fixes[w]...)
		}
		files, err := edit.Apply(p.Files, ops)
		if err != nil {
			t.Fatal(err)
		}
		p = project.Discover(files, p, project.NewCache())
	}
	t.Fatal("the fixes don't come to an end")
	return nil
}

func TestLedgerFixed(t *testing.T) {
	before := ledger(t)
	after := applied(t, before)
	for _, env := range []string{"ci", "dev", "test"} {
		was, _ := before.Files.Read("docker-compose." + env + ".yml")
		now, _ := after.Files.Read("docker-compose." + env + ".yml")
		values, _ := after.Files.Read(".env." + env)
		if strings.Contains(string(now), "made-up") || strings.Contains(string(now), ":/app/.env") {
			t.Errorf("%s: secrets or the mount are still there:\n%s", env, now)
		}
		for _, name := range []string{"DATABASE_URL", "CALLBACK_TOKEN", "POSTGRES_PASSWORD"} {
			if n := strings.Count(string(values), "\n"+name+"="); n != 1 {
				t.Errorf(".env.%s has %s %d times:\n%s", env, name, n, values)
			}
		}
		all := func(text []byte) bool {
			return strings.Count(string(text), "\n") == strings.Count(string(text), "\r\n")
		}
		if all(was) != all(now) {
			t.Errorf("%s: the line ends are not what they were:\n%q", env, now)
		}
		if e, _ := after.Files.Entry(".env." + env); e.Mode.Perm() != 0o644 {
			t.Errorf("%s: the env file's mode is %v", env, e.Mode)
		}
	}
	for _, r := range Rules() {
		pass := &rule.Pass{Project: after, Meta: &r.Meta}
		r.Check(pass)
		for _, f := range pass.Found() {
			if f.Fixes[0].Safety != change.Manual || f.Severity == rule.Error {
				t.Errorf("%s %s %s is still there", r.ID, f.At.Path, f.Subject)
			}
		}
	}
	for _, e := range after.Environments {
		if e.Err != nil {
			t.Errorf("%v does not resolve any more: %v", e.Files, e.Err)
		}
	}
}

// inLedger is what is wrong with the sample's Compose files before anything is repaired.
const inLedger = `
C01 docker-compose.ci.yml version safe
C01 docker-compose.dev.yml version safe
C01 docker-compose.test.yml version safe
C07 docker-compose.ci.yml services.app.ports.0 behaviour
C07 docker-compose.dev.yml services.app.ports.0 behaviour
C07 docker-compose.dev.yml services.callback.ports.0 behaviour
C07 docker-compose.dev.yml services.postgres.ports.0 behaviour
C07 docker-compose.dev.yml services.redis.ports.0 behaviour
C07 docker-compose.test.yml services.app.ports.0 behaviour
C07 docker-compose.test.yml services.postgres.ports.0 behaviour
C07 docker-compose.test.yml services.redis.ports.0 behaviour
C20 docker-compose.ci.yml services.app.environment.CALLBACK_TOKEN behaviour
C20 docker-compose.ci.yml services.app.environment.DATABASE_URL behaviour
C20 docker-compose.ci.yml services.postgres.environment.POSTGRES_PASSWORD behaviour
C20 docker-compose.dev.yml services.app.environment.CALLBACK_TOKEN behaviour
C20 docker-compose.dev.yml services.app.environment.DATABASE_URL behaviour
C20 docker-compose.dev.yml services.postgres.environment.POSTGRES_PASSWORD behaviour
C20 docker-compose.test.yml services.app.environment.CALLBACK_TOKEN behaviour
C20 docker-compose.test.yml services.app.environment.DATABASE_URL behaviour
C20 docker-compose.test.yml services.postgres.environment.POSTGRES_PASSWORD behaviour
C28 docker-compose.ci.yml services.app.depends_on behaviour
C28 docker-compose.ci.yml services.postgres.healthcheck behaviour
C28 docker-compose.ci.yml services.redis.healthcheck behaviour
C28 docker-compose.dev.yml services.app.depends_on behaviour
C28 docker-compose.dev.yml services.postgres.healthcheck behaviour
C28 docker-compose.dev.yml services.redis.healthcheck behaviour
C28 docker-compose.test.yml services.app.depends_on behaviour
C28 docker-compose.test.yml services.postgres.healthcheck behaviour
C28 docker-compose.test.yml services.redis.healthcheck behaviour
C29 docker-compose.dev.yml services.app.volumes:/app/.venv manual
C29 docker-compose.test.yml services.app.volumes:/app/.venv manual
C36 docker-compose.ci.yml services.app.volumes.1 behaviour
C36 docker-compose.dev.yml services.app.volumes.1 behaviour
C36 docker-compose.test.yml services.app.volumes.1 behaviour
C37 docker-compose.dev.yml services.app.command manual
C38 docker-compose.dev.yml services.app.command behaviour
`
