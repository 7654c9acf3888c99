package cli

import (
	"github.com/spf13/cobra"
)

func (a *app) exec() *cobra.Command {
	var path, user string
	cmd := &cobra.Command{
		Use:   "exec ENV SERVICE COMMAND [ARGUMENT...]",
		Short: "Run a command in a service's container, and return its exit code",
		Long:  `Flags of refit stand in front of ENV; what follows COMMAND is the command's own.`,
		Args:  envAnd(2, -1, ", a service and a command"),
		RunE: func(_ *cobra.Command, args []string) error {
			ctx, stop := interruptible()
			defer stop()
			w, err := a.begin(ctx, "exec", args[0], path, args[1:2])
			if err != nil {
				return err
			}
			return a.attached(w, w.Exec(ctx, a.raws(), a.onTerminal(), user, args[1], args[2:]))
		},
	}
	cmd.Flags().SetInterspersed(false)
	pathFlag(cmd, &path)
	cmd.Flags().StringVarP(&user, "user", "u", "", "as this user of the container")
	return cmd
}
