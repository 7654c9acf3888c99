package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) down() *cobra.Command {
	var path string
	var volumes, yes bool
	cmd := &cobra.Command{
		Use:   "down ENV",
		Short: "Stop an environment and remove its containers; the data stay",
		Long: `Runs your own docker compose down for ENV. Named volumes, the data, stay unless you say --volumes; refit then
names them and asks.`,
		Args: envAnd(0, 0, ", and nothing else"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runDown(args[0], path, volumes, yes) },
	}
	pathFlag(cmd, &path)
	cmd.Flags().BoolVar(&volumes, "volumes", false, "remove the named volumes, too: their data are lost")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}

func (a *app) runDown(word, path string, volumes, yes bool) error {
	ctx, stop := interruptible()
	defer stop()
	w, err := a.begin(ctx, "down", word, path, nil)
	if err != nil {
		return err
	}
	if volumes {
		if err := w.askForVolumes(ctx, yes); err != nil {
			return err
		}
	}
	return w.ended(w.during(func() error { return w.Down(ctx, a.Err, volumes) }))
}

// askForVolumes names the data that would be lost.
func (w *work) askForVolumes(ctx context.Context, yes bool) error {
	names, err := w.DataVolumes(ctx)
	if err != nil {
		return exit{ExitFailed, err}
	}
	if len(names) == 0 {
		return nil
	}
	return w.app.confirm("Remove "+counted(len(names), "volume")+" with all data: "+strings.Join(names, ", ")+"?", yes)
}
