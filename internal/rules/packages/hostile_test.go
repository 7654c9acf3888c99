package packages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/edit"
	"refit/internal/project"
)

const pipImage = "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements*.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\nCMD [\"flask\", \"run\"]\n"

// opened is a repository of files.
func opened(t *testing.T, files map[string]string) *project.Project {
	t.Helper()
	dir := t.TempDir()
	for k, v := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, k)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, k), []byte(v), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestKeepsWhatWasInstalled: `uv sync` takes away what its options don't ask for, which pip and `poetry install` don't.
func TestKeepsWhatWasInstalled(t *testing.T) {
	lists := map[string]string{"requirements.txt": "flask==3.1.0\n", "requirements-dev.txt": "pytest==8.3.3\n", "requirements-docs.txt": "sphinx==8.1.3\n"}
	poetry := map[string]string{"pyproject.toml": "[tool.poetry]\nname = \"x\"\nversion = \"1\"\npackage-mode = false\n[tool.poetry.dependencies]\npython = \"^3.12\"\n[tool.poetry.group.dev.dependencies]\npytest = \"*\"\n"}
	for _, c := range []struct {
		name  string
		files map[string]string
		runs  string
		want  []string
	}{
		{"pip: development first", lists, "RUN pip install -r requirements-dev.txt\nRUN pip install -r requirements.txt\n", []string{"uv sync --locked\n", "uv sync --inexact --locked --no-dev\n"}},
		{"pip: more and more", lists, "RUN pip install -r requirements.txt\nRUN pip install -r requirements-dev.txt\n", []string{"uv sync --locked --no-dev\n", "uv sync --locked\n"}},
		{"pip: a group without development", lists, "RUN pip install -r requirements.txt -r requirements-docs.txt\n", []string{"uv sync --locked --no-dev --group docs\n"}},
		{"poetry: one, then the other", poetry, "RUN poetry install --only main\nRUN poetry install --only dev\n", []string{"uv sync --locked --no-dev\n", "uv sync --inexact --locked --only-group dev\n"}},
		{"poetry: the same twice", poetry, "RUN poetry install --only main --no-root\nRUN poetry install --only main\n", []string{"uv sync --locked --no-dev --no-install-project\n", "uv sync --locked --no-dev\n"}},
		{"poetry: exactly", poetry, "RUN poetry install\nRUN poetry sync --only main\n", []string{"uv sync --locked\n", "uv sync --locked --no-dev\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			copied := "requirements*.txt"
			if c.files["pyproject.toml"] != "" {
				copied = "pyproject.toml"
			}
			files := map[string]string{"Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY " + copied + " ./\n" + c.runs + "CMD [\"python\"]\n"}
			for k, v := range c.files {
				files[k] = v
			}
			p := opened(t, files)
			fix, err := (&move{p: p, unit: p.Units[0], out: &pyproject{}}).fix()
			if err != nil {
				t.Fatal(err)
			}
			after, err := edit.Apply(p.Files, fix.Ops)
			if err != nil {
				t.Fatal(err)
			}
			text, err := after.Read("Dockerfile")
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(string(text), want) {
					t.Errorf("there is no %q in\n%s", want, text)
				}
			}
		})
	}
}

// TestNotMoved: what would come out is no longer what the project was, without anything that fails.
func TestNotMoved(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		why   string
	}{
		"setup.py":           {map[string]string{"setup.py": "from setuptools import setup\nsetup(name='x')\n"}, "setup.py describes"},
		"setup.cfg":          {map[string]string{"setup.cfg": "[metadata]\nname = x\n"}, "setup.cfg describes"},
		"an index by ENV":    {map[string]string{"Dockerfile": strings.Replace(pipImage, "WORKDIR", "ENV PIP_EXTRA_INDEX_URL=https://u:made-up@example.com/simple\nWORKDIR", 1)}, "PIP_EXTRA_INDEX_URL"},
		"an index by a file": {map[string]string{"Dockerfile": strings.Replace(pipImage, "RUN pip", "RUN --mount=type=secret,id=pip,target=/etc/pip.conf pip", 1)}, "pip.conf"},
		"an index in CI":     {map[string]string{".github/workflows/a.yml": "env:\n  PIP_INDEX_URL: ${{ secrets.I }}\n"}, "PIP_INDEX_URL"},
		"python by its path": {map[string]string{"Dockerfile": strings.Replace(pipImage, "\"flask\"", "\"/usr/local/bin/python\"", 1)}, "/usr/local/bin/python"},
		"a service's path":   {map[string]string{"compose.yaml": "services:\n  a:\n    build: .\n    command: /usr/local/bin/flask worker\n"}, "/usr/local/bin/flask"},
		"packages of apt":    {map[string]string{".python-version": "3.12\n", "Dockerfile": strings.Replace(pipImage, "FROM python:3.12-slim", "FROM ubuntu:24.04\nRUN apt-get install -y python3-pip python3-gi", 1)}, "python3-gi"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"requirements.txt": "flask==3.1.0\n", "Dockerfile": pipImage}
			for k, v := range c.files {
				files[k] = v
			}
			p := opened(t, files)
			_, err := (&move{p: p, unit: p.Units[0], out: &pyproject{}}).fix()
			if err == nil || !strings.Contains(err.Error(), c.why) || strings.Contains(err.Error(), "made-up") {
				t.Errorf("the reason is %v, and should say %s", err, c.why)
			}
		})
	}
}

// TestPoetryNotMoved: Poetry has git of its own, and places for comments that a list of requirements has not.
func TestPoetryNotMoved(t *testing.T) {
	image := "FROM python:3.12-slim\nRUN pip install poetry\nWORKDIR /app\nCOPY pyproject.toml ./\nRUN poetry install --no-root\n"
	for name, c := range map[string]struct{ image, dependency, why string }{
		"git":                {image, `x = { git = "https://example.com/x.git" }`, "has no git"},
		"git is installed":   {strings.Replace(image, "RUN pip", "RUN apt-get update && apt-get install -y git\nRUN pip", 1), `x = { git = "https://example.com/x.git" }`, ""},
		"git in the image":   {strings.Replace(image, "-slim", "", 1), `x = { git = "https://example.com/x.git" }`, ""},
		"a comment between":  {image, "x = [\n  # old\n  { version = \"<2\", python = \"<3.12\" },\n  { version = \">=2\", python = \">=3.12\" },\n]", "a comment between"},
		"a # that is no one": {image, "x = [{ version = \"<2\", markers = \"sys_platform == '#'\" }]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := opened(t, map[string]string{"Dockerfile": c.image, "pyproject.toml": "[tool.poetry]\nname = \"x\"\nversion = \"1\"\npackage-mode = false\n[tool.poetry.dependencies]\npython = \"^3.12\"\n" + c.dependency + "\n"})
			_, err := (&move{p: p, unit: p.Units[0], out: &pyproject{}}).fix()
			if c.why == "" && err != nil || c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)) {
				t.Errorf("the reason is %v, and should be %q", err, c.why)
			}
		})
	}
}
