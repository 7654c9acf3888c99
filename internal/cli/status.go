package cli

import (
	"github.com/spf13/cobra"

	"refit/internal/report"
)

func (a *app) status() *cobra.Command {
	var path, format string
	cmd := &cobra.Command{
		Use:   "status ENV",
		Short: "Show what runs of an environment, whether it is healthy and why not",
		Long: `Shows name, service, status and ports as docker compose ps does, services without a container too, and below
the table why a service is not well. Exit code 1: one is not.`,
		Args: envAnd(0, 0, ", and nothing else"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runStatus(args[0], path, format) },
	}
	pathFlag(cmd, &path)
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func (a *app) runStatus(word, path, format string) error {
	if err := oneOf("--format", format, "text", "json"); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	w, err := a.begin(ctx, "status", word, path, nil)
	if err != nil {
		return err
	}
	services, err := w.Status(ctx)
	if err != nil {
		return tooSoon(ctx, err)
	}
	view := report.Running{Environment: w.Env.Name, Project: w.Env.Model.Name, Services: services}
	if format == "json" {
		err = report.RunningJSON(a.Out, "status", view)
	} else {
		report.RunningText(a.Out, view, report.Palette{On: colour(a.Out)})
	}
	if err == nil && !view.Well() {
		err = exit{ExitFindings, nil}
	}
	return err
}
