package project

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"refit/internal/fuzztest"
)

func TestDockerfilesByNameAndByBuilder(t *testing.T) {
	from := "FROM x\n"
	p := discover(memory(map[string]string{
		"Dockerfile": from, "app.Dockerfile": from, "Dockerfile.worker": from, "Containerfile": from, "deep/down/dockerfile": from,
		"docker/odd.build": from, "docker/called.build": from, "Dockerfile.j2": "FROM {{ x }}\n", "Dockerfile.md": "# no\n",
		"Dockerfile.dockerignore": "x\n", ".dockerignore": "y\n", "src/dockerfile.go": "package x\n", "Dockerfile.template": "FROM {{x}}\n",
		"compose.yml": "services:\n  a:\n    build: {context: ., dockerfile: docker/odd.build, target: t, args: {V: '1'}}\n  b:\n    build: deep/down\n  c:\n    build: {context: 'https://example.com/x.git'}\n  d:\n    build: {context: ., dockerfile_inline: FROM x}\n",
	}), nil, NewCache(), func(*Project, *Cache) ([]Reference, []Call) {
		return nil, []Call{{Kind: CallBuild, From: "Makefile", Dockerfile: "docker/called.build", Context: "docker", Stage: "s"}, {Kind: CallBuild, From: "Makefile", Dockerfile: "gone", Context: "."},
			{Kind: CallBuild, From: "docker/README.md", Dockerfile: "docker/called.build", Context: "docker", Stage: "told"}, // in the same context
			{Kind: CallBuild, From: "README.md", Dockerfile: "docker/called.build", Context: "."},                            // from where is not sure
			{Kind: CallBuild, From: "README.md", Dockerfile: "app.Dockerfile", Context: "."}}                                 // nobody else does
	})
	var got []string
	for _, d := range p.Dockerfiles {
		line := d.Path + " [" + d.Ignore + "]"
		for _, b := range d.Builds {
			line += fmt.Sprintf(" %s:%s@%s:%s%v", b.By, b.Service, b.Context, b.Target, b.Args)
		}
		got = append(got, line)
	}
	want := []string{
		"Containerfile [.dockerignore]", "Dockerfile [Dockerfile.dockerignore]", "Dockerfile.worker [.dockerignore]", "app.Dockerfile [.dockerignore] README.md:@.:map[]",
		"deep/down/dockerfile [] compose.yml:b@deep/down:map[]", "docker/called.build [] Makefile:@docker:smap[] docker/README.md:@docker:toldmap[]", "docker/odd.build [.dockerignore] compose.yml:a@.:tmap[V:1]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s\n%v", strings.Join(got, "\n"), strings.Join(want, "\n"), p.Problems)
	}
}

func TestDockerfileReferences(t *testing.T) {
	p := Discover(memory(map[string]string{
		"docker/Dockerfile": "FROM x AS base\nARG DIR=app\nCOPY requirements*.txt ./\nCOPY [\"app/main.py\", \"/x\"]\nCOPY /conf ../conf/a.ini /c/\n" +
			"ADD https://example.com/x /x\nCOPY --from=base /a /b\nCOPY $DIR/main.py /m\nCOPY missing.txt nothing-*.txt ./\nCOPY <<E /e\nx\nE\n" +
			"RUN --mount=type=bind,source=pyproject.toml,target=/p --mount=type=cache,target=/c true\nONBUILD COPY . .\n",
		"requirements.txt": "", "requirements-dev.txt": "", "app/main.py": "", "conf/a.ini": "", "pyproject.toml": "",
		"compose.yml": "services:\n  a:\n    build: {context: ., dockerfile: docker/Dockerfile}\n",
	}), nil, NewCache())
	var got []string
	for _, r := range p.References {
		if r.Kind == RefDockerfile {
			got = append(got, fmt.Sprintf("%s -> %s missing=%t %s", r.Raw, r.To, r.Missing, r.Unsure))
		}
	}
	want := []string{
		"requirements*.txt -> requirements-dev.txt missing=false a pattern names it",
		"requirements*.txt -> requirements.txt missing=false a pattern names it",
		"app/main.py -> app/main.py missing=false ",
		"/conf -> conf missing=false ",
		"../conf/a.ini -> conf/a.ini missing=false ",
		"$DIR/main.py -> app/main.py missing=false the path holds a variable",
		"missing.txt -> missing.txt missing=true ",
		"nothing-*.txt -> nothing-*.txt missing=true a pattern names it",
		"pyproject.toml -> pyproject.toml missing=false ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// An unbuilt Dockerfile in a folder of its own mostly takes the root for its context.
func TestContextOfAnUnbuiltDockerfile(t *testing.T) {
	p := Discover(memory(map[string]string{"docker/Dockerfile": "FROM x\nCOPY app.py /\n", "app.py": ""}), nil, NewCache())
	if r := p.References; len(r) != 1 || r[0].To != "app.py" || r[0].Missing {
		t.Errorf("references %+v", r)
	}
}

// Whatever is in the files, discovery ends, spans lie in their files, and the result is the same again.
func FuzzDiscover(f *testing.F) {
	f.Add(web, "FROM x\nCOPY a b\n", "A=1\n", "up:\n\tdocker compose up\n", "#!/bin/sh\n. ./.env\n")
	f.Add("services:\n  a:\n    build: .\n    env_file: .env\n    volumes: ['./${X:-y}:/z']\n", "# syntax=x\nFROM a AS b\nRUN --mount=type=bind,source=x true\n", "COMPOSE_FILE=compose.yml\nP='x'\n", "include .env\n", "docker compose -f compose.yml up\n")
	for _, seed := range fuzztest.Seeds(10) {
		d := fuzztest.New(seed)
		f.Add(d.Compose(), d.Dockerfile(), d.Env(), d.Makefile(), d.Script())
	}
	f.Fuzz(func(t *testing.T, compose, docker, env, makefile, script string) {
		files := memory(map[string]string{"compose.yml": compose, "sub/compose.prod.yml": compose, "Dockerfile": docker, ".env": env, ".dockerignore": env, ".gitignore": env, "Makefile": makefile, "run.sh": script, ".refit.yaml": script, ".github/workflows/ci.yml": compose})
		p := Discover(files, nil, NewCache())
		for _, r := range p.References {
			text, _ := files.Read(r.From)
			if !r.Span.IsZero() && r.Span.Of(text) == nil {
				t.Fatalf("%+v lies outside of the file", r)
			}
		}
		for _, s := range SecretRefs(p) {
			if text, _ := files.Read(s.Path); s.End > len(text) {
				t.Fatalf("%+v lies outside of the file", s)
			}
		}
		same(t, withoutErrors(describe(t, p)), withoutErrors(describe(t, Discover(files, p, NewCache()))))
	})
}

var errorText = regexp.MustCompile(`(?m)^problem .*\n| err=.* calls=`)

// withoutErrors leaves the texts of errors out: of several faults in one Compose file, compose-go
// names one at random.
func withoutErrors(s string) string { return errorText.ReplaceAllString(s, "") }
