package compose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

// TestNewEnvFileIsIgnored: in a repository, the env file that takes the secrets in is ignored by the same fix.
func TestNewEnvFileIsIgnored(t *testing.T) {
	for name, ignore := range map[string]string{"none": "", "other lines": "*.log\r\n", "taken back": "/.env\n!.env\n"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files := map[string]string{
				".git/HEAD":   "ref: refs/heads/main\n",
				"compose.yml": "services:\n  web:\n    build: .\n    environment:\n      JWT_SECRET: made-up-secret-1\n",
			}
			if ignore != "" {
				files[ignoreFile] = ignore
			}
			for p, text := range files {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, p)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, p), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, sub := range []string{"objects", "refs"} {
				if err := os.MkdirAll(filepath.Join(dir, ".git", sub), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			p, err := project.Open(dir, project.NewCache())
			if err != nil || !p.Git.Exists {
				t.Fatalf("%v, git: %+v", err, p.Git)
			}
			pass := &rule.Pass{Project: p, Meta: &CredentialLiteral.Meta}
			CredentialLiteral.Check(pass)
			if len(pass.Found()) != 1 || pass.Found()[0].Fixes[0].Safety == change.Manual {
				t.Fatalf("%+v", pass.Found())
			}
			after, err := edit.Apply(p.Files, pass.Found()[0].Fixes[0].Ops)
			if err != nil {
				t.Fatal(err)
			}
			next := project.Discover(after, p, project.NewCache())
			if ignored, _ := next.GitIgnore().Match(".env", false); !ignored {
				text, _ := after.Read(ignoreFile)
				t.Errorf("git would take .env in:\n%s", text)
			}
			if text, _ := after.Read(ignoreFile); !strings.HasPrefix(string(text), ignore) {
				t.Errorf("the user's lines are gone:\n%q", text)
			}
		})
	}
}
