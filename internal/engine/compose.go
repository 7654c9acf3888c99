package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// MinCompose is the oldest Compose that refit works with: env_file entries that say whether they are required came
// with 2.24 (https://docs.docker.com/reference/compose-file/services/#env_file).
const MinCompose = "2.24.0"

// MinBuildx is the oldest buildx with which Compose 5 builds (docker/compose v5.6.0, pkg/compose/api_versions.go).
const MinBuildx = "0.17.0"

// Compose runs the user's own `docker compose` for one environment.
type Compose struct {
	Docker  *Docker
	Dir     string   // the folder it runs in, on this machine
	Options []string // -f, --env-file, -p, ...
	Env     []string // added to the environment: NAME=value
}

// Streams are what a program reads and writes. A nil In reads nothing.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Words are the words of a call, as a person would type them.
func (c *Compose) Words(args ...string) []string {
	words := append([]string{"docker"}, c.Docker.options...)
	return append(append(append(words, "compose"), c.Options...), args...)
}

// Run runs one command of compose and returns its exit code. It reads no input and is not reached by the
// terminal's Ctrl-C: when ctx ends it is interrupted, once, and waited for, so that it can tidy up.
func (c *Compose) Run(ctx context.Context, s Streams, args ...string) (int, error) {
	cmd := c.command(ctx, args)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.In, s.Out, s.Err
	aside(cmd)
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	return finished(cmd.Run())
}

// Attach runs one command of compose on the terminal of refit itself: a shell, a log that is followed. The
// terminal's Ctrl-C is for that command; refit waits for it.
func (c *Compose) Attach(ctx context.Context, s Streams, args ...string) (int, error) {
	cmd := c.command(context.WithoutCancel(ctx), args)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.In, s.Out, s.Err
	if err := cmd.Start(); err != nil {
		return -1, err
	}
	release := handOver(cmd.Process)
	defer release()
	return finished(cmd.Wait())
}

// Output is what a command of compose prints. What it says on stderr is the error.
func (c *Compose) Output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := c.command(ctx, args)
	said := &talk{}
	cmd.Stderr = said
	aside(cmd)
	out, err := cmd.Output()
	if err != nil && ctx.Err() == nil && said.String() != "" {
		err = errors.New(said.String())
	}
	return out, err
}

func (c *Compose) command(ctx context.Context, args []string) *exec.Cmd {
	cmd := c.Docker.command(ctx, append(append([]string{"compose"}, c.Options...), args...)...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), c.Env...)
	return cmd
}

// finished tells a program that ended with an exit code from one that did not run. One that a signal ended has the
// code that shells give it.
func finished(err error) (int, error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		if err != nil {
			return -1, err
		}
		return 0, nil
	}
	if code := exit.ExitCode(); code >= 0 {
		return code, nil
	}
	return 128 + signalOf(exit), nil
}

// Plugins are the versions of what works with docker; "" where it is not installed.
type Plugins struct{ Compose, Buildx string }

// Plugins asks docker for the versions of its plugins.
func (d *Docker) Plugins(ctx context.Context) Plugins {
	ask := func(args ...string) string {
		out, err := d.output(ctx, args...)
		if err != nil {
			return ""
		}
		for _, word := range strings.Fields(string(out)) {
			if len(numbers(word)) > 1 {
				return strings.TrimPrefix(word, "v")
			}
		}
		return ""
	}
	buildx := make(chan string, 1)
	go func() { buildx <- ask("buildx", "version") }()
	return Plugins{Compose: ask("compose", "version", "--short"), Buildx: <-buildx}
}

// Check says whether the plugins will do. builds says that an image has to be built.
func (p Plugins) Check(builds bool) error {
	switch {
	case p.Compose == "":
		return &Problem{Kind: NoCompose, What: "docker has no compose plugin", Why: "refit runs your own docker compose", Do: "install it: https://docs.docker.com/compose/install/linux/ (the old docker-compose does not do)"}
	case olderThan(p.Compose, MinCompose):
		return &Problem{Kind: ComposeTooOld, What: "docker compose is " + p.Compose, Why: "refit needs " + MinCompose + " or later", Do: "update the plugin: https://docs.docker.com/compose/install/linux/"}
	case builds && !olderThan(p.Compose, "5") && p.Buildx != "" && olderThan(p.Buildx, MinBuildx):
		return &Problem{Kind: BuildxTooOld, What: "docker buildx is " + p.Buildx, Why: fmt.Sprintf("docker compose %s builds images with buildx %s or later", p.Compose, MinBuildx), Do: "update the plugin: https://github.com/docker/buildx#installing"}
	}
	return nil
}
