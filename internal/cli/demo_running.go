package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"refit/internal/against"
	"refit/internal/change"
	"refit/internal/engine"
	"refit/internal/environment"
	"refit/internal/invocation"
	"refit/internal/operate"
	"refit/internal/pipeline"
	"refit/internal/report"
	"refit/internal/verify"
)

// running goes on with the demonstration: the sample as it was and as it is, each up, verified and built again. dir is
// the refitted one, steps are what its plan left to be done.
func (d *demoEngine) running(ctx context.Context, dir string, steps []change.Step, audits [2]report.Count) (err error) {
	defer func() { _ = d.client.Close() }()
	before := beforeOf(dir)
	d.story.Chapter("7. refit up dev, before the refit", "the same service as it was, in "+before)
	was, err := d.side(ctx, before)
	if err != nil {
		return err
	}
	d.story.Chapter("8. refit up dev, after the refit", "with what the plan left to be done: the lock file, made in the toolchain image where uv is missing")
	repo, err := pipeline.Open(dir)
	if err != nil {
		return err
	}
	if err := d.app.runSteps(repo, steps); err != nil {
		return err
	}
	is, err := d.side(ctx, dir)
	if err != nil {
		return err
	}
	is.Production, err = d.production(ctx, dir)
	if err != nil {
		return err
	}
	was.Audit, is.Audit = audits[0], audits[1]
	d.story.Chapter("9. Before and after", "measured now, on this machine")
	d.story.Running(was, is)
	if is.Verify.Error > 0 {
		return errors.New("the refitted sample runs, and refit verify finds errors")
	}
	return nil
}

// side brings one state of the sample up, looks at it from the inside, builds it again after a change, and takes it down.
func (d *demoEngine) side(ctx context.Context, dir string) (s report.RunningSide, err error) {
	repo, err := pipeline.Open(dir)
	if err != nil {
		return s, err
	}
	if err := d.certificates(repo); err != nil {
		return s, err
	}
	if err := demoOwner(dir); err != nil {
		return s, err
	}
	if repo, err = pipeline.Open(dir); err != nil {
		return s, err
	}
	env, err := repo.Environment("dev")
	if err != nil {
		return s, err
	}
	w, err := d.app.connect(ctx, repo, env, "up")
	if err != nil {
		return s, err
	}
	if err := d.unused(ctx, env.Model.Name); err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, d.remove(context.WithoutCancel(ctx), w)) }()
	if err := d.start(ctx, w); err != nil {
		return s, err
	}
	d.answers(ctx, w)
	if s, err = d.look(ctx, w); err != nil {
		return s, err
	}
	d.story.Line("building again after a change of a source file")
	s.Rebuild, err = against.Rebuild(ctx, d.compose(w, "--progress", "json"), repo.Root, "src/ledger/main.py", nil, repo.Mask)
	return s, err
}

// certificates makes those of the sample for development.
func (d *demoEngine) certificates(repo *pipeline.Repository) error {
	made, _, _, err := repo.Certificates(true)
	if err != nil || made.Set.Empty() {
		return err
	}
	_, err = repo.Carry(&made.Set, "refit certs", d.app.note)
	return err
}

// start builds and starts the environment.
func (d *demoEngine) start(ctx context.Context, w *work) error {
	if err := w.preflight(ctx, nil, false); err != nil {
		return err
	}
	w.Say = nil // a build is long, and not what this is about
	d.story.Line("building and starting; the first time it takes a minute or two")
	var result *operate.Result
	err := w.during(func() (err error) {
		result, err = w.Up(ctx, operate.UpOptions{Timeout: 5 * time.Minute})
		return err
	})
	if err != nil {
		return w.ended(err)
	}
	return w.shown(result, "text")
}

// answers waits until the service answers, at most a minute: before the refit nothing says when it is ready.
func (d *demoEngine) answers(ctx context.Context, w *work) {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	// nobody but the sample made its certificate
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}} //nolint:gosec // as above
	for _, port := range w.Env.Model.Services["app"].Ports {
		for ctx.Err() == nil {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://localhost:"+port.Published+"/health", nil)
			if err != nil {
				return
			}
			if answer, err := client.Do(request); err == nil {
				_ = answer.Body.Close()
				break
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
}

// look verifies the environment and asks the service's container who it runs as.
func (d *demoEngine) look(ctx context.Context, w *work) (s report.RunningSide, err error) {
	found, err := w.repo.Verify(ctx, w.Env, d.docker, verify.Options{Wait: 3 * time.Minute})
	if err != nil {
		return s, err
	}
	s.Verify = report.CountOf(found.Findings)
	d.story.Chapter("   refit verify dev", s.Verify.String())
	d.story.Worst(found.Findings, w.repo.Mask)
	for _, f := range found.Findings {
		if f.Meta.Name == "secret-in-image" {
			s.Secrets++
		}
	}
	containers, err := d.client.Containers(ctx, w.Env.Model.Name)
	if err != nil {
		return s, err
	}
	for _, c := range containers {
		if c.Service != "app" {
			continue
		}
		who, err := d.client.Exec(ctx, c.ID, engine.ExecOptions{Command: []string{"whoami"}})
		if err != nil {
			return s, err
		}
		s.User = strings.TrimSpace(string(who.Stdout))
		image, err := d.client.Image(ctx, c.ImageID)
		if err != nil {
			return s, err
		}
		s.Image = image.Size
	}
	return s, nil
}

// production is the size of the production image, in bytes, which the sample has only after its refit.
func (d *demoEngine) production(ctx context.Context, dir string) (int64, error) {
	d.story.Line("building production")
	if err := d.app.runEnvInit([]string{"prod"}, dir, environment.InitOptions{Force: true}); err != nil {
		return 0, err
	}
	repo, err := pipeline.Open(dir)
	if err != nil {
		return 0, err
	}
	env, err := repo.Environment("prod")
	if err != nil {
		return 0, err
	}
	w, err := d.app.connect(ctx, repo, env, "build")
	if err != nil {
		return 0, err
	}
	if err := d.unused(ctx, env.Model.Name); err != nil {
		return 0, err
	}
	defer func() { _ = d.client.RemoveImages(context.WithoutCancel(ctx), env.Model.Name) }()
	silent := &strings.Builder{}
	if err := w.Build(ctx, silent, false, false, []string{"app"}); err != nil {
		return 0, fmt.Errorf("production does not build: %w\n%s", err, silent)
	}
	image, err := d.client.Image(ctx, env.Model.Services["app"].Image)
	return image.Size, err
}

func (d *demoEngine) compose(w *work, options ...string) *engine.Compose {
	return &engine.Compose{Docker: d.docker, Dir: w.repo.Root, Options: append(options, invocation.Options(w.Env.Source, w.Env.EnvFiles)...)}
}

// remove takes away what was started: containers, images, and the data that nobody entered.
func (d *demoEngine) remove(ctx context.Context, w *work) error {
	d.story.Line("taking it down again, with its images and data")
	return errors.Join(w.Down(ctx, &strings.Builder{}, true), d.client.RemoveImages(ctx, w.Env.Model.Name))
}
