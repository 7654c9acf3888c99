package environment_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"refit/internal/dotenv"
	"refit/internal/environment"
	"refit/internal/project"
	"refit/internal/source"
)

// All secrets here are made up.

func discover(files map[string]string) *project.Project {
	var entries []*source.Entry
	for _, at := range slices.Sorted(maps.Keys(files)) {
		mode := fs.FileMode(0o644)
		if strings.Contains(at, ".env.") && !strings.HasSuffix(at, ".example") {
			mode = 0o600
		}
		entries = append(entries, source.NewText(at, mode, []byte(files[at])))
	}
	return project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
}

func random(seed int64) *rand.Rand { return rand.New(rand.NewSource(seed)) }

// text is what the result makes of its file, and its values.
func text(t *testing.T, r *environment.Result) (string, map[string]string) {
	t.Helper()
	if len(r.Set.Files) != 1 {
		t.Fatalf("%d files: %+v", len(r.Set.Files), r)
	}
	f, err := dotenv.Parse(r.Path, r.Set.Files[0].Text)
	if err != nil || len(f.Problems) > 0 {
		t.Fatal(err, f.Problems)
	}
	values, problems := f.Values(nil)
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	return string(r.Set.Files[0].Text), values
}

const template = "# Copy me\r\nPOSTGRES_USER=shop\r\nPOSTGRES_PASSWORD=change-me  # in the safe\r\nDATABASE_URL=\"postgresql+asyncpg://shop:change-me@db:5432/shop\"\r\n" +
	"OTHER_URL=postgresql://reader:change-me@db/shop\r\nDB_PASSWORD=\r\nREDIS_URL=redis://:your-password@cache/0\r\n\r\n# signs\r\nSECRET_KEY=\r\nJWT_SECRET=changeme\r\n" +
	"STRIPE_SECRET_KEY=change-me\r\nNAME=${POSTGRES_USER}\r\nDEBUG=true"

func TestInit(t *testing.T) {
	p := discover(map[string]string{"env/.env.example": template})
	r, err := environment.Init(p, "dev", random(1), environment.InitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	out, v := text(t, r)
	if r.Path != "env/.env.dev" || r.Set.Files[0].Mode != 0o600 {
		t.Errorf("%s %v", r.Path, r.Set.Files[0].Mode)
	}
	password := v["POSTGRES_PASSWORD"]
	if len(password) != 32 || v["DB_PASSWORD"] != password || v["DATABASE_URL"] != "postgresql+asyncpg://shop:"+password+"@db:5432/shop" {
		t.Errorf("the passwords don't agree:\n%s", out)
	}
	if strings.Contains(v["OTHER_URL"], password) || strings.Contains(v["OTHER_URL"], "change-me") {
		t.Errorf("another user has the same password, or a placeholder: %s", v["OTHER_URL"])
	}
	if len(v["SECRET_KEY"]) != 64 || v["SECRET_KEY"] == v["JWT_SECRET"] || strings.Contains(v["REDIS_URL"], "your-password") {
		t.Errorf("%s", out)
	}
	if v["STRIPE_SECRET_KEY"] != "change-me" || !slices.Contains(r.Open, "STRIPE_SECRET_KEY") || slices.Contains(r.Open, "SECRET_KEY") {
		t.Errorf("open: %v", r.Open)
	}
	if v["NAME"] != "shop" || !strings.Contains(out, "# in the safe\r\n") || strings.Count(out, "\r\n") != strings.Count(template, "\r\n") {
		t.Errorf("comments, references or line ends:\n%q", out)
	}
	again, _ := environment.Init(p, "dev", random(1), environment.InitOptions{})
	other, _ := environment.Init(p, "dev", random(2), environment.InitOptions{})
	if !bytes.Equal(again.Set.Files[0].Text, r.Set.Files[0].Text) || bytes.Equal(other.Set.Files[0].Text, r.Set.Files[0].Text) {
		t.Error("the random source does not decide")
	}
	if _, err := environment.Init(p, "dev", strings.NewReader("short"), environment.InitOptions{}); err == nil {
		t.Error("a random source that ends is no error")
	}
}

func TestInitTakesTheServersPassword(t *testing.T) {
	for _, c := range []struct{ name, example, compose, want string }{
		{"known beside it", "POSTGRES_PASSWORD=change-me\nDATABASE_URL=postgres://u:made-up-7788@db/x\n", "", "made-up-7788"},
		{"a literal in Compose", "DATABASE_URL=postgres://u:change-me@db/x\n", "services:\n  db:\n    image: postgres:17\n    environment:\n      POSTGRES_PASSWORD: made-up-9911\n", "made-up-9911"},
	} {
		files := map[string]string{"env/.env.example": c.example}
		if c.compose != "" {
			files["compose/docker-compose.dev.yml"] = c.compose
		}
		r, err := environment.Init(discover(files), "dev", random(1), environment.InitOptions{})
		if err != nil {
			t.Fatal(c.name, err)
		}
		out, v := text(t, r)
		if !strings.Contains(v["DATABASE_URL"], ":"+c.want+"@") || strings.Contains(out, "change-me") || len(r.Fresh) > 0 {
			t.Errorf("%s:\n%s", c.name, out)
		}
	}
}

func TestInitWeak(t *testing.T) {
	p := discover(map[string]string{"env/.env.example": "POSTGRES_PASSWORD=postgres\n"})
	for env, weak := range map[string]bool{"dev": true, "prod": false} {
		r, err := environment.Init(p, env, random(1), environment.InitOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if _, v := text(t, r); (v["POSTGRES_PASSWORD"] == "postgres") != weak {
			t.Errorf("%s: %v", env, v)
		}
	}
}

func TestInitComplete(t *testing.T) {
	have := "A=1\nPOSTGRES_PASSWORD=made-up-5566\n\nZ=9 # last"
	p := discover(map[string]string{"env/.env.dev": have,
		"env/.env.example": "A=0\n# why\n# so\nB=\"two ${A}\"\nPOSTGRES_PASSWORD=change-me\nDATABASE_URL=postgres://u:change-me@db/x\nSECRET_KEY=\n"})
	if _, err := environment.Init(p, "dev", random(1), environment.InitOptions{}); err == nil {
		t.Fatal("an existing file is overwritten")
	}
	r, err := environment.Init(p, "dev", random(1), environment.InitOptions{Complete: true})
	if err != nil {
		t.Fatal(err)
	}
	out, v := text(t, r)
	if v["A"] != "1" || v["B"] != "two 1" || v["DATABASE_URL"] != "postgres://u:made-up-5566@db/x" || len(v["SECRET_KEY"]) != 64 || v["Z"] != "9" {
		t.Errorf("%v\n%s", v, out)
	}
	if !strings.HasPrefix(out, "A=1\n# why\n# so\nB=") || !strings.HasSuffix(out, "\nZ=9 # last") || !slices.Equal(r.Added, []string{"B", "DATABASE_URL", "SECRET_KEY"}) {
		t.Errorf("%v\n%s", r.Added, out)
	}
}

const served = `services:
  app:
    build: ..
    env_file: ../env/.env.dev
  db:
    image: %s
    env_file: ../env/.env.dev
    %s
  cache:
    image: redis:8
    command: redis-server --requirepass ${REDIS_PASSWORD}
volumes: {data: {}}
`

func TestRotate(t *testing.T) {
	const env = "POSTGRES_USER=shop\nPOSTGRES_PASSWORD=made-up-1122 # keep me\nDATABASE_URL=postgres://shop:made-up-1122@db/shop\nREDIS_PASSWORD=made-up-3344\n" +
		"SECRET_KEY=made-up-key-3355\nFERNET_KEY=made-up-key-6677\nSMTP_PASSWORD=made-up-8899\nDEBUG=true\n"
	for _, c := range []struct {
		name, image, data string
		keys              []string
		fresh             string
		says              string
	}{
		{"named volume", "postgres:17", "volumes: [data:/var/lib/postgresql/data]", nil, "REDIS_PASSWORD SECRET_KEY", `ALTER USER "shop"`},
		{"folder of the host", "postgres:17", "volumes: [../pg:/var/lib/postgresql/data]", nil, "REDIS_PASSWORD SECRET_KEY", "ALTER USER"},
		{"named volume elsewhere", "postgres:17", "volumes: [data:/pg]", nil, "REDIS_PASSWORD SECRET_KEY", "ALTER USER"},
		{"asked for by name", "postgres:17", "volumes: [data:/var/lib/postgresql/data]", []string{"DATABASE_URL"}, "", "ALTER USER"},
		{"in memory", "postgres:17", "tmpfs: [/var/lib/postgresql/data]", nil, "POSTGRES_PASSWORD DATABASE_URL REDIS_PASSWORD SECRET_KEY", ""},
		{"unnamed volume", "postgres:17", "restart: always", nil, "POSTGRES_PASSWORD DATABASE_URL REDIS_PASSWORD SECRET_KEY", "down"},
		{"a server that is not ours", "nginx:1", "restart: always", nil, "REDIS_PASSWORD SECRET_KEY", "none of the environment's services"},
		{"bound to data, by name", "postgres:17", "restart: always", []string{"FERNET_KEY"}, "FERNET_KEY", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := discover(map[string]string{"env/.env.dev": env, "compose/docker-compose.dev.yml": fmt.Sprintf(served, c.image, c.data)})
			r, err := environment.Rotate(p, "dev", c.keys, random(3))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(r.Fresh, " "); got != c.fresh {
				t.Errorf("fresh %s, want %s", got, c.fresh)
			}
			said := fmt.Sprint(r.Kept, r.Notes)
			if !strings.Contains(said, c.says) {
				t.Errorf("%s is not said in %s", c.says, said)
			}
			if c.fresh == "" {
				if !r.Set.Empty() {
					t.Error("the file changes")
				}
				return
			}
			out, v := text(t, r)
			if v["DATABASE_URL"] != "postgres://shop:"+v["POSTGRES_PASSWORD"]+"@db/shop" || !strings.Contains(out, " # keep me\n") || v["DEBUG"] != "true" || v["SMTP_PASSWORD"] != "made-up-8899" {
				t.Error(out)
			}
			for _, secret := range append(slices.Collect(maps.Values(v)), "made-up-1122", "made-up-3344", "made-up-key-3355") {
				if len(secret) > 5 && strings.Contains(said, secret) {
					t.Errorf("a value is said: %s", said)
				}
			}
		})
	}
}

func TestRotateLeavesWhatIsWrittenElsewhere(t *testing.T) {
	p := discover(map[string]string{"env/.env.dev": "TOKEN_SECRET=made-up-token-12\n",
		"compose/docker-compose.dev.yml": "services:\n  app:\n    image: a\n    env_file: ../env/.env.dev\n  b:\n    image: b\n    environment:\n      THEIR_TOKEN: made-up-token-12\n"})
	r, err := environment.Rotate(p, "dev", nil, random(1))
	if err != nil || !r.Set.Empty() || len(r.Kept) != 1 || !strings.Contains(r.Kept[0].Why, "docker-compose.dev.yml") {
		t.Errorf("%v %+v", err, r)
	}
}

func TestCheck(t *testing.T) {
	const compose = "services:\n  app:\n    build: ..\n    env_file: ../env/.env.%s\n    image: ${TAG:?which}\n  db:\n    image: postgres:17\n"
	const settings = "from pydantic_settings import BaseSettings\n\nclass Settings(BaseSettings):\n    model_config = {}\n    needed: str\n    wanted: int = 3\n\n    def f(self):\n        x: int\n"
	for _, c := range []struct{ name, env, file, want string }{
		{"good", "dev", "TAG=1\nNEEDED=x\nPOSTGRES_PASSWORD=made-up-44\nWANTED=4\n", ""},
		{"required by Compose", "dev", "NEEDED=x\nPOSTGRES_PASSWORD=made-up-44\n", "V03 TAG"},
		{"required but empty", "dev", "TAG=\nNEEDED=x\nPOSTGRES_PASSWORD=made-up-44\n", "V03 TAG"},
		{"required by the application", "dev", "TAG=1\nPOSTGRES_PASSWORD=made-up-44\n", "V03 NEEDED"},
		{"lacks a key", "dev", "TAG=1\nNEEDED=x\n", "V04 POSTGRES_PASSWORD"},
		{"slip of the pen", "dev", "TAG=1\nNEEDED=x\nPOSTGRES_PASWORD=made-up-44\n", "V04 POSTGRES_PASSWORD,V05 POSTGRES_PASWORD"},
		{"placeholder", "prod", "TAG=1\nNEEDED=x\nPOSTGRES_PASSWORD=change-me\n", "V06 POSTGRES_PASSWORD"},
		{"weak", "prod", "TAG=1\nNEEDED=x\nPOSTGRES_PASSWORD=postgres\n", "V07 POSTGRES_PASSWORD"},
		{"shared", "prod", "TAG=1\nNEEDED=x\nPOSTGRES_PASSWORD=made-up-shared\n", "V08 POSTGRES_PASSWORD"},
		{"disagree", "dev", "TAG=1\nNEEDED=x\nPOSTGRES_PASSWORD=made-up-44\nNEEDED_URL=postgres://u:made-up-55@db/x\n", "V05 NEEDED_URL,V09 NEEDED_URL"},
		{"localhost", "dev", "TAG=1\nNEEDED=postgres://localhost/x\nPOSTGRES_PASSWORD=made-up-44\n", "V10 NEEDED"},
		{"localhost in a browser", "dev", "TAG=1\nNEEDED=https://localhost:8182/callback\nPOSTGRES_PASSWORD=made-up-44\n", ""},
		{"debug", "prod", "TAG=1\nNEEDED=x\nPOSTGRES_PASSWORD=made-up-44\nDEBUG=true\n", "V05 DEBUG,V11 DEBUG"},
		{"broken", "dev", "TAG=1\nNEEDED=x\nPOSTGRES_PASSWORD=made-up-44\nA=\"open\n", "V02 syntax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := discover(map[string]string{"env/.env." + c.env: c.file, "env/.env.example": "TAG=1\nNEEDED=x\nPOSTGRES_PASSWORD=change-me\n", "env/.env.ci": "API_SECRET=made-up-shared\n",
				"compose/docker-compose." + c.env + ".yml": fmt.Sprintf(compose, c.env), "pyproject.toml": "[project]\nname = 'x'\nversion = '1'\n", "src/config.py": settings})
			var got []string
			for _, f := range environment.Check(p, c.env) {
				got = append(got, f.Meta.ID+" "+f.Subject)
				for _, value := range []string{"made-up-", "change-me"} {
					if strings.Contains(fmt.Sprint(f.Message, f.Related), value) {
						t.Errorf("shows a value: %s", f.Message)
					}
				}
			}
			slices.Sort(got)
			if strings.Join(got, ",") != c.want {
				t.Errorf("%v, want %s", got, c.want)
			}
		})
	}
	if found := environment.Check(discover(nil), "dev"); len(found) != 1 || found[0].Meta.ID != "V01" {
		t.Errorf("no file: %v", found)
	}
}

func TestDiff(t *testing.T) {
	p := discover(map[string]string{"env/.env.dev": "A=1\nB=made-up-1\nSAME=x\n", "env/.env.test": "B=made-up-2\nSAME=x\nC=3\n"})
	c, err := environment.Diff(p, "dev", "test")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range c.Variables {
		got = append(got, d.Key+" "+string(d.State))
		if strings.Contains(d.First+d.Second, "made-up") || strings.ContainsAny(d.First+d.Second, "13x") {
			t.Errorf("shows a value: %+v", d)
		}
	}
	if want := "A only-first,B different,SAME same,C only-second"; strings.Join(got, ",") != want {
		t.Errorf("%v", got)
	}
	if _, err := environment.Diff(p, "dev", "prod"); err == nil {
		t.Error("a missing file is no error")
	}
}
