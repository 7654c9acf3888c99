package doctor

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"refit/internal/engine"
)

// plain is a repository in which nothing is wrong.
var plain = map[string]string{
	"compose.yml": "name: shop\nservices:\n  app:\n    build: .\n    user: \"1000:1000\"\n",
	"Dockerfile":  "FROM python:3.13-slim\nUSER 1000:1000\nCMD [\"python\"]\n",
}

func with(files map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for k, v := range files {
		all[k] = v
	}
	for i := 0; i+1 < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

func TestChecksAreComplete(t *testing.T) {
	ids, names := map[string]bool{}, map[string]bool{}
	for _, m := range Checks() {
		if ids[m.ID] || names[m.Name] || !regexp.MustCompile(`^M\d\d$`).MatchString(m.ID) || m.Summary == "" {
			t.Errorf("%s %s: not complete, or taken", m.ID, m.Name)
		}
		ids[m.ID], names[m.Name] = true, true
		for _, part := range []string{"# " + m.ID + " " + m.Name, "**Symptom.**", "**What doctor sees.**", "**Cure.**"} {
			if !strings.Contains(m.Doc, part) {
				t.Errorf("the page of %s lacks %q", m.ID, part)
			}
		}
	}
	files, _ := filepath.Glob("m*.md")
	if len(files) != len(ids) {
		t.Errorf("%d pages for %d checks", len(files), len(ids))
	}
	text, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	for id := range ids {
		if !strings.Contains(string(text), id) {
			t.Errorf("docs/doctor.md does not speak of %s", id)
		}
	}
}

func TestNothingWrong(t *testing.T) {
	c := admit(t, plain)
	c.only(t, "")
	c.set("app", nil)
	c.only(t, "")
	c.Engine = nil
	c.only(t, "")
}

func TestAnEngineThatGoesAwayIsAnError(t *testing.T) {
	c := admit(t, plain)
	c.bench.broken = errors.New("EOF")
	if _, err := Examine(t.Context(), &c.Case); err == nil {
		t.Error("the examination counts as finished")
	}
}

func TestDocker(t *testing.T) {
	problem := func(k engine.Kind) error { return &engine.Problem{Kind: k, What: "w", Why: "y", Do: "d"} }
	for _, tt := range []struct {
		docker Docker
		want   string
		says   []string
	}{
		{Docker{Problem: problem(engine.NoDocker)}, "error M01 no-docker", nil},
		{Docker{Problem: problem(engine.NotAnswering)}, "error M02 not-answering", []string{"sudo systemctl start docker"}},
		{Docker{Problem: problem(engine.NoPermission), Group: "docker"}, "error M03 no-permission", []string{`usermod -aG docker "$USER"`}},
		{Docker{Problem: problem(engine.NoPermission), Group: "root"}, "error M03 no-permission", []string{"groupadd"}},
		{Docker{Problem: problem(engine.BadContext)}, "error M04 bad-context", []string{"docker context use default"}},
		{Docker{Problem: problem(engine.NotAnswering), Other: "default", At: engine.Endpoint{Context: "far", Host: "ssh://far"}}, "error M04 context",
			[]string{"the context far is in use", "the engine of the context default answers", "docker context use default"}},
		{Docker{Problem: problem(engine.NotAnswering), Other: "default", Variable: "DOCKER_HOST=tcp://nowhere:1"}, "error M04 context",
			[]string{"DOCKER_HOST=tcp://nowhere:1 is set", "unset DOCKER_HOST"}},
		{Docker{Plugins: problem(engine.NoCompose)}, "error M05 no-compose", []string{"docker-compose-plugin"}},
		{Docker{Plugins: problem(engine.ComposeTooOld)}, "error M05 compose-too-old", []string{"--only-upgrade"}},
		{Docker{Plugins: problem(engine.BuildxTooOld)}, "error M05 buildx-too-old", []string{"docker-buildx-plugin"}},
		{Docker{Problem: problem(engine.EngineTooOld)}, "error M05 engine-too-old", nil},
	} {
		c := admit(t, plain)
		if tt.docker.Problem != nil {
			c.Engine = nil
		}
		c.Docker = tt.docker
		has(t, c.only(t, tt.want), tt.says...)
	}
}

func TestTools(t *testing.T) {
	files := with(plain, "Makefile", ".PHONY: up\nup:\n\ttrue\n", "pyproject.toml", "[project]\nname = \"a\"\nversion = \"1\"\n\n[tool.uv]\nrequired-version = \">=0.8\"\n", "uv.lock", "version = 1\n")
	tool := func(c *clinic, name, version string, there bool) {
		c.Machine.Program = programs(map[string]string{name: version}, map[string]bool{name: there})
	}
	c := admit(t, files)
	tool(c, "make", "", false)
	has(t, c.only(t, "warning M06 make"), "make targets", "apt-get install make")
	tool(c, "uv", "", false)
	has(t, c.only(t, "info M06 uv"), "--run-steps")
	tool(c, "uv", "0.7.22", true)
	has(t, c.only(t, "warning M06 uv"), "uv is 0.7.22", "0.8 or later")
	tool(c, "uv", "0.8.22", true)
	c.only(t, "")
	c.Project.Git.Exists = true
	tool(c, "git", "", false)
	c.only(t, "warning M06 git")
	c.GitConfig = []byte("[extensions]\n\tobjectFormat = sha256\n")
	tool(c, "git", "2.28.1", true)
	has(t, c.only(t, "warning M06 git"), "SHA-256 objects", "2.29")

	c = admit(t, with(files, "Makefile", "a b &: c\n\ttrue\n"))
	tool(c, "make", "3.81", true)
	has(t, c.only(t, "warning M06 make"), "make is 3.81", "4.3 or later")
}
