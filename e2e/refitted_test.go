// Package e2e_test runs refit from the outside, as its users do, and asks other programs whether
// the result is right.
package e2e_test

import (
	"bytes"
	"context"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refit/examples"
	"refit/internal/apply"
	"refit/internal/dockerfile"
	"refit/internal/dockerfile/buildgraph"
	"refit/internal/pipeline"
	"refit/internal/plan"
	"refit/internal/report"
	"refit/internal/rule"
)

var update = flag.Bool("update", false, "write examples/ledger-refitted anew")

// golden is the committed result of refitting the sample.
const golden = "../examples/ledger-refitted"

// refit lays the sample out, refits it and returns its folder, what it was before and the apply's id.
func refit(t *testing.T) (dir string, before map[string]file, id string) {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dir = filepath.Join(t.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	before = tree(t, dir)
	repo := open(t, dir)
	made, err := repo.Plan(plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Set.Compare.Undeclared) > 0 {
		t.Fatalf("undeclared differences: %+v", made.Set.Compare.Undeclared)
	}
	if id, err = repo.Apply(made.Set, nil); err != nil {
		t.Fatal(err)
	}
	return dir, before, id
}

func open(t *testing.T, dir string) *pipeline.Repository {
	t.Helper()
	repo, err := pipeline.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range repo.Project.Problems {
		t.Errorf("a file can't be read: %v", p)
	}
	return repo
}

// file is what a file is compared by.
type file struct {
	mode fs.FileMode
	text string
}

func tree(t *testing.T, dir string) map[string]file {
	t.Helper()
	files := map[string]file{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		files[filepath.ToSlash(rel)] = file{info.Mode(), string(text)}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestRefittedSample compares the refitted sample with the committed one, byte for byte.
func TestRefittedSample(t *testing.T) {
	dir, _, _ := refit(t)
	got := tree(t, dir)
	if *update {
		write(t, got)
		return
	}
	want := tree(t, golden)
	for p, f := range want {
		if g, ok := got[p]; !ok {
			t.Errorf("%s is missing", p)
		} else if g.text != f.text {
			t.Errorf("%s differs from the committed one; go test ./e2e -run TestRefittedSample -update writes it anew", p)
		} else if g.mode&0o111 != f.mode&0o111 {
			t.Errorf("%s: mode %v, committed %v", p, g.mode, f.mode)
		}
	}
	for p := range got {
		if _, ok := want[p]; !ok {
			t.Errorf("%s is not among the committed files", p)
		}
	}
}

func write(t *testing.T, files map[string]file) {
	t.Helper()
	if err := os.RemoveAll(golden); err != nil {
		t.Fatal(err)
	}
	for p, f := range files {
		target := filepath.Join(golden, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, []byte(f.text), f.mode.Perm()|0o200); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSecondAuditAndPlanAreClean(t *testing.T) {
	dir, _, _ := refit(t)
	repo := open(t, dir)
	for _, f := range repo.Audit().Findings {
		if f.Severity == rule.Error {
			t.Errorf("an error remains: %s %s %s: %s", f.Meta.ID, f.At.Path, f.Subject, f.Message)
		}
	}
	second, err := repo.Plan(plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range second.Set.Files {
		t.Errorf("a second plan changes %s: %+v", f.Path, f.Causes)
	}
}

func TestRollbackRestoresEveryByteAndMode(t *testing.T) {
	dir, before, id := refit(t)
	if _, err := apply.Rollback(dir, apply.ID(id), apply.Options{}); err != nil {
		t.Fatal(err)
	}
	after := tree(t, dir)
	if len(after) != len(before) {
		t.Errorf("%d files before, %d after the rollback", len(before), len(after))
	}
	for p, f := range before {
		if after[p] != f {
			t.Errorf("%s is not what it was", p)
		}
	}
	for _, gone := range []string{"compose", "env", "docker"} {
		if _, err := os.Stat(filepath.Join(dir, gone)); err == nil {
			t.Errorf("the folder %s is still there", gone)
		}
	}
}

// TestBuildKitBuildsEveryTarget asks BuildKit's frontend for the graph of every stage.
func TestBuildKitBuildsEveryTarget(t *testing.T) {
	dir, _, _ := refit(t)
	repo := open(t, dir)
	for _, d := range repo.Project.Dockerfiles {
		for _, s := range d.File.Stages {
			if _, err := buildgraph.New(context.Background(), d.File, s.Name, nil); err != nil {
				t.Errorf("%s, target %s: %v", d.Path, s.Name, err)
			}
		}
	}
	d := repo.Project.Dockerfile("docker/Dockerfile")
	if d == nil {
		t.Fatal("there is no docker/Dockerfile")
	}
	for _, name := range []string{"base", "development", "testing", "builder", "production", "callback"} {
		s, ok := d.File.Target(name)
		if !ok {
			t.Errorf("there is no stage %s", name)
			continue
		}
		checkStage(t, s)
	}
}

// checkStage holds a stage that is run against the promises of the refactoring.
func checkStage(t *testing.T, s *dockerfile.Stage) {
	c := s.Config(nil)
	switch s.Name {
	case "production", "development", "callback":
		if c.User.Value != "1000:1000" {
			t.Errorf("%s runs as %q", s.Name, c.User.Value)
		}
		if c.Cmd.ShellForm {
			t.Errorf("%s starts in shell form", s.Name)
		}
		if c.Healthcheck == nil {
			t.Errorf("%s has no healthcheck", s.Name)
		}
	}
}

// TestMakeRunsEveryTarget asks make itself, without running a recipe.
func TestMakeRunsEveryTarget(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Fatal("make is needed: install it")
	}
	dir, _, _ := refit(t)
	repo := open(t, dir)
	names := map[string]bool{}
	for _, target := range repo.Project.Makefile.File.Targets() {
		names[target.Name] = true
		cmd := exec.Command("make", "-n", target.Name)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("make -n %s: %v\n%s", target.Name, err, out)
		}
	}
	for _, env := range []string{"dev", "test", "ci", "prod"} {
		for _, verb := range []string{"up", "down", "build", "rebuild", "restart", "status", "logs", "shell"} {
			if !names[env+"-"+verb] {
				t.Errorf("there is no target %s-%s", env, verb)
			}
		}
	}
	for _, name := range []string{"test", "help", "setup"} {
		if !names[name] {
			t.Errorf("there is no target %s", name)
		}
	}
}

// TestPlanTellsNoSecret looks for every secret of the sample in everything that a plan prints.
func TestPlanTellsNoSecret(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	repo := open(t, dir)
	made, err := repo.Plan(plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	view := report.Plan{Set: made.Set, Mask: repo.Mask}
	report.PlanText(&out, view, report.Palette{})
	report.PlanDiff(&out, view, report.Palette{On: true})
	if err := report.PlanJSON(&out, view); err != nil {
		t.Fatal(err)
	}
	if err := repo.SavePlan(&out, made.Set); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"made-up-dev-password", "made-up-test-password", "made-up-ci-password", "made-up-dev-callback-token",
		"made-up-dev-session-secret", "made-up-shared-session-secret", "made-up-test-callback-token", "made-up-ci-callback-token"} {
		if strings.Contains(out.String(), secret) {
			at := strings.Index(out.String(), secret)
			t.Errorf("%s is told: ...%s...", secret, out.String()[max(0, at-80):at])
		}
	}
}

// TestPlanFileAppliesAsThePlan saves a plan, loads it again and applies that.
func TestPlanFileAppliesAsThePlan(t *testing.T) {
	want, _, _ := refit(t)
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	repo := open(t, dir)
	made, err := repo.Plan(plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	var saved bytes.Buffer
	if err := repo.SavePlan(&saved, made.Set); err != nil {
		t.Fatal(err)
	}
	loaded, err := open(t, dir).LoadPlan(&saved)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repo.Apply(loaded, nil); err != nil {
		t.Fatal(err)
	}
	got, expected := tree(t, dir), tree(t, want)
	for p, f := range expected {
		if got[p] != f {
			t.Errorf("%s differs when applied from the plan file", p)
		}
	}
}
