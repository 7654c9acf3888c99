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
			t.Log(got[len(got)-1], f.Fixes[0].Why)
		}
	}
	slices.Sort(got)
	t.Log("\n" + strings.Join(got, "\n"))
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
	deltas, err := edit.Compact(before.Files, after.Files, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deltas {
		t.Log("\n" + d.Diff(1))
	}
	for _, e := range after.Environments {
		if e.Err != nil {
			t.Errorf("%v does not resolve any more: %v", e.Files, e.Err)
		}
	}
}
