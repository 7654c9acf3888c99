package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
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
	result  *operate.Result
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
	if last := repo.RepairJournal().Last(); last != nil && !last.AtWork(machine.Alive) {
		a.note(last.String())
	}
	docker, err := engine.Find(a.docker...)
	if err != nil {
		return nil, exit{ExitFailed, err}
	}
	starts := slices.Contains([]string{"up", "build", "rebuild", "test"}, verb)
	o, err := repo.Operate(ctx, env, docker, starts)
	if err != nil {
		return nil, tooSoon(ctx, err)
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

// preflight refuses to start what can't start.
func (w *work) preflight(ctx context.Context, services []string, force bool) error {
	found, err := w.Preflight(ctx, services)
	if err != nil {
		return tooSoon(ctx, err)
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
