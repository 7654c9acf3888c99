package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/stack"
)

// uv finds uv of the version that refit pins. Without it these tests say so and are skipped; REFIT_UV names it.
func uv(t *testing.T) string {
	t.Helper()
	program := os.Getenv("REFIT_UV")
	if program == "" {
		program, _ = exec.LookPath("uv")
	}
	if program == "" {
		t.Skip("NOT TESTED AGAINST uv: it is not on the PATH; `pip install uv==" + stack.UVVersion + "`, or name it in REFIT_UV")
	}
	return program
}

// lock has uv lock a project and returns the versions.
func lock(t *testing.T, program, dir string) map[string]string {
	t.Helper()
	c := exec.Command(program, "lock", "--no-progress", "--python-preference", "only-system")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "dns error") || strings.Contains(string(out), "error sending request") || strings.Contains(string(out), "No interpreter found") {
			t.Skip("NOT TESTED AGAINST uv: no package registry or no such Python is reachable: " + string(out))
		}
		t.Fatalf("uv does not accept it: %s", out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "uv.lock"))
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Package []struct{ Name, Version string }
	}
	if err := toml.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, p := range read.Package {
		versions[p.Name] = p.Version
	}
	return versions
}

// moved is a repository of files, its project moved to uv, in a folder.
func moved(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	m := &move{p: p, unit: p.Units[0], out: &pyproject{}}
	fix, err := m.fix()
	if err != nil {
		t.Fatal(err)
	}
	after, err := edit.Apply(p.Files, fix.Ops)
	if err != nil {
		t.Fatal(err)
	}
	text, err := after.Read("pyproject.toml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pyproject.toml"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("pyproject.toml:\n%s", text)
	return dir
}

// TestUVLocksWhatPoetryHad: uv accepts what is written, keeps the locked versions, and what isn't locked fits its constraint.
func TestUVLocksWhatPoetryHad(t *testing.T) {
	program := uv(t)
	dir := moved(t, map[string]string{"pyproject.toml": `[tool.poetry]
name = "shop"
version = "0.1.0"
description = "made up"
authors = ["Ada <ada@example.com>", "Bob"]
license = "MIT"
homepage = "https://example.com"

[tool.poetry.dependencies]
python = "^3.9"
idna = "^3.6"
six = "1.16.0"
packaging = "~23.1"
iniconfig = "2.*"
tomli = { version = "^2.0", python = "<3.11" }
colorama = { version = "^0.4", platform = "win32" }
attrs = { version = ">=22.1,<24", optional = true }
typing-extensions = "^4.0 || ^5.0"

[tool.poetry.extras]
extra = ["attrs"]

[tool.poetry.group.test.dependencies]
pluggy = "^1.0"

[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
`, "shop/__init__.py": "", "poetry.lock": "[[package]]\nname = \"idna\"\nversion = \"3.6\"\n\n[[package]]\nname = \"pluggy\"\nversion = \"1.3.0\"\n"})
	got := lock(t, program, dir)
	for name, prefix := range map[string]string{"idna": "3.6", "pluggy": "1.3.0", "six": "1.16.0", "packaging": "23.", "iniconfig": "2.", "tomli": "2.", "colorama": "0.4", "attrs": "23.", "typing-extensions": "4."} {
		if !strings.HasPrefix(got[name], prefix) {
			t.Errorf("%s is locked at %q, want %s", name, got[name], prefix)
		}
	}
}

// TestUVLocksWhatPipHad is the same for requirements files.
func TestUVLocksWhatPipHad(t *testing.T) {
	program := uv(t)
	dir := moved(t, map[string]string{
		"requirements.txt":      "# needed\nidna>=3.4\nsix==1.16.0  # old\n",
		"requirements-lock.txt": "idna==3.6\nsix==1.16.0\n",
		"requirements-test.txt": "-r requirements.txt\npluggy==1.3.0\n",
		"Dockerfile":            "FROM python:3.9-slim\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n",
	})
	got := lock(t, program, dir)
	for name, want := range map[string]string{"idna": "3.6", "six": "1.16.0", "pluggy": "1.3.0"} {
		if got[name] != want {
			t.Errorf("%s is locked at %q, want %s", name, got[name], want)
		}
	}
}

// TestUVReadsConstraints asks uv whether a version lies within what a constraint of Poetry's becomes: two requirements
// that exclude one another are a conflict, others only lack the package, which doesn't exist.
func TestUVReadsConstraints(t *testing.T) {
	program := uv(t)
	for constraint, versions := range map[string][2]string{ // one that Poetry's documentation lets in, one that it doesn't
		"^1.2.3": {"1.9.0", "2.0.0"}, "^1.2": {"1.9", "1.1"}, "^1": {"1.9", "2.0"}, "^0.2.3": {"0.2.9", "0.3.0"}, "^0.0.3": {"0.0.3", "0.0.4"}, "^0.0": {"0.0.9", "0.1"}, "^0": {"0.9", "1.0"},
		"~1.2.3": {"1.2.9", "1.3.0"}, "~1.2": {"1.2.9", "1.3"}, "~1": {"1.9", "2.0"}, "1.*": {"1.5", "2.0"}, "1.2.*": {"1.2.7", "1.3"},
		">= 1.2, < 1.5": {"1.4", "1.5"}, "!= 1.2.3": {"1.2.4", "1.2.3"}, "^1.0 || ^2.0": {"2.5", "3.0"},
	} {
		spec, err := stack.PEP440(constraint)
		if err != nil {
			t.Fatal(err)
		}
		for i, version := range versions {
			requirements := filepath.Join(t.TempDir(), "requirements.txt")
			if err := os.WriteFile(requirements, []byte("made-up"+spec+"\nmade-up=="+version+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			out, _ := exec.Command(program, "pip", "compile", "--offline", "--no-index", "--no-cache", "--no-progress", requirements).CombinedOutput()
			lacks := strings.Contains(string(out), "was not found in the provided package locations")
			if lacks != (i == 0) {
				t.Errorf("%s, as %s, with %s: %s", constraint, spec, version, out)
			}
		}
	}
}
