package shell

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func one(t *testing.T, script string) Command {
	t.Helper()
	commands := Commands(Parse([]byte(script), Bash), Start{})
	if len(commands) == 0 {
		t.Fatalf("%q has no command", script)
	}
	return commands[len(commands)-1]
}

func values(words []Word) string {
	var out []string
	for _, w := range words {
		out = append(out, strings.NewReplacer(Unknown, "?", Root, "/repo").Replace(w.Value))
	}
	return strings.Join(out, " ")
}

func TestAsCompose(t *testing.T) {
	for _, tt := range []struct{ script, files, env, project, sub, args string }{
		{"docker compose up -d", "", "", "", "up", "-d"},
		{"docker compose -f a.yml -f b.yml --env-file .env.dev -p x up", "a.yml b.yml", ".env.dev", "x", "up", ""},
		{"docker-compose --file=a.yml -pfoo logs -f app", "a.yml", "", "foo", "logs", "-f app"},
		{"docker --context x compose -fa.yml ps", "a.yml", "", "", "ps", ""},
		{"sudo -E docker compose -f a.yml ps", "a.yml", "", "", "ps", ""},
		{"env COMPOSE_FILE=a.yml:b.yml COMPOSE_PROJECT_NAME=q docker compose ps", "a.yml b.yml", "", "q", "ps", ""},
		{"export COMPOSE_FILE=a.yml COMPOSE_ENV_FILES=x,y\ndocker compose ps", "a.yml", "x y", "", "ps", ""},
		{"COMPOSE_PATH_SEPARATOR=, COMPOSE_FILE=a,b docker compose ps", "a b", "", "", "ps", ""},
		{"COMPOSE_FILE=z docker compose -f a.yml ps", "a.yml", "", "", "ps", ""},
		{"F=a.yml\nDC=\"docker compose -f $F\"\n$DC exec -T app sh -c 'ls -f x'", "a.yml", "", "", "exec", "-T app sh -c ls -f x"},
		{"docker compose --profile a --ansi never --compatibility run --rm x", "", "", "", "run", "--rm x"},
		{"docker compose $OPTS up", "", "", "", "up", ""},
		{"docker compose", "", "", "", "", ""},
		{"podman compose -f a.yml up", "a.yml", "", "", "up", ""},
		{"docker compose -f - config", "-", "", "", "config", ""},
	} {
		c := one(t, tt.script)
		compose, ok := AsCompose(c)
		if !ok {
			t.Errorf("%q is no Compose command", tt.script)
			continue
		}
		project := ""
		if p := compose.Project(c); p != nil {
			project = p.Value
		}
		got := fmt.Sprintf("%s|%s|%s|%s|%s", values(compose.FileList(c)), values(compose.EnvFileList(c)), project, compose.Subcommand.Value, values(compose.Args))
		if want := strings.Join([]string{tt.files, tt.env, tt.project, tt.sub, tt.args}, "|"); got != want {
			t.Errorf("%q\n got %s\nwant %s", tt.script, got, want)
		}
	}
	for _, script := range []string{"docker run compose", "docker build .", "compose up", "docker", "$X compose up"} {
		if _, ok := AsCompose(one(t, script)); ok {
			t.Errorf("%q counts as Compose", script)
		}
	}
	script := "sudo docker --debug compose up"
	compose, _ := AsCompose(one(t, script))
	if got := string(compose.Name.Of([]byte(script))); got != "docker --debug compose" {
		t.Errorf("name covers %q", got)
	}
	if c, _ := AsCompose(one(t, "docker compose $OPTS up")); !c.Open {
		t.Error("an unknown option list must be said")
	}
}

func TestAsBuild(t *testing.T) {
	for _, tt := range []struct{ script, want string }{
		{"docker build .", ". - - [] []"},
		{"docker build -t a:b -f docker/Dockerfile --target prod --build-arg A=1 --no-cache ..", ".. docker/Dockerfile prod [A=1] [a:b]"},
		{"docker buildx build --platform x --push --cache-to type=gha -tx .", ". - - [] [x]"},
		{"docker buildx --builder b build .", ". - - [] []"},
		{"docker image build app", "app - - [] []"},
		{"podman build --file=F .", ". F - [] []"},
		{"buildah bud -f F .", ". F - [] []"},
		{"docker build $ARGS .", ". - - [] []"},
		{"docker build $ARGS", "- - - [] []"},
		{"docker build - < Dockerfile", "- - - [] []"},
	} {
		b, ok := AsBuild(one(t, tt.script))
		if !ok {
			t.Errorf("%q is no build", tt.script)
			continue
		}
		text := func(w *Word) string {
			if w == nil {
				return "-"
			}
			return w.Value
		}
		got := fmt.Sprintf("%s %s %s [%s] [%s]", text(b.Context), text(b.File), text(b.Target), values(b.Args), values(b.Tags))
		if got != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.script, got, tt.want)
		}
	}
	for _, script := range []string{"docker compose build", "docker buildx ls", "docker buildx bake", "make build"} {
		if _, ok := AsBuild(one(t, script)); ok {
			t.Errorf("%q counts as a build", script)
		}
	}
}

func TestAsRun(t *testing.T) {
	run, ok := AsRun(one(t, `docker run --rm -it -v "$(pwd)/data:/data:ro" -v cache:/c -v /only --mount type=bind,src=./x,dst=/x --env-file .env -p 80:80 img:1 sh -v q:/z`))
	if !ok || run.Image == nil || run.Image.Value != "img:1" || values(run.Command) != "sh -v q:/z" || values(run.EnvFiles) != ".env" || values(run.Ports) != "80:80" {
		t.Fatalf("%+v", run)
	}
	var got []string
	for _, v := range run.Volumes {
		got = append(got, fmt.Sprint(strings.ReplaceAll(v.Source.Value, Root, "/repo"), ">", v.Target, " ", v.Bind))
	}
	want := []string{"/repo/data>/data true", "cache>/c false", ">/only false", "./x>/x true"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestFileWords(t *testing.T) {
	for _, tt := range []struct{ script, want string }{
		{"docker compose -f a.yml --env-file .env --project-directory p up", "compose file:a.yml env file:.env folder:p"},
		{"cd app && docker compose -f ../a.yml up", "compose file:a.yml"},
		{"docker compose cp app:/x ./y", "write:y"},
		{"docker compose run -v ./d:/d --env-from-file e app cat z", "bind mount:d env file:e"},
		{"docker build -f d/Dockerfile --secret id=x,src=s.txt --build-context k=../up --build-context d=lib .", "build context:. dockerfile:d/Dockerfile build context:! build context:lib read:s.txt"},
		{"docker buildx bake -f bake.hcl app", "bake file:bake.hcl"},
		{"docker stack deploy -c a.yml s", "compose file:a.yml"},
		{"docker run -v $PWD/d:/d --env-file e i cat z", "bind mount:d env file:e"},
		{"docker cp a c:/b", "read:a"},
		{"docker secret create s s.txt", "read:s.txt"},
		{"docker exec --env-file e c cat z", "env file:e"},
		{"cp .env.example .env", "read:.env.example write:.env"},
		{"mv a b", "write:a write:b"},
		{"[ -f .env ] && x", "read:.env"},
		{"[[ ! -f .env && -d data ]]", "read:.env read:data"},
		{"test -e a -o b = c", "read:a"},
		{"source ./s.sh arg", "script:s.sh"},
		{"./scripts/run.sh conf.yml", "script:scripts/run.sh perhaps a file:conf.yml"},
		{"bash -e scripts/run.sh x", "script:scripts/run.sh perhaps a file:x"},
		{"bash -c 'ls q'", "read:q"},
		{"python -m pytest tests", "perhaps a file:tests"},
		{"sed -i 's/a/b/' f", "write:f"},
		{"sed -n -e p f", "read:f"},
		{"grep -q x .env", "read:.env"},
		{"chmod +x a.sh", "write:a.sh"},
		{"make -C sub -f Other.mk ENV_FILE=e t", "folder:sub makefile:sub/Other.mk perhaps a file:e"},
		{"cat < in > out", "write:out read:in"},
		{"psql x < dump.sql", "read:dump.sql perhaps a file:x"},
		{"dotenv -f .env.dev -- docker compose -f a.yml up", "perhaps a file:.env.dev compose file:a.yml"},
		{"sops -d --output=x.json secrets.yml", "perhaps a file:x.json perhaps a file:secrets.yml"},
		{"curl https://x/y", ""},
		{"rsync -a d/ host:/d", "read:d"},
		{"cd $X; cat a", "read:!"},
		{"echo a > b", "write:b"},
		{"git add a", "perhaps a file:add perhaps a file:a"},
	} {
		c := one(t, tt.script)
		if strings.HasPrefix(tt.script, "[ ") {
			c = Commands(Parse([]byte(tt.script), Bash), Start{})[0]
		}
		var got []string
		for _, w := range FileWords(c) {
			p, ok := w.Resolve()
			if !ok {
				p = "!"
			}
			got = append(got, string(w.Role)+":"+p)
		}
		slices.Sort(got)
		want := strings.Join(got, " ")
		parts := splitRoles(tt.want)
		slices.Sort(parts)
		if w := strings.Join(parts, " "); w != want {
			t.Errorf("%q\n got %s\nwant %s", tt.script, want, w)
		}
	}
}

// splitRoles cuts "read:a compose file:b" in front of each role.
func splitRoles(s string) []string {
	for _, r := range []Role{RoleCompose, RoleEnvFile, RoleDockerfile, RoleContext, RoleBake, RoleBind, RoleScript, RoleMakefile, RoleFolder, RoleRead, RoleWrite, RoleMaybe} {
		s = strings.ReplaceAll(s, " "+string(r)+":", "\n"+string(r)+":")
	}
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

func TestInstalls(t *testing.T) {
	for _, tt := range []struct{ script, want string }{
		{"apt-get update", "apt update []"},
		{"apt-get install -y --no-install-recommends curl gcc=1.2 && x", "apt add [curl gcc=1.2] yes norec"},
		{"apt-get -qq install curl", "apt add [curl] yes"},
		{"apt-get install curl", "apt add [curl]"},
		{"apt-get -o APT::Install-Recommends=false install -y a", "apt add [a] yes norec"},
		{"DEBIAN_FRONTEND=noninteractive apt install -yq a", "apt add [a] yes"},
		{"rm -rf /var/lib/apt/lists/*", "apt clean [] lists"},
		{"rm -rf x /var/cache/apk/*", "apk clean [] lists"},
		{"apk add --no-cache --virtual .build gcc", "apk add [gcc] yes norec nocache"},
		{"dnf install -y --setopt=install_weak_deps=False a", "dnf add [a] yes norec"},
		{"yum clean all", "yum clean [all] lists"},
		{"zypper -n in --no-recommends a", "zypper add [a] yes norec"},
		{"pip install --no-cache-dir -r requirements.txt", "pip restore [] nocache locked=no req=requirements.txt"},
		{"python3 -m pip install -U pip", "pip add [pip]"},
		{"pip install -e .[dev]", "pip restore [] locked=no"},
		{"pip install .[dev]", "pip restore [] locked=no dev=yes"},
		{"pip install --require-hashes -r r.txt", "pip restore [] locked=yes req=r.txt"},
		{"uv sync --frozen --no-dev", "uv restore [] locked=yes dev=no"},
		{"uv sync --no-install-project", "uv restore [] locked=no dev=yes"},
		{"uv sync --locked --only-group dev", "uv restore [] locked=yes dev=yes"},
		{"uv pip install --system -r r.txt", "uv restore [] locked=no req=r.txt"},
		{"uv add httpx", "uv add [httpx]"},
		{"poetry install --only main --no-root", "poetry restore [] locked=yes dev=no"},
		{"poetry install --without docs", "poetry restore [] locked=yes dev=yes"},
		{"pipenv install --deploy --system", "pipenv restore [] locked=yes dev=no"},
		{"pipenv install --dev", "pipenv restore [] locked=no dev=yes"},
		{"npm ci --omit=dev", "npm restore [] locked=yes dev=no"},
		{"npm install", "npm restore [] locked=no dev=yes"},
		{"NODE_ENV=production npm ci", "npm restore [] locked=yes dev=no"},
		{"npm i -g pnpm", "npm add [pnpm]"},
		{"npm install --production=false", "npm restore [] locked=no dev=yes"},
		{"yarn --frozen-lockfile", "yarn restore [] locked=yes dev=yes"},
		{"yarn install --production", "yarn restore [] locked=no dev=no"},
		{"pnpm i --prod --frozen-lockfile", "pnpm restore [] locked=yes dev=no"},
		{"go mod download", "go restore [] locked=yes"},
		{"go install a/b@v1", "go add [a/b@v1]"},
		{"cargo build --release --locked", "cargo restore [] locked=yes"},
		{"bundle install --without development:test", "bundle restore [] locked=no dev=no"},
		{"bundle", "bundle restore [] locked=no dev=yes"},
		{"composer install --no-dev -n", "composer restore [] yes locked=yes dev=no"},
		{"yarn build", ""}, {"bundle exec x", ""}, {"npm run ci", ""}, {"go build ./...", ""}, {"rm -rf /tmp/*", ""}, {"pip --version", ""}, {"poetry run x", ""},
	} {
		c := one(t, tt.script)
		if strings.HasSuffix(tt.script, "&& x") {
			c = Commands(Parse([]byte(tt.script), Bash), Start{})[0]
		}
		got := ""
		if in, ok := Installs(c); ok {
			got = fmt.Sprintf("%s %s [%s]", in.Manager, in.Action, values(in.Packages))
			for _, f := range []struct {
				on   bool
				text string
			}{{in.AssumeYes, "yes"}, {in.NoRecommends, "norec"}, {in.NoCache, "nocache"}, {in.Lists, "lists"},
				{in.Locked == Yes, "locked=yes"}, {in.Locked == No, "locked=no"}, {in.Dev == Yes, "dev=yes"}, {in.Dev == No, "dev=no"}, {len(in.Requirements) > 0, "req=" + values(in.Requirements)}} {
				if f.on {
					got += " " + f.text
				}
			}
		}
		if got != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.script, got, tt.want)
		}
	}
}
