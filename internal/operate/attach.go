package operate

import (
	"context"
	"fmt"
	"strconv"

	"refit/internal/engine"
)

// bash is what a shell is: bash where the image has it.
const bash = "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi"

// LogOptions say what of the logs is shown.
type LogOptions struct {
	Follow     bool
	Tail       int // lines of each container; negative means all
	Since      string
	Timestamps bool
	Colour     bool
	Services   []string
}

// Logs shows the logs, secrets masked, and returns when they end or the user has seen enough.
func (o *Operation) Logs(ctx context.Context, s engine.Streams, opts LogOptions) error {
	args := []string{"logs"}
	if opts.Colour {
		args = []string{"--ansi", "always", "logs"}
	}
	if opts.Follow {
		args = append(args, "--follow")
	}
	if opts.Tail >= 0 {
		args = append(args, "--tail", strconv.Itoa(opts.Tail))
	}
	if opts.Since != "" {
		args = append(args, "--since", opts.Since)
	}
	if opts.Timestamps {
		args = append(args, "--timestamps")
	}
	out, errOut := NewMasked(s.Out, o.Mask), NewMasked(s.Err, o.Mask)
	code, err := o.Compose.Attach(ctx, engine.Streams{Out: out, Err: errOut}, append(args, opts.Services...)...)
	_, _ = out.Flush(), errOut.Flush()
	return ended(ctx, code, err)
}

// Exec runs a command in the container of a service that runs, on the user's terminal when there is one.
func (o *Operation) Exec(ctx context.Context, s engine.Streams, terminal bool, user, service string, command []string) error {
	if err := o.runs(ctx, service); err != nil {
		return err
	}
	args := []string{"exec"}
	if !terminal {
		args = append(args, "-T")
	}
	if user != "" {
		args = append(args, "--user", user)
	}
	code, err := o.Compose.Attach(ctx, s, append(append(args, service), command...)...)
	return ended(ctx, code, err)
}

// Shell opens a shell in the container of a service.
func (o *Operation) Shell(ctx context.Context, s engine.Streams, terminal bool, user, service string) error {
	return o.Exec(ctx, s, terminal, user, service, []string{"sh", "-c", bash})
}

// NotRunning is the error for a service that should run and doesn't.
type NotRunning struct {
	Environment, Service string
	State                State
	Reason               string
}

func (n *NotRunning) Error() string {
	reason := ""
	if n.Reason != "" {
		reason = ": " + n.Reason
	}
	return fmt.Sprintf("%s is %s%s; a command needs a container that runs; refit up %s %s starts it", n.Service, n.State, reason, n.Environment, n.Service)
}

// runs wants a container of the service to run.
func (o *Operation) runs(ctx context.Context, service string) error {
	list, err := o.Status(ctx)
	if err != nil {
		return err
	}
	problem := &NotRunning{Environment: o.Env.Name, Service: service, State: Absent}
	for _, s := range list {
		if s.Service != service || s.OneOff {
			continue
		}
		switch s.State {
		case Running, Healthy, Unhealthy, Starting:
			return nil
		}
		problem.State, problem.Reason = s.State, s.Reason
	}
	return problem
}
