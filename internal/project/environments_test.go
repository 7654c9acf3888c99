package project

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const web = "services:\n  web:\n    image: nginx:1\n"

// up is a call that starts files, as `docker compose -f ... up`.
func up(from string, files ...string) Call {
	return Call{Kind: CallCompose, From: from, Files: files, Subcommand: "up", Dir: ".", Certain: true}
}

func withEnv(c Call, envFiles ...string) Call { c.EnvFiles = envFiles; return c }

func withName(c Call, name string) Call { c.ProjectName = name; return c }

// Each case says in one line an environment what is expected:
// name files [env files] project/via, or the error.
func TestEnvironments(t *testing.T) {
	overlay := "services:\n  web:\n    ports: ['80:80']\n"
	for name, c := range map[string]struct {
		files map[string]string
		calls []Call
		want  []string
	}{
		"a bare default file": {
			files: map[string]string{"docker-compose.yml": web},
			want:  []string{`"" docker-compose.yml [] project/folder`},
		},
		"an override is loaded by itself": {
			files: map[string]string{"compose.yml": web, "compose.override.yml": overlay},
			want:  []string{`"" compose.yml compose.override.yml [] project/folder`},
		},
		"files for environments stand alone": {
			files: map[string]string{"docker-compose.dev.yml": web, "docker-compose.prod.yml": "name: shop\n" + web},
			want:  []string{`"dev" docker-compose.dev.yml [] project/folder`, `"prod" docker-compose.prod.yml [] shop/name`},
		},
		"callers stack": {
			files: map[string]string{"docker-compose.yml": web, "docker-compose.prod.yml": web},
			calls: []Call{up("Makefile", "docker-compose.yml", "docker-compose.prod.yml")},
			want:  []string{`"" docker-compose.yml [] project/folder`, `"prod" docker-compose.yml docker-compose.prod.yml [] project/folder`},
		},
		"an overlay that nobody calls": {
			files: map[string]string{"docker-compose.yml": web, "docker-compose.prod.yml": overlay},
			want:  []string{`"" docker-compose.yml [] project/folder`, `"prod" docker-compose.yml docker-compose.prod.yml [] project/folder`},
		},
		"a base that can't stand alone": {
			files: map[string]string{"docker-compose.yml": overlay, "docker-compose.dev.yml": web},
			calls: []Call{up("Makefile", "docker-compose.yml", "docker-compose.dev.yml")},
			want:  []string{`"dev" docker-compose.yml docker-compose.dev.yml [] project/folder`},
		},
		"the env file beside it": {
			files: map[string]string{"a/compose.yml": web, "a/.env": "COMPOSE_PROJECT_NAME=shop\n", ".env": "COMPOSE_PROJECT_NAME=other\n"},
			want:  []string{`"" a/compose.yml [a/.env] shop/COMPOSE_PROJECT_NAME`},
		},
		"a template stands in for the env file of a fresh clone": {
			files: map[string]string{"a/compose.yml": web + "    ports: ['127.0.0.1:${PORT}:${INNER}']\n", "a/.env.example": "PORT=8080\nINNER=80\n"},
			want:  []string{`"" a/compose.yml [] a/folder`},
		},
		"the env file that callers give": {
			files: map[string]string{"compose.yml": web, ".env": "", "conf/app.dev": "COMPOSE_PROJECT_NAME=shop\n"},
			calls: []Call{withEnv(up("Makefile", "compose.yml"), "conf/app.dev"), {Kind: CallCompose, From: "README.md", Files: []string{"compose.yml"}, Subcommand: "ps"}},
			want:  []string{`"dev" compose.yml [conf/app.dev] shop/COMPOSE_PROJECT_NAME`},
		},
		"one file, two env files": {
			files: map[string]string{"compose.yml": web, ".env.dev": "", ".env.prod": "COMPOSE_PROJECT_NAME=live\n"},
			calls: []Call{withEnv(up("Makefile", "compose.yml"), ".env.dev"), withEnv(up("deploy.sh", "compose.yml"), ".env.prod")},
			want:  []string{`"dev" compose.yml [.env.dev] project/folder`, `"prod" compose.yml [.env.prod] live/COMPOSE_PROJECT_NAME`},
		},
		"the project name that most callers give": {
			files: map[string]string{"compose.dev.yml": "name: written\n" + web},
			calls: []Call{withName(up("a", "compose.dev.yml"), "shop"), withName(up("b", "compose.dev.yml"), "shop"), up("c", "compose.dev.yml"), {Kind: CallCompose, Files: []string{"compose.dev.yml"}, Subcommand: "logs"}, {Kind: CallCompose, Files: []string{"compose.dev.yml"}, Subcommand: "ps"}, {Kind: CallCompose, Files: []string{"compose.dev.yml"}, Subcommand: "exec"}},
			want:  []string{`"dev" compose.dev.yml [] shop/-p`},
		},
		"COMPOSE_FILE": {
			files: map[string]string{"one.yml": web, "two.yml": overlay, ".env": "COMPOSE_FILE=one.yml:two.yml\n"},
			want:  []string{`"" one.yml two.yml [.env] project/folder`},
		},
		"included and extended files are none": {
			files: map[string]string{
				"compose.yml": "include: [db/compose.yml]\nservices:\n  web:\n    extends: {file: common.yml, service: base}\n",
				"common.yml":  "services:\n  base:\n    image: x\n", "db/compose.db.yml": web,
				"db/compose.yml": "services:\n  db:\n    image: y\n",
			},
			// What lies under a default name can be started in its folder.
			want: []string{`"" compose.yml [] project/folder`, `"" db/compose.db.yml [] db/folder`, `"" db/compose.yml [] db/folder`},
		},
		"a call of files that are gone": {
			files: map[string]string{"docker-compose.dev.yml": web},
			calls: []Call{up("README.md", "docker-compose.yml", "docker-compose.dev.yml")},
			want:  []string{`"dev" docker-compose.dev.yml [] project/folder`},
		},
		"a file that does not load": {
			files: map[string]string{"docker-compose.dev.yml": overlay},
			want:  []string{`"dev" docker-compose.dev.yml [] error`},
		},
		"a template": {
			files: map[string]string{"docker-compose.yml.j2": "services: {{ x }}\n", "docker-compose.yml.example": web},
			want:  nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := discover(memory(c.files), nil, NewCache(), func(*Project, *Cache) ([]Reference, []Call) { return nil, slices.Clone(c.calls) })
			var got []string
			for _, e := range p.Environments {
				line := fmt.Sprintf("%q %s %v ", e.Name, strings.Join(e.Files, " "), e.EnvFiles)
				if e.Err != nil {
					line += "error"
				} else {
					line += e.Model.Name + "/" + e.ProjectVia
				}
				got = append(got, line)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n  %s\nwant\n  %s\n%v", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "), p.Problems)
			}
		})
	}
}

func TestRoles(t *testing.T) {
	p := discover(memory(map[string]string{
		"compose.yml": "include: [parts/db.yml]\n" + web, "compose.override.yml": "services: {web: {tty: true}}\n",
		"compose.prod.yml": web, "parts/db.yml": "services: {db: {image: x}}\n", "compose.mysql.yml": web,
	}), nil, NewCache(), func(*Project, *Cache) ([]Reference, []Call) {
		return nil, []Call{up("Makefile", "compose.yml", "compose.prod.yml")}
	})
	want := map[string]string{
		"compose.yml": "main compose.yml", "compose.override.yml": "override compose.yml", "compose.prod.yml": "overlay compose.yml",
		"parts/db.yml": "included parts/db.yml", "compose.mysql.yml": "alternative compose.mysql.yml",
	}
	for _, c := range p.Compose {
		if got := string(c.Role) + " " + c.First; got != want[c.Path] {
			t.Errorf("%s: %s, want %s", c.Path, got, want[c.Path])
		}
	}
}

func TestComposePathsThatHoldVariables(t *testing.T) {
	p := Discover(memory(map[string]string{
		"app/compose.yml": "services:\n  a:\n    image: x\n    env_file: .env.${STAGE:-dev}\n    volumes:\n      - ./${DATA}/x:/x\n      - ${SRC:-./src}:/src\n      - ${PWD}/certs/a.pem:/a.pem\n      - ${HOME}/.ssh:/ssh\n",
		"app/.env":        "STAGE=test\nDATA=d\n", "app/.env.test": "", "app/src/main.py": "", "certs/a.pem": "", "app/d/x/y": "",
	}), nil, NewCache())
	var got []string
	for _, r := range p.References {
		if r.Kind == RefCompose {
			got = append(got, fmt.Sprintf("%s -> %s own=%t missing=%t unsure=%t", r.Raw, r.To, r.OwnBase, r.Missing, r.Unsure != ""))
		}
	}
	want := []string{
		".env.${STAGE:-dev} -> app/.env.${STAGE:-dev} own=true missing=false unsure=false",
		".env.${STAGE:-dev} -> app/.env.test own=false missing=false unsure=true",
		"./${DATA}/x -> app/${DATA}/x own=true missing=false unsure=false",
		"./${DATA}/x -> app/d/x own=false missing=false unsure=true",
		"${SRC:-./src} -> app/src own=false missing=false unsure=true",
		"certs/a.pem -> certs/a.pem own=false missing=false unsure=false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEnvFilesThatShellsRead(t *testing.T) {
	p := Discover(memory(map[string]string{
		"Makefile": "include .env\n-include conf/dev.env\nup:\n\tset -a && . ./.env.make && docker compose up\n",
		"run.sh":   "#!/bin/sh\ncd conf && source script.env\n", ".env": "A=1\n", "conf/dev.env": "", ".env.make": "", "conf/script.env": "",
		".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n      - run: |\n          source .env.ci\n          make up\n", ".env.ci": "",
	}), nil, NewCache())
	for at, by := range map[string]string{".env": "Makefile", "conf/dev.env": "Makefile", ".env.make": "Makefile", "conf/script.env": "run.sh", ".env.ci": ".github/workflows/ci.yml"} {
		f := p.EnvFile(at)
		if f == nil || len(f.Readers) != 1 || f.Readers[0].Mechanism != ByShell || f.Readers[0].By != by {
			t.Errorf("%s: %+v, want one reader, %s", at, f, by)
		}
	}
}
