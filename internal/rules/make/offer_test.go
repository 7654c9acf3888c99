package make_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/rules/make"
)

// with is the shop with other files; a file of "" is left out.
func with(files map[string]string) map[string]string {
	all := map[string]string{}
	for name, text := range shop {
		all[name] = text
	}
	for name, text := range files {
		all[name] = text
		if text == "" {
			delete(all, name)
		}
	}
	return all
}

// fixed is the Makefile after L05 was applied, checked by the real make.
func fixed(t *testing.T, files map[string]string) (dir, text string) {
	t.Helper()
	dir = t.TempDir()
	write(t, dir, with(files))
	refit(t, dir, make.TargetsMissing)
	out, err := os.ReadFile(filepath.Join(dir, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if said := command(t, dir, "make", "-n", "dev-status"); strings.Contains(said, "warning") {
		t.Errorf("make warns: %s", said)
	}
	return dir, string(out)
}

func TestNothingIsDefinedTwice(t *testing.T) {
	for name, c := range map[string]struct {
		files    map[string]string
		has, not []string
	}{
		"own setup": {map[string]string{"Makefile": ".PHONY: setup\nsetup: ## Ours\n\techo ours\n"},
			[]string{"setup: setup-files ## Ours\n", "setup-files: ##", "dev-up:"}, []string{"\nsetup: ##"}},
		"own default goal":        {map[string]string{"Makefile": ".DEFAULT_GOAL := run\nrun:\n\techo run\n"}, []string{".DEFAULT_GOAL := run\n", "help:"}, nil},
		"pattern rule":            {map[string]string{"Makefile": "%-up:\n\techo $*\n"}, []string{"dev-down:"}, []string{"dev-up:"}},
		"included":                {map[string]string{"Makefile": "include mk/*.mk\n-include .env\n", "mk/dev.mk": "dev-up dev-logs:\n\techo\n"}, []string{"dev-down:"}, []string{"dev-up:", "dev-logs:"}},
		"computed name":           {map[string]string{"Makefile": "E = $(shell echo dev)\n$(E)-up:\n\techo\n"}, []string{"dev-down:"}, []string{"\ndev-up:"}},
		"CRLF":                    {map[string]string{"Makefile": "help:\r\n\t@echo help\r\n"}, []string{"dev-down: ## Stop dev, the data stay\r\n"}, []string{"\nhelp: ##"}},
		"own certificates":        {map[string]string{"Makefile": "ssl:\n\tmkdir -p certs && touch certs/cert.pem certs/key.pem\n"}, []string{"setup: ssl ##"}, []string{"openssl"}},
		"script for certificates": {map[string]string{"tools/gen_certs.sh": "mkdir -p certs\n"}, []string{"[ -e certs/cert.pem ] || sh tools/gen_certs.sh"}, []string{"openssl"}},
		"own test command":        {map[string]string{"Makefile": "check:\n\tdocker compose -f compose/docker-compose.test.yml run --rm app pytest -x '$$HOME'\n"}, []string{"run --rm --build app pytest -x"}, nil},
		"no test environment":     {map[string]string{"compose/docker-compose.test.yml": ""}, []string{"dev-test: ## Run the tests in dev\n"}, []string{"test:\n", " test "}},
		"no stack":                {map[string]string{"pyproject.toml": "", "uv.lock": ""}, []string{"prod-test:"}, []string{"dev-test:", "uv lock"}},
		"env file that names the project": {map[string]string{"env/.env.dev": "COMPOSE_PROJECT_NAME=other\nAPP_PORT=1\n",
			"compose/docker-compose.dev.yml": strings.Replace(shop["compose/docker-compose.dev.yml"], "name: shop\n", "", 1)}, []string{"-f compose/docker-compose.dev.yml up -d"}, nil},
		"names to be quoted": {map[string]string{"compose/docker-compose.dev.yml": strings.ReplaceAll(shop["compose/docker-compose.dev.yml"], "../env/.env.dev", "../env/my file's.env"),
			"env/my file's.env.example": "A=change-me\n"}, []string{`'env/my file'\''s.env'`}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir, text := fixed(t, c.files)
			for _, want := range c.has {
				if !strings.Contains(text, want) {
					t.Errorf("%q is missing in\n%s", want, text)
				}
			}
			for _, bad := range c.not {
				if strings.Contains(text, bad) {
					t.Errorf("%q is in\n%s", bad, text)
				}
			}
			if c.files["Makefile"] != "" && name != "own setup" && !strings.HasPrefix(text, c.files["Makefile"]) {
				t.Errorf("the user's part was changed:\n%s", text)
			}
			if strings.Contains(name, "quoted") || name == "CRLF" || strings.HasPrefix(name, "own") {
				write(t, dir, map[string]string{"certs/cert.pem": "", "certs/key.pem": ""}) // making a key takes a second
				command(t, dir, "make", "setup")
			}
		})
	}
}

func TestEvalIsRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, with(map[string]string{"Makefile": "define rules\n$(1)-up:\n\techo $(1)\nendef\n$(foreach e,dev test,$(eval $(call rules,$(e))))\n"}))
	found := run(open(t, dir), make.TargetsMissing)
	if len(found) != 1 || found[0].Fixes[0].Safety != change.Manual {
		t.Errorf("found %+v", found)
	}
}

// TestBlock renews the block when environments change, until somebody edits it.
func TestBlock(t *testing.T) {
	dir, text := fixed(t, nil)
	if err := os.Remove(filepath.Join(dir, "compose/docker-compose.test.yml")); err != nil {
		t.Fatal(err)
	}
	refit(t, dir, make.TargetsMissing)
	out, _ := os.ReadFile(filepath.Join(dir, "Makefile"))
	if strings.Contains(string(out), "test-up") || !strings.Contains(string(out), "dev-up") {
		t.Errorf("the block is not renewed:\n%s", out)
	}
	edited := strings.Replace(text, "up -d", "up -d --wait", 1)
	write(t, dir, map[string]string{"Makefile": edited, "compose/docker-compose.ci.yml": "name: ci\nservices: {app: {image: x}}\n"})
	found := run(open(t, dir), make.TargetsMissing)
	if len(found) != 1 || found[0].Fixes[0].Safety != change.Manual {
		t.Errorf("an edited block: %+v", found)
	}
}

// TestEnvFilePassed adds --env-file where it can be done with certainty.
func TestEnvFilePassed(t *testing.T) {
	const dev = "compose/docker-compose.dev.yml"
	for name, c := range map[string]struct{ file, before, after string }{
		"variable": {"Makefile", "DC = docker compose -f " + dev + "\n.PHONY: up run\nup:\n\t$(DC) up -d\nrun:\n\t$(DC) run --rm app sh\n",
			"DC = docker compose -f " + dev + " --env-file env/.env.dev\n.PHONY: up run\nup:\n\t$(DC) up -d\nrun:\n\t$(DC) run --rm app sh\n"},
		"folder":       {"Makefile", "up:\n\tcd compose && docker compose -f docker-compose.dev.yml up -d\n", "up:\n\tcd compose && docker compose -f docker-compose.dev.yml --env-file ../env/.env.dev up -d\n"},
		"workflow":     {".github/workflows/ci.yml", "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker compose -f " + dev + " up -d\n", "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: docker compose -f " + dev + " --env-file env/.env.dev up -d\n"},
		"document":     {"README.md", "```sh\ndocker compose -f " + dev + " up\n```\n", "```sh\ndocker compose -f " + dev + " --env-file env/.env.dev up\n```\n"},
		"task":         {".vscode/tasks.json", `{"tasks": [{"command": "docker compose -f ` + dev + ` up -d"}]}`, `{"tasks": [{"command": "docker compose -f ` + dev + ` --env-file env/.env.dev up -d"}]}`},
		"not starting": {"Makefile", "d:\n\tdocker compose -f " + dev + " down\n", ""},
		"passed":       {"Makefile", "d:\n\tdocker compose -f " + dev + " --env-file env/.env.dev up\n", ""},
		"unknown file": {"Makefile", "d:\n\tdocker compose -f $(F) up\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, with(map[string]string{c.file: c.before}))
			p := open(t, dir)
			var ops []edit.Op
			found := run(p, make.EnvFileNotPassed)
			for _, f := range found {
				if f.Fixes[0].Safety == change.Manual {
					t.Errorf("%s is manual: %s", f.Subject, f.Fixes[0].Why)
				}
				ops = append(ops, f.Fixes[0].Ops...)
			}
			if c.after == "" {
				if len(found) > 0 {
					t.Errorf("found %+v", found)
				}
				return
			}
			files, err := edit.Apply(p.Files, ops)
			if err != nil {
				t.Fatal(err)
			}
			if text, _ := files.Read(c.file); string(text) != c.after {
				t.Errorf("got\n%s\nwant\n%s", text, c.after)
			}
		})
	}
}

// TestEveryRuleSurvivesBadInput runs the rules over makefiles that make refuses.
func TestEveryRuleSurvivesBadInput(t *testing.T) {
	for _, text := range []string{"", "\x00\xff", "a:\n    b", "ifdef X\n", "define x\n", "# >>> refit \n", "# >>> refit x\n# <<< refit\n", ".PHONY:", "x: ; y\\"} {
		dir := t.TempDir()
		write(t, dir, with(map[string]string{"Makefile": text}))
		if text == "" {
			write(t, dir, map[string]string{"Makefile": ""})
		}
		p := open(t, dir)
		for _, r := range make.Rules() {
			for _, f := range run(p, r) {
				for _, fix := range f.Fixes {
					if _, err := edit.Apply(p.Files, fix.Ops); err != nil {
						t.Errorf("%q: %s: %v", text, r.ID, err)
					}
				}
			}
		}
	}
}
