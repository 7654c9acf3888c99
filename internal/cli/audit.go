package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"refit/internal/apply"
	"refit/internal/pipeline"
	"refit/internal/report"
	"refit/internal/rule"
	"refit/internal/source"
)

func (a *app) audit() *cobra.Command {
	var format, failOn, packages string
	cmd := &cobra.Command{
		Use:   "audit [PATH...]",
		Short: "Say what is wrong, where, why it matters and what refit can repair",
		Long: `Checks the repository that holds PATH (default: the current folder) and shows the findings.
A PATH that is a folder or a file inside a repository shows only the findings there.
Nothing is run and nothing is written. Exit code 1: there are findings at the threshold. 3: there are none, but a file could not be read.`,
		RunE: func(_ *cobra.Command, paths []string) error { return a.runAudit(paths, format, failOn, packages) },
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	cmd.Flags().StringVar(&failOn, "fail-on", "error", "lowest severity that makes the exit code 1: error, warning, info or never")
	packagesFlag(cmd, &packages)
	return cmd
}

func (a *app) runAudit(paths []string, format, failOn, packages string) error {
	if err := oneOf("--format", format, "text", "json"); err != nil {
		return err
	}
	if err := oneOf("--fail-on", failOn, "error", "warning", "info", "never"); err != nil {
		return err
	}
	if err := packagesGiven(packages); err != nil {
		return err
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	places, err := a.places(paths)
	if err != nil {
		return err
	}
	worst := error(nil)
	for _, p := range places {
		if packages != "" {
			p.repo.Packages(packages)
		}
		if err := a.auditOne(p, format, failOn); err != nil {
			var e exit
			if !errors.As(err, &e) || e.err != nil {
				return err
			}
			if worst == nil || e.code == ExitFindings {
				worst = err
			}
		}
	}
	return worst
}

// place is a repository and the parts of it that are asked for.
type place struct {
	repo   *pipeline.Repository
	scopes []string
}

// places puts the paths of one repository together, in the order in which they were given.
func (a *app) places(paths []string) ([]*place, error) {
	var list []*place
	for _, path := range paths {
		repo, scope, err := a.open(path)
		if err != nil {
			return nil, err
		}
		known := slices.IndexFunc(list, func(p *place) bool { return p.repo.Root == repo.Root })
		if known < 0 {
			list = append(list, &place{repo: repo})
			known = len(list) - 1
		}
		list[known].scopes = append(list[known].scopes, scope)
	}
	return list, nil
}

// auditOne reports on one repository; an exit without an error says what was found.
func (a *app) auditOne(p *place, format, failOn string) error {
	result := p.repo.Audit()
	view := report.Audit{Findings: inScope(result.Findings, p.scopes), Suppressed: len(result.Suppressed),
		Problems: result.Problems, Lines: linesOf(p.repo), Mask: p.repo.Mask}
	if format == "json" {
		if err := report.AuditJSON(a.Out, view); err != nil {
			return err
		}
	} else {
		report.AuditText(a.Out, view, report.Palette{On: colour(a.Out)})
	}
	switch {
	case reached(report.CountOf(view.Findings), failOn):
		return exit{ExitFindings, nil}
	case len(result.Problems) > 0:
		return exit{ExitFailed, nil}
	}
	return nil
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

func inScope(findings []rule.Finding, scopes []string) []rule.Finding {
	if slices.Contains(scopes, ".") {
		return findings
	}
	var list []rule.Finding
	for _, f := range findings {
		if slices.ContainsFunc(scopes, func(s string) bool { return f.At.Path == s || strings.HasPrefix(f.At.Path, s+"/") }) {
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
	return usage("%s %s: want %s", flag, value, listed(allowed, "or"))
}
