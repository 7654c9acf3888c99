package engine

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Do runs one command of docker as it would be typed, and returns its exit code. When ctx ends it is interrupted and
// waited for.
func (d *Docker) Do(ctx context.Context, s Streams, args ...string) (int, error) {
	cmd := d.command(ctx, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.In, s.Out, s.Err
	aside(cmd)
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	return finished(cmd.Run())
}

// OtherContext is a context that is not in use and whose engine answers; ok is false when there is none. "default", the
// engine of this machine, comes first. DOCKER_HOST and DOCKER_CONTEXT, which win over the contexts, do not count.
func (d *Docker) OtherContext(ctx context.Context, inUse string) (name string, ok bool) {
	names, err := d.unswayed(ctx, "context", "ls", "--format", "{{.Name}}")
	if err != nil {
		return "", false
	}
	for _, name := range append([]string{"default"}, names...) {
		if name == inUse {
			continue
		}
		if _, err := d.unswayed(ctx, "--context", name, "version", "--format", "{{.Server.Version}}"); err == nil {
			return name, true
		}
	}
	return "", false
}

// unswayed are the words that a call of docker prints without the variables that choose an engine.
func (d *Docker) unswayed(ctx context.Context, args ...string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.program, args...) //nolint:gosec // the user's own docker
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DOCKER_HOST=") && !strings.HasPrefix(v, "DOCKER_CONTEXT=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	out, err := cmd.Output()
	return strings.Fields(string(out)), err
}
