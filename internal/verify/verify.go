// Package verify checks a running environment from the inside: that its containers run as the files promise. It is a
// stage: what runs and what the files say go in, findings come out. It changes nothing but one marker file in each
// writable mount of the repository's own services, which it removes again.
package verify

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/system"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/project"
	"refit/internal/rule"
)

// Engine is what has to be seen of a Docker engine.
type Engine interface {
	Containers(ctx context.Context, project string) ([]engine.Container, error)
	Inspect(ctx context.Context, id string) (container.InspectResponse, error)
	Processes(ctx context.Context, id string) ([]engine.Process, error)
	Exec(ctx context.Context, id string, o engine.ExecOptions) (engine.Output, error)
	Logs(ctx context.Context, id string, o engine.LogOptions) ([]engine.LogLine, error)
	CopyFrom(ctx context.Context, id, path string) (io.ReadCloser, error)
	Image(ctx context.Context, ref string) (image.InspectResponse, error)
	History(ctx context.Context, ref string) ([]image.HistoryResponseItem, error)
	SaveImage(ctx context.Context, ref string) (io.ReadCloser, error)
	Network(ctx context.Context, name string) (network.Inspect, error)
	Info(ctx context.Context) (system.Info, error)
}

// Composer asks docker compose about the environment.
type Composer interface {
	Output(ctx context.Context, args ...string) ([]byte, error)
	Words(args ...string) []string
}

// Subject is the environment that is checked, as its files promise it.
type Subject struct {
	Name    string // as a person calls it: "dev", "default"
	Project *project.Project
	Source  *project.Environment
	Model   *compose.Model      // as docker compose resolves it on this machine
	Root    string              // the repository on this machine
	Local   bool                // the engine's ports and files are those of this machine
	Secrets []string            // the values that must not be seen anywhere
	Mask    func(string) string // hides them
}

// Options say how far the checks go.
type Options struct {
	NoWrite bool                  // write no marker files
	Wait    time.Duration         // how long to wait for services that are still starting
	Wants   func(*rule.Meta) bool // which checks; nil wants all
}

// Check is one thing that must hold.
type Check struct {
	rule.Meta
	// look examines the containers, and reports to the pass.
	look func(ctx context.Context, p *pass)
}

// NotShown is a check of a service whose question could not be answered.
type NotShown struct {
	Check   *rule.Meta
	Service string // "" for the environment
	Why     string
}

// Verdict is what came out of the checks of one theme for one service.
type Verdict struct {
	Holds, NotShown, Error, Warning, Info int
}

// Looked says whether anything was examined at all.
func (v Verdict) Looked() bool { return v != Verdict{} }

// Result is what came out.
type Result struct {
	Findings []rule.Finding
	NotShown []NotShown
	Services []ServiceResult
	Checks   int // how many of the checks had something to examine
}

// ServiceResult is what is known of a service.
type ServiceResult struct {
	Service   string
	Own       bool // built from this repository
	Container string
	Status    string
	Image     ImageFacts
	Themes    map[rule.Theme]Verdict
}

// ImageFacts are the figures of an own service's image, in bytes; zero when the image was not read.
type ImageFacts struct {
	Size, Wasted int64
	Layers       int
}

// ErrNothingRuns is the error for an environment of which no container runs.
var ErrNothingRuns = errors.New("nothing of it runs")

// Run checks the environment. An error means that it could not be done at all.
func Run(ctx context.Context, s Subject, e Engine, c Composer, o Options) (*Result, error) {
	r, err := see(ctx, s, e, c, o)
	if err != nil {
		return nil, err
	}
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	result := &Result{}
	verdicts := map[string]map[rule.Theme]Verdict{}
	for i := range checks {
		if o.Wants != nil && !o.Wants(&checks[i].Meta) {
			continue
		}
		p := &pass{running: r, check: &checks[i], looked: map[string]bool{}, silent: map[string]string{}}
		p.check.look(ctx, p)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		p.add(result, verdicts)
	}
	for _, svc := range r.services {
		result.Services = append(result.Services, r.result(svc, verdicts[svc.name]))
	}
	return result, nil
}
