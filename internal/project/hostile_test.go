package project

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"refit/internal/source"
)

func TestBrokenFilesAreProblemsAndTheRestGoesOn(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "compose.yml", "services:\n  a:\n   image: x\n  b: [\n")
	write(t, dir, "compose.dev.yml", "services: {a: {image: x, image: y}}\n")
	write(t, dir, "compose.test.yml", "services: {a: {image: x, ports: {}}}\n")
	write(t, dir, "compose.prod.yml", "services: {a: {image: x}}\n")
	write(t, dir, "Dockerfile", "COPY . .\n")
	write(t, dir, "ok.Dockerfile", "FROM x\n")
	write(t, dir, ".env", "A=1\x00B=2\n")
	write(t, dir, ".env.dev", "A=\"open\n")
	write(t, dir, ".env.prod", "A=1\n")
	write(t, dir, ".github/workflows/ci.yml", "jobs: [\n")
	write(t, dir, ".refit.yaml", "user: {uid: 0}\n")
	p := open(t, dir)
	for _, at := range []string{"compose.yml", "compose.dev.yml", "compose.test.yml", "Dockerfile", ".env", ".env.dev", ".github/workflows/ci.yml", ".refit.yaml"} {
		if !slices.ContainsFunc(p.Problems, func(x *source.Problem) bool { return x.Path == at }) {
			t.Errorf("no problem for %s", at)
		}
	}
	if !slices.IsSortedFunc(p.Problems, func(a, b *source.Problem) int { return strings.Compare(a.Path, b.Path) }) {
		t.Error("the problems are not sorted")
	}
	if p.ConfigProblem == nil || p.Config.User.UID != 1000 {
		t.Errorf("configuration: %v, %+v", p.ConfigProblem, p.Config.User)
	}
	if p.Dockerfile("ok.Dockerfile") == nil || p.EnvFile(".env.prod") == nil {
		t.Error("the good files are missing")
	}
	if e := p.EnvironmentOf("compose.prod.yml"); e == nil || e.Model == nil {
		t.Error("the good environment is missing")
	}
	if e := p.EnvironmentOf("compose.test.yml"); e == nil || e.Err == nil || e.Model != nil {
		t.Errorf("the environment that does not load: %+v", e)
	}
}

func TestHugeFilesAreNotLoaded(t *testing.T) {
	dir := t.TempDir()
	for _, at := range []string{"compose.yml", "Dockerfile", ".env"} {
		write(t, dir, at, "")
		if err := os.Truncate(filepath.Join(dir, at), source.MaxFileSize+1); err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, dir)
	if len(p.Problems) != 3 {
		t.Errorf("problems %v", p.Problems)
	}
	for _, problem := range p.Problems {
		if !strings.Contains(problem.Error(), "8 MiB") {
			t.Error(problem)
		}
	}
}

func TestNestedRepositoriesAndDeepFolders(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "vendor/lib/.git", "gitdir: ../../.git/modules/lib\n")
	write(t, dir, "vendor/lib/Dockerfile", "FROM x\n")
	write(t, dir, "other/.git/HEAD", "ref: refs/heads/main\n")
	write(t, dir, "other/compose.yml", "services: {a: {image: x}}\n")
	write(t, dir, "venv/pyvenv.cfg", "home = /usr\n")
	write(t, dir, "venv/lib/compose.yml", "services: {a: {image: x}}\n")
	write(t, dir, strings.Repeat("d/", maxDepth+20)+"Dockerfile", "FROM x\n")
	p := open(t, dir)
	if len(p.Dockerfiles)+len(p.Compose) != 0 {
		t.Errorf("seen: %s", describe(t, p))
	}
	var why []HiddenWhy
	for _, h := range p.Hidden() {
		why = append(why, h.Why)
	}
	if want := []HiddenWhy{HiddenLimit, HiddenRepository, HiddenRepository, HiddenGenerated}; !slices.Equal(why, want) {
		t.Errorf("hidden %v, want %v", p.Hidden(), want)
	}
	if !p.Files.IsDir("vendor/lib") || !p.Files.IsDir("other") {
		t.Error("the nested repositories are not listed as folders")
	}
}

func TestOpenNothing(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "missing"), NewCache()); err == nil {
		t.Error("a missing folder is no error")
	}
	at := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(at, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(at, NewCache()); err == nil {
		t.Error("a file is no error")
	}
	p, err := Open(t.TempDir(), NewCache())
	if err != nil || len(p.Problems) != 0 || p.Makefile != nil || len(p.Environments) != 0 {
		t.Errorf("an empty folder: %v %+v", err, p)
	}
}
