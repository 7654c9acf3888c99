package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"refit/internal/apply"
	"refit/internal/pipeline"
	"refit/internal/report"
	"refit/internal/rule"
	"refit/internal/source"
)

func (a *app) audit() *cobra.Command {
	var format, failOn string
	cmd := &cobra.Command{
		Use:   "audit [PATH...]",
		Short: "Say what is wrong, where, why it matters and what refit can repair",
		Long: `Checks the repository that holds PATH (default: the current folder) and shows the findings.
A PATH that is a folder or a file inside a repository shows only the findings there.
Nothing is run and nothing is written. Exit code 1: there are findings at the threshold.`,
		RunE: func(_ *cobra.Command, paths []string) error { return a.runAudit(paths, format, failOn) },
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.Flags().StringVar(&failOn, "fail-on", "error", "lowest severity that makes the exit code 1: error, warning, info or never")
	return cmd
}

func (a *app) runAudit(paths []string, format, failOn string) error {
	if err := oneOf("--format", format, "text", "json"); err != nil {
		return err
	}
	if err := oneOf("--fail-on", failOn, "error", "warning", "info", "never"); err != nil {
		return err
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	worst := error(nil)
	for _, path := range paths {
		repo, scope, err := a.open(path)
		if err != nil {
			return err
		}
		result := repo.Audit()
		view := report.Audit{Findings: inScope(result.Findings, scope), Suppressed: len(result.Suppressed),
			Problems: result.Problems, Lines: linesOf(repo), Mask: repo.Mask}
		if format == "json" {
			err = report.AuditJSON(a.Out, view)
		} else {
			report.AuditText(a.Out, view, report.Palette{On: colour(a.Out)})
		}
		if err != nil {
			return err
		}
		if reached(report.CountOf(view.Findings), failOn) {
			worst = exit{ExitFindings, nil}
		}
		if len(result.Problems) > 0 && worst == nil {
			worst = exit{ExitFailed, nil}
		}
	}
	return worst
}

// open discovers the repository that holds path. scope is the part of it that path names, "." for
// the whole. An apply that did not finish is an error: what is there is neither before nor after.
func (a *app) open(path string) (repo *pipeline.Repository, scope string, err error) {
	root, scope, err := pipeline.Root(path)
	if err != nil {
		return nil, "", exit{ExitUsage, err}
	}
	if pending, err := apply.Pending(root); err == nil && pending != nil {
		return nil, "", exit{ExitFailed, fmt.Errorf("%s: an apply did not finish here; run refit rollback (or refit apply) to complete the recovery", root)}
	}
	repo, err = pipeline.Open(root)
	if err != nil {
		return nil, "", err
	}
	if problem := repo.ConfigProblem(); problem != nil {
		return nil, "", exit{ExitUsage, problem}
	}
	return repo, scope, nil
}

func inScope(findings []rule.Finding, scope string) []rule.Finding {
	if scope == "." {
		return findings
	}
	var list []rule.Finding
	for _, f := range findings {
		if f.At.Path == scope || len(f.At.Path) > len(scope) && f.At.Path[:len(scope)+1] == scope+"/" {
			list = append(list, f)
		}
	}
	return list
}

func linesOf(repo *pipeline.Repository) func(string) *source.Lines {
	tables := map[string]*source.Lines{}
	return func(path string) *source.Lines {
		if lines, ok := tables[path]; ok {
			return lines
		}
		var lines *source.Lines
		if text, err := repo.Project.Files.Read(path); err == nil {
			lines = source.NewLines(text)
		}
		tables[path] = lines
		return lines
	}
}

func reached(c report.Count, failOn string) bool {
	switch failOn {
	case "error":
		return c.Error > 0
	case "warning":
		return c.Error+c.Warning > 0
	case "info":
		return c.Error+c.Warning+c.Info > 0
	}
	return false
}

func oneOf(flag, value string, allowed ...string) error {
	for _, v := range allowed {
		if v == value {
			return nil
		}
	}
	return usage("%s %s: want one of %v", flag, value, allowed)
}
