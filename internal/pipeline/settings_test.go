package pipeline_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/pipeline"
	"refit/internal/plan"
)

// repositories that D50 splits, by what is special in them.
var splittable = map[string]map[string]string{
	"pip": {
		"Dockerfile":       "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"python\", \"-m\", \"shop\"]\n",
		"requirements.txt": "flask==3.1.0\n",
	},
	"pip brought up to date": {
		"Dockerfile":       "FROM python:3.13-slim\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install --upgrade pip && pip install -r requirements.txt\nCOPY . .\nCMD [\"python\", \"-m\", \"shop\"]\n",
		"requirements.txt": "flask==3.1.0\n",
	},
	"pip, a list for development": {
		"Dockerfile":           "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nRUN pip install -r ./requirements-dev.txt\nCMD [\"python\", \"-m\", \"shop\"]\n",
		"requirements.txt":     "flask==3.1.0\n",
		"requirements-dev.txt": "-r requirements.txt\npytest==8.4.0\n",
	},
	"pip, a list copied elsewhere": {
		"Dockerfile":       "FROM python:3.13-slim\nWORKDIR /app\nCOPY requirements.txt /tmp/\nRUN pip install -r /tmp/requirements.txt\nCOPY . .\nCMD [\"python\", \"-m\", \"shop\"]\n",
		"requirements.txt": "flask==3.1.0\n",
	},
	"uv by pip": {
		"Dockerfile":     "FROM python:3.13-slim\nWORKDIR /app\nRUN pip install uv\nCOPY . .\nRUN uv sync\nCMD [\"uv\", \"run\", \"-m\", \"shop\"]\n",
		"pyproject.toml": "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"flask\"]\n",
		"uv.lock":        "[[package]]\nname = \"flask\"\n",
	},
	"poetry": {
		"Dockerfile":     "FROM python:3.13-slim\nWORKDIR /app\nRUN pip install poetry==2.1.4\nCOPY . .\nRUN poetry install\nCMD [\"python\", \"-m\", \"shop\"]\n",
		"pyproject.toml": "[tool.poetry]\nname = \"shop\"\nversion = \"1\"\npackage-mode = false\n[tool.poetry.dependencies]\npython = \"^3.13\"\nflask = \"^3.1\"\n",
		"poetry.lock":    "[[package]]\nname = \"flask\"\n",
	},
	"settings": {
		".refit.yaml":      "layout: keep\nuser: {name: shop, uid: 1500, gid: 1501, form: name, ownership: root}\nbuild: {cache: clean}\n",
		"Dockerfile":       "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN mkdir -p logs\nRUN pip install -r requirements.txt\nRUN python manage.py collectstatic\nCMD [\"python\", \"-m\", \"shop\"]\n",
		"requirements.txt": "flask==3.1.0\n",
	},
}

// TestSplitsAreDeclared plans and applies repositories with and without settings: every split has to
// be carried out, which one with an undeclared difference is not, and nothing is left to do after it.
func TestSplitsAreDeclared(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for name, files := range splittable {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for path, text := range files {
				if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			made := planOf(t, dir)
			dockerfile := ""
			for _, f := range made.Set.Files {
				if strings.HasSuffix(f.Path, "Dockerfile") {
					dockerfile = string(f.Text)
				}
			}
			for _, r := range made.Set.Refused {
				if r.Rule == "D50" {
					t.Errorf("refused: %+v", r)
				}
			}
			if !strings.Contains(dockerfile, "AS production") {
				t.Fatalf("not split:\n%s", dockerfile)
			}
			repo, err := pipeline.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := repo.Apply(made.Set, nil); err != nil {
				t.Fatal(err)
			}
			if again := planOf(t, dir); !again.Set.Empty() {
				t.Errorf("a second plan changes %s", fmt.Sprint(again.Set.Files))
			}
		})
	}
}

func planOf(t *testing.T, dir string) *plan.Plan {
	t.Helper()
	repo, err := pipeline.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.ConfigProblem(); err != nil {
		t.Fatal(err)
	}
	made, err := repo.Plan(plan.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	return made
}
