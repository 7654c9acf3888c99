package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"refit/internal/invocation"
	"refit/internal/operate"
)

func (a *app) shell() *cobra.Command {
	var path, user string
	cmd := &cobra.Command{
		Use:   "shell ENV [SERVICE]",
		Short: "Open a shell in a service's container: bash where the image has it, else sh",
		Args:  envAnd(0, 1, ", and a service if not the main one is meant"),
		RunE: func(_ *cobra.Command, args []string) error {
			ctx, stop := interruptible()
			defer stop()
			w, err := a.begin(ctx, "shell", args[0], path, args[1:])
			if err != nil {
				return err
			}
			service := invocation.MainService(w.Env.Source)
			if len(args) > 1 {
				service = args[1]
			}
			return a.attached(w, w.Shell(ctx, a.raws(), a.onTerminal(), user, service))
		},
	}
	pathFlag(cmd, &path)
	cmd.Flags().StringVarP(&user, "user", "u", "", "as this user of the container")
	return cmd
}

// attached is the exit of a command whose program had the user's terminal: its own code, since it has said why.
func (a *app) attached(w *work, err error) error {
	var code operate.ExitCode
	if errors.As(err, &code) {
		return exit{int(code), nil}
	}
	var stopped *operate.Interrupted
	if errors.As(err, &stopped) {
		return exit{ExitInterrupted, nil}
	}
	return w.ended(err)
}
