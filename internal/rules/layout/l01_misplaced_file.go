package layout

import (
	_ "embed" // the rule's documentation
	"fmt"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/placement"
	"refit/internal/rule"
)

//go:embed l01_misplaced_file.md
var misplacedDoc string

// MisplacedFile finds Compose files, environment files and Dockerfiles that lie at the root and moves
// them to their places with everything that names them.
var MisplacedFile = rule.Rule{
	Meta: rule.Meta{
		ID: "L01", Name: "misplaced-file", Theme: rule.Layout, Severity: rule.Warning, Since: "0.1.0",
		Summary: "A Docker file lies at the root instead of in its folder", Doc: misplacedDoc,
	},
	Check: checkMisplaced,
}

func checkMisplaced(pass *rule.Pass) {
	all := placement.Wanted(pass.Project)
	for _, pl := range all {
		if obstacle(pass.Project, pl) != "" {
			continue // move-conflict says so
		}
		r := relocate(pass.Project, pl, all)
		message := pl.From + ", " + pl.Kind.Indefinite() + ", lies among everything else at the root; the files that set up Docker are easier to find and to protect in folders of their own; move it to " + pl.To
		if len(r.notes) > 0 {
			message += " (" + strings.Join(r.notes, "; ") + ")"
		}
		fix := rule.Fix{Title: "Move " + pl.From + " to " + pl.To, Safety: r.safety, Declares: r.declares, Ops: r.ops()}
		severity := rule.Warning
		if len(r.refusals) > 0 {
			severity = rule.Info
			fix = rule.Fix{Title: fix.Title, Safety: change.Manual, Why: "refit leaves it there: " + strings.Join(first(r.refusals), "; ")}
		}
		pass.Report(rule.Finding{
			At: rule.Location{Path: pl.From}, Subject: string(pl.Kind), Message: message, Severity: severity, Fixes: []rule.Fix{fix},
		})
	}
}

// first are the first few of several reasons, and how many more there are.
func first(reasons []string) []string {
	const few = 3
	if len(reasons) <= few+1 {
		return reasons
	}
	return append(slices.Clone(reasons[:few]), fmt.Sprintf("and %d more places of the kind", len(reasons)-few))
}
