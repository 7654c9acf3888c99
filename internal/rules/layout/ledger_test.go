package layout

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refit/examples"
	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/equivalence"
	"refit/internal/project"
	"refit/internal/rule"
)

func ledger(t *testing.T) *project.Project {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func check(r rule.Rule, p *project.Project) []rule.Finding {
	pass := &rule.Pass{Project: p, Meta: &r.Meta}
	r.Check(pass)
	return pass.Found()
}

// outcome is a project after all fixes of some rules.
type outcome struct {
	*project.Project
	moves    map[string]string
	declares []change.Declared // by baseline path
}

// settle applies the rules' fixes to a fixpoint, as plan does. choose picks those of a round.
func settle(t *testing.T, p *project.Project, rules []rule.Rule, choose func([]rule.Finding) []rule.Finding) outcome {
	t.Helper()
	out := outcome{Project: p, moves: map[string]string{}}
	cache := project.NewCache()
	for range 30 {
		var found []rule.Finding
		for _, r := range rules {
			for _, f := range check(r, out.Project) {
				if len(f.Fixes) > 0 && f.Fixes[0].Safety != change.Manual {
					found = append(found, f)
				}
			}
		}
		if len(found) == 0 {
			return out
		}
		found = choose(found)
		fixes := make([][]edit.Op, len(found))
		for i, f := range found {
			fixes[i] = f.Fixes[0].Ops
		}
		winners, _ := edit.Merge(fixes)
		var ops []edit.Op
		origin := map[string]string{}
		for from, to := range out.moves {
			origin[to] = from
		}
		for _, w := range winners {
			ops = append(ops, fixes[w]...)
			for _, d := range found[w].Fixes[0].Declares {
				if from, ok := origin[d.Subject]; ok {
					d.Subject = from
				}
				if from, ok := origin[d.Addr]; ok {
					d.Addr = from
				}
				out.declares = append(out.declares, d)
			}
		}
		files, err := edit.Apply(out.Files, ops)
		if err != nil {
			t.Fatal(err)
		}
		out.moves = edit.Renames(out.moves, ops)
		out.Project = project.Discover(files, out.Project, cache)
		for _, problem := range out.Problems {
			t.Fatalf("after a round: %v", problem)
		}
	}
	t.Fatal("no fixpoint after 30 rounds")
	return out
}

func all(found []rule.Finding) []rule.Finding { return found }

var ledgerMoves = map[string]string{
	"docker-compose.dev.yml": "compose/docker-compose.dev.yml", "docker-compose.test.yml": "compose/docker-compose.test.yml",
	"docker-compose.ci.yml": "compose/docker-compose.ci.yml", ".env.dev": "env/.env.dev", ".env.test": "env/.env.test",
	".env.ci": "env/.env.ci", ".env.example": "env/.env.example", "Dockerfile": "docker/Dockerfile",
}

func TestLedgerMoves(t *testing.T) {
	p := ledger(t)
	for _, f := range check(MisplacedFile, p) {
		if f.Fixes[0].Safety == change.Manual {
			t.Errorf("%s: %s", f.At.Path, f.Fixes[0].Why)
		}
	}
	orders := map[string]func([]rule.Finding) []rule.Finding{
		"all at once": all,
		"one by one":  func(f []rule.Finding) []rule.Finding { return f[:1] },
		"backwards":   func(f []rule.Finding) []rule.Finding { return f[len(f)-1:] },
		"reversed":    func(f []rule.Finding) []rule.Finding { slices.Reverse(f); return f },
	}
	texts := map[string]string{}
	for name, choose := range orders {
		t.Run(name, func(t *testing.T) {
			out := settle(t, p, []rule.Rule{MisplacedFile}, choose)
			if !maps.Equal(out.moves, ledgerMoves) {
				t.Fatalf("moved %v", out.moves)
			}
			assertSame(t, p, out)
			for _, r := range out.References {
				if r.Missing && !strings.HasPrefix(r.To, "certs") {
					t.Errorf("%s names %s, which is not there", r.From, r.To)
				}
			}
			for _, at := range out.Files.Paths() {
				text, err := out.Files.Read(at)
				if err != nil {
					t.Fatal(err)
				}
				if first, ok := texts[at]; ok && first != string(text) && at != ".gitignore" {
					t.Errorf("%s depends on the order of the moves:\n%s", at, edit.Unified([]byte(first), text, "first", name, 1))
				}
				texts[at] = string(text)
			}
			ignore := out.GitIgnore()
			for path, want := range map[string]bool{"env/.env.dev": true, "env/.env.test": false, "env/.env.ci": false, "env/.env.example": false, ".env.dev": true, "env/README.md": false} {
				if got, _ := ignore.Match(path, false); got != want {
					t.Errorf("git ignores %s: %t, want %t", path, got, want)
				}
			}
		})
	}
	if testing.Verbose() {
		out := settle(t, p, []rule.Rule{MisplacedFile}, all)
		files, _ := change.Files(p.Files, out.Files, out.moves)
		for _, f := range files {
			t.Log(f.Delta().Diff(0))
		}
	}
}

// assertSame compares before and after as plan does.
func assertSame(t *testing.T, before *project.Project, out outcome) {
	t.Helper()
	c := equivalence.Compare(before, out.Project, out.moves, out.declares)
	for _, d := range append(c.Undeclared, c.Unproven...) {
		t.Errorf("%s %s %s: %q became %q %s", d.Aspect, d.Subject, d.Addr, d.Before, d.After, d.Why)
	}
}

func TestLedgerNames(t *testing.T) {
	p := ledger(t)
	out := settle(t, p, []rule.Rule{MisplacedFile}, all)
	for _, e := range out.Environments {
		want := "ledger-" + e.Name
		if e.Name == "dev" {
			want = "ledger"
		}
		if e.Err != nil || e.Model == nil || e.Model.Name != want || e.ProjectVia != "name" {
			t.Errorf("%s: %v, project %q by %s, want %q by name", e.Name, e.Err, e.Model.Name, e.ProjectVia, want)
		}
	}
}

// describe is a finding as "RULE path subject" with a mark when a person has to repair it.
func describe(f rule.Finding) string {
	text := f.Meta.ID + " " + f.At.Path + " " + f.Subject
	if len(f.Fixes) == 0 || f.Fixes[0].Safety == change.Manual {
		text += " (manual)"
	}
	return text
}

func TestLedgerFindings(t *testing.T) {
	p := ledger(t)
	var got []string
	for _, r := range Rules() {
		for _, f := range check(r, p) {
			got = append(got, describe(f))
		}
	}
	want := []string{
		"L01 docker-compose.ci.yml Compose file", "L01 docker-compose.dev.yml Compose file", "L01 docker-compose.test.yml Compose file",
		"L01 .env.ci environment file", "L01 .env.dev environment file", "L01 .env.example template of the environment files",
		"L01 .env.test environment file", "L01 Dockerfile Dockerfile",
		"L04 docker-compose.dev.yml name",
		"C02 docker-compose.ci.yml name", "C02 docker-compose.test.yml name",
		"C31 docker-compose.ci.yml ports:dev (manual)",
		"C31 docker-compose.test.yml container_name:ledger-app", "C31 docker-compose.test.yml container_name:ledger-postgres",
		"C31 docker-compose.test.yml container_name:ledger-redis",
		"C31 docker-compose.test.yml ports:dev (manual)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLedgerAfterAllRules(t *testing.T) {
	p := ledger(t)
	out := settle(t, p, Rules(), all)
	assertSame(t, p, out)
	for _, r := range Rules() {
		for _, f := range check(r, out.Project) {
			if f.Meta.ID != "C31" || !strings.HasPrefix(f.Subject, "ports:") {
				t.Errorf("still: %s: %s", describe(f), f.Message)
			}
		}
	}
}

func TestLedgerProduction(t *testing.T) {
	p := ledger(t)
	out := settle(t, p, append(Rules(), EnvironmentMissing), all)
	assertSame(t, p, out)
	e := out.EnvironmentOf("compose/docker-compose.prod.yml")
	if e == nil || e.Model == nil || e.Name != "prod" || e.Model.Name != "ledger-prod" {
		t.Fatalf("production is %+v", e)
	}
	for name, s := range e.Model.Services {
		for _, m := range s.Mounts {
			if m.Type == "bind" {
				t.Errorf("%s has %s mounted", name, m.Source)
			}
		}
		if s.Build == nil && len(s.Ports) > 0 {
			t.Errorf("%s is published", name)
		}
		for key, value := range s.Environment {
			if strings.Contains(value, "made-up") {
				t.Errorf("%s: the secret %s was copied", name, key)
			}
		}
		if s.Limits.Memory == 0 || s.Reservations.CPUs == 0 || s.Restart != "unless-stopped" {
			t.Errorf("%s has no limits or no restart policy: %+v", name, s)
		}
	}
	app := e.Model.Services["app"]
	if app.Environment["APP_ENV"] != "prod" || app.Limits.CPUs != 2 || app.Limits.Memory != 4<<30 || app.Reservations.Memory != 2<<30 {
		t.Errorf("app: %+v", app)
	}
	for _, v := range e.Model.Unset {
		if !v.HasDefault() {
			t.Errorf("interpolation needs %s", v.Name)
		}
	}
	for _, o := range out.Environments {
		if o != e && (o.Model.Name == e.Model.Name || len(sharedVolumes(o, e)) > 0) {
			t.Errorf("%s shares its project or volumes with production", o.Name)
		}
	}
	if found := check(EnvironmentMissing, out.Project); len(found) > 0 {
		t.Errorf("still missing: %s", found[0].Message)
	}
}
