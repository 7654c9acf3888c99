package cli

import (
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
	return &cobra.Command{
		Use:   "demo [DIR]",
		Short: "The whole story on an embedded sample: audit, plan, equivalence, apply, audit again",
		Long: `Lays a small messy service out in DIR (default: a new temporary folder), refits it and shows
what happened at each stage. Nothing outside of that folder is touched.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := demoDir(args)
			if err != nil {
				return err
			}
			return a.runDemo(dir)
		},
	}
}

// demoDir is the folder to work in; its last element becomes the sample's Compose project name.
func demoDir(args []string) (string, error) {
	if len(args) > 0 {
		return filepath.Abs(args[0])
	}
	parent, err := os.MkdirTemp("", "refit-demo-")
	return filepath.Join(parent, "ledger"), err
}

func (a *app) runDemo(dir string) error {
	if err := examples.WriteLedger(dir); err != nil {
		return exit{ExitUsage, err}
	}
	story := report.NewStory(a.Out, report.Palette{On: colour(a.Out)})
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
	return nil
}
