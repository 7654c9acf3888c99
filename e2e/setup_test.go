package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// TestFreshCloneAfterSetup takes away what git ignores, as a fresh clone lacks it, runs `make setup` for
// real and asks Compose's own loader, on disk, whether every environment is complete. The certificates and
// the lock are put there first: they need openssl and uv, which the live test has.
func TestFreshCloneAfterSetup(t *testing.T) {
	dir, _, _ := refit(t)
	for _, env := range []string{"dev", "test", "ci"} {
		if err := os.Remove(filepath.Join(dir, "env", ".env."+env)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, "certs/cert.pem", "made up")
	put(t, dir, "certs/key.pem", "made up")
	put(t, dir, "uv.lock", "version = 1\n")
	out := makeSetup(t, dir)
	for _, env := range []string{"dev", "test", "ci"} {
		file := filepath.Join("env", ".env."+env)
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			t.Fatalf("make setup made no %s:\n%s", file, out)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", file, info.Mode().Perm())
		}
		text, _ := os.ReadFile(filepath.Join(dir, file))
		if strings.Contains(string(text), "change-me") {
			t.Errorf("%s still has a placeholder:\n%s", file, text)
		}
		for line := range strings.Lines(string(text)) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && len(value) > 20 && strings.Contains(key, "PASSWORD") && strings.Contains(out, value) {
				t.Errorf("make setup prints the value of %s", key)
			}
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "certs", "key.pem")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the account of the container can't read the development key: %v, %v", info.Mode(), err)
	}
	before := tree(t, dir)
	makeSetup(t, dir)
	for p, f := range tree(t, dir) {
		if before[p] != f {
			t.Errorf("a second make setup changes %s", p)
		}
	}
	example, err := os.ReadFile(filepath.Join(dir, "env", ".env.prod.example"))
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "env/.env.prod", strings.ReplaceAll(string(example), "change-me", "made-up-and-long-enough"))
	for _, env := range []string{"dev", "test", "ci", "prod"} {
		bare := load(t, dir, env, false)
		full := load(t, dir, env, true)
		if bare == nil || full == nil {
			continue
		}
		app := full.Services["app"].Environment
		database := full.Services["postgres"].Environment
		if password := database["POSTGRES_PASSWORD"]; password == nil || app["DATABASE_URL"] == nil || !strings.Contains(*app["DATABASE_URL"], ":"+*password+"@") {
			t.Errorf("%s: the application and the database don't agree on the password", env)
		}
		if name := database["POSTGRES_DB"]; name == nil || app["DATABASE_URL"] == nil || !strings.HasSuffix(*app["DATABASE_URL"], "/"+*name) {
			t.Errorf("%s: the application and the database don't agree on the database's name", env)
		}
	}
}

func put(t *testing.T, dir, path, text string) {
	t.Helper()
	target := filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func makeSetup(t *testing.T, dir string) string {
	t.Helper()
	cmd := exec.Command("make", "setup")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("make setup: %v\n%s", err, out)
	}
	return string(out)
}

// load resolves an environment as docker compose -f FILE [--env-file FILE] config does. Without
// --env-file it is one of the guide's bare commands, which must work as well.
func load(t *testing.T, dir, env string, withEnvFile bool) *types.Project {
	t.Helper()
	options := []cli.ProjectOptionsFn{cli.WithWorkingDirectory(filepath.Join(dir, "compose")), cli.WithDotEnv, cli.WithResolvedPaths(true)}
	if withEnvFile {
		options = append([]cli.ProjectOptionsFn{cli.WithEnvFiles(filepath.Join(dir, "env", ".env."+env))}, options...)
	}
	o, err := cli.NewProjectOptions([]string{filepath.Join(dir, "compose", "docker-compose."+env+".yml")}, options...)
	if err != nil {
		t.Errorf("%s: %v", env, err)
		return nil
	}
	p, err := o.LoadProject(context.Background())
	if err != nil {
		t.Errorf("%s (with its env file: %v): %v", env, withEnvFile, err)
		return nil
	}
	return p
}
