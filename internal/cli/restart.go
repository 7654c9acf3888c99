package cli

import (
	"time"

	"github.com/spf13/cobra"

	"refit/internal/operate"
)

func (a *app) restart() *cobra.Command {
	var path, format string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "restart ENV [SERVICE...]",
		Short: "Restart the services of an environment and wait until they are healthy",
		Long: `Runs your own docker compose restart. It does not take in a changed Compose or env file: refit up ENV does, which
makes those containers anew that changed.`,
		Args: envAnd(0, -1, ", and services if not all are meant"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("--format", format, "text", "json"); err != nil {
				return err
			}
			ctx, stop := interruptible()
			defer stop()
			w, err := a.begin(ctx, "restart", args[0], path, args[1:])
			if err != nil {
				return err
			}
			return w.bring(ctx, format, func() (*operate.Result, error) { return w.Restart(ctx, timeout, args[1:]) })
		},
	}
	pathFlag(cmd, &path)
	waitFlag(cmd, &timeout)
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}
