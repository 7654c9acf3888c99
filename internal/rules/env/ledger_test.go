package env

import (
	"os"
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
	for _, want := range []string{"E07 error .env.ci secrets", "E09 error .env.ci tracked", "E09 error .gitignore env-files"} {
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

// A tracked env file that is the only source of its values is reported, with what to do first, and
// ignored for the day when it is out of the index; its mode protects nothing.
func TestTrackedWithoutTemplate(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"compose.yaml":   "services:\n  db:\n    image: postgres:17.6\n    env_file: env/db.env\n",
		"env/db.env":     "POSTGRES_PASSWORD=made-up-db-7f3b9c2e\n",
		"env/other.env":  "API_TOKEN=made-up-token-7f3b9c2e\n",
		".gitignore":     "*.log\n",
		"env/README.txt": "\n",
	} {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "compose.yaml", "env/db.env"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("git: %v %s", err, out)
		}
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	var advice, lines string
	for _, r := range []rule.Rule{NotIgnored, FileMode} {
		pass := &rule.Pass{Project: p, Meta: &r.Meta}
		r.Check(pass)
		for _, f := range pass.Found() {
			switch {
			case r.ID == "E10" && f.At.Path == "env/db.env":
				t.Error("the mode of a tracked file is changed")
			case f.Subject == "tracked":
				advice = f.Fixes[0].Why
			case f.Subject == "env-files":
				lines = f.Fixes[0].Ops[0].Edits[0].New
			}
		}
	}
	if !strings.Contains(advice, "env/db.env.example") {
		t.Errorf("the advice for the tracked file is %q", advice)
	}
	if strings.Contains(lines, "/env/db.env") || !strings.Contains(lines, "/env/other.env") {
		t.Errorf(".gitignore gets\n%s", lines)
	}
}
