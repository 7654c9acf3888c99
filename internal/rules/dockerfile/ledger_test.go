package dockerfile

import (
	"slices"
	"testing"

	"refit/examples"
	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

// findings runs every rule over a project and lists what it finds as "rule path subject".
func findings(p *project.Project) (list []string, all []rule.Finding) {
	for _, r := range Rules() {
		pass := &rule.Pass{Project: p, Meta: &r.Meta}
		r.Check(pass)
		for _, f := range pass.Found() {
			list = append(list, r.ID+" "+f.At.Path+" "+f.Subject)
			all = append(all, f)
		}
	}
	slices.Sort(list)
	return list, all
}

func TestSample(t *testing.T) {
	dir := t.TempDir()
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	list, _ := findings(p)
	want := []string{
		"D05 Dockerfile stage:app", "D05 Dockerfile stage:callback",
		"D16 Dockerfile stage:app", "D16 Dockerfile stage:callback",
		"D18 Dockerfile stage:app/CMD",
		"D24 Dockerfile stage:callback/ADD src/ledger/callback.py",
		"D35 Dockerfile stage:app/RUN@1",
		"D50 Dockerfile stage:app",
		"D51 Dockerfile stage:app",
		"D52 Dockerfile stage:app/from ghcr.io/astral-sh/uv:latest",
		"D55 Dockerfile stage:app/CMD uv run", "D55 Dockerfile stage:app/settings",
		"D60 .gitignore uv.lock ignored",
	}
	if !slices.Equal(list, want) {
		t.Errorf("found\n%q\nwant\n%q", list, want)
	}
}

// TestSampleFixed repairs the sample round by round, as plan does, and looks at what is left.
func TestSampleFixed(t *testing.T) {
	dir := t.TempDir()
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	for round := 0; ; round++ {
		var fixes [][]edit.Op
		_, all := findings(p)
		for _, f := range all {
			if len(f.Fixes) > 0 && f.Fixes[0].Safety != change.Manual {
				fixes = append(fixes, f.Fixes[0].Written().Ops)
			}
		}
		if len(fixes) == 0 {
			break
		}
		if round > 10 {
			list, _ := findings(p)
			t.Fatalf("still something to repair after %d rounds: %q", round, list)
		}
		accepted, _ := edit.Merge(fixes)
		var ops []edit.Op
		for _, i := range accepted {
			ops = append(ops, fixes[i]...)
		}
		files, err := edit.Apply(p.Files, ops)
		if err != nil {
			t.Fatal(err)
		}
		p = project.Discover(files, p, project.NewCache())
	}
	list, all := findings(p)
	for _, f := range all {
		if f.Severity == rule.Error {
			t.Errorf("an error is left: %s %s: %s", f.Meta.ID, f.Subject, f.Message)
		}
	}
	if want := []string{"D60 pyproject.toml uv.lock missing"}; !slices.Equal(list, want) {
		text, _ := p.Files.Read("Dockerfile")
		t.Errorf("left are %q, want %q\n%s", list, want, text)
	}
}
