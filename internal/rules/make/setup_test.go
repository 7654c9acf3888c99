package make_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"refit/internal/edit"
	"refit/internal/makefile"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/rules/make"
)

// shop is a small repository in the refitted layout, with a space in its path, CRLF in its template and
// every kind of placeholder: bare, named, in URLs. Every value is made up.
var shop = map[string]string{
	"compose/docker-compose.dev.yml": `name: shop
services:
  app:
    build: {context: .., dockerfile: docker/Dockerfile}
    command: uvicorn shop:app --ssl-keyfile certs/key.pem --ssl-certfile certs/cert.pem
    env_file: ../env/.env.dev
    ports: ["127.0.0.1:${APP_PORT:-8000}:8000"]
    volumes: ["..:/app", "data:/data"]
volumes:
  data:
`,
	"compose/docker-compose.test.yml": `name: shop-test
services:
  app:
    build: {context: .., dockerfile: docker/Dockerfile}
    env_file: ../env/.env.test
`,
	"compose/docker-compose.prod.yml": `name: shop-prod
services:
  app:
    image: shop/app:${TAG:?which version}
    env_file: ../env/.env.prod
`,
	"docker/Dockerfile":     "FROM python:3.13-slim\n",
	"pyproject.toml":        "[project]\nname = \"shop\"\nversion = \"1\"\n[dependency-groups]\ndev = [\"pytest\"]\n[tool.uv]\n",
	"uv.lock":               "version = 1\n",
	"env/.env.prod.example": "TAG=\n",
	"env/.env.example": strings.Join([]string{
		"# Template, change-me stands for secrets", "APP_PORT=8000", "POSTGRES_PASSWORD=change-me",
		"DATABASE_URL=postgresql://shop:change-me@db/shop", "REDIS_PASSWORD=changeme", "REDIS_URL=redis://:changeme@redis:6379/0",
		"SECRET_KEY=\"change-me-in-production\"", "JWT_SECRET=change-me-in-production", "ADMIN_PASSWORD=CHANGE_ME", "SESSION_SECRET=",
		"MQ_PASSWORD=change-me-mq", "MQ_URL=amqp://u:change-me-mq@mq", "OTHER_KEY=change-me", "OTHER_URL=postgresql://shop:${POSTGRES_PASSWORD}@db/x",
		"OAUTH_CLIENT_SECRET=", "# SPARE=change-me", "export API_TOKEN=your-token-here", ""}, "\r\n"),
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, dir string) *project.Project {
	t.Helper()
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func run(p *project.Project, r rule.Rule) []rule.Finding {
	pass := &rule.Pass{Project: p, Meta: &r.Meta}
	r.Check(pass)
	return pass.Found()
}

// refit applies a rule's fixes to the Makefile on disk.
func refit(t *testing.T, dir string, r rule.Rule) {
	t.Helper()
	p := open(t, dir)
	for _, f := range run(p, r) {
		if len(f.Fixes) == 0 {
			continue
		}
		files, err := edit.Apply(p.Files, f.Fixes[0].Ops)
		if err != nil {
			t.Fatal(err)
		}
		text, err := files.Read("Makefile")
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, map[string]string{"Makefile": string(text)})
	}
	for _, f := range run(open(t, dir), r) {
		if len(f.Fixes) > 0 {
			t.Errorf("after the fix: %s: %s", f.Subject, f.Message)
		}
	}
}

func command(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(name + " is not installed")
	}
	c := exec.Command(name, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestSetup runs what refit wrote, with the real make.
func TestSetup(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a shop")
	write(t, dir, shop)
	command(t, dir, "git", "init", "-q")
	refit(t, dir, make.TargetsMissing)
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	out := command(t, dir, "make", "setup")
	dev, test := vars(t, dir, "env/.env.dev"), vars(t, dir, "env/.env.test")
	template := vars(t, dir, "env/.env.example")
	seen := map[string]string{}
	for _, key := range []string{"POSTGRES_PASSWORD", "SECRET_KEY", "MQ_PASSWORD", "OTHER_KEY", "API_TOKEN"} {
		v := strings.Trim(dev[key], `"`)
		if !regexp.MustCompile(`^[a-f0-9]{48}$`).MatchString(v) || v == strings.Trim(test[key], `"`) || seen[v] != "" {
			t.Errorf("%s is %q in dev and %q in test (seen at %q)", key, v, test[key], seen[v])
		}
		seen[v] = key
		if strings.Contains(out, v) {
			t.Errorf("make setup prints the value of %s:\n%s", key, out)
		}
	}
	for key, want := range map[string]string{
		"DATABASE_URL": "postgresql://shop:" + dev["POSTGRES_PASSWORD"] + "@db/shop", "REDIS_URL": "redis://:" + dev["REDIS_PASSWORD"] + "@redis:6379/0",
		"MQ_URL": "amqp://u:" + dev["MQ_PASSWORD"] + "@mq", "OTHER_URL": template["OTHER_URL"], "APP_PORT": "8000", "OAUTH_CLIENT_SECRET": "",
		"SESSION_SECRET": "", "REDIS_PASSWORD": dev["POSTGRES_PASSWORD"], "ADMIN_PASSWORD": dev["POSTGRES_PASSWORD"],
		"JWT_SECRET": strings.Trim(dev["SECRET_KEY"], `"`), "# SPARE": "change-me",
	} {
		if dev[key] != want {
			t.Errorf("%s is %q, want %q", key, dev[key], want)
		}
	}
	for name, mode := range map[string]os.FileMode{"env/.env.dev": 0o600, "env/.env.test": 0o600, "certs/key.pem": 0o644} {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", name, st, err)
		}
	}
	command(t, dir, "openssl", "x509", "-in", "certs/cert.pem", "-noout", "-checkhost", "localhost")
	before := tree(t, dir)
	if out := command(t, dir, "make", "setup"); strings.Count(out, "\n") != 1 || !strings.HasPrefix(out, "env/.env.prod is not made here") {
		t.Errorf("the second run makes something: %s", out)
	}
	if after := tree(t, dir); after != before {
		t.Errorf("the second run changes files:\n%s\n--- before:\n%s", after, before)
	}
	if strings.Contains(before, ".env.prod\n") || strings.Contains(before, ".new") {
		t.Errorf("files that should not be there:\n%s", before)
	}
}

// TestSetupFails says that nothing half-made stays behind.
func TestSetupFails(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, shop)
	refit(t, dir, make.TargetsMissing)
	if err := os.Remove(filepath.Join(dir, "env/.env.example")); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("make", "setup")
	c.Dir = dir
	if out, err := c.CombinedOutput(); err == nil {
		t.Errorf("make setup succeeds without a template:\n%s", out)
	}
	if files := tree(t, dir); strings.Contains(files, ".env.dev") {
		t.Errorf("left behind:\n%s", files)
	}
}

// TestMakeRunsEveryTarget asks the real make for every target that refit wrote.
func TestMakeRunsEveryTarget(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a shop")
	write(t, dir, shop)
	refit(t, dir, make.TargetsMissing)
	text, err := os.ReadFile(filepath.Join(dir, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(command(t, dir, "make"), "dev-up ") {
		t.Error("make without a target does not list the targets")
	}
	for _, target := range makefile.Parse("Makefile", text).Targets() {
		if !target.Phony || target.Doc == "" {
			t.Errorf("%s: phony %t, doc %q", target.Name, target.Phony, target.Doc)
		}
		out := command(t, dir, "make", "-n", target.Name)
		if env, verb, _ := strings.Cut(target.Name, "-"); verb == "up" {
			if want := "docker compose -f compose/docker-compose." + env + ".yml --env-file env/.env." + env + " up -d\n"; !strings.HasSuffix(out, want) {
				t.Errorf("%s runs %q, want %q", target.Name, out, want)
			}
		}
	}
}

func vars(t *testing.T, dir, name string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, line := range strings.Split(string(text), "\n") {
		if key, value, ok := strings.Cut(strings.TrimSuffix(line, "\r"), "="); ok {
			values[strings.TrimPrefix(key, "export ")] = value
		}
	}
	return values
}

// tree lists the files of a repository with their modes and hashes of their texts.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(p, "/.git/") {
			return err
		}
		text, err := os.ReadFile(p)
		st, _ := os.Stat(p)
		b.WriteString(st.Mode().String() + " " + string(text[:min(len(text), 40)]) + " " + p + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
