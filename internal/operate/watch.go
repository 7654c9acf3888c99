package operate

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
)

// watch follows the services of an environment while they start.
type watch struct {
	*Operation
	began    time.Time
	only     map[string]bool // nil: all
	restarts map[string]int  // of each container, when it was first seen

	mu       sync.Mutex
	activity string
	busy     bool
	last     []Service
}

// said remembers what docker compose says last.
func (w *watch) said(line string) {
	w.mu.Lock()
	w.activity = strings.TrimSpace(line)
	w.mu.Unlock()
}

// look is what the services are doing now; it shows it, too.
func (w *watch) look(ctx context.Context) ([]Service, error) {
	all, err := w.Status(ctx)
	if err != nil {
		return nil, err
	}
	var list []Service
	for _, s := range all {
		if s.OneOff || s.Orphan || w.only != nil && !w.only[s.Service] {
			continue
		}
		if _, seen := w.restarts[s.id]; !seen && s.id != "" {
			w.restarts[s.id] = s.Restarts
		}
		list = append(list, s)
	}
	w.mu.Lock()
	w.last = list
	seen := Snapshot{Services: list, Elapsed: time.Since(w.began), Activity: w.activity, Busy: w.busy}
	w.mu.Unlock()
	if w.Show != nil {
		w.Show(seen)
	}
	return list, nil
}

// working says whether docker compose is at work.
func (w *watch) working(busy bool) {
	w.mu.Lock()
	w.busy = busy
	w.mu.Unlock()
}

// until shows what happens until ctx ends.
func (w *watch) until(ctx context.Context) {
	_ = w.loop(ctx, func([]Service) bool { return false })
}

// silence is how often in a row the engine may fail to answer until it counts as gone.
const silence = 5

// loop looks whenever something changes, and every second, until done says so. An error means that the engine has
// gone away.
func (w *watch) loop(ctx context.Context, done func([]Service) bool) error {
	changes := w.Engine.Changes(ctx, w.Env.Model.Name)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for failed := 0; ; {
		list, err := w.look(ctx)
		switch {
		case err == nil && done(list):
			return nil
		case err == nil:
			failed = 0
		case ctx.Err() == nil:
			if failed++; failed >= silence {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-changes:
			if !open {
				changes = nil // the ticker goes on
			}
		case <-tick.C:
		}
	}
}

// settle waits until every service is well or one has failed.
func (w *watch) settle(ctx context.Context, timeout time.Duration) (*Result, error) {
	w.said("")
	var last []Service
	if timeout <= 0 {
		last, err := w.look(ctx)
		if err != nil {
			return nil, w.gone(err)
		}
		return &Result{Services: last, Elapsed: time.Since(w.began)}, nil
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	settled := false
	err := w.loop(bounded, func(list []Service) bool {
		last = list
		settled = w.settled(list)
		return settled
	})
	switch {
	case ctx.Err() != nil:
		return nil, w.interrupted(ctx)
	case err != nil:
		return nil, w.gone(err)
	}
	r := &Result{Services: last, Elapsed: time.Since(w.began)}
	for i := range last {
		if s := &last[i]; w.failed(*s) || !settled && !w.ready(*s) {
			r.Failures = append(r.Failures, w.failure(ctx, *s))
		}
	}
	return r, nil
}

// settled says whether there is nothing left to wait for: one has failed, or all are ready.
func (w *watch) settled(list []Service) bool {
	all := len(list) > 0
	for _, s := range list {
		if w.failed(s) {
			return true
		}
		all = all && w.ready(s)
	}
	return all
}

// ready says whether a service has started. One without a healthcheck has to stay for a moment.
func (w *watch) ready(s Service) bool {
	return s.State == Healthy || s.State == Done || s.State == Running && time.Since(s.started) >= moment && s.Restarts == w.restarts[s.id]
}

// failed says whether waiting longer is of no use.
func (w *watch) failed(s Service) bool {
	switch s.State {
	case Failed, Unhealthy:
		return true
	case Created, Absent: // compose has finished and did not start it
		return true
	}
	return s.Restarts-w.restarts[s.id] >= patience
}

// gone is the error of an engine that does not answer any more, with what it told last.
func (w *watch) gone(err error) error {
	var gone *EngineGone
	if !errors.As(err, &gone) {
		gone = &EngineGone{Err: err}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	gone.Last = w.last
	return gone
}
