package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) build() *cobra.Command {
	var path string
	var fresh, pull bool
	cmd := &cobra.Command{
		Use:   "build ENV [SERVICE...]",
		Short: "Build the images of an environment",
		Args:  envAnd(0, -1, ", and services if not all are meant"),
		RunE: func(_ *cobra.Command, args []string) error {
			ctx, stop := interruptible()
			defer stop()
			w, err := a.begin(ctx, "build", args[0], path, args[1:])
			if err != nil {
				return err
			}
			return w.ended(w.during(func() error { return w.Build(ctx, a.Err, fresh, pull, args[1:]) }))
		},
	}
	pathFlag(cmd, &path)
	cmd.Flags().BoolVar(&fresh, "no-cache", false, "build every step anew")
	cmd.Flags().BoolVar(&pull, "pull", false, "look for newer base images")
	return cmd
}
