package context

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refit/examples"
	"refit/internal/dockerignore"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

func TestLedger(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range Rules() {
		pass := &rule.Pass{Project: p, Meta: &r.Meta}
		r.Check(pass)
		for _, f := range pass.Found() {
			got = append(got, strings.Join([]string{r.ID, string(f.Severity), f.At.Path, f.Subject}, " "))
			checkIgnored(t, p, f)
		}
	}
	if want := []string{"I03 error .dockerignore context:."}; !slices.Equal(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

// checkIgnored looks at what the fixed file does: secrets stay out, what stages and start-up need stays in.
func checkIgnored(t *testing.T, p *project.Project, f rule.Finding) {
	t.Helper()
	text, _ := p.Files.Read(f.At.Path)
	for _, op := range f.Fixes[0].Ops {
		var err error
		if text, err = edit.Patch(text, op.Edits); err != nil {
			t.Fatal(err)
		}
	}
	m := dockerignore.Parse(f.At.Path, text).Matcher()
	for _, out := range []string{".env", ".env.ci", "sub/.env.dev", "certs/key.pem", ".git/config", "src/__pycache__/x.pyc", ".venv/bin/python"} {
		if !m.Ignored(out) {
			t.Errorf("%s is sent", out)
		}
	}
	for _, in := range []string{"pyproject.toml", "uv.lock", "README.md", "alembic.ini", "migrations/env.py", "src/ledger/main.py", "tests/conftest.py", "scripts/wait-for-health.sh"} {
		if m.Ignored(in) {
			t.Errorf("%s is kept out", in)
		}
	}
}
