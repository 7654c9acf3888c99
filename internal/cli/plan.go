package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"refit/internal/layout"
	"refit/internal/pipeline"
	"refit/internal/plan"
	"refit/internal/report"
	"refit/internal/rule"
	"refit/internal/rules"
	"refit/internal/stack"
)

// selection is the flags that choose fixes, shared by plan and apply.
type selection struct {
	only, skip []string
	safe       bool
	layout     string
	packages   string
}

func (s *selection) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&s.only, "only", nil, "only these rules: ids, names or themes, comma-separated")
	cmd.Flags().StringSliceVar(&s.skip, "skip", nil, "all but these rules: ids, names or themes, comma-separated")
	cmd.Flags().BoolVar(&s.safe, "safe", false, "only fixes that preserve behaviour")
	cmd.Flags().StringVar(&s.layout, "layout", "", "auto, move or keep: whether files move (default: what .refit.yaml says, else auto)")
	packagesFlag(cmd, &s.packages)
}

// choice checks the words and turns them into a choice of fixes.
func (s *selection) choice() (plan.Choice, error) {
	if s.layout != "" {
		if err := oneOf("--layout", s.layout, "auto", "move", "keep"); err != nil {
			return plan.Choice{}, err
		}
	}
	if err := packagesGiven(s.packages); err != nil {
		return plan.Choice{}, err
	}
	for _, word := range append(append([]string(nil), s.only...), s.skip...) {
		if !known(word) {
			return plan.Choice{}, usage("no rule, name or theme is called %q; refit rules lists them", word)
		}
	}
	wants := func(m *rule.Meta) bool {
		return (len(s.only) == 0 || named(s.only, m)) && !named(s.skip, m)
	}
	return plan.Choice{Wants: wants, SafeOnly: s.safe}, nil
}

// plannedBy is the plan with the layout and the package manager that are asked for.
func plannedBy(repo *pipeline.Repository, choice plan.Choice, s selection) (*plan.Plan, error) {
	if s.layout != "" {
		repo.Layout(layout.Mode(s.layout))
	}
	if s.packages != "" {
		repo.Packages(s.packages)
	}
	return repo.Plan(choice)
}

// packagesFlag is the flag that says whether projects move to uv.
func packagesFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "packages", "", "keep or uv: whether projects of Poetry and pip move to uv (default: what .refit.yaml says, else keep)")
}

func packagesGiven(value string) error {
	if value == "" {
		return nil
	}
	return oneOf("--packages", value, "keep", "uv")
}

func known(word string) bool {
	for _, r := range rules.All() {
		if named([]string{word}, &r.Meta) {
			return true
		}
	}
	return false
}

func named(words []string, m *rule.Meta) bool {
	for _, w := range words {
		if strings.EqualFold(w, m.ID) || w == m.Name || w == string(m.Theme) {
			return true
		}
	}
	return false
}

func (a *app) plan() *cobra.Command {
	var format, out string
	var selected selection
	cmd := &cobra.Command{
		Use:   "plan [PATH]",
		Short: "Show the repairs, and that nothing else changes",
		Long: `Works out the repairs of the repository that holds PATH (default: the current folder): every
file that changes, why, how safe that is, what is refused with the reason, and what the
equivalence check saw. Nothing is run and nothing is written. Exit code 1: changes are pending.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.runPlan(pathArg(args), format, out, selected)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, diff or json")
	cmd.Flags().StringVar(&out, "out", "", "also write the plan to this `FILE` (mode 0600), for refit apply --plan")
	selected.flags(cmd)
	return cmd
}

func pathArg(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

func (a *app) runPlan(path, format, out string, selected selection) error {
	if err := oneOf("--format", format, "text", "diff", "json"); err != nil {
		return err
	}
	choice, err := selected.choice()
	if err != nil {
		return err
	}
	repo, _, err := a.open(path)
	if err != nil {
		return err
	}
	planned, err := plannedBy(repo, choice, selected)
	if err != nil {
		return err
	}
	a.sayProblems(repo)
	if out != "" {
		if err := savePlan(repo, planned, out); err != nil {
			return err
		}
		fmt.Fprintf(a.Err, "plan written to %s; refit apply --plan %s carries it out\n", out, out)
	}
	if err := a.showPlan(repo, planned, format); err != nil {
		return err
	}
	if format == "text" {
		a.offerUV(repo)
	}
	if planned.Set.Empty() {
		return nil
	}
	return exit{ExitFindings, nil}
}

// offerUV says once that projects of Poetry and pip could move to uv, which nothing else speaks of unless it is asked for.
func (a *app) offerUV(repo *pipeline.Repository) {
	var names []string
	for _, u := range repo.Project.Units {
		if u.Manager == stack.Poetry || u.Manager == stack.Pip && len(u.Requirements) > 0 {
			names = append(names, string(u.Manager)+" in "+u.Dir)
		}
	}
	if len(names) > 0 && repo.Project.Packages() != "uv" {
		fmt.Fprintf(a.Err, "refit: installed by %s; --packages uv would move it to uv\n", rule.Listed(names))
	}
}

// sayProblems tells which files could not be read or parsed; the plan is about the others.
func (a *app) sayProblems(repo *pipeline.Repository) {
	for _, problem := range repo.Project.Problems {
		fmt.Fprintf(a.Err, "refit: left alone: %s\n", repo.Mask(problem.Error()))
	}
}

func (a *app) showPlan(repo *pipeline.Repository, planned *plan.Plan, format string) error {
	view, palette := report.Plan{Set: planned.Set, Mask: repo.Mask}, report.Palette{On: colour(a.Out)}
	switch format {
	case "json":
		return report.PlanJSON(a.Out, view)
	case "diff":
		report.PlanDiff(a.patch(), view, palette)
	default:
		report.PlanText(a.Out, view, palette)
	}
	return nil
}

// savePlan writes the plan file: readable by its owner only, since a diff tells much of a repository.
func savePlan(repo *pipeline.Repository, planned *plan.Plan, out string) error {
	f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := f.Chmod(0o600); err != nil {
		return errors.Join(err, f.Close())
	}
	err = repo.SavePlan(io.Writer(f), planned.Set)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// patch is where a patch goes: byte for byte, so that it can be applied, except onto a terminal.
func (a *app) patch() io.Writer {
	if isTerminal(a.raw) {
		return a.Out
	}
	return a.raw
}
