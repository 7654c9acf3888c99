package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"refit/internal/engine"
	"refit/internal/invocation"
	"refit/internal/machine"
	"refit/internal/operate"
	"refit/internal/pipeline"
	"refit/internal/report"
)

// ExitInterrupted is the code of a command that Ctrl-C stopped, as shells have it.
const ExitInterrupted = 130

// running are the commands for environments that run.
func (a *app) running() []*cobra.Command {
	return []*cobra.Command{a.up(), a.down(), a.build(), a.rebuild(), a.restart(), a.status(), a.logs(), a.shell(), a.exec(), a.test(), a.verify()}
}

// work is an operation that a command is about.
type work struct {
	*operate.Operation
	app     *app
	repo    *pipeline.Repository
	live    *report.Live
	command string // "refit up dev"
}

// begin opens the environment that a word means and connects to its engine. writes says that the command changes
// what runs: it then remembers that it has begun.
func (a *app) begin(ctx context.Context, verb, word, path string, services []string) (*work, error) {
	repo, _, err := a.open(path)
	if err != nil {
		return nil, err
	}
	env, err := repo.Environment(word)
	if err != nil {
		return nil, envExit(err)
	}
	if err := operate.CheckServices(env.Name, env.Model, services); err != nil {
		return nil, exit{ExitUsage, err}
	}
	return a.connect(ctx, repo, env, verb)
}

func (a *app) connect(ctx context.Context, repo *pipeline.Repository, env operate.Environment, verb string) (*work, error) {
	a.tellUnfinished(repo.Journal(env), env.Name)
	if last := repo.RepairJournal().Last(); last != nil && !machine.Alive(last.PID) {
		a.note(last.String())
	}
	docker, err := engine.Find(a.docker...)
	if err != nil {
		return nil, exit{ExitFailed, err}
	}
	starts := slices.Contains([]string{"up", "build", "rebuild", "test"}, verb)
	o, err := repo.Operate(ctx, env, docker, starts)
	if err != nil {
		return nil, exit{ExitFailed, err}
	}
	w := &work{Operation: o, app: a, repo: repo, command: "refit " + verb + " " + env.Name}
	w.live = report.NewLive(a.talk(), a.columns(), report.Palette{On: colour(a.Err)})
	o.Show, o.Say = w.live.Show, w.live.Say
	return w, nil
}

// envExit is the exit for an environment that can't be had.
func envExit(err error) error {
	var unknown *invocation.Unknown
	if errors.As(err, &unknown) {
		return exit{ExitUsage, err}
	}
	return exit{ExitFailed, err}
}

// tellUnfinished says what the last command on the environment left undone.
func (a *app) tellUnfinished(log operate.Journal, env string) {
	if last, err := log.Last(); err == nil && last != nil {
		a.note(fmt.Sprintf("%s; refit status %s shows what runs, refit up %s goes on", last, env, env))
	}
}

// during does something that changes what runs, remembered until it comes to an end.
func (w *work) during(do func() error) error {
	if err := w.Log.Begin(w.command); err != nil {
		w.app.note("what happens here is not remembered for the next command: " + err.Error())
	}
	err := do()
	w.live.Clear()
	var stopped *operate.Interrupted
	var gone *operate.EngineGone
	switch {
	case errors.As(err, &stopped):
		_ = w.Log.Stopped("it was interrupted")
	case errors.As(err, &gone):
		_ = w.Log.Stopped("the Docker engine went away")
	default:
		_ = w.Log.End()
	}
	return err
}

// ended is the exit for an error of an operation. A docker compose that failed has said why.
func (w *work) ended(err error) error {
	var stopped *operate.Interrupted
	var code operate.ExitCode
	switch {
	case err == nil:
		return nil
	case errors.As(err, &stopped):
		w.app.note(leftBehind(w.Env.Name, stopped.Services))
		return exit{ExitInterrupted, nil}
	case errors.As(err, &code):
		return exit{ExitFailed, fmt.Errorf("docker compose failed (exit code %d): %s", int(code), w.Mask(strings.Join(w.Compose.Words("..."), " ")))}
	}
	return exit{ExitFailed, err}
}

// leftBehind says how a stopped command left the environment.
func leftBehind(env string, services []operate.Service) string {
	var up, not []string
	for _, s := range services {
		if s.OneOff {
			continue
		}
		if s.State == operate.Absent || s.State == operate.Created || s.State == operate.Failed {
			not = append(not, s.Service)
		} else {
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
	return fmt.Sprintf("%s; refit up %s goes on, refit down %s takes it down", text, env, env)
}

// preflight refuses to start what can't start.
func (w *work) preflight(ctx context.Context, services []string, force bool) error {
	found, err := w.Preflight(ctx, services)
	if err != nil {
		return exit{ExitFailed, err}
	}
	if errs := w.repo.EnvErrors(w.Env.Name); len(errs) > 0 {
		found = append(found, operate.Obstacle{Warning: true, Message: fmt.Sprintf("the env file has %s; refit env check %s lists them", counted(len(errs), "error"), w.Env.Name)})
	}
	report.Obstacles(w.app.Err, found, report.Palette{On: colour(w.app.Err)})
	stops := 0
	for _, b := range found {
		if !b.Warning {
			stops++
		}
	}
	if stops > 0 && !force {
		return exit{ExitFailed, fmt.Errorf("nothing was started: %s in the way (--force starts all the same)", counted(stops, "thing"))}
	}
	return nil
}

// interruptible is a context that ends with Ctrl-C or SIGTERM.
func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// talk is where progress goes: the terminal itself, whose cursor it moves, or the masked stream.
func (a *app) talk() io.Writer {
	if isTerminal(a.Err) {
		return a.err
	}
	return a.Err
}

// columns tells the width of the terminal that progress is shown on; nil when there is none.
func (a *app) columns() func() int {
	f, ok := a.err.(*os.File)
	if !ok || !isTerminal(f) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	return func() int {
		width, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return 80
		}
		return width
	}
}

// raws are the streams of a program that works on the user's own terminal, byte for byte.
func (a *app) raws() engine.Streams { return engine.Streams{In: a.In, Out: a.raw, Err: a.err} }

// onTerminal says whether a program in a container can have the user's terminal.
func (a *app) onTerminal() bool { return isTerminal(a.In) && isTerminal(a.raw) }

// envAnd wants an environment and at most so many services behind it; a negative most is any number.
func envAnd(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < 1+least || most >= 0 && len(args) > 1+most {
			return seeHelp(cmd, fmt.Errorf("%s wants an environment, such as dev%s", cmd.CommandPath(), what))
		}
		return nil
	}
}

func pathFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "path", ".", "the repository, or a folder in it")
}

// waitFlag is how long to wait for health.
func waitFlag(cmd *cobra.Command, timeout *time.Duration) {
	cmd.Flags().DurationVar(timeout, "wait-timeout", 5*time.Minute, "how long to wait until every service is healthy; 0s does not wait")
}
