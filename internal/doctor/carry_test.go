package doctor

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"refit/internal/engine"
)

// said is a docker whose container of a repair says something and ends.
type said struct {
	text       string
	code, then int // of the container, and of every other call
}

func (d *said) Do(_ context.Context, s engine.Streams, args ...string) (int, error) {
	if args[0] != "run" {
		return d.then, nil
	}
	fmt.Fprint(s.Err, d.text)
	return d.code, nil
}

var aRepair = Repair{Kind: RepairOwner, Mount: "shop_data", Image: "shop-app", UID: 1000, GID: 1000}

// TestRepairSaysWhyItStopped, to the user and to the next command.
func TestRepairSaysWhyItStopped(t *testing.T) {
	for name, tt := range map[string]struct {
		docker said
		want   string
	}{
		"engine": {said{"time=\"2026-11-27T01:21:38Z\" level=error msg=\"error waiting for container: unexpected EOF\"\n", 125, 1}, "the Docker engine went away (error waiting for container: unexpected EOF)"},
		"back":   {said{"error waiting for container: unexpected EOF\n", 125, 0}, "the Docker engine went away (error waiting for container: unexpected EOF)"},
		"silent": {said{"", 125, 1}, "the Docker engine went away"},
		"disk":   {said{"docker: Error response from daemon: write /d/link: no space left on device.\nSee 'docker run --help'.\n", 125, 0}, "the engine's disk is full; docker system df says by what, docker system prune frees some (docker: Error response from daemon: write /d/link: no space left on device.)"},
		"chown":  {said{"chown: /mnt/refit/a: Operation not permitted\n", 1, 0}, "docker ended with exit code 1 (chown: /mnt/refit/a: Operation not permitted)"},
	} {
		t.Run(name, func(t *testing.T) {
			j := Journal{File: filepath.Join(t.TempDir(), "repair.json")}
			err := Carry(t.Context(), &tt.docker, aRepair, j, engine.Streams{})
			var stopped *Stopped
			if !errors.As(err, &stopped) || stopped.Why != tt.want || !strings.HasPrefix(err.Error(), "the repair of shop_data did not finish: "+tt.want+"; every file is whole") {
				t.Errorf("%v", err)
			}
			last := j.Last()
			if last == nil || !strings.Contains(last.String(), "did not finish: "+tt.want) || last.AtWork(func(int) bool { return true }) {
				t.Errorf("%v", last)
			}
		})
	}
}

// stubborn is a docker whose container takes no notice of signals: it goes on until it is removed.
type stubborn struct {
	mu            sync.Mutex
	running       bool
	started, gone chan struct{}
}

func (d *stubborn) Do(_ context.Context, _ engine.Streams, args ...string) (int, error) {
	d.mu.Lock()
	switch {
	case args[0] == "run":
		d.running = true
		close(d.started)
		d.mu.Unlock()
		<-d.gone
		return 137, nil
	case args[0] == "rm" && d.running:
		d.running = false
		close(d.gone)
	}
	d.mu.Unlock()
	return 0, nil
}

// TestCtrlCEndsARepair: it does not wait for the last file.
func TestCtrlCEndsARepair(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d := &stubborn{started: make(chan struct{}), gone: make(chan struct{})}
	go func() { <-d.started; cancel() }()
	j := Journal{File: filepath.Join(t.TempDir(), "repair.json")}
	err := Carry(ctx, d, aRepair, j, engine.Streams{})
	if err == nil || !strings.Contains(err.Error(), "did not finish: it was interrupted") || j.Last() == nil {
		t.Errorf("%v %v", err, j.Last())
	}
}
