package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"refit/internal/doctor"
	"refit/internal/engine"
	"refit/internal/pipeline"
	"refit/internal/report"
)

// doctorFlags are those of doctor.
type doctorFlags struct {
	path, format, failOn string
	fix, yes, build      bool
}

func (a *app) doctor() *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor [ENV]",
		Short: "Find the cause of what does not work on this machine, and its cure",
		Long: `Looks for the causes of permission denied, variables that do not load, builds that fail, ports in use, unhealthy,
killed and restarting services, old volumes and containers, changes that do not reach a container, and of a docker that
does not answer. Each comes with what was seen of it and the cure as exact commands; refit explain M15 says more.
Without ENV it looks at every environment, without an engine at the files. It changes nothing, unless --fix is given: that
shows each cure that refit can carry out, asks, and looks again afterwards.
Exit code 1: there are findings at the threshold. 3: it could not finish.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.runDoctor(args, f) },
	}
	pathFlag(cmd, &f.path)
	cmd.Flags().BoolVar(&f.fix, "fix", false, "carry out the cures that refit can, each after asking")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "with --fix: don't ask")
	cmd.Flags().BoolVar(&f.build, "build", false, "build the images, to see why that fails")
	cmd.Flags().StringVar(&f.format, "format", "text", "text or json")
	cmd.Flags().StringVar(&f.failOn, "fail-on", "error", "lowest severity that makes the exit code 1: error, warning, info or never")
	return cmd
}

func (a *app) runDoctor(words []string, f doctorFlags) error {
	if err := oneOf("--format", f.format, "text", "json"); err != nil {
		return err
	}
	if err := oneOf("--fail-on", f.failOn, "error", "warning", "info", "never"); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	v := &visit{app: a, flags: f, words: words}
	if err := v.look(ctx, f.build); err != nil {
		return err
	}
	var cured []string
	var failed error
	if f.fix {
		cured, failed = v.cure(ctx)
	}
	if ctx.Err() != nil {
		return failed // what was found before is not so any more
	}
	if err := v.show(cured); err != nil {
		return err
	}
	switch {
	case failed != nil:
		return failed
	case reached(v.count(), f.failOn):
		return exit{ExitFindings, nil}
	}
	return nil
}

// visit is one call of the doctor.
type visit struct {
	app    *app
	flags  doctorFlags
	words  []string
	repo   *pipeline.Repository
	docker *engine.Docker
	result doctor.Result
}

// look examines; after a cure once more.
func (v *visit) look(ctx context.Context, build bool) error {
	repo, _, err := v.app.open(v.flags.path)
	if err != nil {
		return err
	}
	v.repo = repo
	var builder func(string) io.Writer
	if build {
		builder = func(env string) io.Writer {
			fmt.Fprintf(v.app.Err, "building %s\n", env)
			return v.app.Err
		}
	}
	c, err := repo.Clinic(ctx, v.words, v.app.docker, builder)
	if err != nil {
		return envExit(err)
	}
	defer c.Close()
	v.docker = c.Docker
	v.result, err = doctor.Examine(ctx, &c.Case)
	switch {
	case ctx.Err() != nil:
		return exit{ExitInterrupted, errors.New("interrupted; looking changes nothing")}
	case err != nil:
		return exit{ExitFailed, fmt.Errorf("the examination could not be finished: %w", err)}
	}
	return nil
}

func (v *visit) view(cured []string) report.Doctor {
	return report.Doctor{Result: v.result, Lines: linesOf(v.repo), Mask: v.repo.Mask, Cured: cured}
}

func (v *visit) show(cured []string) error {
	if v.flags.format == "json" {
		return report.DoctorJSON(v.app.Out, v.view(cured))
	}
	report.DoctorText(v.app.Out, v.view(cured), report.Palette{On: colour(v.app.Out)})
	return nil
}

func (v *visit) count() report.Count {
	var c report.Count
	for _, f := range v.result.Findings {
		switch f.Severity {
		case "error":
			c.Error++
		case "warning":
			c.Warning++
		default:
			c.Info++
		}
	}
	return c
}
