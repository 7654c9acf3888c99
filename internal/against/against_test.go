package against

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/compose"
)

func TestSetApart(t *testing.T) {
	text := `{"name": "shop", "volumes": {"data": {"name": "shop_data", "external": true}}, "networks": {"default": {"name": "shop_default", "internal": true}},
	 "services": {"app": {"build": {"context": "/r", "tags": ["shop:1"]}, "image": "shop:1", "container_name": "shop", "network_mode": "host",
	  "ports": [{"target": 80, "published": "80"}],
	  "volumes": [{"type": "bind", "source": "/var/run/docker.sock", "target": "/s"}, {"type": "bind", "source": "/r/src", "target": "/src"}, {"type": "bind", "source": "/r2", "target": "/r2"}]},
	 "db": {"image": "postgres:17"}}}`
	model := map[string]any{}
	if err := json.Unmarshal([]byte(text), &model); err != nil {
		t.Fatal(err)
	}
	r, notes := setApart(model, Side{Root: "/r", Project: "mine"})
	if len(r.own) != 1 || r.own[0] != "app" || len(notes) != 3 {
		t.Errorf("own %v, notes %q", r.own, notes)
	}
	got, _ := json.Marshal(model)
	for _, gone := range []string{"shop", "published", "docker.sock", "external", "host\"", `"/r2","target`} {
		if strings.Contains(string(got), gone) {
			t.Errorf("%s is still in %s", gone, got)
		}
	}
	for _, kept := range []string{`"internal":true`, `"/r/src"`, `"postgres:17"`, `"BUILDKIT_CACHE_MOUNT_NS":"mine"`, `"host_ip":"127.0.0.1"`} {
		if !strings.Contains(string(got), kept) {
			t.Errorf("%s is missing in %s", kept, got)
		}
	}
}

func TestProgress(t *testing.T) {
	p := &progress{}
	for _, line := range []string{
		`{"vertexes":[{"digest":"c","name":"[internal] load build context"},{"digest":"1","name":"[app 1/3] FROM x","completed":"2026-01-01T00:00:00Z"}]}`,
		`{"statuses":[{"id":"transferring context:","vertex":"c","current":10},{"id":"transferring context:","vertex":"c","current":97}]}`,
		`{"vertexes":[{"digest":"2","name":"[app 2/3] COPY a b","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:00Z","cached":true}]}`,
		`{"vertexes":[{"digest":"3","name":"[app builder  3/13] RUN uv sync","started":"2026-01-01T00:00:00Z","completed":"2026-01-01T00:00:02Z"}]}`,
		`{"logs":[{"vertex":"3","data":"IC0gb2xkPT0xCiArIGEtYj09MS4yCiArIG93bj09MSAoZnJvbSBmaWxlOi8vL2FwcCkK"}]}`,
		`no JSON`,
	} {
		for _, half := range []string{line[:5], line[5:] + "\n"} {
			if _, err := p.Write([]byte(half)); err != nil {
				t.Fatal(err)
			}
		}
	}
	b := p.sum()
	if b.Steps != 2 || b.Cached != 1 || b.Context != 97 || b.Work() != 2 || strings.Join(b.Packages, " ") != "a-b==1.2" {
		t.Errorf("%+v", b)
	}
}

func TestInstalled(t *testing.T) {
	for log, want := range map[string]string{
		"Successfully installed a-1 b-2\n":                    "a-1 b-2",
		"Setting up libpq5:amd64 (17.1) ...\n":                "libpq5:amd64",
		"  - Installing idna (3.1)\n":                         "idna 3.1",
		"added 2 packages, and audited 3 packages in 1s\n":    "npm package 1 npm package 2",
		"Requirement already satisfied: a in /usr/lib/python": "",
	} {
		if got := strings.Join(installed(log), " "); got != want {
			t.Errorf("%q: %q, want %q", log, got, want)
		}
	}
}

func comparing(declared ...change.Difference) *comparison {
	s := Subject{Declared: declared, Mask: func(s string) string { return s }, Moves: map[string]string{"compose.yml": "compose/compose.yml"},
		Before: Side{Model: &compose.Model{Files: []string{"compose.yml"}, Services: map[string]*compose.Service{"app": {Build: &compose.Build{Dockerfile: "Dockerfile"}}}}}}
	return &comparison{Subject: s, declared: declare(s), result: &Result{}}
}

// undeclared are the addresses of the differences that nobody declared.
func (c *comparison) undeclared() string {
	var list []string
	for _, d := range c.result.Differences {
		if !d.Declared {
			list = append(list, d.Addr)
		}
	}
	return strings.Join(list, " ")
}

func TestConfigIsDeclaredByItsValue(t *testing.T) {
	declared := []change.Difference{
		{Aspect: change.AspectImage, Subject: "Dockerfile:app", Addr: "cmd", Before: "a", After: `["b  c"]`},
		{Aspect: change.AspectImage, Subject: "Dockerfile:app", Addr: "env.URL", After: "x://********@y"},
		{Aspect: change.AspectImage, Subject: "other/Dockerfile:app", Addr: "user", After: "1000"},
	}
	c := comparing(declared...)
	c.compareConfig("app", map[string]string{"cmd": "a", "workdir": "/app"}, map[string]string{"cmd": `["b c"]`, "env.URL": "x://p@y", "workdir": "/app"})
	if got := c.undeclared(); got != "" || c.result.Same != 1 {
		t.Errorf("undeclared %q, same %d", got, c.result.Same)
	}
	c = comparing(declared...)
	c.compareConfig("app", map[string]string{"cmd": "a", "env.TZ": "UTC"}, map[string]string{"cmd": `["d"]`, "user": "1000", "env.URL": "x://p@z"})
	if got := c.undeclared(); got != "cmd env.TZ env.URL user" {
		t.Errorf("undeclared %q", got)
	}
}

func imageOf(t *testing.T, files map[string]string) *fileSystem {
	t.Helper()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for name, text := range files {
		_ = w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg})
		_, _ = w.Write([]byte(text))
	}
	_ = w.Close()
	f, err := readFiles(&archive)
	if err != nil {
		t.Fatal(err)
	}
	f.workdir = "app"
	return f
}

func TestFiles(t *testing.T) {
	before := imageOf(t, map[string]string{
		"app/main.py": "x", "app/.env": "x", "app/compose.yml": "x", "app/lost.txt": "x", "usr/local/bin/uv": "x", "usr/bin/uvx": "x", "opt/lost": "x", "app/__pycache__/x.pyc": "x",
		"usr/bin/gcc": "x", "var/lib/dpkg/info/gcc.list": "/.\n/usr/bin/gcc\n", "var/lib/dpkg/status": "Package: gcc\nVersion: 14\n\nPackage: cpp\nVersion: 14\n\nPackage: curl\nVersion: 8\n",
		"var/lib/apt/extended_states": "Package: cpp\nAuto-Installed: 1\n", "usr/lib/python3/dist-packages/a_b-1.dist-info/METADATA": "",
	})
	after := imageOf(t, map[string]string{"app/main.py": "y", "app/compose/compose.yml": "x", "var/lib/dpkg/status": "", "opt/new": "x"})
	c := comparing(
		change.Difference{Aspect: change.AspectContext, Subject: ".", Addr: ".env", Before: "sent"},
		change.Difference{Aspect: change.AspectImage, Subject: "Dockerfile:app", Addr: "packages.gcc", Before: "apt"},
		change.Difference{Aspect: change.AspectImage, Subject: "Dockerfile:app", Addr: "files.uv:latest:/uv -> /usr/local/bin/", Before: "copied"},
		change.Difference{Aspect: change.AspectImage, Subject: "Dockerfile:app", Addr: "files.uv:latest:/uvx -> /bin/", Before: "copied"},
	)
	c.compareFiles("app", before, after)
	if got := c.undeclared(); got != "system package curl python package a-b /app/lost.txt /opt/lost /opt/new" {
		t.Errorf("undeclared %q", got)
	}
}

func TestGitTreeRunsNothing(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	for name, text := range map[string]string{"a": "one\r\n", "d/run.sh": "#!/bin/sh\n", ".gitattributes": "* filter=trap\n"} {
		_ = os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	run("init", "-q")
	run("add", "-A")
	run("commit", "-q", "-m", "x")
	run("config", "filter.trap.smudge", "touch "+filepath.Join(dir, "sprung"))
	run("config", "core.fsmonitor", "touch "+filepath.Join(dir, "sprung"))
	_, files, err := GitTree(t.Context(), dir, "HEAD")
	if err != nil || len(files) != 4 {
		t.Fatalf("%v: %d files", err, len(files))
	}
	to := t.TempDir()
	if err := Overlay(to, append(files, File{Path: "not/there", Gone: true})); err != nil {
		t.Fatal(err)
	}
	err = LendGit(t.Context(), dir, to, "HEAD", func() error {
		_, err := os.Stat(filepath.Join(to, ".git", "index"))
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(filepath.Join(to, "a")); string(text) != "one\r\n" {
		t.Errorf("a is %q", text)
	}
	if info, err := os.Stat(filepath.Join(to, "d", "run.sh")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := os.Lstat(filepath.Join(to, "link")); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("%v, %v", info, err)
	}
	for _, trap := range []string{filepath.Join(dir, "sprung"), filepath.Join(to, ".git")} {
		if _, err := os.Lstat(trap); err == nil {
			t.Errorf("%s is there", trap)
		}
	}
	if _, _, err := GitTree(t.Context(), dir, "--output=x"); err == nil {
		t.Error("an option passes for a commit")
	}
}

// What a link in the copy points to is not written.
func TestOverlayStaysInside(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "d")); err != nil {
		t.Fatal(err)
	}
	if err := Overlay(dir, []File{{Path: "d/x", Mode: 0o644, Text: []byte("x")}}); err == nil {
		t.Error("written through a link")
	}
	if list, _ := os.ReadDir(outside); len(list) > 0 {
		t.Errorf("%v", list)
	}
}
