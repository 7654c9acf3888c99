package dockerfile

import (
	"testing"

	"refit/internal/project"
	"refit/internal/source"
)

// What names the tests so that production may need them, and what does so for development alone.
func TestNeedsTests(t *testing.T) {
	for name, c := range map[string]struct {
		file, text, folder string
		needed             bool
	}{
		"module":                {"shop/run.py", "importlib.import_module('tests.samples')\n", "tests", true},
		"import":                {"shop/run.py", "from tests import goods\n", "tests", true},
		"prose":                 {"shop/run.py", "# see tests/samples\nx = 'the tests are fine'\n", "tests", false},
		"Go import":             {"main.go", "import \"example.com/shop/test/goods\"\n", "test", true},
		"Go embed":              {"main.go", "//go:embed \"tests/goods.json\"\n", "tests", true},
		"script without ending": {"start", "#!/bin/sh\nexec python tests/server.py\n", "tests", true},
		"text without ending":   {"NOTES", "tests/server.py serves\n", "tests", false},
		"start of npm":          {"package.json", `{"scripts": {"start": "node test/server.js", "test": "jest"}}`, "test", true},
		"test of npm":           {"package.json", `{"scripts": {"test": "node test/run.js", "lint": "eslint test"}, "directories": {"test": "test"}}`, "test", false},
		"reference of tsc":      {"tsconfig.json", `{"references": [{"path": "./tests"}], /* all */ "exclude": ["tests/data"]}`, "tests", true},
		"left out by tsc":       {"tsconfig.json", `{"exclude": ["tests"]}`, "tests", false},
		"package of poetry":     {"pyproject.toml", "[tool.poetry]\npackages = [{include = 'shop'}, {include = 'tests'}]\n", "tests", true},
		"paths of pytest":       {"pyproject.toml", "[tool.pytest.ini_options]\ntestpaths = ['tests']\n[tool.ruff.lint.per-file-ignores]\n'tests/*' = ['tests/x']\n", "tests", false},
		"member of a workspace": {"Cargo.toml", "[workspace]\nmembers = ['shop', 'tests']\n", "tests", true},
		"settings":              {"settings.yaml", "seed: tests/goods.sql\n", "tests", true},
		"workflow":              {".github/workflows/ci.yml", "paths: ['tests/**']\n", "tests", false},
		"Compose file":          {"docker-compose.test.yml", "services: {a: {command: python tests/run.py}}\n", "tests", false},
	} {
		files := source.NewSnapshot([]*source.Entry{source.NewText(c.file, 0o644, []byte(c.text))}, nil)
		p := project.Discover(files, nil, project.NewCache())
		if why := namedByProgram(p, c.folder, c.folder, []string{c.file}); (why != "") != c.needed {
			t.Errorf("%s: %q", name, why)
		}
	}
	for command, want := range map[string]bool{
		"python -m tests.server": true, "gunicorn tests:app": true, "./tests/run": true, "python -m tests": true, "latests/run": false, "contests.app": false,
	} {
		if mention("tests").MatchString(command) != want {
			t.Errorf("%q: %v", command, !want)
		}
	}
}
