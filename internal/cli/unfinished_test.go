package cli

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"refit/internal/cause"
	"refit/internal/operate"
	"refit/internal/report"
)

// TestStoppedCommands: how each kind of end is told, with which exit code, and what the next command says of it.
func TestStoppedCommands(t *testing.T) {
	left := []operate.Service{{Service: "app", State: operate.Absent}, {Service: "db", State: operate.Healthy}, {Service: "db", OneOff: true}}
	full := &operate.ComposeFailed{Code: 1, Call: "docker compose build", Cause: cause.Cause{Kind: cause.DiskFull, Text: "the engine's disk is full"}}
	const half = "dev was taken down before the build; its data and the images of before are there; refit up dev starts those, refit rebuild dev builds again"
	for name, tt := range map[string]struct {
		command    string
		err        error
		result     *operate.Result
		code       int
		said, next string
	}{
		"Ctrl-C in up": {"refit up dev", &operate.Interrupted{Services: left}, nil, ExitInterrupted,
			"refit: interrupted; running: db; not running: app; refit up dev goes on, refit down dev takes it down\n", "it was interrupted; refit status dev shows what runs, refit up dev goes on"},
		"Ctrl-C in rebuild": {"refit rebuild dev", &operate.NotRebuilt{Environment: "dev", Err: &operate.Interrupted{}}, nil, ExitInterrupted,
			"refit: interrupted; " + half + "\n", "it was interrupted; refit status dev shows what runs, refit rebuild dev builds again, refit up dev starts the images that are there"},
		"the engine in up": {"refit up dev", &operate.EngineGone{Err: errors.New("EOF"), Last: left[1:2]}, nil, ExitFailed,
			"refit: the Docker engine does not answer any more: EOF; last seen: db healthy; your files and the volumes are as they were; start it again; refit up dev goes on\n", "the Docker engine went away; "},
		"the engine in rebuild, and back": {"refit rebuild dev", &operate.NotRebuilt{Environment: "dev", Err: &operate.EngineGone{Err: errors.New("EOF"), Back: true}}, nil, ExitFailed,
			"refit: the Docker engine went away in the middle, and answers again: EOF; your files and the volumes are as they were; " + half + "\n", "the Docker engine went away; "},
		"the disk in rebuild": {"refit rebuild dev", &operate.NotRebuilt{Environment: "dev", Err: full}, nil, ExitFailed,
			"refit: docker compose failed (exit code 1): docker compose build; likely cause: the engine's disk is full; " + half + "\n", "the engine's disk was full; "},
		"the disk in up": {"refit up dev", nil, &operate.Result{Failures: []operate.Failure{{Kind: cause.DiskFull}}}, ExitOK, "", "the engine's disk was full; "},
		"a failure":      {"refit build dev", &operate.ComposeFailed{Code: 17, Call: "docker compose build"}, nil, ExitFailed, "refit: docker compose failed (exit code 17): docker compose build\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var talk bytes.Buffer
			a := &app{Streams: Streams{Err: &talk}}
			log := operate.Journal{File: filepath.Join(t.TempDir(), "dev.json")}
			w := &work{Operation: &operate.Operation{Env: operate.Environment{Name: "dev"}, Log: log}, app: a, command: tt.command, live: report.NewLive(&talk, nil, report.Palette{})}
			err := w.during(func() error { w.result = tt.result; return tt.err })
			if code := a.code(w.ended(err)); code != tt.code || talk.String() != tt.said {
				t.Errorf("code %d\n%s\nwant\n%s", code, talk.String(), tt.said)
			}
			talk.Reset()
			a.tellUnfinished(log, "dev")
			began := time.Now().Local().Format("15:04 on 2 January")
			want := "refit: " + tt.command + ", begun at " + began + ", did not finish: " + tt.next
			if tt.next == "" {
				want = ""
			}
			if got := talk.String(); len(got) < len(want) || got[:len(want)] != want || want == "" && got != "" {
				t.Errorf("the next command says\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestTooSoon(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	a := &app{Streams: Streams{Err: &bytes.Buffer{}}}
	if code := a.code(tooSoon(ctx, errors.New("no engine"))); code != ExitFailed {
		t.Error(code)
	}
	cancel()
	if code := a.code(tooSoon(ctx, ctx.Err())); code != ExitInterrupted {
		t.Error(code)
	}
}
