package operate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"

	"refit/internal/engine"
)

const shop = `name: shop
services:
  app:
    image: app
    depends_on:
      db: {condition: service_healthy}
      migrate: {condition: service_completed_successfully}
  migrate:
    image: app
  db:
    image: db
`

func up(t *testing.T, o *Operation, timeout time.Duration) *Result {
	t.Helper()
	r, err := o.Up(t.Context(), UpOptions{Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestUpWaits: healthy, running for a moment and done by itself with 0 are what is waited for.
func TestUpWaits(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": shop})
	b.onLook = func(b *bench, look int) {
		b.set("migrate", container.State{Status: "exited"})
		b.set("app", container.State{Status: "running"})
		b.set("db", container.State{Status: "running", Health: healthy(container.Starting, "")})
		if look > 2 {
			b.set("db", container.State{Status: "running", Health: healthy(container.Healthy, "")})
		}
	}
	var shown []string
	o.Show = func(s Snapshot) { shown = append(shown, describe(s.Services)) }
	r := up(t, o, time.Minute)
	if len(r.Failures) != 0 || describe(r.Services) != "app=running db=healthy migrate=done " {
		t.Errorf("%s %+v", describe(r.Services), r.Failures)
	}
	if !strings.Contains(strings.Join(shown, "\n"), "db=starting") || strings.Join(b.calls[0], " ") != "up -d" {
		t.Errorf("shown %q, called %v", shown, b.calls)
	}
}

func TestUpFails(t *testing.T) {
	for name, tt := range map[string]struct {
		state   container.State
		logs    []string
		timeout time.Duration
		what    string
		cause   string
	}{
		"exits":     {container.State{Status: "exited", ExitCode: 1}, []string{"Traceback", "ModuleNotFoundError: No module named 'fastapi'"}, time.Minute, "failed: it ended with exit code 1", "lacks the Python package fastapi"},
		"unhealthy": {container.State{Status: "running", Health: healthy(container.Unhealthy, "curl: (7)\n connection refused")}, nil, time.Minute, "unhealthy: its healthcheck exits with 7: curl: (7) connection refused", "not up"},
		"memory":    {container.State{Status: "exited", ExitCode: 137, OOMKilled: true}, nil, time.Minute, "more memory than its limit", "limits.memory"},
		"program":   {container.State{Status: "exited", ExitCode: 127, Error: `exec: "uvicorn": executable file not found in $PATH`}, nil, time.Minute, "executable file not found", "no program uvicorn"},
		"slow":      {container.State{Status: "running", Health: healthy(container.Starting, "")}, nil, 50 * time.Millisecond, "starting", "--wait-timeout"},
		"password":  {container.State{Status: "exited", ExitCode: 3}, []string{`FATAL:  password authentication failed for user "ledger"`}, time.Minute, "exit code 3", "another password for ledger"},
	} {
		t.Run(name, func(t *testing.T) {
			o, b := operation(t, map[string]string{"compose.yml": "name: shop\nservices:\n  app:\n    image: app\n"})
			b.set("app", tt.state)
			b.logs["app"] = tt.logs
			r := up(t, o, tt.timeout)
			if len(r.Failures) != 1 {
				t.Fatalf("%+v", r)
			}
			if f := r.Failures[0]; !strings.Contains(f.What, tt.what) || !strings.Contains(f.Cause, tt.cause) || len(f.Logs) != len(tt.logs) {
				t.Errorf("what %q, cause %q", f.What, f.Cause)
			}
		})
	}
}

// TestUpOfARestartingService: three restarts are enough to know.
func TestUpOfARestartingService(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": "name: shop\nservices:\n  app:\n    image: app\n    restart: always\n"})
	b.onLook = func(b *bench, look int) {
		b.set("app", container.State{Status: "restarting", ExitCode: 1})
		b.containers["app"].RestartCount = look
	}
	r := up(t, o, time.Minute)
	if len(r.Failures) != 1 || r.Failures[0].State != Restarting {
		t.Errorf("%+v", r)
	}
}

// TestComposeFails: what compose could not do is explained by its own words, secrets masked.
func TestComposeFails(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": shop})
	o.Mask = func(s string) string { return strings.ReplaceAll(s, "made-up", "********") }
	b.compose = func(_ context.Context, _ *bench, _ []string, s engine.Streams) int {
		fmt.Fprint(s.Err, " Network shop_default  Created\nusing made-up\nError response from daemon: driver failed: Bind for 127.0.0.1:8000 failed: port is already allocated\n")
		return 1
	}
	r := up(t, o, time.Minute)
	if len(r.Failures) != 1 || r.Failures[0].Cause != "port 8000 is taken: stop who has it, or publish another one" || !strings.HasPrefix(r.Failures[0].What, "response from daemon: driver failed") {
		t.Fatalf("%+v", r.Failures)
	}
	if said := strings.Join(r.Failures[0].Logs, "\n"); strings.Contains(said, "made-up") || !strings.Contains(said, "using ********") {
		t.Errorf("said %q", said)
	}
}

// TestComposeBlamesAContainer: what others depend on is at fault, not compose.
func TestComposeBlamesAContainer(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": shop})
	b.set("db", container.State{Status: "running", Health: healthy(container.Unhealthy, strings.Repeat("x", 400)+" role missing")})
	said := "target web: failed to solve: \"/a.txt\": not found\n"
	b.compose = func(_ context.Context, _ *bench, _ []string, s engine.Streams) int { fmt.Fprint(s.Err, said); return 1 }
	if r := up(t, o, time.Minute); len(r.Failures) != 1 || r.Failures[0].Service != "" || !strings.HasPrefix(r.Failures[0].Cause, "a.txt is not in the build context") {
		t.Errorf("a build: %+v", r.Failures)
	}
	said = "target web: failed to solve: failed to compute cache key: \"/b.txt\" not found: not found\n" // of Engine 20.10
	if r := up(t, o, time.Minute); len(r.Failures) != 1 || !strings.HasPrefix(r.Failures[0].Cause, "b.txt is not in the build context") {
		t.Errorf("a build on an old engine: %+v", r.Failures)
	}
	said = "dependency failed to start: container shop-db-1 is unhealthy\n"
	if r := up(t, o, time.Minute); len(r.Failures) != 1 || r.Failures[0].Service != "db" || !strings.HasSuffix(r.Failures[0].What, "xx role missing") {
		t.Errorf("a container: %+v", r.Failures)
	}
}

// TestInterrupted: what is left is described, and the next command knows.
func TestInterrupted(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": shop})
	ctx, cancel := context.WithCancel(t.Context())
	b.compose = func(ctx context.Context, b *bench, _ []string, _ engine.Streams) int {
		b.mu.Lock()
		b.set("db", container.State{Status: "running"})
		b.mu.Unlock()
		cancel()
		return 130
	}
	if err := o.Log.Begin("refit up dev"); err != nil {
		t.Fatal(err)
	}
	_, err := o.Up(ctx, UpOptions{Timeout: time.Minute})
	var stopped *Interrupted
	if !errors.As(err, &stopped) || describe(stopped.Services) != "app=absent db=running migrate=absent " {
		t.Fatalf("%v %+v", err, stopped)
	}
	if last, err := o.Log.Last(); err != nil || !strings.Contains(last.String(), "is still at work") {
		t.Errorf("%v %v", last, err)
	}
	if err := o.Log.Stopped("it was interrupted"); err != nil {
		t.Fatal(err)
	}
	if last, _ := o.Log.Last(); !strings.Contains(last.String(), "refit up dev, begun at") || !strings.Contains(last.String(), "did not finish: it was interrupted") {
		t.Errorf("%v", last)
	}
	if err := o.Log.End(); err != nil {
		t.Fatal(err)
	}
	if last, err := o.Log.Last(); last != nil || err != nil {
		t.Errorf("%v %v", last, err)
	}
}

// TestJournalOfADeadProcess: a killed command and half a file.
func TestJournalOfADeadProcess(t *testing.T) {
	j := Journal{File: filepath.Join(t.TempDir(), "a", "dev.json")}
	if err := j.write(Unfinished{Command: "refit up dev", PID: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	if last, err := j.Last(); err != nil || !strings.Contains(last.String(), "it was killed") {
		t.Errorf("%v %v", last, err)
	}
	if info, err := os.Stat(j.File); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := os.WriteFile(j.File, []byte(`{"comm`), 0o600); err != nil {
		t.Fatal(err)
	}
	if last, err := j.Last(); last != nil || err != nil {
		t.Errorf("%v %v", last, err)
	}
}

func TestStatusOfWhatIsNotThere(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": shop + "  debug:\n    image: x\n    profiles: [debug]\n"})
	b.set("gone", container.State{Status: "running"})
	b.set("db", container.State{Status: "running", Health: healthy(container.Unhealthy, "no\nroute")})
	list, err := o.Status(t.Context())
	if err != nil || describe(list) != "app=absent db=unhealthy gone=running migrate=absent " {
		t.Fatalf("%s %v", describe(list), err)
	}
	if !list[2].Orphan || list[1].Reason != "its healthcheck exits with 7: no route" {
		t.Errorf("%+v", list)
	}
}

func TestExecNeedsARunningContainer(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": shop})
	var missing *NotRunning
	if err := o.Shell(t.Context(), engine.Streams{}, false, "", "app"); !errors.As(err, &missing) || !strings.Contains(err.Error(), "refit up dev app") {
		t.Errorf("%v", err)
	}
	b.set("app", container.State{Status: "running"})
	b.compose = func(context.Context, *bench, []string, engine.Streams) int { return 7 }
	err := o.Exec(t.Context(), engine.Streams{}, false, "root", "app", []string{"ls", "-la"})
	if !errors.Is(err, ExitCode(7)) || strings.Join(b.calls[0], " ") != "exec -T --user root app ls -la" {
		t.Errorf("%v %v", err, b.calls)
	}
}

func TestDownNamesOnlyItsVolumes(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": shop + "volumes:\n  data:\n  never: \n  far: {external: true, name: far}\n"})
	b.volumes = []string{"shop_data", "far"}
	if names, err := o.DataVolumes(t.Context()); err != nil || strings.Join(names, " ") != "shop_data" {
		t.Errorf("%v %v", names, err)
	}
	if err := o.Down(t.Context(), io.Discard, false); err != nil || strings.Join(b.calls[0], " ") != "down" {
		t.Errorf("%v %v", err, b.calls)
	}
}

// TestMasked: a secret that is written in two pieces is hidden, too.
func TestMasked(t *testing.T) {
	var out bytes.Buffer
	m := NewMasked(&out, func(s string) string { return strings.ReplaceAll(s, "made-up", "********") })
	for _, piece := range []string{"pass made", "-up\nrest made-", "up"} {
		if _, err := m.Write([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	if out.String() != "pass ********\n" {
		t.Errorf("before the end: %q", out.String())
	}
	if err := m.Flush(); err != nil || out.String() != "pass ********\nrest ********" {
		t.Errorf("%q %v", out.String(), err)
	}
}

func TestTestsOf(t *testing.T) {
	test := "name: shop-test\nservices:\n  app:\n    build: ..\n  db:\n    image: postgres:17\n    tmpfs: [/var/lib/postgresql/data]\n"
	dev := "name: shop\nservices:\n  app:\n    build: ..\n  db:\n    image: postgres:17\n    volumes: [data:/var/lib/postgresql/data]\nvolumes:\n  data:\n"
	files := map[string]string{"compose/docker-compose.dev.yml": dev, "compose/docker-compose.test.yml": test, "compose/docker-compose.prod.yml": "name: shop-prod\nservices:\n  app:\n    image: x\n",
		"Dockerfile": "FROM python:3.13-slim\nCOPY . .\n", "Makefile": "check:\n\tdocker compose -f compose/docker-compose.test.yml run --rm app pytest -x\n"}
	o, b := operation(t, files)
	for env, want := range map[string]string{"dev": "shop-test app [pytest -x] down=true complete=false", "test": "shop-test app [pytest -x] down=true complete=false", "prod": "shop-prod  [] down=false complete=true"} {
		for _, e := range o.Env.Project.Environments {
			if e.Name != env {
				continue
			}
			tests, err := TestsOf(o.Env.Project, e)
			if got := fmt.Sprintf("%s %s %v down=%t complete=%t", tests.In.Model.Name, tests.Service, tests.Command, tests.Down, tests.Complete); err != nil || got != want {
				t.Errorf("%s: %s %v", env, got, err)
			}
		}
	}
	b.compose = func(_ context.Context, _ *bench, args []string, _ engine.Streams) int {
		if args[0] == "run" {
			return 5
		}
		return 0
	}
	err := o.Test(t.Context(), engine.Streams{}, false, Tests{Service: "app", Command: []string{"pytest"}, Down: true}, []string{"-k", "x"})
	if got := fmt.Sprint(b.calls); !errors.Is(err, ExitCode(5)) || got != "[[run --rm --build -T app pytest -k x] [down]]" {
		t.Errorf("%v %s", err, got)
	}
}

// TestEngineGoesAway: neither while compose works nor while waiting does it hang.
func TestEngineGoesAway(t *testing.T) {
	for name, code := range map[string]int{"while waiting": 0, "while compose works": 1} {
		o, b := operation(t, map[string]string{"compose.yml": shop})
		b.gone = true
		b.compose = func(context.Context, *bench, []string, engine.Streams) int { return code }
		_, err := o.Up(t.Context(), UpOptions{Timeout: time.Hour})
		var gone *EngineGone
		if !errors.As(err, &gone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRestartOfNothing(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": shop})
	var nothing *NothingRuns
	if _, err := o.Restart(t.Context(), time.Minute, nil); !errors.As(err, &nothing) || len(b.calls) != 0 {
		t.Errorf("%v %v", err, b.calls)
	}
}
