package engine

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/containerd/errdefs"
)

// Kind says what stands between refit and a working engine.
type Kind string

// The kinds of problems.
const (
	NoDocker      Kind = "no-docker"       // the program is not on PATH
	BadContext    Kind = "bad-context"     // the context in use is unknown or broken
	NotAnswering  Kind = "not-answering"   // nobody listens where docker looks
	NoPermission  Kind = "no-permission"   // the socket is somebody else's
	EngineTooOld  Kind = "engine-too-old"  // it speaks an API before MinAPI
	NoCompose     Kind = "no-compose"      // docker has no compose plugin
	ComposeTooOld Kind = "compose-too-old" // the plugin is older than MinCompose
	BuildxTooOld  Kind = "buildx-too-old"  // compose builds with buildx, and wants it newer
)

// Problem is an error of the machine: what is wrong, why that matters and what to do.
type Problem struct {
	Kind          Kind
	What, Why, Do string
	Err           error // what was behind it; may be nil
}

func (p *Problem) Error() string { return p.What + "; " + p.Why + "; " + p.Do }

func (p *Problem) Unwrap() error { return p.Err }

// IsKind says whether an error is a Problem of the kind.
func IsKind(err error, k Kind) bool {
	var p *Problem
	return errors.As(err, &p) && p.Kind == k
}

// IsNotFound says whether an error means that the engine has no such container, image, volume or network.
func IsNotFound(err error) bool { return errdefs.IsNotFound(err) }

// unreachable explains why nothing could be asked.
func unreachable(e Endpoint, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !e.Local() {
		return err
	}
	where := e.Host
	if e.Context != "" && e.Context != "default" {
		where += " (context " + e.Context + ")"
	}
	said := err.Error()
	switch {
	case errors.Is(err, fs.ErrPermission) || strings.Contains(said, "permission denied"):
		return &Problem{Kind: NoPermission, What: "no permission for the Docker engine at " + where, Why: "nothing can be started",
			Do: "add yourself to the group that owns the socket (sudo usermod -aG docker \"$USER\", then log in again), or use a rootless engine", Err: err}
	default:
		do := "start Docker (Docker Desktop, or sudo systemctl start docker), then try again"
		if e.Context != "" && e.Context != "default" {
			do = "start that engine, or choose another context: docker context ls"
		}
		return &Problem{Kind: NotAnswering, What: "no Docker engine answers at " + where + firstLine(said), Why: "nothing can be started", Do: do, Err: err}
	}
}

// firstLine is the part of a message that says something new: ": connection refused", or "".
func firstLine(said string) string {
	for _, known := range []string{"connection refused", "no such file or directory", "no such host", "timeout", "host key", "Connection timed out", "Permission denied (publickey"} {
		if strings.Contains(said, known) {
			return " (" + strings.TrimSuffix(known, " (publickey") + ")"
		}
	}
	return ""
}
