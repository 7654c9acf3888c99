package pipeline_test

import (
	"path/filepath"
	"testing"

	"refit/examples"
	"refit/internal/pipeline"
	"refit/internal/plan"
)

func layOut(b *testing.B) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		b.Fatal(err)
	}
	return dir
}

func open(b *testing.B, dir string) *pipeline.Repository {
	b.Helper()
	repo, err := pipeline.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	return repo
}

// BenchmarkDiscover is reading the sample from disk.
func BenchmarkDiscover(b *testing.B) {
	dir := layOut(b)
	for b.Loop() {
		open(b, dir)
	}
}

// BenchmarkAudit is every rule over the discovered sample.
func BenchmarkAudit(b *testing.B) {
	repo := open(b, layOut(b))
	for b.Loop() {
		repo.Audit()
	}
}

// BenchmarkPlan is the plan with its equivalence check.
func BenchmarkPlan(b *testing.B) {
	repo := open(b, layOut(b))
	for b.Loop() {
		if _, err := repo.Plan(plan.Choice{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkApply is the transaction alone: check, back up, stage, swap, commit, all synced to disk.
func BenchmarkApply(b *testing.B) {
	b.Setenv("XDG_STATE_HOME", b.TempDir())
	made, err := open(b, layOut(b)).Plan(plan.Choice{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		repo := open(b, layOut(b))
		b.StartTimer()
		if _, err := repo.Apply(made.Set, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuditToApplied is the whole way: discover, audit, plan, apply.
func BenchmarkAuditToApplied(b *testing.B) {
	b.Setenv("XDG_STATE_HOME", b.TempDir())
	for b.Loop() {
		b.StopTimer()
		dir := layOut(b)
		b.StartTimer()
		repo := open(b, dir)
		repo.Audit()
		made, err := repo.Plan(plan.Choice{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := repo.Apply(made.Set, nil); err != nil {
			b.Fatal(err)
		}
	}
}
