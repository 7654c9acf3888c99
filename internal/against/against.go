// Package against compares two states of a repository by what they do: it builds and runs both side by side, under
// names of their own, and compares images and containers. It is a stage: the two states, and the differences that the
// refit declared, go in; what differs, and what building costs, comes out. Nothing of the user's own containers,
// images, volumes and ports is touched.
package against

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"

	"refit/internal/change"
	"refit/internal/compose"
	"refit/internal/engine"
)

// Engine is what has to be seen of a Docker engine.
type Engine interface {
	Containers(ctx context.Context, project string) ([]engine.Container, error)
	Inspect(ctx context.Context, id string) (container.InspectResponse, error)
	Processes(ctx context.Context, id string) ([]engine.Process, error)
	Exec(ctx context.Context, id string, o engine.ExecOptions) (engine.Output, error)
	Logs(ctx context.Context, id string, o engine.LogOptions) ([]engine.LogLine, error)
	Image(ctx context.Context, ref string) (image.InspectResponse, error)
	ImageFiles(ctx context.Context, ref string) (io.ReadCloser, error)
}

// Composer runs docker compose in one folder with one set of files.
type Composer interface {
	Run(ctx context.Context, s engine.Streams, args ...string) (int, error)
	Output(ctx context.Context, args ...string) ([]byte, error)
}

// Side is one state of the repository.
type Side struct {
	Name        string // "before", "after"
	Root        string // a copy of its files, which may be changed
	Environment string // as a person calls it
	Model       *compose.Model
	Files       []string // its Compose and env files, repo-relative: what a change of configuration touches
	Options     []string // of docker compose, which name the environment
	Project     string   // of Compose, under which it is built and run
	Folder      string   // for files of ours, outside of Root
	// Base is the image that the stage of a service starts from, through the stages before it: "scratch" is none, "" an unknown one.
	Base func(service string) string
}

// Subject is what is compared.
type Subject struct {
	Before, After Side
	// Declared are the differences that the refit of the before state declares.
	Declared []change.Difference
	Moves    map[string]string   // of files of the repository, by their path before
	Made     []string            // files that the refit makes
	Mask     func(string) string // hides secrets
	// Compose is docker compose in a folder.
	Compose func(dir string, options ...string) Composer
	// Say is told what is being done.
	Say func(string)
}

// Options say how far the comparison goes.
type Options struct {
	Measure bool          // builds without a cache, and again after changes, to measure
	Run     bool          // starts the containers; else only images are compared
	Wait    time.Duration // how long to wait until services are up
}

// Area is where a difference was seen.
type Area string

// The areas.
const (
	Image     Area = "image"     // the image's configuration
	Files     Area = "files"     // the image's file system
	Container Area = "container" // the running container: health, user, ports, environment, command
	Log       Area = "log"       // the shape of what it logs
)

// Difference is one thing that is not the same before and after.
type Difference struct {
	Area          Area
	Service       string
	Addr          string // what: "cmd", "env.TZ", "/app/src/x.py", "ports"
	Before, After string // masked; "" when there is nothing
	Declared      bool
	Why, Rule     string // of a declared one
}

// NotShown is something that could not be compared, and why.
type NotShown struct{ Service, Why string }

// Result is what came out.
type Result struct {
	Before, After SideResult
	Differences   []Difference
	Same          int // things that were compared and are the same
	NotShown      []NotShown
}

// SideResult are the figures of one side.
type SideResult struct {
	Environment string
	Images      []ImageFacts // by service
	Builds      []Build      // cold, and after each kind of change
}

// ImageFacts are the figures of an own service's image, in bytes.
type ImageFacts struct {
	Service   string
	Size      int64
	Own       int64 // of the layers above the base image; -1 when the base image is not known to the engine
	Layers    int
	OwnLayers int
}

// Undeclared counts the differences that nobody declared.
func (r *Result) Undeclared() int {
	n := 0
	for _, d := range r.Differences {
		if !d.Declared {
			n++
		}
	}
	return n
}

// comparison is one run of it.
type comparison struct {
	Subject
	engine   Engine
	options  Options
	result   *Result
	declared declarations
	before   *state
	after    *state
}

// state is what is known of one side.
type state struct {
	side     Side
	compose  Composer
	resolved *resolved
	images   map[string]*imageState // of own services
	boxes    map[string]*box        // by service
	result   *SideResult
}

// Run compares. What it started and built is left for Discard.
func Run(ctx context.Context, s Subject, e Engine, o Options) (*Result, error) {
	c := &comparison{Subject: s, engine: e, options: o, result: &Result{}, declared: declare(s)}
	c.before = &state{side: s.Before, result: &c.result.Before}
	c.after = &state{side: s.After, result: &c.result.After}
	for _, st := range []*state{c.before, c.after} {
		st.result.Environment = st.side.Environment
		if err := c.prepare(ctx, st); err != nil {
			return nil, err
		}
	}
	for _, st := range []*state{c.before, c.after} {
		if err := c.build(ctx, st); err != nil {
			return nil, err
		}
	}
	c.compareImages()
	if o.Measure {
		if err := c.measure(ctx); err != nil {
			return nil, err
		}
	}
	if o.Run {
		if err := c.compareRunning(ctx); err != nil {
			return nil, err
		}
	}
	return c.result, ctx.Err()
}

// build builds a side and looks at its images.
func (c *comparison) build(ctx context.Context, st *state) error {
	c.Say(fmt.Sprintf("building %s", st.side.Name))
	args := []string{}
	if c.options.Measure {
		args = append(args, "--no-cache")
	}
	b, err := st.build(ctx, "cold", c.Mask, args...)
	if err != nil {
		return err
	}
	if c.options.Measure {
		st.result.Builds = append(st.result.Builds, b)
	}
	st.images = map[string]*imageState{}
	for _, service := range st.resolved.own {
		i, err := c.image(ctx, st, service)
		if err != nil {
			return fmt.Errorf("%s: the image of %s: %w", st.side.Name, service, err)
		}
		st.images[service] = i
		st.result.Images = append(st.result.Images, i.facts)
	}
	return nil
}

func (c *comparison) notShown(service, why string) {
	c.result.NotShown = append(c.result.NotShown, NotShown{service, c.Mask(why)})
}
