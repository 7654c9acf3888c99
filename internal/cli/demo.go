package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"refit/examples"
	"refit/internal/pipeline"
	"refit/internal/plan"
	"refit/internal/report"
)

func (a *app) demo() *cobra.Command {
	var still bool
	cmd := &cobra.Command{
		Use:   "demo [DIR]",
		Short: "The whole story on an embedded sample: audit, plan, equivalence, apply, audit again, and running",
		Long: `Lays a small messy service out in DIR (default: a new temporary folder), refits it and shows
what happened at each stage. Where a Docker Engine answers it goes on, for some minutes: it brings the service up as
it was (a copy beside DIR) and as it is, verifies both from the inside, builds them again after a change of a source
file, and prints what the refit changed. What it started it removes again, with images and data.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := demoDir(args)
			if err != nil {
				return err
			}
			return a.runDemo(dir, still)
		},
	}
	cmd.Flags().BoolVar(&still, "no-run", false, "end before anything is run, also where a Docker Engine answers")
	return cmd
}

// demoDir is the folder to work in; its last element becomes the sample's Compose project name.
func demoDir(args []string) (string, error) {
	if len(args) > 0 {
		return filepath.Abs(args[0])
	}
	parent, err := os.MkdirTemp("", "refit-demo-")
	return filepath.Join(parent, "ledger"), err
}

func (a *app) runDemo(dir string, still bool) error {
	ctx, stop := interruptible()
	defer stop()
	story := report.NewStory(a.Out, report.Palette{On: colour(a.Out)})
	var running *demoEngine
	notRunning := errNotAsked
	if !still {
		running, notRunning = a.demoOn(ctx, story)
	}
	if err := layOut(dir, running != nil); err != nil {
		return exit{ExitUsage, err}
	}
	story.Chapter("1. The repository", "a FastAPI service with PostgreSQL and Redis, as people really leave them: "+dir)
	repo, err := pipeline.Open(dir)
	if err != nil {
		return err
	}
	story.Tree(repo.Project.Files.Paths())

	found := repo.Audit()
	story.Chapter("2. refit audit", report.CountOf(found.Findings).String())
	story.Worst(found.Findings, repo.Mask)

	planned, err := repo.Plan(plan.Choice{})
	if err != nil {
		return err
	}
	story.Chapter("3. refit plan", fmt.Sprintf("%d files change, moves included", len(planned.Set.Files)))
	story.Changes(planned.Set)
	story.Excerpt(planned.Set, repo.Mask)
	story.Chapter("4. Equivalence", "what is the same, what changes on purpose, what could not be shown")
	story.Equivalence(planned.Set.Compare)

	id, err := repo.Apply(planned.Set, a.note)
	if err != nil {
		return applyExit(err)
	}
	story.Chapter("5. refit apply", "done as one transaction; refit rollback "+dir+" "+id+" takes it back byte for byte")
	after, err := pipeline.Open(dir)
	if err != nil {
		return err
	}
	story.Tree(after.Project.Files.Paths())

	again := after.Audit()
	story.Chapter("6. refit audit, again", report.CountOf(again.Findings).String()+" (before: "+report.CountOf(found.Findings).String()+")")
	story.Score(found.Findings, again.Findings)
	second, err := after.Plan(plan.Choice{})
	if err != nil {
		return err
	}
	story.Closing(second.Set.Empty(), planned.Set.Steps, dir)
	if running == nil {
		story.NotRun(notRunning)
		return nil
	}
	return demoExit(ctx, running.running(ctx, dir, planned.Set.Steps, [2]report.Count{report.CountOf(found.Findings), report.CountOf(again.Findings)}))
}

var errNotAsked = errors.New("--no-run")

// demoExit is the exit for how the part of the demonstration that runs came out.
func demoExit(ctx context.Context, err error) error {
	var code exit
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return exit{ExitInterrupted, errors.Join(errors.New("interrupted; what was started was taken down"), leftover(err, ctx.Err()))}
	case errors.As(err, &code):
		return err
	}
	return exit{ExitFailed, err}
}

// layOut writes the sample; twice, with published ports that are free, when it is going to run.
func layOut(dir string, runs bool) error {
	if err := examples.WriteLedger(dir); err != nil || !runs {
		return err
	}
	before := beforeOf(dir)
	if err := examples.WriteLedger(before); err != nil {
		return err
	}
	return errors.Join(demoPorts(filepath.Join(dir, ".env.dev")), demoPorts(filepath.Join(before, ".env.dev")))
}

// beforeOf is the folder of the sample as it was.
func beforeOf(dir string) string { return dir + "-before" }
