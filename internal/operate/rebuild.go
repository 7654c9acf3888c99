package operate

import (
	"context"
	"io"
	"time"
)

// Rebuild takes the environment down, builds its images without the cache and brings it up. The images of before are
// there until the new ones are.
func (o *Operation) Rebuild(ctx context.Context, out io.Writer, timeout time.Duration) (*Result, error) {
	if err := o.Down(ctx, out, false); err != nil {
		return nil, err
	}
	if err := o.Build(ctx, out, true, false, nil); err != nil {
		return nil, &NotRebuilt{Environment: o.Env.Name, Err: err}
	}
	return o.Up(ctx, UpOptions{Timeout: timeout})
}

// NotRebuilt is the error of a rebuild that stopped between taking down and bringing up.
type NotRebuilt struct {
	Environment string
	Err         error
}

func (n *NotRebuilt) Error() string { return n.Err.Error() + "; " + n.Left() }

func (n *NotRebuilt) Unwrap() error { return n.Err }

// Left says in which state that leaves the environment, and what to do.
func (n *NotRebuilt) Left() string {
	e := n.Environment
	return e + " was taken down before the build; its data and the images of before are there; refit up " + e + " starts those, refit rebuild " + e + " builds again"
}
