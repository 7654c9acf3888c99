package env

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/project"
	"refit/internal/rule"
)

// repository is a folder with the files, those that add names in git's index.
func repository(t *testing.T, files map[string]string, add ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "init", "-q")
	git(t, dir, append([]string{"add", "-f"}, add...)...)
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("git: %v %s", err, out)
	}
	return string(out)
}

// notIgnored is what E09 finds, by subject.
func notIgnored(t *testing.T, dir string) map[string]rule.Finding {
	t.Helper()
	p, err := project.Open(dir, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	pass := &rule.Pass{Project: p, Meta: &NotIgnored.Meta}
	NotIgnored.Check(pass)
	found := map[string]rule.Finding{}
	for _, f := range pass.Found() {
		found[f.Subject] = f
	}
	return found
}

// git adds no env file again that was taken out of its index as E09 advises.
func TestTrackedStaysOut(t *testing.T) {
	dir := repository(t, map[string]string{
		".env":         "API_KEY=made-up-4242\n",
		".env.example": "API_KEY=change-me\n",
		"compose.yml":  "services:\n  a:\n    image: alpine:3.20\n    env_file: .env\n",
	}, ".env", "compose.yml")
	found := notIgnored(t, dir)
	fixes := found["env-files"].Fixes
	if len(fixes) != 1 || len(fixes[0].Ops) != 1 {
		t.Fatalf("no fix: %+v", found)
	}
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(fixes[0].Ops[0].Content), 0o644); err != nil {
		t.Fatal(err)
	}
	found = notIgnored(t, dir)
	if advice := found["tracked"].Fixes[0].Why; len(found) != 1 || !strings.Contains(advice, "git rm --cached .env") {
		t.Errorf("after the fix: %+v", found)
	}
	git(t, dir, "rm", "-q", "--cached", ".env")
	if out := git(t, dir, "add", "-A", "-n"); strings.Contains(out, "'.env'") || !strings.Contains(out, ".gitignore") {
		t.Errorf("git adds\n%s", out)
	}
	if found = notIgnored(t, dir); len(found) > 0 {
		t.Errorf("after git rm --cached: %+v", found)
	}
}

// A committed file that has moved under the layout's name for it is still in git's history.
func TestMovedUnderAnotherName(t *testing.T) {
	dir := repository(t, map[string]string{
		".env.production":         "API_KEY=made-up-4242\n",
		"env/.env.prod.example":   "API_KEY=change-me\n",
		"docker-compose.prod.yml": "services:\n  a:\n    image: alpine:3.20\n    env_file: env/.env.prod\n",
	}, ".env.production", "docker-compose.prod.yml")
	if err := os.Rename(filepath.Join(dir, ".env.production"), filepath.Join(dir, "env", ".env.prod")); err != nil {
		t.Fatal(err)
	}
	history, found := notIgnored(t, dir)["history"]
	if !found || !strings.Contains(history.Fixes[0].Why, "git rm --cached .env.production") {
		t.Errorf("the history of .env.production: %+v", history)
	}
}

// An env file that a job reads from the checkout is not ignored: added again, it would be lost to the job.
func TestReadByAJobIsNotIgnored(t *testing.T) {
	step := func(command string) string {
		return "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v4\n      - run: |\n          " + command + "\n"
	}
	for command, ignored := range map[string]bool{"cp .env.ci .env": false, ". ./.env.ci && make": false, "docker compose --env-file .env.ci up -d": true} {
		dir := repository(t, map[string]string{
			".env.ci":                  "API_KEY=made-up-4242\n",
			".env.example":             "API_KEY=change-me\n",
			"compose.yml":              "services:\n  a:\n    image: alpine:3.20\n    env_file: .env\n",
			".github/workflows/ci.yml": step(command),
		}, ".env.ci", "compose.yml", ".github")
		found := notIgnored(t, dir)
		if _, got := found["env-files"]; got != ignored {
			t.Errorf("%s: to be ignored %v, want %v: %+v", command, got, ignored, found)
		}
		if got := found["tracked"].Severity == rule.Warning; got == ignored {
			t.Errorf("%s: %+v", command, found["tracked"])
		}
	}
}

// An env file in git that holds the defaults of an ignored one is meant to be there.
func TestDefaultsOfALocalFile(t *testing.T) {
	for ignore, want := range map[string]bool{"/.env.local\n": true, "*.log\n": false} {
		dir := repository(t, map[string]string{".env": "APP_SECRET=made-up-4242aa77\n", ".gitignore": ignore}, ".env", ".gitignore")
		found := notIgnored(t, dir)
		if got := found["tracked"].Severity == rule.Warning; got != want {
			t.Errorf("with %q: %+v", ignore, found["tracked"])
		}
		if _, said := found["env-files"]; said {
			t.Errorf("with %q git shall ignore it: %+v", ignore, found)
		}
	}
}

// Env files of one name in many folders take one line.
func TestOneLineForOneName(t *testing.T) {
	files := map[string]string{"README.md": "x\n", "d/other.env": "API_KEY=made-up-4242\n"}
	for _, dir := range []string{"a", "b", "c"} {
		files[dir+"/.env"] = "API_KEY=made-up-4242\n"
	}
	fix := notIgnored(t, repository(t, files, "README.md"))["env-files"].Fixes[0]
	if len(fix.Ops) != 1 || !strings.HasSuffix(fix.Ops[0].Content, "\n.env\n/d/other.env\n") {
		t.Errorf("%+v", fix)
	}
}

// The reason for a refusal names the line that decides.
func TestNearerIgnoreFileIsNamed(t *testing.T) {
	dir := repository(t, map[string]string{
		"backend/.env":       "API_TOKEN=made-up-token-7f3b9c2e\n",
		"backend/.gitignore": "*.log\n!.env\n",
	}, "backend/.gitignore")
	fix := notIgnored(t, dir)["env-files"].Fixes[0]
	if want := "`!.env` in line 2 of backend/.gitignore decides about backend/.env"; len(fix.Ops) > 0 || !strings.Contains(fix.Why, want) {
		t.Errorf("got %q, want %q", fix.Why, want)
	}
}

// A template promises `make setup` where the Makefile has it, and nowhere else.
func TestTemplatePromisesWhatThereIs(t *testing.T) {
	for makefile, want := range map[string]bool{"": false, "setup:\n\ttouch env/.env.dev\n": true} {
		files := map[string]string{".env": "API_KEY=made-up-4242\n"}
		if makefile != "" {
			files["Makefile"] = makefile
		}
		p, err := project.Open(repository(t, files, ".env"), project.NewCache())
		if err != nil {
			t.Fatal(err)
		}
		text, err := newExample(p, p.EnvFiles)
		if err != nil || strings.Contains(text, "make setup") != want {
			t.Errorf("with the Makefile %q: %v\n%s", makefile, err, text)
		}
	}
}

// A job has an env file that git tracks, though git is told to ignore it from now on.
func TestTrackedIsInTheJob(t *testing.T) {
	files := map[string]string{
		".env":        "API_KEY=made-up-4242\n",
		".gitignore":  "/.env\n",
		"compose.yml": "services:\n  a:\n    image: alpine:3.20\n    env_file: .env\n",
		".github/workflows/ci.yml": "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n" +
			"      - uses: actions/checkout@v4\n      - run: docker compose up -d\n",
	}
	for add, want := range map[string]int{".env": 0, "compose.yml": 1} {
		p, err := project.Open(repository(t, files, add), project.NewCache())
		if err != nil {
			t.Fatal(err)
		}
		r := CINeedsEnvFile
		pass := &rule.Pass{Project: p, Meta: &r.Meta}
		if r.Check(pass); len(pass.Found()) != want {
			t.Errorf("with %s in git: %+v", add, pass.Found())
		}
	}
}

// A file that git has and that a service reads from a fresh clone does not become ignored because it moves.
func TestMovedAndNeededIsNotIgnored(t *testing.T) {
	dir := repository(t, map[string]string{
		"app.env":     "API_KEY=made-up-4242\n",
		"compose.yml": "services:\n  a:\n    image: alpine:3.20\n    env_file: env/app.env\n",
	}, "app.env", "compose.yml")
	if err := os.Mkdir(filepath.Join(dir, "env"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "app.env"), filepath.Join(dir, "env", "app.env")); err != nil {
		t.Fatal(err)
	}
	found := notIgnored(t, dir)
	for _, f := range found["env-files"].Fixes {
		for _, op := range f.Ops {
			if strings.Contains(op.Content, "app.env") {
				t.Errorf("ignored:\n%s", op.Content)
			}
		}
	}
	if len(found["tracked"].Fixes) != 1 {
		t.Errorf("what git has is not reported: %+v", found)
	}
	if err := os.WriteFile(filepath.Join(dir, "env", "app.env.example"), []byte("API_KEY=change-me\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if found = notIgnored(t, dir); len(found["env-files"].Fixes) != 1 || len(found["history"].Fixes) != 1 {
		t.Errorf("with a template: %+v", found)
	}
}

// TestKeptOnPurposeIsNotIgnored: an env file that git has with default passwords, so that a clone works at once, is
// taken out of the pattern for the layout's folder that it has moved to.
func TestKeptOnPurposeIsNotIgnored(t *testing.T) {
	dir := repository(t, map[string]string{
		".env.test":    "POSTGRES_PASSWORD=test\n",
		".env.example": "POSTGRES_PASSWORD=change-me\n",
		"compose.yml":  "services:\n  a:\n    image: postgres:17\n    env_file: env/.env.test\n",
	}, ".env.test", ".env.example", "compose.yml")
	if err := os.Mkdir(filepath.Join(dir, "env"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, ".env.test"), filepath.Join(dir, "env", ".env.test")); err != nil {
		t.Fatal(err)
	}
	found := notIgnored(t, dir)
	fixes := found["env-files"].Fixes
	if len(fixes) != 1 || len(fixes[0].Ops) != 1 {
		t.Fatalf("%+v", found)
	}
	if err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte(fixes[0].Ops[0].Content), 0o644); err != nil {
		t.Fatal(err)
	}
	git(t, dir, "add", "-A")
	if tracked := git(t, dir, "ls-files", "env"); strings.TrimSpace(tracked) != "env/.env.test" {
		t.Errorf("git has %q; the ignore file is\n%s", tracked, fixes[0].Ops[0].Content)
	}
	if found["tracked"].Severity != rule.Warning {
		t.Errorf("%+v", found)
	}
	if found := notIgnored(t, dir); len(found["env-files"].Fixes) != 0 {
		t.Errorf("found again: %+v", found)
	}
}
