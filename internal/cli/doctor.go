package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"refit/internal/doctor"
	"refit/internal/engine"
	"refit/internal/environment"
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
	if v.result, err = doctor.Examine(ctx, &c.Case); err != nil {
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

// cure carries out what can be, one by one, and looks again after each: one cure may take away several findings. What was
// refused or failed is not tried again.
func (v *visit) cure(ctx context.Context) (cured []string, failed error) {
	a, tried := v.app, map[string]bool{}
	for {
		f := v.next(tried)
		if f == nil {
			return cured, failed
		}
		key := f.Meta.ID + " " + f.Subject
		tried[key] = true
		report.DiagnosisText(a.Err, v.view(nil), *f, report.Palette{On: colour(a.Err)})
		if err := a.confirm(f.Cure.Title+"?", v.flags.yes); err != nil {
			var e exit
			if errors.As(err, &e) && e.code == ExitUsage {
				return cured, err
			}
			a.note("left as it is")
			continue
		}
		if err := v.carry(ctx, *f.Cure.Repair); err != nil {
			failed = exit{ExitFailed, fmt.Errorf("%s: %w", key, err)}
			a.note(err.Error())
			if ctx.Err() != nil {
				return cured, exit{ExitInterrupted, err}
			}
		}
		if err := v.look(ctx, false); err != nil {
			return cured, err
		}
		if v.has(key) {
			a.note(key + " is still there")
			if failed == nil {
				failed = exit{ExitFailed, fmt.Errorf("%s is still there after its cure", key)}
			}
			continue
		}
		a.note(key + " is cured")
		cured = append(cured, key)
	}
}

// next is a finding with a cure that was not tried yet.
func (v *visit) next(tried map[string]bool) *doctor.Diagnosis {
	for i := range v.result.Findings {
		f := &v.result.Findings[i]
		if f.Cure.Repair != nil && f.Severity != "info" && !tried[f.Meta.ID+" "+f.Subject] {
			return f
		}
	}
	return nil
}

func (v *visit) has(key string) bool {
	for _, f := range v.result.Findings {
		if f.Meta.ID+" "+f.Subject == key && f.Severity != "info" {
			return true
		}
	}
	return false
}

// carry carries one repair out.
func (v *visit) carry(ctx context.Context, r doctor.Repair) error {
	talking := *v.app // what other commands print is talk here
	talking.Out = talking.Err
	switch r.Kind {
	case doctor.RepairEnv:
		return talking.runEnvInit([]string{r.Environment}, v.repo.Root, environment.InitOptions{})
	case doctor.RepairCerts:
		return talking.runCerts(v.repo.Root, true)
	}
	if v.docker == nil {
		return errors.New("there is no docker to do it with")
	}
	return doctor.Carry(ctx, v.docker, r, v.repo.RepairJournal(), engine.Streams{Out: v.app.Err, Err: v.app.Err})
}
