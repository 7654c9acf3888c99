package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"refit/internal/invocation"
	"refit/internal/operate"
)

func (a *app) test() *cobra.Command {
	var path string
	var force bool
	cmd := &cobra.Command{
		Use:   "test ENV [ARGUMENT...]",
		Short: "Run the tests of an environment in containers, and return their exit code",
		Long: `Runs the tests as the target ENV-test of the Makefile does: in a container of their own, with the databases of
ENV, which is taken down afterwards where it holds no data. The tests of an environment that has data run in test. For
prod, which holds no tests, it checks that the configuration is complete. ARGUMENTs go to the test command; flags of
refit stand in front of ENV.`,
		Args: envAnd(0, -1, ""),
		RunE: func(_ *cobra.Command, args []string) error { return a.runTest(args[0], path, force, args[1:]) },
	}
	cmd.Flags().SetInterspersed(false)
	pathFlag(cmd, &path)
	cmd.Flags().BoolVar(&force, "force", false, "start although a check fails")
	return cmd
}

func (a *app) runTest(word, path string, force bool, more []string) error {
	ctx, stop := interruptible()
	defer stop()
	repo, _, err := a.open(path)
	if err != nil {
		return err
	}
	asked, err := repo.Environment(word)
	if err != nil {
		return envExit(err)
	}
	tests, err := operate.TestsOf(repo.Project, asked.Source)
	if err != nil {
		return exit{ExitUsage, err}
	}
	env, err := repo.Runnable(tests.In)
	if err != nil {
		return exit{ExitFailed, err}
	}
	w, err := a.connect(ctx, repo, env, "test")
	if err != nil {
		return err
	}
	if env.Name != asked.Name {
		a.note(fmt.Sprintf("%s has data; its tests run with the databases of %s", asked.Name, env.Name))
	}
	return w.tests(ctx, tests, force, more)
}

func (w *work) tests(ctx context.Context, t operate.Tests, force bool, more []string) error {
	if t.Complete {
		err := w.ended(w.Test(ctx, w.app.raws(), false, t, nil))
		if err == nil {
			fmt.Fprintf(w.app.Out, "%s is complete\n", invocation.NameOf(t.In))
		}
		return err
	}
	if err := w.preflight(ctx, []string{t.Service}, force); err != nil {
		return err
	}
	w.app.note(fmt.Sprintf("%s in %s of %s", strings.Join(append(append([]string{}, t.Command...), more...), " "), t.Service, w.Env.Name))
	return w.app.attached(w, w.during(func() error { return w.Test(ctx, w.app.raws(), w.app.onTerminal(), t, more) }))
}
