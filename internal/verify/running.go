package verify

import (
	"archive/tar"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/system"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/rule"
)

// running is the environment as it runs.
type running struct {
	env      Subject
	engine   Engine
	compose  Composer
	options  Options
	info     system.Info
	services []*service // sorted by name
	orphans  []engine.Container
	probes   map[string]probe
	images   map[string]*contents
}

// service is one service of the environment that is to run.
type service struct {
	name       string
	model      *compose.Service
	own        bool // its image is built from this repository
	containers []*box
}

// box is one container.
type box struct {
	engine.Container
	service *service
	info    container.InspectResponse
	image   image.InspectResponse // that it runs
	main    *account              // who its main process runs as; nil when not known
	dialers []dialer              // those of its image that work; nil when not known
	passwd  map[string]account

	lines    []engine.LogLine
	logError error
}

// see looks at what runs.
func see(ctx context.Context, s Subject, e Engine, c Composer, o Options) (*running, error) {
	r := &running{env: s, engine: e, compose: c, options: o, probes: map[string]probe{}, images: map[string]*contents{}}
	var err error
	if r.info, err = e.Info(ctx); err != nil {
		return nil, err
	}
	byName := map[string]*service{}
	for _, name := range slices.Sorted(maps.Keys(s.Model.Services)) {
		m := s.Model.Services[name]
		if !m.Enabled || m.Replicas == 0 && m.ContainerName == "" {
			continue
		}
		byName[name] = &service{name: name, model: m, own: m.Build != nil}
		r.services = append(r.services, byName[name])
	}
	list, err := e.Containers(ctx, s.Model.Name)
	if err != nil {
		return nil, err
	}
	alive := false
	for _, c := range list {
		switch svc := byName[c.Service]; {
		case c.OneOff:
		case s.Model.Services[c.Service] == nil:
			r.orphans = append(r.orphans, c)
		case svc != nil:
			b := &box{Container: c, service: svc}
			if err := r.inspect(ctx, b); engine.IsNotFound(err) {
				continue
			} else if err != nil {
				return nil, err
			}
			svc.containers = append(svc.containers, b)
			alive = alive || b.runs()
		}
	}
	if !alive {
		return nil, ErrNothingRuns
	}
	return r, nil
}

// inspect looks at a container, and at the image that it was made from.
func (r *running) inspect(ctx context.Context, b *box) (err error) {
	if b.info, err = r.engine.Inspect(ctx, b.ID); err != nil {
		return err
	}
	if b.info.Config == nil {
		b.info.Config = &container.Config{}
	}
	if b.info.HostConfig == nil {
		b.info.HostConfig = &container.HostConfig{}
	}
	if b.info.State == nil {
		b.info.State = &container.State{}
	}
	b.image, err = r.engine.Image(ctx, cmp.Or(b.info.Image, b.ImageID))
	if engine.IsNotFound(err) { // it was removed by force
		err = nil
	}
	return err
}

func (b *box) runs() bool { return b.info.State.Status == container.StateRunning }

func (b *box) started() time.Time {
	at, _ := time.Parse(time.RFC3339Nano, b.info.State.StartedAt)
	return at
}

// endedBefore is when the run before this one ended; the zero time when this is the first. For a container that does not run
// any more it is its start, since the engine has forgotten what was before.
func (b *box) endedBefore() time.Time {
	ended, _ := time.Parse(time.RFC3339Nano, b.info.State.FinishedAt)
	if ended.After(b.started()) {
		return b.started()
	}
	return ended
}

// settle waits for what is still starting, as long as its healthcheck may take and the options allow.
func (r *running) settle(ctx context.Context) error {
	deadline, waited := time.Now().Add(r.options.Wait), false
	for _, b := range r.boxes(nil) {
		for b.starting() && time.Now().Before(deadline) && time.Since(b.started()) < patience(b.info.Config.Healthcheck) {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(300 * time.Millisecond):
			}
			waited = true
			if err := r.inspect(ctx, b); err != nil && !engine.IsNotFound(err) {
				return err
			}
		}
	}
	if waited {
		return r.renew(ctx)
	}
	return nil
}

// renew looks at all containers once more: while one was waited for, others went on.
func (r *running) renew(ctx context.Context) error {
	list, err := r.engine.Containers(ctx, r.env.Model.Name)
	if err != nil {
		return err
	}
	for _, b := range r.boxes(nil) {
		for _, c := range list {
			if c.ID == b.ID {
				b.Status = c.Status // "Up 2 minutes (healthy)"
			}
		}
		if err := r.inspect(ctx, b); err != nil && !engine.IsNotFound(err) {
			return err
		}
	}
	return nil
}

func (b *box) starting() bool {
	return b.runs() && b.info.State.Health != nil && b.info.State.Health.Status == container.Starting
}

// boxes are the containers of the services that are wanted; nil wants all.
func (r *running) boxes(want func(*service) bool) []*box {
	var list []*box
	for _, s := range r.services {
		if want == nil || want(s) {
			list = append(list, s.containers...)
		}
	}
	return list
}

func own(s *service) bool { return s.own }

// each examines the running containers of the services that are wanted.
func (p *pass) each(want func(*service) bool, do func(*box)) {
	for _, b := range p.boxes(want) {
		if b.runs() {
			p.looked[b.Service] = true
			do(b)
		}
	}
}

// execTime bounds a command in a container.
const execTime = 60 * time.Second

// errNoProgram is the error for a command whose program the container lacks.
var errNoProgram = errors.New("the image has no program for it")

// exec runs a command in a container, as its own user unless told otherwise.
func (r *running) exec(ctx context.Context, b *box, user string, command ...string) (engine.Output, error) {
	ctx, cancel := context.WithTimeout(ctx, execTime)
	defer cancel()
	out, err := r.engine.Exec(ctx, b.ID, engine.ExecOptions{User: user, Command: command})
	said := string(out.Stdout) + string(out.Stderr)
	if err != nil {
		said = err.Error()
	}
	// runc says so on the command's own output, Engine 20.10 with 126, later ones with 127
	if (err != nil || out.Code == 126 || out.Code == 127) && (strings.Contains(said, "executable file not found") || strings.Contains(said, "no such file or directory")) {
		return out, errNoProgram
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%s did not end within %s", command[0], execTime)
	}
	return out, err
}

// file reads a file of a container, whether or not it has a shell; at most a megabyte.
func (r *running) file(ctx context.Context, b *box, path string) ([]byte, error) {
	archive, err := r.engine.CopyFrom(ctx, b.ID, path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = archive.Close() }()
	t := tar.NewReader(archive)
	if _, err := t.Next(); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(t, 1<<20))
}

// remapped says whether the numbers of accounts on the engine's machine are not those in its containers.
func (r *running) remapped() bool {
	return slices.ContainsFunc(r.info.SecurityOptions, func(s string) bool {
		return strings.HasPrefix(s, "name=userns") || strings.HasPrefix(s, "name=rootless")
	})
}

func (r *running) result(s *service, themes map[rule.Theme]Verdict) ServiceResult {
	one := ServiceResult{Service: s.name, Own: s.own, Themes: themes, Status: "not created"}
	if len(s.containers) > 0 {
		first := s.containers[0]
		one.Container, one.Status = first.Name, first.Status
		if c := r.images[first.info.Image]; s.own && c != nil && c.err == nil {
			one.Image = ImageFacts{c.size, c.wasted, c.layers}
		}
	}
	return one
}

func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}
