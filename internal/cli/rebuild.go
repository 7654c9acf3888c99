package cli

import (
	"time"

	"github.com/spf13/cobra"

	"refit/internal/operate"
)

func (a *app) rebuild() *cobra.Command {
	var path, format string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "rebuild ENV",
		Short: "Take an environment down, build its images without the cache and start it again",
		Long: `What to do after a change to the Dockerfile or the dependencies: docker compose down, build --no-cache and up -d,
then waits until every service is healthy. The data stay. When the build fails, the images of before are still there:
refit up ENV starts them.`,
		Args: envAnd(0, 0, ", and nothing else"),
		RunE: func(_ *cobra.Command, args []string) error { return a.runRebuild(args[0], path, format, timeout) },
	}
	pathFlag(cmd, &path)
	waitFlag(cmd, &timeout)
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}

func (a *app) runRebuild(word, path, format string, timeout time.Duration) error {
	if err := oneOf("--format", format, "text", "json"); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	w, err := a.begin(ctx, "rebuild", word, path, nil)
	if err != nil {
		return err
	}
	if err := w.preflight(ctx, nil, false); err != nil {
		return err
	}
	return w.bring(ctx, format, func() (*operate.Result, error) { return w.Rebuild(ctx, a.Err, timeout) })
}
