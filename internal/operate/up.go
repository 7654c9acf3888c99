package operate

import (
	"context"
	"errors"
	"slices"
	"time"

	"refit/internal/cause"
	"refit/internal/compose"
)

// moment is how long a service without a healthcheck has to run to count as started: one that can't start ends
// at once.
const moment = 2 * time.Second

// patience is how often a service may be restarted until it counts as failed.
const patience = 3

// lastLook bounds how long an engine may take to tell what an interrupted command has left.
const lastLook = 5 * time.Second

// UpOptions say how an environment is started.
type UpOptions struct {
	Build    bool          // build images first although they are there
	Timeout  time.Duration // how long to wait for health; 0 does not wait
	Services []string      // only these and what they depend on; empty: all
}

// Result is how it came out.
type Result struct {
	Services []Service
	Failures []Failure
	Elapsed  time.Duration
}

// DiskFull says whether something failed because the engine's disk is full.
func (r *Result) DiskFull() bool {
	return r != nil && slices.ContainsFunc(r.Failures, func(f Failure) bool { return f.Kind == cause.DiskFull })
}

// Up starts the environment by `docker compose up -d` and waits until every service is well. When that fails the
// result says what failed and why, and the error is nil; an error means that it could not even be tried, or was interrupted.
func (o *Operation) Up(ctx context.Context, opts UpOptions) (*Result, error) {
	args := []string{"up", "-d"}
	if opts.Build {
		args = append(args, "--build")
	}
	return o.bring(ctx, opts.Timeout, opts.Services, append(args, opts.Services...))
}

// bring runs a command that starts things and waits for them.
func (o *Operation) bring(ctx context.Context, timeout time.Duration, services, args []string) (*Result, error) {
	began := time.Now()
	w := &watch{Operation: o, began: began, only: o.closure(services), restarts: map[string]int{}}
	composed, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	say := o.Say
	o.Say = func(line string) {
		w.said(line)
		if say != nil {
			say(line)
		}
	}
	w.working(true)
	go func() { w.until(composed); close(watched) }()
	words, err := o.run(ctx, args...)
	stop()
	<-watched
	w.working(false)
	o.Say = say
	var failed *ComposeFailed
	var gone *EngineGone
	switch {
	case err == nil:
		return w.settle(ctx, timeout)
	case errors.As(err, &gone):
		return nil, w.gone(err)
	case !errors.As(err, &failed):
		return nil, err
	}
	left, err := w.look(ctx)
	if err != nil {
		return nil, w.gone(err)
	}
	return &Result{Services: left, Failures: o.explain(ctx, left, words), Elapsed: time.Since(began)}, nil
}

// closure is the set of services that are started when these are asked for; nil means all.
func (o *Operation) closure(services []string) map[string]bool {
	if len(services) == 0 {
		return nil
	}
	set := map[string]bool{}
	var add func(string)
	add = func(name string) {
		s := o.Env.Model.Services[name]
		if set[name] || s == nil {
			return
		}
		set[name] = true
		for dependency := range s.DependsOn {
			add(dependency)
		}
	}
	for _, name := range services {
		add(name)
	}
	return set
}

// UnknownService is the error for a word that is no service of the environment.
type UnknownService struct {
	Word        string
	Environment string
	Known       []string
}

func (u *UnknownService) Error() string {
	return u.Word + ": no service of " + u.Environment + " is called so; it has " + join(u.Known)
}

// CheckServices wants every word to be a service of the environment.
func CheckServices(env string, m *compose.Model, words []string) error {
	for _, word := range words {
		if m.Services[word] == nil {
			var known []string
			for name := range m.Services {
				known = append(known, name)
			}
			slices.Sort(known)
			return &UnknownService{word, env, known}
		}
	}
	return nil
}
