//go:build unix

package project

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"refit/internal/source"
)

// soon fails instead of hanging when something blocks.
func soon(t *testing.T, limit time.Duration, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(limit):
		t.Fatal("it hangs")
	}
}

func link(t *testing.T, dir, at, target string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Join(dir, at)); err != nil {
		t.Fatal(err)
	}
}

func TestLinksOutOfTheRepositoryAreNotFollowed(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "stolen.env", "STOLEN=made-up-outside\n")
	write(t, outside, "compose.yml", "services: {stolen: {image: x}}\n")
	write(t, outside, "folder/Dockerfile", "FROM stolen\n")
	dir := filepath.Join(outside, "repo")
	write(t, dir, "compose.yml", "services:\n  a:\n    image: x\n    env_file: [absolute.env, relative.env, through/stolen.env]\n")
	link(t, dir, "absolute.env", filepath.Join(outside, "stolen.env"))
	link(t, dir, "relative.env", "../stolen.env")
	link(t, dir, "through", "..")
	link(t, dir, "compose.prod.yml", "../compose.yml")
	link(t, dir, "folder", "../folder")
	link(t, dir, ".gitignore", "../stolen.env")
	link(t, dir, ".refit.yaml", "../stolen.env")
	link(t, dir, "Makefile", "../stolen.env")

	p := open(t, dir)
	if strings.Contains(describe(t, p), "STOLEN") {
		t.Error("a file outside of the repository was read")
	}
	if len(p.Compose) != 1 || len(p.Dockerfiles) != 0 || len(p.EnvFiles) != 0 || p.Makefile != nil {
		t.Errorf("links were followed: %s", describe(t, p))
	}
	for _, at := range []string{"absolute.env", "relative.env", "through/stolen.env", "folder/Dockerfile"} {
		if text, err := p.Files.Read(at); err == nil {
			t.Errorf("%s reads %q", at, text)
		}
	}
	e := p.Environments[0]
	if e.Model == nil || e.Model.Services["a"].Environment["STOLEN"] != "" || len(e.Model.Missing) != 3 {
		t.Errorf("the model: %+v %v", e.Model, e.Err)
	}
}

func TestLinksInsideAreFollowedOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "real/app.env", "A=1\n")
	link(t, dir, "app.env", "real/app.env")
	link(t, dir, "a.env", "b.env")
	link(t, dir, "b.env", "a.env")
	link(t, dir, "loop", ".")
	link(t, dir, "real/up", "..")
	write(t, dir, "compose.yml", "services:\n  a:\n    image: x\n    env_file: [app.env, loop/loop/real/up/app.env]\n")
	var p *Project
	soon(t, 10*time.Second, func() { p = open(t, dir) })
	if len(p.EnvFiles) != 1 || p.EnvFiles[0].Path != "real/app.env" {
		t.Errorf("env files %+v", p.EnvFiles)
	}
	if e := p.Environments[0]; e.Err != nil || e.Model.Services["a"].Environment["A"] != "1" {
		t.Errorf("the model: %v", e.Err)
	}
	if want := []string{"a.env", "app.env", "b.env", "compose.yml", "loop", "real/app.env", "real/up"}; !slices.Equal(p.Files.Paths(), want) {
		t.Errorf("files %v", p.Files.Paths())
	}
}

func TestPipesAreNeverOpened(t *testing.T) {
	dir := t.TempDir()
	for _, at := range []string{"Dockerfile", "compose.yml", ".env", "Makefile", ".gitignore", "run.sh", ".refit.yaml"} {
		if err := syscall.Mkfifo(filepath.Join(dir, at), 0o666); err != nil {
			t.Skip(err)
		}
	}
	write(t, dir, "later.env", "A=1\n")
	var p *Project
	soon(t, 10*time.Second, func() { p = open(t, dir) })
	if !p.Files.Has("Dockerfile") || len(p.Dockerfiles)+len(p.Compose) != 0 || len(p.EnvFiles) != 1 {
		t.Errorf("pipes: %s", describe(t, p))
	}

	// A file that becomes a pipe behind refit's back
	write(t, dir, "later.sh", "#!/bin/sh\n")
	disk, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	soon(t, 10*time.Second, func() {
		if _, err := load(disk, "compose.yml"); err == nil {
			t.Error("a pipe was read")
		}
	})
}

func TestUnreadableFolder(t *testing.T) {
	if at := os.Getenv("REFIT_TEST_UNREADABLE"); at != "" {
		unreadable := open(t, at)
		for _, want := range []string{".env", "closed"} {
			if !slices.ContainsFunc(unreadable.Problems, func(x *source.Problem) bool {
				return x.Path == want && strings.Contains(x.Error(), "permission denied")
			}) {
				t.Errorf("no problem for %s: %v", want, unreadable.Problems)
			}
		}
		if !slices.Equal(unreadable.Hidden(), []Hidden{{"closed", HiddenUnreadable}}) || len(unreadable.Compose) != 1 {
			t.Errorf("hidden %v, Compose %v", unreadable.Hidden(), unreadable.Compose)
		}
		return
	}
	dir, err := os.MkdirTemp("", "refit-unreadable-") // t.TempDir's parents are closed to others
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "closed/Dockerfile", "FROM x\n")
	write(t, dir, "compose.yml", "services: {a: {image: x}}\n")
	write(t, dir, ".env", "A=1\n")
	for at, mode := range map[string]os.FileMode{"closed": 0, ".env": 0} {
		if err := os.Chmod(filepath.Join(dir, at), mode); err != nil {
			t.Fatal(err)
		}
	}
	defer os.Chmod(filepath.Join(dir, "closed"), 0o755)
	program := filepath.Join(dir, "test")
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(program, binary, 0o755); err != nil { // go's own build folder may be closed to others too
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.run=^TestUnreadableFolder$")
	cmd.Env = append(os.Environ(), "REFIT_TEST_UNREADABLE="+dir)
	cmd.Dir = dir
	if os.Geteuid() == 0 { // root reads everything
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestOddNamesSurvive(t *testing.T) {
	dir := t.TempDir()
	names := []string{"new\nline/Dockerfile", "blank s/compose.yml", "b\xe9.env", "-f", "~", "$(x).sh", "a:b.yml"}
	for _, n := range names {
		text := "A=1\n"
		switch {
		case strings.HasSuffix(n, "Dockerfile"):
			text = "FROM x\n"
		case strings.HasSuffix(n, ".yml"):
			text = "services: {a: {image: x}}\n"
		}
		full := filepath.Join(dir, n)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Skip("the file system does not take such names: ", err)
		}
	}
	p := open(t, dir)
	for _, n := range names {
		if !p.Files.Has(n) {
			t.Errorf("%q is not listed", n)
		}
	}
	if p.Dockerfile("new\nline/Dockerfile") == nil || p.ComposeFile("blank s/compose.yml") == nil || p.EnvFile("b\xe9.env") == nil {
		t.Errorf("not understood: %s", describe(t, p))
	}
}
