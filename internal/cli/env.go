package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"refit/internal/environment"
	"refit/internal/pipeline"
	"refit/internal/report"
)

func (a *app) env() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Make, check, compare and renew the env files of a repository",
		Long: `Works on the env file of one environment (dev, test, ci, prod or another one that the repository
has). No value is ever printed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.envInit(), a.envCheck(), a.envDiff(), a.envRotate())
	return cmd
}

func (a *app) envInit() *cobra.Command {
	var path string
	var opts environment.InitOptions
	cmd := &cobra.Command{
		Use:   "init ENV [PATH]",
		Short: "Make the env file of an environment from its template, with random secrets",
		Long: `Copies the template (env/.env.example, for prod env/.env.prod.example), comments kept, mode 0600, with
strong random values for placeholders and empty secrets. Variables that hold the same password
agree. An existing file is not overwritten.`,
		Args: naming(1, "an environment, such as dev"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runEnvInit(args, path, opts) },
	}
	cmd.Flags().StringVar(&path, "path", ".", "the repository, or a folder in it")
	cmd.Flags().BoolVar(&opts.Complete, "complete", false, "add the variables that an existing file lacks; what it has stays")
	cmd.Flags().BoolVar(&opts.Force, "force", false, "go on although git does not ignore the file")
	return cmd
}

func (a *app) runEnvInit(args []string, path string, opts environment.InitOptions) error {
	repo, env, err := a.environment(args, path)
	if err != nil {
		return err
	}
	result, err := repo.EnvInit(env, opts)
	if err != nil {
		return exit{ExitFailed, err}
	}
	return a.carry(repo, result, "refit env init "+env)
}

// carry writes what a command worked out and tells about it.
func (a *app) carry(repo *pipeline.Repository, result *environment.Result, command string) error {
	if result.Set.Empty() {
		report.EnvResult(a.Err, result, report.Palette{On: colour(a.Err)})
		fmt.Fprintf(a.Err, "%s: nothing to change\n", result.Path)
		return nil
	}
	id, err := repo.Carry(&result.Set, command, a.note)
	if err != nil {
		return applyExit(err)
	}
	report.EnvResult(a.Err, result, report.Palette{On: colour(a.Err)})
	fmt.Fprintln(a.Out, result.Path)
	fmt.Fprintf(a.Err, "done; refit rollback %s takes it back\n", id)
	return nil
}

func (a *app) envCheck() *cobra.Command {
	var path, format, failOn string
	cmd := &cobra.Command{
		Use:   "check ENV [PATH]",
		Short: "Say what is missing, unknown, weak, shared or exposed in an env file",
		Long: `Checks the env file of an environment against its Compose files, its template, the application's
settings and the other environments. Exit code 1: there are findings at the threshold.`,
		Args: naming(1, "an environment, such as dev"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runEnvCheck(args, path, format, failOn) },
	}
	cmd.Flags().StringVar(&path, "path", ".", "the repository, or a folder in it")
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.Flags().StringVar(&failOn, "fail-on", "error", "lowest severity that makes the exit code 1: error, warning, info or never")
	return cmd
}

func (a *app) runEnvCheck(args []string, path, format, failOn string) error {
	if err := oneOf("--format", format, "text", "json"); err != nil {
		return err
	}
	if err := oneOf("--fail-on", failOn, "error", "warning", "info", "never"); err != nil {
		return err
	}
	repo, env, err := a.environment(args, path)
	if err != nil {
		return err
	}
	view := report.EnvCheck{Environment: env, Path: environment.Path(repo.Project, env),
		Audit: report.Audit{Findings: repo.EnvCheck(env), Lines: linesOf(repo), Mask: repo.Mask}}
	if format == "json" {
		err = report.EnvCheckJSON(a.Out, view)
	} else {
		report.EnvCheckText(a.Out, view, report.Palette{On: colour(a.Out)})
	}
	if err == nil && reached(report.CountOf(view.Findings), failOn) {
		err = exit{ExitFindings, nil}
	}
	return err
}

func (a *app) envDiff() *cobra.Command {
	var path, format string
	cmd := &cobra.Command{
		Use:   "diff ENV ENV [PATH]",
		Short: "Show which variables two env files have in common, and which differ; never a value",
		Args:  naming(2, "two environments, such as dev and prod"),
		RunE:  func(_ *cobra.Command, args []string) error { return a.runEnvDiff(args, path, format) },
	}
	cmd.Flags().StringVar(&path, "path", ".", "the repository, or a folder in it")
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func (a *app) runEnvDiff(args []string, path, format string) error {
	if err := oneOf("--format", format, "text", "json"); err != nil {
		return err
	}
	repo, second, err := a.environment(args[1:], path)
	if err != nil {
		return err
	}
	first, err := knownEnvironment(repo, args[0])
	if err != nil {
		return err
	}
	c, err := repo.EnvDiff(first, second)
	if err != nil {
		return exit{ExitFailed, err}
	}
	if format == "json" {
		return report.EnvDiffJSON(a.Out, c)
	}
	report.EnvDiffText(a.Out, c, report.Palette{On: colour(a.Out)})
	return nil
}

func (a *app) envRotate() *cobra.Command {
	var path string
	var keys []string
	var yes bool
	cmd := &cobra.Command{
		Use:   "rotate ENV [PATH]",
		Short: "Give secrets new random values, where that breaks nothing",
		Long: `Renews the secrets of an env file, with all variables that hold the same one. The password of a
database that has data already is never replaced: refit says how to change it in the database
first. The same goes for what somebody else issues, and for what is written in another file too.`,
		Args: naming(1, "an environment, such as dev"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runEnvRotate(args, path, keys, yes) },
	}
	cmd.Flags().StringVar(&path, "path", ".", "the repository, or a folder in it")
	cmd.Flags().StringSliceVar(&keys, "key", nil, "only these `VARIABLES`, comma-separated (default: all secrets)")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}

func (a *app) runEnvRotate(args []string, path string, keys []string, yes bool) error {
	repo, env, err := a.environment(args, path)
	if err != nil {
		return err
	}
	result, err := repo.EnvRotate(env, keys)
	if err != nil {
		var missing *environment.Missing
		if errors.As(err, &missing) {
			return exit{ExitFailed, err}
		}
		return exit{ExitUsage, err}
	}
	if !result.Set.Empty() {
		question := fmt.Sprintf("Give %s of %s new values?", counted(len(result.Fresh), "variable"), result.Path)
		if err := a.confirm(question, yes); err != nil {
			return err
		}
	}
	return a.carry(repo, result, "refit env rotate "+env)
}

// environment opens the repository that ENV [PATH] and --path mean.
func (a *app) environment(args []string, path string) (*pipeline.Repository, string, error) {
	if len(args) > 1 {
		if path != "." {
			return nil, "", usage("PATH is given twice: %s and --path %s", args[1], path)
		}
		path = args[1]
	}
	repo, _, err := a.open(path)
	if err != nil {
		return nil, "", err
	}
	env, err := knownEnvironment(repo, args[0])
	return repo, env, err
}

// knownEnvironment is the name of an environment that the repository has or should have.
func knownEnvironment(repo *pipeline.Repository, word string) (string, error) {
	env := environment.Name(word)
	known := environment.Known(repo.Project)
	for _, name := range known {
		if name == env {
			return env, nil
		}
	}
	return "", usage("%s: no environment of this repository is called so; it has %s", word, listed(known, "and"))
}
