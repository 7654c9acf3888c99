package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"refit/internal/apply"
	"refit/internal/change"
	"refit/internal/pipeline"
	"refit/internal/report"
)

func (a *app) apply() *cobra.Command {
	var planFile string
	var yes, steps bool
	var selected selection
	cmd := &cobra.Command{
		Use:   "apply [PATH]",
		Short: "Carry the plan out, as one transaction that rollback undoes",
		Long: `Plans the repairs of the repository that holds PATH (default: the current folder), or takes the
plan from a file, backs up what it touches, and swaps the files in. A crash at any point leaves
a state that the next apply or rollback completes or undoes. The git index is never touched.
Exit code 4: it failed midway and everything was put back.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.runApply(pathArg(args), planFile, selected, yes, steps)
		},
	}
	cmd.Flags().StringVar(&planFile, "plan", "", "carry out the plan in this `FILE` (of refit plan --out)")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	cmd.Flags().BoolVar(&steps, "run-steps", false, "also run the steps that the plan leaves to be done, such as uv lock")
	selected.flags(cmd)
	return cmd
}

func (a *app) runApply(path, planFile string, selected selection, yes, steps bool) error {
	repo, set, err := a.planned(path, planFile, selected)
	if err != nil {
		return err
	}
	view := report.Plan{Set: set, Mask: repo.Mask}
	report.PlanText(a.Out, view, report.Palette{On: colour(a.Out)})
	if !set.Empty() {
		if err := a.confirm(fmt.Sprintf("Change %s in %s?", counted(len(set.Files), "file"), repo.Root), yes); err != nil {
			return err
		}
		id, err := repo.Apply(set, a.note)
		if err != nil {
			return applyExit(err)
		}
		fmt.Fprintf(a.Err, "done; %s takes it back\n", rollbackCommand(path, id))
	}
	if steps {
		return a.runSteps(repo, set.Steps)
	}
	return nil
}

// rollbackCommand is what to type to take an apply back, from the same folder.
func rollbackCommand(path, id string) string {
	if path == "." {
		return "refit rollback " + id
	}
	return "refit rollback " + path + " " + id
}

// planned is the set to carry out: from a plan file, or made now. An apply that did not finish is
// recovered first.
func (a *app) planned(path, planFile string, selected selection) (*pipeline.Repository, *change.Set, error) {
	choice, err := selected.choice()
	if err != nil {
		return nil, nil, err
	}
	if err := a.recover(path); err != nil {
		return nil, nil, err
	}
	repo, _, err := a.open(path)
	if err != nil {
		return nil, nil, err
	}
	if planFile != "" {
		f, err := os.Open(planFile)
		if err != nil {
			return nil, nil, exit{ExitUsage, err}
		}
		defer f.Close()
		set, err := repo.LoadPlan(f)
		return repo, set, err
	}
	a.sayProblems(repo)
	planned, err := plannedBy(repo, choice, selected)
	if err != nil {
		return nil, nil, err
	}
	return repo, planned.Set, nil
}

// recover completes the recovery of an apply that did not finish.
func (a *app) recover(path string) error {
	root, _, err := pipeline.Root(path)
	if err != nil {
		return exit{ExitUsage, err}
	}
	pending, err := apply.Pending(root)
	if err != nil || pending == nil {
		return err
	}
	if err := apply.Recover(root, apply.Options{Note: a.note}); err != nil {
		return err
	}
	fmt.Fprintln(a.Err, "an earlier apply had not finished; its changes were undone")
	return nil
}

// applyExit gives an error of apply its exit code.
func applyExit(err error) error {
	var undone *apply.RolledBack
	if errors.As(err, &undone) {
		return exit{ExitRolledBack, err}
	}
	return exit{ExitFailed, err}
}

// note tells what the user should know and what is no error.
func (a *app) note(text string) { fmt.Fprintln(a.Err, "refit: "+text) }

func (a *app) runSteps(repo *pipeline.Repository, steps []change.Step) error {
	for _, s := range steps {
		fmt.Fprintf(a.Err, "running %s\n", s.Name)
		if err := repo.RunStep(s, a.Err); err != nil {
			return exit{ExitFailed, fmt.Errorf("%s: %w", s.Name, err)}
		}
	}
	return nil
}
