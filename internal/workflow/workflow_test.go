package workflow

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"refit/internal/edit"
	"refit/internal/shell"
	"refit/internal/source"
)

const ci = `name: CI
on:
  push:
    paths: ["docker/**", 'docker-compose.yml']
    paths-ignore:
      - docs/**
  pull_request:
env:
  COMPOSE: docker-compose.yml
  REG: ghcr.io
defaults:
  run:
    working-directory: app
jobs:
  build:
    runs-on: ubuntu-latest
    container:
      image: python:3.12
      volumes: [./x:/x]
    services:
      db:
        image: postgres:16
        env: {POSTGRES_PASSWORD: not-a-secret}
    env:
      REG: docker.io
    steps:
      - uses: actions/checkout@v4
      - name: Up
        run: |
          docker compose -f ${{ env.COMPOSE }} up -d
          cat "${{ matrix.x }}"
        env: {A: b}
      - run: make test
        working-directory: ${{ github.workspace }}/svc/
        shell: sh
      - uses: docker/build-push-action@v6
        with:
          context: .
          file: ./docker/Dockerfile
          target: prod
          build-args: |
            A=1
            B=${{ env.REG }}
      - uses: docker/bake-action@v5
        with:
          files: |
            docker-bake.hcl
            a.hcl,b.hcl
      - uses: actions/cache@v4
        with:
          key: ${{ hashFiles('**/uv.lock', 'docker/Dockerfile') }}
  win:
    runs-on: windows-latest
    steps:
      - run: dir
        working-directory: ../x
      - uses: ./.github/actions/x
`

func parse(t *testing.T, path, text string) *File {
	t.Helper()
	f, err := Parse(path, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func texts(parts []Part) string {
	var out []string
	for _, p := range parts {
		out = append(out, p.Text())
	}
	return strings.Join(out, "|")
}

func TestGitHub(t *testing.T) {
	f := parse(t, ".github/workflows/ci.yml", ci)
	if len(f.Filters) != 2 || texts(f.Filters[0].Patterns) != "docker/**|docker-compose.yml" || f.Filters[0].Ignore ||
		texts(f.Filters[1].Patterns) != "docs/**" || !f.Filters[1].Ignore {
		t.Errorf("filters %v", f.Filters)
	}
	if len(f.Scripts) != 3 || len(f.Jobs) != 2 {
		t.Fatalf("%d scripts, %d jobs", len(f.Scripts), len(f.Jobs))
	}
	up := f.Scripts[0]
	if got, want := up.Text.String(), "docker compose -f docker-compose.yml up -d\ncat \"\x01\"\n"; got != want {
		t.Errorf("%q", got)
	}
	if up.Dir != "app" || !up.DirKnown || up.DirAt == nil {
		t.Errorf("dir %q", up.Dir)
	}
	if got := up.Vars()["REG"].String() + up.Vars()["A"].String(); got != "docker.iob" {
		t.Error(got)
	}
	if d, ok := up.Dialect(); d != shell.Bash || !ok {
		t.Error("dialect")
	}
	test := f.Scripts[1]
	if d, ok := test.Dialect(); test.Dir != "svc" || !test.DirKnown || d != shell.POSIX || !ok {
		t.Errorf("%q %v", test.Dir, test.DirKnown)
	}
	if _, ok := f.Scripts[2].Dialect(); ok || f.Scripts[2].DirKnown {
		t.Error("a step on Windows that leaves the repository")
	}
	b, ok := f.Jobs[0].Steps[3].Build()
	if !ok || b.File.Value != "./docker/Dockerfile" || b.Context.Value != "." || b.Target.Value != "prod" || texts(b.BuildArgs) != "A=1|B=${{ env.REG }}" {
		t.Errorf("%+v", b)
	}
	k, ok := f.Jobs[0].Steps[4].Bake()
	if !ok || texts(k.Files) != "docker-bake.hcl|a.hcl|b.hcl" {
		t.Errorf("%+v", k)
	}
	if texts(f.Hashes) != "**/uv.lock|docker/Dockerfile" {
		t.Error(texts(f.Hashes))
	}
	if j := f.Jobs[0]; j.Container.Image.Value != "python:3.12" || j.Container.Volumes[0].Value != "./x:/x" || j.Services[0].Name != "db" ||
		j.Services[0].Env[0].Value.Value != "not-a-secret" {
		t.Errorf("%+v", j)
	}
	if texts(f.Paths) != "./.github/actions/x" {
		t.Error(texts(f.Paths))
	}
}

// TestPlaces follows words of scripts back into the file and edits them there.
func TestPlaces(t *testing.T) {
	f := parse(t, ".github/workflows/ci.yml", strings.ReplaceAll(ci, "\n", "\r\n"))
	s := f.Scripts[0]
	i := strings.Index(s.Text.String(), "docker-compose.yml")
	at, ok := s.Text.Slice(i, i+len("docker-compose.yml")).Origin()
	if !ok || string(at.Of(f.YAML.Text)) != "docker-compose.yml" || f.Position(at.Start) != (source.Position{Line: 9, Column: 12}) {
		t.Errorf("%v %v", f.Position(at.Start), ok)
	}
	i = strings.Index(s.Text.String(), "cat")
	at, ok = s.Text.Slice(i, i+3).Origin()
	if !ok || string(at.Of(f.YAML.Text)) != "cat" {
		t.Error(at, ok)
	}
	edits, err := f.YAML.ReplaceSpan(at, "less")
	if err != nil {
		t.Fatal(err)
	}
	more, err := f.Hashes[1].Replace("compose/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	got, err := edit.Patch(f.YAML.Text, append(edits, more...))
	want := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(ci, "cat ", "less "), "'docker/Dockerfile'", "'compose/Dockerfile'"), "\n", "\r\n")
	if err != nil || string(got) != want {
		t.Errorf("%v %s", err, got)
	}
}

func TestCheckoutInFolder(t *testing.T) {
	f := parse(t, ".github/workflows/x.yml", "on: push\njobs:\n  a:\n    steps:\n    - uses: actions/checkout@v4\n      with: {path: src}\n    - run: a\n    - run: b\n      working-directory: src/app\n    - run: c\n      working-directory: other\n")
	got := ""
	for _, s := range f.Scripts {
		got += fmt.Sprintf("%s=%s,%v ", s.Text.String(), s.Dir, s.DirKnown)
	}
	if got != "a=,false b=app,true c=,false " {
		t.Error(got)
	}
}

func TestGitLab(t *testing.T) {
	f := parse(t, ".gitlab-ci.yml", `
include: [{local: /ci/x.yml}]
variables: {F: compose.yml, G: {value: g, description: d}}
default:
  image: docker:27
  before_script: [docker info]
.base: &base
  script:
    - make a
    - [make b, "docker compose -f $F up"]
build:
  <<: *base
  variables: {H: h}
  rules:
    - changes: [docker/**]
    - changes: {paths: [x/*]}
  after_script: echo done
  cache: {key: {files: [uv.lock]}}
lint:
  before_script: []
  script: cd x && make
`)
	var got []string
	for _, s := range f.Scripts {
		got = append(got, s.Text.String())
	}
	want := "docker info\nmake a\nmake b\ndocker compose -f $F up\n"
	if len(got) != 4 || got[0] != want || got[1] != want || got[2] != "echo done\n" || got[3] != "cd x && make\n" {
		t.Errorf("%q", got)
	}
	if v := f.Scripts[1].Vars(); v["F"].String() != "compose.yml" || v["G"].String() != "g" || v["H"].String() != "h" || v["CI_PROJECT_DIR"].String() != shell.Root {
		t.Errorf("%v", v)
	}
	if len(f.Filters) != 2 || texts(f.Filters[1].Patterns) != "x/*" || texts(f.Paths) != "/ci/x.yml|uv.lock" {
		t.Errorf("%v %v", f.Filters, texts(f.Paths))
	}
	if f.Jobs[1].Container.Image.Value != "docker:27" {
		t.Error("image")
	}
}

func TestTask(t *testing.T) {
	f := parse(t, "tools/Taskfile.yml", `
version: '3'
dotenv: ['.env']
includes: {a: ./a, b: {taskfile: ./b/Taskfile.yml}}
vars:
  FILE: ../docker-compose.yml
  SHA: {sh: git rev-parse HEAD}
tasks:
  up: docker compose -f {{.FILE}} up
  build:
    dir: '{{.D}}'
    cmds:
      - docker build {{.CLI_ARGS}} .
      - {task: up}
      - cmd: make
    sources: [Dockerfile, {exclude: x}]
  x: [a, b]
  y: {dir: ../z, cmd: c}
`)
	got := ""
	for _, s := range f.Scripts {
		got += fmt.Sprintf("%s @%s %v\n", s.Text.String(), s.Dir, s.DirKnown)
	}
	want := "git rev-parse HEAD @tools true\ndocker compose -f ../docker-compose.yml up @tools true\ndocker build \x01 . @ false\nmake @ false\na @tools true\nb @tools true\nc @z true\n"
	if got != want {
		t.Errorf("%s", got)
	}
	if texts(f.Paths) != ".env|./a|./b/Taskfile.yml|Dockerfile|x" {
		t.Error(texts(f.Paths))
	}
}

func TestOthers(t *testing.T) {
	f := parse(t, ".pre-commit-config.yaml", "repos:\n- repo: local\n  hooks:\n  - id: x\n    entry: docker run\n    args: [--rm, \"a b\"]\n    files: ^docker/\n")
	if s := f.Scripts[0].Text.String(); s != "docker run '--rm' 'a b'" || f.Hooks[0].Files.Value != "^docker/" {
		t.Errorf("%q", s)
	}
	f = parse(t, ".github/dependabot.yml", "version: 2\nupdates:\n- package-ecosystem: docker\n  directory: /\n- package-ecosystem: docker-compose\n  directories: [/a, /b/*]\n")
	if len(f.Updates) != 2 || f.Updates[0].Ecosystem != "docker" || texts(f.Updates[1].Directories) != "/a|/b/*" {
		t.Errorf("%+v", f.Updates)
	}
	f = parse(t, ".circleci/config.yml", "jobs:\n  a:\n    steps:\n    - run: make\n    - run: {command: \"docker build .\", working_directory: app}\n")
	if len(f.Scripts) != 2 || f.Scripts[1].Dir != "app" || f.Kind != Generic {
		t.Errorf("%+v", f.Scripts)
	}
	f = parse(t, "action.yml", "runs:\n  using: composite\n  steps:\n  - run: make\n    shell: bash\n    working-directory: ${{ inputs.x }}\n")
	if len(f.Scripts) != 1 || f.Scripts[0].DirKnown {
		t.Errorf("%+v", f.Scripts)
	}
}

func TestKindOf(t *testing.T) {
	for path, want := range map[string]Kind{
		".github/workflows/a.yaml": GitHub, "x/.gitlab-ci.yml": GitLab, "Taskfile.yml": Task, "Taskfile.dist.yaml": Task,
		".pre-commit-config.yaml": PreCommit, ".github/dependabot.yml": Dependabot, ".github/actions/x/action.yml": Action,
		".circleci/config.yml": Generic, "docker-compose.yml": "", "dependabot.yml": "", "README.md": "",
	} {
		if got, _ := KindOf(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func TestHostile(t *testing.T) {
	var steps strings.Builder
	for range 3000 {
		steps.WriteString("    - run: \"${{ env.A }}${{ env.A }}\"\n")
	}
	text := "on: push\nenv: {A: \"" + strings.Repeat("${{ env.A }}", 500) + "\"}\njobs:\n  a:\n    steps: &s\n" + steps.String()
	for i := range 3000 {
		text += fmt.Sprintf("  b%d: {steps: *s}\n", i)
	}
	f := parse(t, ".github/workflows/x.yml", text)
	if len(f.Scripts) > maxSteps {
		t.Error(len(f.Scripts))
	}
}

func FuzzWorkflow(f *testing.F) {
	for i, s := range []string{ci, "on: push\n", "a: &a\n  run: x\nb: *a\n", "updates: [{directory: /}]\n", "tasks: {a: {cmds: ['{{.A}}']}}\nvars: {A: '{{.A}}'}\n", "repos: [{hooks: [{entry: a, args: [b]}]}]\n",
		"a: {script: [x, !reference [.a, script]]}\n", "jobs: {a: {steps: [{run: \"${{ 'x}}' }}\\n\"}]}}\n"} {
		f.Add([]byte(s), byte(i))
	}
	kinds := []Kind{GitHub, Action, GitLab, Task, PreCommit, Dependabot, Generic}
	f.Fuzz(func(t *testing.T, text []byte, k byte) {
		file, err := ParseAs(kinds[int(k)%len(kinds)], "x.yml", text)
		if err != nil {
			var p *source.Problem
			if !errors.As(err, &p) {
				t.Fatal(err)
			}
			return
		}
		for _, s := range file.Scripts {
			at := 0
			for _, p := range s.Text.Pieces() {
				if p.Span.Start >= 0 && p.Span.Len() == len(p.Text) && string(p.Span.Of(text)) != p.Text {
					t.Fatalf("%q: piece %q at %v", text, p.Text, p.Span)
				}
				at += len(p.Text)
			}
			if at != s.Text.Len() || s.DirKnown && (strings.HasPrefix(s.Dir+"/", "../") || strings.HasPrefix(s.Dir, "/") || s.Dir == "") {
				t.Fatalf("%q: dir %q", text, s.Dir)
			}
			s.Dialect()
		}
		for _, p := range append(file.Hashes, file.Paths...) {
			if at, ok := p.Span(); ok && string(at.Of(text)) != p.Text() {
				t.Fatalf("%q: part %q", text, p.Text())
			}
		}
	})
}
