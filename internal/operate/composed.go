package operate

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"refit/internal/cause"
)

// Interrupted is the error of a command that the user stopped.
type Interrupted struct {
	Services []Service // as they were left
}

func (*Interrupted) Error() string { return "interrupted" }

// ExitCode is the error of a docker compose, or a program in a container, that ended with this code and has said why.
type ExitCode int

func (c ExitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// ComposeFailed is the error of a docker compose that ended with an exit code.
type ComposeFailed struct {
	Code  int
	Call  string      // as a person would type it, masked
	Cause cause.Cause // the likely one; nothing in it when none is known
}

func (f *ComposeFailed) Error() string {
	text := fmt.Sprintf("docker compose failed (exit code %d): %s", f.Code, f.Call)
	if f.Cause.Text != "" {
		text += "; likely cause: " + f.Cause.Text
	}
	return text
}

func (f *ComposeFailed) Unwrap() error { return ExitCode(f.Code) }

// EngineGone is the error of an engine that went away in the middle.
type EngineGone struct {
	Err  error
	Back bool      // it answers again: something started it anew, as systemd does
	Last []Service // as they were last seen
	// Known says what is known of such an end and how to go round it; "" when nothing is.
	Known string
}

func (e *EngineGone) Error() string {
	text := "the Docker engine does not answer any more: "
	if e.Back {
		text = "the Docker engine went away in the middle, and answers again: "
	}
	text += e.Err.Error()
	var seen []string
	for _, s := range e.Last {
		seen = append(seen, s.Service+" "+string(s.State))
	}
	if len(seen) > 0 {
		text += "; last seen: " + join(seen)
	}
	text += "; your files and the volumes are as they were"
	if e.Known != "" {
		text += "; " + e.Known
	}
	return text
}

func (e *EngineGone) Unwrap() error { return e.Err }

// wentAway is what the programs of docker say last when their engine ends while they wait for it (docker/compose and
// docker/buildx by gRPC, docker/cli and moby/client by HTTP).
var wentAway = regexp.MustCompile(`^(?:[a-z ]+: )?(?:rpc error: code = Unavailable|[Cc]annot connect to the Docker daemon|error during connect)|error reading from server: EOF$|: unexpected EOF$`)

// outcome is the error of a docker compose that ran: nil, the user's interruption, an engine that went away, or its own.
func (o *Operation) outcome(ctx context.Context, args []string, code int, err error, words []string) error {
	switch {
	case ctx.Err() != nil:
		return o.interrupted(ctx)
	case err != nil:
		return err
	case code == 0:
		return nil
	}
	if _, silent := o.Engine.Containers(ctx, o.Env.Model.Name); silent != nil && ctx.Err() == nil {
		return &EngineGone{Err: silent}
	}
	if len(words) > 0 && wentAway.MatchString(strings.TrimSpace(words[len(words)-1])) {
		return &EngineGone{Err: errors.New(strings.TrimSpace(words[len(words)-1])), Back: true, Known: o.knownEnd(ctx)}
	}
	likely, _ := cause.OfCompose(lastError(words), words)
	return &ComposeFailed{Code: code, Call: o.Mask(strings.Join(o.Compose.Words(args...), " ")), Cause: likely}
}

// knownEnd is why an engine that was building may have ended by itself. The builder of 20.10 does when builds share a step
// ("panic: failed to get edge", https://github.com/moby/moby/issues/42414).
func (o *Operation) knownEnd(ctx context.Context) string {
	if info, err := o.Engine.Info(ctx); err != nil || !strings.HasPrefix(info.ServerVersion, "20.10.") {
		return ""
	}
	return "Docker Engine 20.10 ends now and then when several images are built at once: refit build " + o.Env.Name + " SERVICE builds one after the other, a newer engine does not end"
}

// interrupted looks once more at what was left.
func (o *Operation) interrupted(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLook)
	defer cancel()
	services, _ := o.Status(ctx)
	return &Interrupted{Services: services}
}

// ended is the error of a compose that had the user's terminal.
func ended(ctx context.Context, code int, err error) error {
	switch {
	case ctx.Err() != nil:
		return &Interrupted{}
	case err != nil:
		return err
	case code != 0:
		return ExitCode(code)
	}
	return nil
}
