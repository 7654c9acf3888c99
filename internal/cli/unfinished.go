package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"refit/internal/cause"
	"refit/internal/operate"
)

// ExitInterrupted is the code of a command that Ctrl-C stopped, as shells have it.
const ExitInterrupted = 130

// tellUnfinished says what the last command on the environment left undone.
func (a *app) tellUnfinished(log operate.Journal, env string) {
	last, err := log.Last()
	if err != nil || last == nil {
		return
	}
	next := "refit up " + env + " goes on"
	if strings.HasPrefix(last.Command, "refit rebuild ") {
		next = last.Command + " builds again, refit up " + env + " starts the images that are there"
	}
	a.note(fmt.Sprintf("%s; refit status %s shows what runs, %s", last, env, next))
}

// during does something that changes what runs, remembered until it comes to an end.
func (w *work) during(do func() error) error {
	if err := w.Log.Begin(w.command); err != nil {
		w.app.note("what happens here is not remembered for the next command: " + err.Error())
	}
	err := do()
	w.live.Clear()
	if why := w.stopped(err); why != "" {
		_ = w.Log.Stopped(why)
	} else {
		_ = w.Log.End()
	}
	return err
}

// stopped says what kept a command from its end, where the next one should tell; "" where it did come to its end.
func (w *work) stopped(err error) string {
	var stopped *operate.Interrupted
	var gone *operate.EngineGone
	var failed *operate.ComposeFailed
	switch {
	case errors.As(err, &stopped):
		return "it was interrupted"
	case errors.As(err, &gone):
		return "the Docker engine went away"
	case errors.As(err, &failed) && failed.Cause.Kind == cause.DiskFull, w.result.DiskFull():
		return "the engine's disk was full"
	}
	return ""
}

// ended is the exit for an error of an operation: what happened, what is left, what to do.
func (w *work) ended(err error) error {
	var stopped *operate.Interrupted
	var gone *operate.EngineGone
	var half *operate.NotRebuilt
	errors.As(err, &half)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &stopped):
		w.app.note(w.leftBehind(stopped.Services, half))
		return exit{ExitInterrupted, nil}
	case errors.As(err, &gone):
		return exit{ExitFailed, fmt.Errorf("%w; %s", gone, w.goesOn(gone, half))}
	}
	return exit{ExitFailed, err}
}

// goesOn says what to do after the engine went away.
func (w *work) goesOn(gone *operate.EngineGone, half *operate.NotRebuilt) string {
	next := w.command + " goes on"
	if half != nil {
		next = half.Left()
	}
	if gone.Back {
		return next
	}
	return "start it again; " + next
}

// leftBehind says how a command that was interrupted left the environment.
func (w *work) leftBehind(services []operate.Service, half *operate.NotRebuilt) string {
	var up, not []string
	for _, s := range services {
		switch {
		case s.OneOff:
		case s.State == operate.Absent || s.State == operate.Created || s.State == operate.Failed:
			not = append(not, s.Service)
		default:
			up = append(up, s.Service)
		}
	}
	text := "interrupted"
	if len(up) > 0 {
		text += "; running: " + strings.Join(up, ", ")
	}
	if len(not) > 0 {
		text += "; not running: " + strings.Join(not, ", ")
	}
	if half != nil {
		return text + "; " + half.Left()
	}
	return fmt.Sprintf("%s; refit up %s goes on, refit down %s takes it down", text, w.Env.Name, w.Env.Name)
}

// tooSoon is the exit of a command that could not even begin.
func tooSoon(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return exit{ExitInterrupted, errors.New("interrupted; nothing was changed")}
	}
	return exit{ExitFailed, err}
}
