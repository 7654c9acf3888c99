package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"refit/internal/cause"
	"refit/internal/engine"
)

// Runner runs docker.
type Runner interface {
	Do(ctx context.Context, s engine.Streams, args ...string) (int, error)
}

// Stopped is the error of a repair of owners that did not come to its end. It can be begun again at any time, since it
// only ever makes what is root's the account's.
type Stopped struct{ Mount, Why string }

func (s *Stopped) Error() string {
	return fmt.Sprintf("the repair of %s did not finish: %s; every file is whole, with its old or its new owner; refit doctor --fix goes on", s.Mount, s.Why)
}

// Carry carries a repair out by docker. One of owners is remembered until it is done.
func Carry(ctx context.Context, docker Runner, r Repair, j Journal, s engine.Streams) error {
	if r.Kind != RepairOwner {
		code, err := docker.Do(ctx, s, r.Words()...)
		if err == nil && code != 0 {
			err = fmt.Errorf("docker ended with exit code %d", code)
		}
		return err
	}
	_, _ = docker.Do(ctx, engine.Streams{}, "rm", "--force", r.container())
	if err := j.Begin(r); err != nil {
		return fmt.Errorf("nothing was changed: %w", err)
	}
	heard := &bytes.Buffer{}
	s.Err = io.MultiWriter(orNowhere(s.Err), heard)
	code, err := interruptibly(ctx, docker, r, s)
	if err == nil && code == 0 {
		return j.End()
	}
	stopped := &Stopped{Mount: r.Mount, Why: whyStopped(ctx, docker, code, err, heard.String())}
	if err := j.Stopped(stopped.Why); err != nil {
		return fmt.Errorf("%w (and this can't be remembered for the next command: %w)", stopped, err)
	}
	return stopped
}

// again is how often a container that is to end is told so: it may not have been made yet.
const again = 100 * time.Millisecond

// enough is how long an engine may take for it.
const enough = 30 * time.Second

// interruptibly runs the container of a repair, and removes it when ctx ends: find is its first process, and the
// kernel keeps signals from that one, so that Ctrl-C alone would wait for the last file.
func interruptibly(ctx context.Context, docker Runner, r Repair, s engine.Streams) (int, error) {
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-done:
		case <-ctx.Done():
			removeUntil(done, docker, r.container())
		}
	}()
	code, err := docker.Do(ctx, s, r.Words()...)
	close(done)
	<-gone
	return code, err
}

// removeUntil removes a container again and again until done, and once more: it may come to be at the last moment.
func removeUntil(done <-chan struct{}, docker Runner, container string) {
	ctx, cancel := context.WithTimeout(context.Background(), enough) // the caller's has ended
	defer cancel()
	for working := true; working; {
		select {
		case <-done:
			working = false
		case <-time.After(again):
		}
		_, _ = docker.Do(ctx, engine.Streams{}, "rm", "--force", container)
	}
}

// lost is what docker says when its engine ends while it waits for a container (docker/cli, moby/client).
var lost = regexp.MustCompile(`unexpected EOF|[Cc]annot connect to the Docker daemon|error during connect|connection reset by peer`)

// whyStopped says why a repair did not come to its end.
func whyStopped(ctx context.Context, docker Runner, code int, err error, heard string) string {
	if ctx.Err() != nil {
		return "it was interrupted"
	}
	if err != nil {
		return err.Error()
	}
	said := lastSaid(heard)
	if lost.MatchString(said) {
		return "the Docker engine went away (" + said + ")"
	}
	if code, err := docker.Do(ctx, engine.Streams{}, "version", "--format", "{{.Server.Version}}"); err != nil || code != 0 {
		return "the Docker engine went away"
	}
	why := fmt.Sprintf("docker ended with exit code %d", code)
	if said != "" {
		why += " (" + said + ")"
	}
	if c, ok := cause.OfCompose(said, nil); ok && c.Kind == cause.DiskFull {
		why = c.Text + " (" + said + ")"
	}
	return why
}

// logged is the message in a line of docker's own log, as it writes it to a stderr that is no terminal.
var logged = regexp.MustCompile(`^time="[^"]*" level=\w+ msg="(.*)"$`)

// lastSaid is the last line of a program that tells something.
func lastSaid(text string) string {
	last := ""
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "See 'docker") && !strings.HasPrefix(line, "Run 'docker") {
			last = line
		}
	}
	if m := logged.FindStringSubmatch(last); m != nil {
		return m[1]
	}
	return last
}

func orNowhere(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}
