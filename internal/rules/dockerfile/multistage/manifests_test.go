package multistage

import (
	"strings"
	"testing"

	"refit/internal/project"
	"refit/internal/source"
)

// What pip installs must be the unit's own requirements: the split writes the install anew.
func TestSplitRefusesForeignInstalls(t *testing.T) {
	const head, tail = "FROM python:3.13-slim\nWORKDIR /app\n", "COPY app ./app\nCMD [\"python\", \"-m\", \"app\"]\n"
	for _, c := range []struct{ name, install, why string }{
		{"its own", "COPY requirements.txt .\nRUN pip install -r requirements.txt\n", ""},
		{"all of them", "COPY . .\nRUN pip install -r requirements.txt -r requirements-dev.txt\n", ""},
		{"another folder's", "COPY api/requirements.txt .\nRUN pip install -r requirements.txt\n", "api/requirements.txt"},
		{"another file", "COPY api/requirements.in .\nRUN pip install -r requirements.in\n", "api/requirements.in"},
		{"a package of the repository", "COPY . .\nRUN pip install -r requirements.txt && pip install -e ./core\n", "./core"},
		{"a package besides", "COPY . .\nRUN pip install -r requirements.txt gunicorn==23\n", "gunicorn==23"},
	} {
		files := map[string]string{"Dockerfile": head + c.install + tail, "requirements.txt": "flask\n", "requirements-dev.txt": "pytest\n",
			"app/__main__.py": "print()\n", "api/requirements.txt": "django\n", "api/requirements.in": "django\n"}
		var entries []*source.Entry
		for at, text := range files {
			entries = append(entries, source.NewText(at, 0o644, []byte(text)))
		}
		p := project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
		s, err := Find(p, p.Dockerfile("Dockerfile"))
		switch {
		case c.why == "" && (err != nil || s == nil):
			t.Errorf("%s: not split: %v", c.name, err)
		case c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)):
			t.Errorf("%s: %v, want %q", c.name, err, c.why)
		}
	}
}
