package compose

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"refit/internal/edit"
)

func mustParse(t testing.TB, text string) *File {
	t.Helper()
	f, err := Parse("compose.yml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func patched(t testing.TB, f *File, edits []edit.Edit) string {
	t.Helper()
	out, err := edit.Patch(f.Text, edits)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// moves is a Moved function over files and folders.
func moves(m map[string]string) func(string) string {
	return func(p string) string {
		for at := p; at != "." && at != "/"; at = path.Dir(at) {
			if to, ok := m[at]; ok {
				return path.Join(to, strings.TrimPrefix(p, at))
			}
			if path.Dir(at) == at {
				break
			}
		}
		return p
	}
}

const everyPath = `x-base: &base
  env_file: .env.dev # both
  volumes:
    - ./logs:/logs
name: ledger
services:
  app:
    <<: *base
    build: .
    develop:
      watch:
        - {path: ./app, action: rebuild, ignore: [node_modules/]}
    label_file: labels.txt
  worker:
    <<: *base
    build:
      context: ./worker/
      dockerfile: Dockerfile.prod
      additional_contexts:
        lib: lib
        img: docker-image://alpine
      ssh: [default, "key=./id_made_up"]
  job:
    extends: {file: common/base.yml, service: job}
    build:
      context: "."
      dockerfile: 'worker/Dockerfile.prod'
      additional_contexts: ["lib=./lib", "git=https://example.com/x.git"]
    env_file:
      - .env
      - path: "worker/.env"
        required: false
    volumes:
      - .:/app
      - /app/.venv
      - data:/data
      - ~/.cache:/cache
      - ${PWD}/certs:/certs
      - ../shared:/shared:ro
      - C:\data:/win
      - type: bind
        source: scripts
        target: /s
      - "./data/${ENV:-dev}:/x"
    configs: [c]
    secrets: [s]
    credential_spec: {file: spec.json}
  remote:
    build: https://github.com/example/example.git#main
  git:
    build: {context: "git@github.com:example/example.git", dockerfile: x}
volumes:
  data:
  host: {driver: local, driver_opts: {type: none, o: bind, device: ./disk}}
secrets: {s: {file: ./secrets/s.txt}}
configs: {c: {file: conf/c.conf}}
include:
  - other/compose.yml
  - path: [a/one.yml, ./a/two.yml]
    project_directory: a
    env_file: .env
`

func TestPathFieldsFindsEveryPath(t *testing.T) {
	f := mustParse(t, everyPath)
	var got []string
	for _, p := range PathFields(f) {
		got = append(got, p.Addr+" "+string(p.Kind)+" "+p.Raw)
		if !p.Implicit && p.Kind != PathInline && string(p.Span.Of(f.Text)) != p.Raw {
			t.Errorf("%s: span holds %q, not %q", p.Addr, p.Span.Of(f.Text), p.Raw)
		}
	}
	want := strings.Split(strings.TrimSpace(`
services.app.build build.context .
services.app.build build.dockerfile 
services.app.env_file env_file .env.dev
services.app.label_file label_file labels.txt
services.app.volumes.0 volume ./logs
services.app.develop.watch.0.path watch ./app
services.app.develop.watch.0.ignore.0 watch.pattern node_modules/
services.worker.build.context build.context ./worker/
services.worker.build.dockerfile build.dockerfile Dockerfile.prod
services.worker.build.additional_contexts.lib build.additional_contexts lib
services.worker.build.ssh.key build.ssh ./id_made_up
services.worker.env_file env_file .env.dev
services.worker.volumes.0 volume ./logs
services.job.build.context build.context .
services.job.build.dockerfile build.dockerfile worker/Dockerfile.prod
services.job.build.additional_contexts.lib build.additional_contexts ./lib
services.job.extends.file extends common/base.yml
services.job.env_file.0 env_file .env
services.job.env_file.1.path env_file worker/.env
services.job.volumes.0 volume .
services.job.volumes.3 volume ~/.cache
services.job.volumes.4 volume ${PWD}/certs
services.job.volumes.5 volume ../shared
services.job.volumes.6 volume C:\data
services.job.volumes.7.source volume scripts
services.job.volumes.8 volume ./data/${ENV:-dev}
services.job.credential_spec.file credential_spec spec.json
volumes.host.driver_opts.device volume.device ./disk
configs.c.file config conf/c.conf
secrets.s.file secret ./secrets/s.txt
include.0 include other/compose.yml
include.1.path.0 include a/one.yml
include.1.path.1 include ./a/two.yml
include.1.project_directory include.project_directory a
include.1.env_file include.env_file .env`), "\n")
	if diff := listDiff(got, want); diff != "" {
		t.Error(diff)
	}
}

func listDiff(got, want []string) string {
	var b strings.Builder
	for _, g := range got {
		if !slices.Contains(want, g) {
			b.WriteString("unexpected: " + g + "\n")
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			b.WriteString("missing: " + w + "\n")
		}
	}
	if b.Len() == 0 && len(got) != len(want) {
		b.WriteString("repeated: " + strings.Join(got, "\n"))
	}
	return b.String()
}

func TestRelocate(t *testing.T) {
	f := mustParse(t, everyPath)
	edits, unmovable, err := Relocate(f, Relocation{
		FromDir: ".", ToDir: "compose",
		Moved: moves(map[string]string{
			".env.dev": "env/.env.dev", "Dockerfile": "docker/Dockerfile", "lib": "src/lib", "worker/Dockerfile.prod": "docker/worker.Dockerfile",
			"common/base.yml": "compose/base.yml",
		}),
		Files: []string{"data/dev/x", "data/prod/y", ".env.dev", "Dockerfile"},
	})
	if err != nil || len(unmovable) > 0 {
		t.Fatal(err, unmovable)
	}
	want := strings.NewReplacer(
		"env_file: .env.dev # both", "env_file: ../env/.env.dev # both",
		"- ./logs:", "- ../logs:",
		"build: .\n", "build:\n      context: ..\n      dockerfile: docker/Dockerfile\n",
		"path: ./app", "path: ../app",
		"labels.txt", "../labels.txt",
		"./worker/\n", "../worker/\n", "Dockerfile.prod\n      add", "../docker/worker.Dockerfile\n      add",
		"lib: lib", "lib: ../src/lib", "lib=./lib", "lib=../src/lib", "key=./id", "key=../id",
		"common/base.yml", "base.yml",
		`context: "."`, `context: ".."`, "'worker/Dockerfile.prod'", "'docker/worker.Dockerfile'",
		"- .env\n", "- ../.env\n", `"worker/.env"`, `"../worker/.env"`,
		"- .:/app", "- ..:/app", "../shared", "../../shared", "source: scripts", "source: ../scripts",
		"./data/${", "../data/${", "./disk", "../disk", "./secrets", "../secrets", "conf/c.conf", "../conf/c.conf",
		"- other/", "- ../other/", "a/one.yml, ./a/two.yml", "../a/one.yml, ../a/two.yml", "directory: a", "directory: ../a",
		"env_file: .env\n", "env_file: ../.env\n",
	).Replace(everyPath)
	if got := patched(t, f, edits); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRelocateBackAndForth(t *testing.T) {
	f := mustParse(t, everyPath)
	there, _, err := Relocate(f, Relocation{FromDir: ".", ToDir: "deep/compose", Moved: moves(nil), Files: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	moved := mustParse(t, patched(t, f, there))
	back, unmovable, err := Relocate(moved, Relocation{FromDir: "deep/compose", ToDir: ".", Moved: moves(nil), Files: []string{}})
	if err != nil || len(unmovable) > 0 {
		t.Fatal(err, unmovable)
	}
	again := mustParse(t, patched(t, moved, back))
	for i, p := range PathFields(f) {
		q := PathFields(again)[i]
		if path.Clean(p.Raw) != path.Clean(q.Raw) {
			t.Errorf("%s: %q came back as %q", p.Addr, p.Raw, q.Raw)
		}
	}
}

func TestRelocateRefuses(t *testing.T) {
	for name, c := range map[string]struct{ text, why, guess string }{
		"variable":   {"services: {a: {env_file: '${ENV_FILE:-.env.dev}'}}", "ENV_FILE may hold", "${ENV_FILE:-../env/.env.dev}"},
		"bare":       {"services: {a: {volumes: ['${DATA}/x:/x']}}", "DATA may hold", ""},
		"different":  {"services: {a: {env_file: '.env.${E}'}}", "move to different places", ""},
		"conflict":   {"x-d: &d Dockerfile\nservices:\n  a: {build: {context: ., dockerfile: *d}}\n  b: {build: {context: b, dockerfile: *d}}", "need different paths", ""},
		"caller":     {"services: {a: {volumes: ['${PWD}/.env.dev:/x']}}", "called from", "${PWD}/env/.env.dev"},
		"upwards":    {"services: {a: {volumes: ['./${X}/../y:/x']}}", "upwards", ""},
		"context":    {"services: {a: {build: {context: './${X}', dockerfile: D}}}", "a variable decides", ""},
		"colon":      {"services: {a: {volumes: ['./colon:/x']}}", "holds a colon", "../with:colon"},
		"escaped":    {"services: {a: {env_file: \"\\x2eenv\"}}", "escapes", "../.env"},
		"no listing": {"services: {a: {volumes: ['./no/${X}:/x']}}", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := mustParse(t, c.text)
			edits, unmovable, err := Relocate(f, Relocation{
				FromDir: ".", ToDir: "compose",
				Moved: moves(map[string]string{".env.dev": "env/.env.dev", "Dockerfile": "docker/Dockerfile", "colon": "with:colon"}),
				Files: []string{".env.dev", ".env.test", "Dockerfile", "b/Dockerfile"},
			})
			if err != nil {
				t.Fatal(err)
			}
			if c.why == "" {
				if len(unmovable) != 0 || len(edits) != 1 {
					t.Fatalf("%v %v", edits, unmovable)
				}
				return
			}
			if !slices.ContainsFunc(unmovable, func(u Unmovable) bool { return strings.Contains(u.Why, c.why) && u.Guess == c.guess }) {
				t.Errorf("edits %v, unmovable %+v", edits, unmovable)
			}
		})
	}
}

func TestRelocateKeepsDefaultContext(t *testing.T) {
	f := mustParse(t, "services:\n  a:\n    build:\n      target: dev # t\n  b:\n    build: {dockerfile: D}\n")
	edits, unmovable, err := Relocate(f, Relocation{FromDir: ".", ToDir: "compose", Moved: moves(map[string]string{"Dockerfile": "docker/Dockerfile", "D": "docker/D"})})
	if err != nil || len(unmovable) > 0 {
		t.Fatal(err, unmovable)
	}
	want := "services:\n  a:\n    build:\n      context: ..\n      target: dev # t\n      dockerfile: docker/Dockerfile\n  b:\n    build: {context: .., dockerfile: docker/D}\n"
	if got := patched(t, f, edits); got != want {
		t.Errorf("got\n%s", got)
	}
}

// TestRelocateKeepsTheModel moves whole scenarios into another folder and compares the resolved models.
func TestRelocateKeepsTheModel(t *testing.T) {
	for _, name := range []string{"plain", "casts", "include", "extends", "override"} {
		t.Run(name, func(t *testing.T) {
			s := readScenario(t, "testdata/load/"+name+".txtar")
			r := s.request()
			r.ProjectName = "fixed"
			before, err := Load(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			from := path.Dir(s.compose[0])
			to := "moved/" + from
			renamed := map[string]string{}
			for _, c := range s.compose {
				renamed[c] = "moved/" + c
			}
			if _, ok := s.files[".env.dev"]; ok {
				renamed[".env.dev"] = "env/.env.dev"
			}
			after := maps.Clone(s.files)
			for _, c := range s.compose {
				f := mustParse(t, s.files[c])
				edits, unmovable, err := Relocate(f, Relocation{FromDir: from, ToDir: to, Moved: moves(renamed), Files: slices.Collect(maps.Keys(s.files))})
				if err != nil || len(unmovable) > 0 {
					t.Fatal(err, unmovable)
				}
				if len(edits) == 0 {
					t.Error("nothing was edited")
				}
				s.files[c] = patched(t, f, edits)
				after[c] = s.files[c]
			}
			for old, now := range renamed {
				after[now] = after[old]
				delete(after, old)
			}
			for i, c := range r.Files {
				r.Files[i] = renamed[c]
			}
			if _, ok := after[path.Join(from, ".env")]; ok {
				r.EnvFiles = []string{path.Join(from, ".env")}
			}
			r.Read = reader(after)
			moved, err := Load(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			compareFlat(t, moved.Flatten(), before.Flatten())
		})
	}
}

// TestContextThatNamesNothing: an empty context is written and yet names no folder, wherever it stands.
func TestContextThatNamesNothing(t *testing.T) {
	for _, c := range []struct{ text, refused string }{
		{"services:\n  a:\n    build: \"\"\n", "services.a.build"},
		{"services:\n  a:\n    build:\n      context: ''\n", "services.a.build"},
		{"services:\n  a:\n    build:\n      context:\n      additional_contexts:\n", "services.a.build"},
		{"services:\n  a:\n    build: !reset null\n", ""},
		{"services:\n  a:\n    build: {context: &c '', dockerfile: x}\n  b:\n    build: {context: *c}\n", "services.a.build.dockerfile"},
	} {
		f := mustParse(t, c.text)
		for _, p := range PathFields(f) {
			if p.Kind == PathContext || p.Kind == PathAdditional || p.Context != nil {
				t.Errorf("%q: %s has the context %+v", c.text, p.Addr, p.Context)
			}
		}
		for _, to := range []string{".", "compose"} {
			r := Relocation{FromDir: ".", ToDir: to, Moved: moves(map[string]string{"Dockerfile": "docker/Dockerfile", "x": "docker/x"})}
			edits, unmovable, err := Relocate(f, r)
			if err != nil || to == "compose" && (len(unmovable) > 0) != (c.refused != "") {
				t.Errorf("%q to %s: %v, %v, %v", c.text, to, edits, unmovable, err)
			}
			if _, err := Parse("compose.yml", []byte(patched(t, f, edits))); err != nil {
				t.Error(err)
			}
			if len(unmovable) > 0 && unmovable[0].Field.Addr != c.refused {
				t.Errorf("%q: %s is refused", c.text, unmovable[0].Field.Addr)
			}
		}
	}
}

// TestContextOfASharedDockerfile: the context goes to the build, not to where the anchor stands.
func TestContextOfASharedDockerfile(t *testing.T) {
	f := mustParse(t, "x-d: &d app.Dockerfile\nservices:\n  a:\n    build:\n      dockerfile: *d\n")
	edits, unmovable, err := Relocate(f, Relocation{FromDir: ".", ToDir: "compose", Moved: moves(nil)})
	want := "x-d: &d app.Dockerfile\nservices:\n  a:\n    build:\n      context: ..\n      dockerfile: *d\n"
	if got := patched(t, f, edits); err != nil || len(unmovable) > 0 || got != want {
		t.Errorf("%v %v\n%s", unmovable, err, got)
	}
}
