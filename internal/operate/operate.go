// Package operate runs an environment: preflight, up, down, build, rebuild, restart, status, logs, shell, exec and
// test. What is done is done by the user's own docker compose; the Engine API is used to look.
package operate

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/api/types/volume"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/project"
)

// Engine is what has to be seen of a Docker engine.
type Engine interface {
	Containers(ctx context.Context, project string) ([]engine.Container, error)
	AllContainers(ctx context.Context) ([]engine.Container, error)
	Inspect(ctx context.Context, id string) (container.InspectResponse, error)
	Logs(ctx context.Context, id string, o engine.LogOptions) ([]engine.LogLine, error)
	Changes(ctx context.Context, project string) <-chan struct{}
	Info(ctx context.Context) (system.Info, error)
	Volume(ctx context.Context, name string) (volume.Volume, error)
	Volumes(ctx context.Context, project string) ([]volume.Volume, error)
	Network(ctx context.Context, name string) (network.Inspect, error)
}

// Composer runs docker compose for the environment.
type Composer interface {
	Run(ctx context.Context, s engine.Streams, args ...string) (int, error)
	Attach(ctx context.Context, s engine.Streams, args ...string) (int, error)
	Words(args ...string) []string
}

// Environment is what is run.
type Environment struct {
	Name     string // as a person calls it: "dev", "default"
	Project  *project.Project
	Source   *project.Environment
	Model    *compose.Model // as docker compose resolves it on this machine
	EnvFiles []string       // passed by --env-file, repo-relative
	Root     string         // the repository on this machine
}

// Operation is one command on one environment.
type Operation struct {
	Env     Environment
	Engine  Engine
	Compose Composer
	At      engine.Endpoint
	Mask    func(string) string // hides secrets
	Log     Journal             // remembers what did not finish
	Said    Record              // keeps what a build or a start that failed said
	// Show is told what is the case whenever that changes, and every second. It may be nil.
	Show func(Snapshot)
	// Say is told the lines of docker compose as they come, masked. It may be nil.
	Say func(line string)
}

// Snapshot is what is known at one moment.
type Snapshot struct {
	Services []Service
	Elapsed  time.Duration
	Activity string // what docker compose said last
	Busy     bool   // docker compose is at work: what it stops may be about to start again
}

// run runs compose, its output going to Say line by line.
func (o *Operation) run(ctx context.Context, args ...string) (lastWords []string, err error) {
	tail := &tail{say: o.Say, mask: o.Mask}
	code, err := o.Compose.Run(ctx, engine.Streams{Out: tail, Err: tail}, args...)
	tail.Flush()
	err = o.outcome(ctx, args, code, err, tail.lines)
	o.Said.keep(err, tail.lines)
	return tail.lines, err
}

// Build builds the images; its output is the user's to see.
func (o *Operation) Build(ctx context.Context, out io.Writer, fresh, pull bool, services []string) error {
	args := []string{"build"}
	if fresh {
		args = append(args, "--no-cache")
	}
	if pull {
		args = append(args, "--pull")
	}
	return o.openly(ctx, out, append(args, services...)...)
}

// openly runs compose, its output being the user's to see.
func (o *Operation) openly(ctx context.Context, out io.Writer, args ...string) error {
	w, kept := NewMasked(out, o.Mask), &tail{mask: o.Mask}
	both := io.MultiWriter(w, kept)
	code, err := o.Compose.Run(ctx, engine.Streams{Out: both, Err: both}, args...)
	_ = w.Flush()
	kept.Flush()
	err = o.outcome(ctx, args, code, err, kept.lines)
	if args[0] == "build" {
		o.Said.keep(err, kept.lines)
	}
	return err
}

// NothingRuns is the error where there is nothing to restart.
type NothingRuns struct{ Environment string }

func (n *NothingRuns) Error() string {
	return "nothing of " + n.Environment + " has been started; there is nothing to restart; refit up " + n.Environment + " starts it"
}

// Restart restarts what runs, and waits for it like Up.
func (o *Operation) Restart(ctx context.Context, timeout time.Duration, services []string) (*Result, error) {
	list, err := o.Status(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(list, func(s Service) bool { return s.State != Absent && !s.OneOff }) {
		return nil, &NothingRuns{o.Env.Name}
	}
	return o.bring(ctx, timeout, services, append([]string{"restart"}, services...))
}
