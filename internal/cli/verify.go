package cli

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"refit/internal/engine"
	"refit/internal/report"
	"refit/internal/rule"
	"refit/internal/verify"
)

// verifyFlags are those of verify.
type verifyFlags struct {
	path, format, failOn string
	only, skip           []string
	against, before      string
	measure, images      bool
	verify.Options
}

func (a *app) verify() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify ENV",
		Short: "Check running containers from the inside: that they run as the files promise",
		Long: `Looks at the containers of ENV that run: who they run as and what is theirs, health, endpoints and certificates,
migrations, who reaches whom, logs, images, and whether environment, ports, limits and images are those of the files.
Findings as in an audit, with what was seen and where; refit explain R01 explains one. What can't be seen, as in an
image without a shell, is listed as not shown. In each writable mount of the own services one file is made
and removed again; --no-write leaves that out. Nothing else is changed.
With --against it builds and runs ENV as it was and as it is side by side, under names and on ports of their own, and
compares images and containers: what the refit declared is listed, any other difference is an error. --measure also
builds without a cache, and again after a change of a source file, of the dependencies and of the configuration.
Exit code 1: there are findings at the threshold. 3: it could not be done, or nothing runs.`,
		Args: envAnd(0, 0, ", and nothing else"),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case f.against == "" && (f.before != "" || f.measure || f.images):
				return exit{ExitUsage, errors.New("--before, --measure and --images want --against: what to compare with")}
			case f.against != "":
				return a.runAgainst(args[0], f)
			}
			return a.runVerify(args[0], f)
		},
	}
	pathFlag(cmd, &f.path)
	cmd.Flags().StringVar(&f.format, "format", "text", "text or json")
	cmd.Flags().StringVar(&f.failOn, "fail-on", "error", "lowest severity that makes the exit code 1: error, warning, info or never")
	cmd.Flags().StringSliceVar(&f.only, "only", nil, "only these checks: ids, names or subjects (user, ownership, health, network, logs, image, configuration), comma-separated")
	cmd.Flags().StringSliceVar(&f.skip, "skip", nil, "not these checks")
	cmd.Flags().BoolVar(&f.NoWrite, "no-write", false, "make no file in mounts and volumes")
	cmd.Flags().StringVar(&f.against, "against", "", "compare with this backup of refit (an ID, or last), or with this commit of git")
	cmd.Flags().StringVar(&f.before, "before", "", "with --against: the environment then, when it is another one; only images are compared")
	cmd.Flags().BoolVar(&f.measure, "measure", false, "with --against: also measure builds and rebuilds")
	cmd.Flags().BoolVar(&f.images, "images", false, "with --against: compare images only; nothing is started")
	cmd.Flags().DurationVar(&f.Wait, "wait-timeout", 3*time.Minute, "how long to wait for services that are still starting")
	return cmd
}

func (a *app) runVerify(word string, f verifyFlags) error {
	if err := oneOf("--format", f.format, "text", "json"); err != nil {
		return err
	}
	if err := oneOf("--fail-on", f.failOn, "error", "warning", "info", "never"); err != nil {
		return err
	}
	if err := f.choose(); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	repo, _, err := a.open(f.path)
	if err != nil {
		return err
	}
	env, err := repo.Environment(word)
	if err != nil {
		return envExit(err)
	}
	docker, err := engine.Find(a.docker...)
	if err != nil {
		return exit{ExitFailed, err}
	}
	result, err := repo.Verify(ctx, env, docker, f.Options)
	switch {
	case ctx.Err() != nil:
		return exit{ExitInterrupted, errors.New("interrupted; nothing was changed")}
	case errors.Is(err, verify.ErrNothingRuns):
		return exit{ExitFailed, fmt.Errorf("%s: nothing of it runs; there is nothing to verify; refit up %s starts it", env.Name, env.Name)}
	case err != nil:
		return exit{ExitFailed, err}
	}
	view := report.Verified{Environment: env.Name, Project: env.Model.Name, Result: result, Lines: linesOf(repo), Mask: repo.Mask}
	if f.format == "json" {
		err = report.VerifiedJSON(a.Out, view)
	} else {
		report.VerifiedText(a.Out, view, report.Palette{On: colour(a.Out)})
	}
	if err == nil && reached(report.CountOf(result.Findings), f.failOn) {
		err = exit{ExitFindings, nil}
	}
	return err
}

// choose takes the checks that are asked for.
func (f *verifyFlags) choose() error {
	for _, word := range slices.Concat(f.only, f.skip) {
		if !slices.ContainsFunc(verify.Checks(), func(m rule.Meta) bool { return named([]string{word}, &m) }) {
			return usage("no check of verify is called %q; docs/checks lists them, and the subjects are %s", word, subjects())
		}
	}
	f.Wants = func(m *rule.Meta) bool { return (len(f.only) == 0 || named(f.only, m)) && !named(f.skip, m) }
	return nil
}

func subjects() string {
	var words []string
	for _, theme := range verify.Themes() {
		words = append(words, string(theme))
	}
	return listed(words, "and")
}
