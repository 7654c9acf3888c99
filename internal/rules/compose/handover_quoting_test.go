package compose

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/project"
	"refit/internal/rule"
)

// TestValuesThatNeedQuotes: where make or a shell reads the env file too, and would export another value than
// Compose reads there, only values without quotes move.
func TestValuesThatNeedQuotes(t *testing.T) {
	plain, quoted := `made-up-secret-1`, `made up #$$secret-1`
	for name, c := range map[string]struct {
		file, text, value string
		moves             bool
	}{
		"make includes it":           {"Makefile", "-include .env\nexport\nup:\n\tdocker compose up\n", quoted, false},
		"a plain value":              {"Makefile", "-include .env\nexport\nup:\n\tdocker compose up\n", plain, true},
		"xargs":                      {"up.sh", "#!/bin/sh\nexport $(grep -v '^#' .env | xargs)\ndocker compose up\n", quoted, false},
		"a shell sources it":         {"up.sh", "#!/bin/sh\nset -a\n. ./.env\ndocker compose up\n", quoted, false},
		"only Compose reads it":      {"Makefile", "up:\n\tdocker compose --env-file .env up\n", quoted, true},
		"it is made by a copy":       {"up.sh", "#!/bin/sh\n[ -e .env ] || touch .env\ndocker compose up\n", quoted, true},
		"nobody else knows of it":    {"Makefile", "up:\n\tdocker compose up\n", quoted, true},
		"the reader is in a comment": {"Makefile", "# include .env\nup:\n\tdocker compose up\n", quoted, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for p, text := range map[string]string{
				c.file: c.text, ".env": "A=1\n",
				"compose.yml": "services:\n  web:\n    build: .\n    environment:\n      JWT_SECRET: '" + c.value + "'\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, p), []byte(text), 0o600); err != nil {
					t.Fatal(err)
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
			if moves := fix.Safety != change.Manual; moves != c.moves {
				t.Errorf("moves: %v; %s", moves, fix.Why)
			}
			if !c.moves && !strings.Contains(fix.Why, c.file) {
				t.Errorf("the reason doesn't name %s: %s", c.file, fix.Why)
			}
		})
	}
}
