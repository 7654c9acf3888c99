package multistage

import (
	"strings"
	"testing"

	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/source"
)

const (
	compilers1 = "FROM python:3.13-slim-bookworm AS app\nWORKDIR /app\nRUN apt-get update && apt-get install -y gcc libpq-dev curl && useradd --create-home web\n"
	tail1      = "COPY . .\nCMD [\"gunicorn\", \"shop:app\"]\n"
)

// TestSetApart takes stages apart, or says what hinders it.
func TestSetApart(t *testing.T) {
	for _, c := range []struct{ name, text, want, why string }{
		{"a script as the account",
			compilers1 + "USER web\nCOPY --chown=web:web requirements.txt ./\nCOPY bin/ ./bin\nENV PATH=\"/home/web/.local/bin:$PATH\"\nRUN chmod +x bin/* && bin/install\n" + tail1,
			"FROM python:3.13-slim-bookworm AS app-base\nWORKDIR /app\nRUN apt-get update && apt-get install -y libpq5 curl && useradd --create-home web\nENV PATH=\"/home/web/.local/bin:$PATH\"\n\n" +
				"# Compilers and headers, and what is built with them: of that only the result reaches what runs\nFROM app-base AS app-build\n" +
				"RUN apt-get update && apt-get install -y --no-install-recommends gcc libpq-dev && rm -rf /var/lib/apt/lists/*\n" +
				"USER web\nCOPY --chown=web:web requirements.txt ./\nCOPY bin/ ./bin\nRUN chmod +x bin/* && bin/install\n\n" +
				"FROM app-base AS app\nUSER web\nCOPY --from=app-build --chown=web:web /home/web/.local /home/web/.local\n" + tail1, ""},
		{"the system's packages, another place for the manifest",
			"FROM python:3.13-slim-bookworm\nRUN apt-get update && apt-get install -y gcc\nCOPY requirements.txt /tmp/r/\nRUN pip install -r /tmp/r/requirements.txt\n" + tail1,
			"FROM python:3.13-slim-bookworm AS base\n\n# Compilers and headers, and what is built with them: of that only the result reaches what runs\nFROM base AS build\n" +
				"RUN apt-get update && apt-get install -y --no-install-recommends gcc && rm -rf /var/lib/apt/lists/*\n" +
				"COPY requirements.txt /tmp/r/\nRUN pip install -r /tmp/r/requirements.txt\n\nFROM base\nCOPY requirements.txt /tmp/r/\nCOPY --from=build /usr/local /usr/local\n" + tail1, ""},
		{"a virtual environment, a variable between the copies", compilers1 + "COPY requirements.txt .\nENV VENV=/opt/venv PATH=\"/opt/venv/bin:$PATH\"\nRUN python -m venv /opt/venv && pip install -r requirements.txt\n" + tail1,
			"FROM app-base AS app\nCOPY --from=app-build /opt/venv /opt/venv\n" + tail1, ""},
		{"a variable that a copy names", compilers1 + "COPY requirements.txt $WHERE/\nENV WHERE=/x\nRUN pip install -r requirements.txt\n" + tail1, "RUN pip install -r requirements.txt\n\nFROM app-base AS app\nCOPY requirements.txt $WHERE/\nENV WHERE=/x\n", ""},
		{"another command in the install", compilers1 + "COPY requirements.txt .\nRUN pip install -r requirements.txt && playwright install\n" + tail1, "", "playwright install"},
		{"a script that does more", compilers1 + "COPY . .\nCOPY requirements.txt .\nRUN bin/more\nCMD [\"x\"]\n", "", "bin/more, which runs curl"},
		{"compiled behind the install", compilers1 + "COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nRUN make\nCMD [\"x\"]\n", "", "runs make"},
		{"compiled before the install", compilers1 + "RUN make -C /usr/src/x install\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n" + tail1, "", "runs make"},
		{"an editable install", compilers1 + "COPY . .\nRUN pip install -e .\nCMD [\"x\"]\n", "", "option -e"},
		{"an unknown folder", compilers1 + "COPY requirements.txt .\nRUN pip install --target=/x -r requirements.txt\n" + tail1, "", "--target"},
		{"headers of which the library is not known", "FROM python:3.13-slim-bookworm\nRUN apt-get update && apt-get install -y libacme-dev\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n" + tail1,
			"apt-get install -y libacme-dev", ""}, // D62 refuses it, since it stays
		{"a child", compilers1 + "COPY requirements.txt .\nRUN pip install -r requirements.txt\n" + tail1 + "FROM app AS dev\nRUN pip install pytest\n", "", "stage dev builds on it"},
		{"a name that is taken", "FROM scratch AS app-build\n" + compilers1 + "COPY requirements.txt .\nRUN pip install -r requirements.txt\n" + tail1, "", "app-build already"},
		{"a stage by its number", "FROM alpine\nFROM alpine AS two\nCOPY --from=0 /x /x\n" + compilers1 + "COPY requirements.txt .\nRUN pip install -r requirements.txt\n" + tail1, "", "number"},
		{"another Python", compilers1 + "COPY pyproject.toml uv.lock ./\nRUN uv sync --no-install-project\n" + tail1, "", "another Python"},
		{"the project in the source", "FROM python:3.14-slim-bookworm AS app\nWORKDIR /app\nRUN apt-get update && apt-get install -y gcc\nCOPY . .\nRUN uv sync\nCMD [\"x\"]\n", "", "installs the project itself"},
		{"no shell", compilers1 + "COPY requirements.txt .\nRUN [\"pip\", \"install\", \"-r\", \"requirements.txt\"]\n" + tail1, "", "can't be told"},
	} {
		got, err := takenApart(t, c.text)
		switch {
		case c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)):
			t.Errorf("%s: %v, want %q\n%s", c.name, err, c.why, got)
		case c.why == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case !strings.Contains(got, c.want):
			t.Errorf("%s:\n%s\nwant in it:\n%s", c.name, got, c.want)
		}
	}
}

// takenApart is the Dockerfile after its stage app, or the only one, was taken apart.
func takenApart(t *testing.T, text string) (string, error) {
	t.Helper()
	entries := []*source.Entry{
		source.NewText("Dockerfile", 0o644, []byte(text)), source.NewText("requirements.txt", 0o644, []byte("gunicorn\n")),
		source.NewText("pyproject.toml", 0o644, []byte("[project]\nname = \"shop\"\nversion = \"1\"\nrequires-python = \">=3.14\"\n[build-system]\nrequires = [\"hatchling\"]\n")),
		source.NewText("uv.lock", 0o644, []byte("version = 1\n")), source.NewText("bin/more", 0o755, []byte("#!/bin/sh\npip install -r requirements.txt\ncurl -O http://x\n")),
		source.NewText("bin/install", 0o755, []byte("#!/usr/bin/env bash\nset -e\nif [ -f requirements.txt ]; then\n  pip3 install --user -r requirements.txt\nfi\npip3 freeze > requirements.txt\n")),
	}
	p := project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
	d := p.Dockerfile("Dockerfile")
	stage, ok := d.File.Target("app")
	if !ok {
		stage, _ = d.File.Target("")
	}
	a, err := SetApart(p, d, stage)
	if err != nil {
		return "", err
	}
	out, err := edit.Patch(d.File.Text, a.Edits())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dockerfile.Parse("Dockerfile", out); err != nil {
		t.Fatal(err)
	}
	return string(out), nil
}
