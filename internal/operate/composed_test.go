package operate

import (
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
	"github.com/moby/moby/api/types/system"

	"refit/internal/cause"
	"refit/internal/engine"
)

// goneUnderABuild is what Compose 5.6 says last when dockerd is killed under its build.
const goneUnderABuild = "#11 [6/6] RUN sh install.sh\nfailed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF\n"

// TestEngineDiesUnderABuild: it is the engine's end, not a build that failed, whether or not it is back already.
func TestEngineDiesUnderABuild(t *testing.T) {
	for name, tt := range map[string]struct {
		back          bool
		version, want string
		known         bool
	}{
		"dead":                 {false, "20.10.24", "the Docker engine does not answer any more: ", false},
		"started again, old":   {true, "20.10.24+dfsg1", "the Docker engine went away in the middle, and answers again: failed to receive status: rpc error", true},
		"started again, newer": {true, "28.5.2", "the Docker engine went away in the middle, and answers again: failed to receive status: rpc error", false},
	} {
		t.Run(name, func(t *testing.T) {
			o, b := operation(t, map[string]string{"compose.yml": shop})
			o.Said = Record{File: filepath.Join(t.TempDir(), "failed.log")}
			b.version = tt.version
			b.compose = func(_ context.Context, b *bench, _ []string, s engine.Streams) int {
				fmt.Fprint(s.Err, goneUnderABuild)
				b.gone = !tt.back
				return 1
			}
			err := o.Build(t.Context(), io.Discard, false, false, nil)
			var gone *EngineGone
			if !errors.As(err, &gone) || gone.Back != tt.back || !strings.HasPrefix(err.Error(), tt.want) || !strings.Contains(err.Error(), "your files and the volumes are as they were") ||
				strings.Contains(err.Error(), "refit build dev SERVICE builds one after the other") != tt.known {
				t.Errorf("%v", err)
			}
			if lines, _ := o.Said.Last(); lines != nil {
				t.Errorf("kept as a build that failed: %q", lines)
			}
			b.gone = false
			if _, err := o.Up(t.Context(), UpOptions{Build: true, Timeout: time.Minute}); !errors.As(err, &gone) {
				t.Errorf("up: %v", err)
			}
		})
	}
}

// TestNotTheEngine: a program in a build that says similar things is not the engine.
func TestNotTheEngine(t *testing.T) {
	for _, line := range []string{
		"#9 0.3 Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
		"failed to solve: process \"curl x\" did not complete successfully: exit code: 56",
		"#9 1.0 curl: (56) connection reset by peer",
	} {
		if wentAway.MatchString(line) {
			t.Error(line)
		}
	}
	for _, line := range []string{
		"Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
		"error during connect: Post \"http://%2Fvar%2Frun%2Fdocker.sock/v1.41/containers/create\": EOF",
		"rpc error: code = Unavailable desc = error reading from server: EOF",
	} {
		if !wentAway.MatchString(line) {
			t.Error(line)
		}
	}
}

// TestEngineDiesWhileWaiting: what was seen last is told.
func TestEngineDiesWhileWaiting(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": "name: shop\nservices:\n  app:\n    image: app\n"})
	b.set("app", container.State{Status: "running", Health: healthy(container.Starting, "")})
	b.onLook = func(b *bench, look int) { b.gone = look > 2 }
	_, err := o.Up(t.Context(), UpOptions{Timeout: time.Hour})
	if err == nil || !strings.Contains(err.Error(), "; last seen: app starting; your files") {
		t.Errorf("%v", err)
	}
}

// TestRebuildStopsHalfway: after the environment was taken down the error says so, and what is there.
func TestRebuildStopsHalfway(t *testing.T) {
	for name, tt := range map[string]struct {
		build func(*bench, engine.Streams, context.CancelFunc) int
		want  string
		is    any
	}{
		"Ctrl-C": {func(_ *bench, _ engine.Streams, cancel context.CancelFunc) int { cancel(); return 130 }, "interrupted", new(*Interrupted)},
		"engine": {func(b *bench, _ engine.Streams, _ context.CancelFunc) int { b.gone = true; return 1 }, "does not answer any more", new(*EngineGone)},
		"disk": {func(_ *bench, s engine.Streams, _ context.CancelFunc) int {
			fmt.Fprint(s.Err, "#9 0.2 dd: error writing '/x': No space left on device\nfailed to solve: exit code: 1\n")
			return 1
		}, "docker compose failed (exit code 1): docker compose build --no-cache; likely cause: the engine's disk is full", new(*ComposeFailed)},
	} {
		t.Run(name, func(t *testing.T) {
			o, b := operation(t, map[string]string{"compose.yml": shop})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			b.compose = func(_ context.Context, b *bench, args []string, s engine.Streams) int {
				if args[0] == "build" {
					return tt.build(b, s, cancel)
				}
				return 0
			}
			_, err := o.Rebuild(ctx, io.Discard, time.Minute)
			var half *NotRebuilt
			if !errors.As(err, &half) || !strings.Contains(err.Error(), tt.want) || !errors.As(err, tt.is) {
				t.Fatalf("%v", err)
			}
			if left := half.Left(); !strings.HasSuffix(err.Error(), left) || !strings.HasPrefix(left, "dev was taken down before the build; its data and the images of before are there; refit up dev starts those") {
				t.Error(left)
			}
			if got := fmt.Sprint(b.calls); got != "[[down] [build --no-cache]]" {
				t.Error(got)
			}
		})
	}
	o, b := operation(t, map[string]string{"compose.yml": shop})
	b.compose = func(context.Context, *bench, []string, engine.Streams) int { return 1 }
	_, err := o.Rebuild(t.Context(), io.Discard, time.Minute)
	if half := (*NotRebuilt)(nil); err == nil || errors.As(err, &half) {
		t.Errorf("what was not taken down is said to be: %v", err)
	}
}

// fullBench has an engine on this machine, whose disk has no space.
type fullBench struct{ *bench }

func (fullBench) Info(context.Context) (system.Info, error) {
	host, _ := os.Hostname()
	return system.Info{Name: host, DockerRootDir: "/proc"}, nil // its file system has 0 blocks
}

// TestFullDiskIsTheCauseOfWhatSaysNone.
func TestFullDiskIsTheCauseOfWhatSaysNone(t *testing.T) {
	o, b := operation(t, map[string]string{"compose.yml": "name: shop\nservices:\n  app:\n    image: app\n"})
	o.Engine = fullBench{b}
	if _, ok := o.diskFree(system.Info{DockerRootDir: "/proc"}); ok {
		t.Error("the disk of another machine is taken for this one's")
	}
	info, _ := o.Engine.Info(t.Context())
	if free, ok := o.diskFree(info); !ok || free > 0 {
		t.Skip("no file system without space at hand")
	}
	b.set("app", container.State{Status: "exited", ExitCode: 1})
	b.logs["app"] = []string{"Short write while writing to the AOF file"}
	r := up(t, o, time.Minute)
	if !r.DiskFull() || r.Failures[0].Kind != cause.DiskFull || !strings.Contains(r.Failures[0].Cause, "has 0 MB left") {
		t.Errorf("%+v", r.Failures)
	}
	b.logs["app"] = []string{"ModuleNotFoundError: No module named 'fastapi'"}
	if r := up(t, o, time.Minute); r.DiskFull() {
		t.Errorf("a known cause is not believed: %+v", r.Failures)
	}
}
