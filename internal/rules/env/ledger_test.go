package env

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refit/examples"
	"refit/internal/project"
	"refit/internal/rule"
)

// ledger is the sample as a project, in a git repository when git says which files are added.
func ledger(t *testing.T, git ...string) *project.Project {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	if len(git) > 0 {
		for _, args := range [][]string{{"init", "-q"}, append([]string{"add", "-f"}, git...)} {
			cmd := exec.Command("git", args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Skipf("git: %v %s", err, out)
			}
		}
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func findings(p *project.Project) []string {
	var list []string
	for _, r := range Rules() {
		pass := &rule.Pass{Project: p, Meta: &r.Meta}
		r.Check(pass)
		for _, f := range pass.Found() {
			list = append(list, strings.Join([]string{r.ID, string(f.Severity), f.At.Path, f.Subject}, " "))
		}
	}
	slices.Sort(list)
	return list
}

func TestLedger(t *testing.T) {
	want := []string{
		"E06 warning .env.example drift",
		"E08 error .env.ci context:.", "E08 error .env.dev context:.", "E08 error .env.test context:.",
		"E09 error .gitignore env-files",
		"E16 info env/README.md tables",
	}
	got := findings(ledger(t))
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLedgerTrackedSecrets(t *testing.T) {
	got := findings(ledger(t, ".env.ci", ".env.example"))
	for _, want := range []string{"E07 error .env.ci SESSION_SECRET", "E09 error .env.ci tracked", "E09 error .gitignore env-files"} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not found; found\n%s", want, strings.Join(got, "\n"))
		}
	}
	for _, f := range got {
		if strings.Contains(f, "E07") && !strings.Contains(f, ".env.ci") {
			t.Errorf("%q is not tracked or no secret", f)
		}
	}
}

// No message may show a secret.
func TestLedgerMessagesShowNoSecret(t *testing.T) {
	p := ledger(t, ".env.ci", ".env.test", ".env.dev")
	for _, r := range Rules() {
		pass := &rule.Pass{Project: p, Meta: &r.Meta}
		r.Check(pass)
		for _, f := range pass.Found() {
			text := f.Message
			for _, fix := range f.Fixes {
				text += fix.Title + fix.Why
				for _, op := range fix.Ops {
					text += op.Content
					for _, e := range op.Edits {
						text += e.New
					}
				}
			}
			for _, secret := range project.Secrets(p) {
				if strings.Contains(text, secret) {
					t.Errorf("%s %s shows a secret", r.ID, f.Subject)
				}
			}
		}
	}
}
