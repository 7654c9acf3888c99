package compose

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/project"
	"refit/internal/rule"
)

// TestSecretsStayWhereGitHasTheEnvFile: an env file in git is no better a place for a secret.
func TestSecretsStayWhereGitHasTheEnvFile(t *testing.T) {
	for _, tracked := range []bool{true, false} {
		dir := t.TempDir()
		for name, text := range map[string]string{
			".env":        "TAG=1\n",
			".gitignore":  ".env\n",
			"compose.yml": "services:\n  web:\n    build: .\n    environment:\n      JWT_SECRET: made-up-secret-1\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		commands := [][]string{{"init", "-q"}, {"add", "compose.yml"}}
		if tracked {
			commands = append(commands, []string{"add", "-f", ".env"})
		}
		for _, args := range commands {
			cmd := exec.Command("git", args...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("git %v: %v %s", args, err, out)
			}
		}
		p, err := project.Open(dir, project.NewCache())
		if err != nil {
			t.Fatal(err)
		}
		pass := &rule.Pass{Project: p, Meta: &CredentialLiteral.Meta}
		CredentialLiteral.Check(pass)
		if len(pass.Found()) != 1 {
			t.Fatalf("%+v", pass.Found())
		}
		fix := pass.Found()[0].Fixes[0]
		if manual := fix.Safety == change.Manual; manual != tracked || tracked && !strings.Contains(fix.Why, "is in git as well") {
			t.Errorf("tracked %v: %+v", tracked, fix)
		}
	}
}
