package cli

import (
	"github.com/spf13/cobra"

	"refit/internal/operate"
)

func (a *app) logs() *cobra.Command {
	var path string
	var opts operate.LogOptions
	cmd := &cobra.Command{
		Use:   "logs ENV [SERVICE...]",
		Short: "Show the logs of an environment, secrets masked",
		Args:  envAnd(0, -1, ", and services if not all are meant"),
		RunE: func(_ *cobra.Command, args []string) error {
			ctx, stop := interruptible()
			defer stop()
			w, err := a.begin(ctx, "logs", args[0], path, args[1:])
			if err != nil {
				return err
			}
			opts.Services, opts.Colour = args[1:], colour(a.raw)
			return a.attached(w, w.Logs(ctx, a.raws(), opts))
		},
	}
	pathFlag(cmd, &path)
	cmd.Flags().BoolVarP(&opts.Follow, "follow", "f", false, "go on showing what comes")
	cmd.Flags().IntVarP(&opts.Tail, "tail", "n", -1, "only so many of the last lines of each container")
	cmd.Flags().StringVar(&opts.Since, "since", "", "only from then on: a time, or a duration such as 10m")
	cmd.Flags().BoolVarP(&opts.Timestamps, "timestamps", "t", false, "with the time of each line")
	return cmd
}
