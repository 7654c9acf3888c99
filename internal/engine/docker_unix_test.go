//go:build unix

package engine

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary stand for docker system dial-stdio.
func TestMain(m *testing.M) {
	to := os.Getenv("REFIT_DIAL")
	if to == "" {
		os.Exit(m.Run())
	}
	conn, err := net.Dial("tcp", to)
	if err != nil {
		os.Exit(1)
	}
	go func() { _, _ = io.Copy(conn, os.Stdin) }()
	_, _ = io.Copy(os.Stdout, conn)
}

// docker puts a program of that name in front of PATH.
func docker(t *testing.T, script string) *Docker {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	d, err := Find("--context", "far")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestPlugins(t *testing.T) {
	d := docker(t, `case "$3 $4" in
"compose version") echo 5.6.0;;
"buildx version") echo "github.com/docker/buildx v0.10.4 abc";;
esac
`)
	p := d.Plugins(t.Context())
	if p.Compose != "5.6.0" || p.Buildx != "0.10.4" {
		t.Fatalf("%+v", p)
	}
	for _, tt := range []struct {
		p      Plugins
		builds bool
		kind   Kind
	}{
		{Plugins{}, false, NoCompose}, {Plugins{Compose: "2.9.1"}, false, ComposeTooOld},
		{Plugins{Compose: "5.6.0", Buildx: "0.10.4"}, true, BuildxTooOld}, {Plugins{Compose: "5.6.0", Buildx: "0.10.4"}, false, ""},
		{Plugins{Compose: "2.40.3-desktop.1", Buildx: "0.10.4"}, true, ""},
	} {
		if err := tt.p.Check(tt.builds); tt.kind == "" && err != nil || tt.kind != "" && !IsKind(err, tt.kind) {
			t.Errorf("%+v: %v", tt.p, err)
		}
	}
}

func TestNoDocker(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(); !IsKind(err, NoDocker) {
		t.Errorf("%v", err)
	}
}

// TestComposeIsInterruptedOnce: compose gets one SIGINT, may tidy up, and its exit code comes back.
func TestComposeIsInterruptedOnce(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	c := &Compose{Docker: docker(t, `trap 'n=$((n+1))' INT
echo "$@" in $(pwd) with $REFIT_TEST
touch `+ready+`
while [ -z "$n" ]; do sleep 0.05; done
sleep 0.2
echo interrupted $n
exit 130
`), Dir: t.TempDir(), Options: []string{"-f", "a.yml"}, Env: []string{"REFIT_TEST=yes"}}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(ready); err == nil {
				cancel()
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	var out strings.Builder
	code, err := c.Run(ctx, Streams{Out: &out, Err: &out}, "up", "-d")
	if err != nil || code != 130 || !strings.Contains(out.String(), "interrupted 1") || !strings.Contains(out.String(), "--context far compose -f a.yml up -d in "+c.Dir+" with yes") {
		t.Errorf("code %d, %v, said %q", code, err, out.String())
	}
	if words := strings.Join(c.Words("ps"), " "); words != "docker --context far compose -f a.yml ps" {
		t.Errorf("words: %s", words)
	}
}

// TestDialStdio: the API is spoken through docker system dial-stdio.
func TestDialStdio(t *testing.T) {
	at := wire(t, "1.44", map[string]any{"/version": map[string]string{"Version": "28.0.1"}})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	d := docker(t, `case "$3 $4" in
"context inspect") echo '[{"Name":"far","Endpoints":{"docker":{"Host":"ssh://me@far"}}}]';;
"system dial-stdio") REFIT_DIAL=`+strings.TrimPrefix(at.Host, "tcp://")+` exec `+self+`;;
esac
`)
	c, err := d.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if version, _, err := c.Version(t.Context()); err != nil || version != "28.0.1" || c.At.Context != "far" {
		t.Errorf("%s %+v %v", version, c.At, err)
	}
	d = docker(t, `case "$3" in context) echo '[{"Name":"far","Endpoints":{"docker":{"Host":"ssh://me@far"}}}]';; *) echo "ssh: Could not resolve hostname far" >&2; exit 1;; esac`)
	if _, err := d.Connect(t.Context()); !IsKind(err, NotAnswering) || !strings.Contains(err.Error(), "ssh://me@far (context far)") {
		t.Errorf("%v", err)
	}
}
