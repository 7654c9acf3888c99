package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"refit/internal/operate"
	"refit/internal/report"
)

// upFlags are those of up.
type upFlags struct {
	path, format string
	force        bool
	operate.UpOptions
}

func (a *app) up() *cobra.Command {
	var f upFlags
	cmd := &cobra.Command{
		Use:   "up ENV [SERVICE...]",
		Short: "Start an environment and wait until every service is healthy",
		Long: `Runs your own docker compose up -d for ENV (dev, test, ci, prod, default for a compose.yml without a name,
or the path of a Compose file), with its env file. Before, it checks what would go wrong: the engine, the env file
and its required values, mounted files, certificates, ports and who holds them, external volumes and networks, disk.
Then it waits until every service is healthy. One without a healthcheck counts when it has run for a moment, one that
is to end by itself when it ended with exit code 0. When a service fails: its last lines, and the likely cause.
Exit code 3: not everything came up. 130: stopped by Ctrl-C; what is up stays up.`,
		Args: envAnd(0, -1, ", and services if not all are meant"),
		RunE: func(_ *cobra.Command, args []string) error {
			f.Services = args[1:]
			return a.runUp(args[0], f)
		},
	}
	pathFlag(cmd, &f.path)
	waitFlag(cmd, &f.Timeout)
	cmd.Flags().BoolVar(&f.Build, "build", false, "build images first although they are there")
	cmd.Flags().BoolVar(&f.force, "force", false, "start although a check fails")
	cmd.Flags().StringVar(&f.format, "format", "text", "text or json")
	return cmd
}

func (a *app) runUp(word string, f upFlags) error {
	if err := oneOf("--format", f.format, "text", "json"); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	w, err := a.begin(ctx, "up", word, f.path, f.Services)
	if err != nil {
		return err
	}
	if err := w.preflight(ctx, f.Services, f.force); err != nil {
		return err
	}
	return w.bring(ctx, f.format, func() (*operate.Result, error) { return w.Up(ctx, f.UpOptions) })
}

// bring starts things, and shows how that came out.
func (w *work) bring(_ context.Context, format string, start func() (*operate.Result, error)) error {
	err := w.during(func() (err error) {
		w.result, err = start()
		return err
	})
	if err != nil {
		return w.ended(err)
	}
	return w.shown(w.result, format)
}

// shown shows what came of up, restart and rebuild.
func (w *work) shown(result *operate.Result, format string) error {
	a := w.app
	view := report.Running{Environment: w.Env.Name, Project: w.Env.Model.Name, Services: result.Services, Failures: result.Failures, Elapsed: result.Elapsed}
	if format == "json" {
		if err := report.RunningJSON(a.Out, "up", view); err != nil {
			return err
		}
	} else {
		report.RunningText(a.Out, view, report.Palette{On: colour(a.Out)})
	}
	if len(result.Failures) > 0 {
		report.Failures(a.Err, w.Env.Name, result.Failures, a.columns() == nil, report.Palette{On: colour(a.Err)})
		return exit{ExitFailed, errors.New(w.Env.Name + " did not come up")}
	}
	fmt.Fprintf(a.Err, "%s is up after %s\n", w.Env.Name, result.Elapsed.Round(100*time.Millisecond))
	return nil
}
