package layout

import (
	_ "embed" // the rule's documentation

	"refit/internal/placement"
	"refit/internal/rule"
)

//go:embed l07_move_conflict.md
var conflictDoc string

// MoveConflict finds misplaced files whose place is taken or can't be reached.
var MoveConflict = rule.Rule{
	Meta: rule.Meta{
		ID: "L07", Name: "move-conflict", Theme: rule.Layout, Severity: rule.Warning, Since: "0.1.0",
		Summary: "A misplaced file can't be moved: its place is taken, a link, or in a submodule", Doc: conflictDoc,
	},
	Check: func(pass *rule.Pass) {
		for _, pl := range placement.Wanted(pass.Project) {
			if why := obstacle(pass.Project, pl); why != "" {
				pass.Report(rule.Finding{
					At: rule.Location{Path: pl.From}, Subject: pl.To,
					Message: pl.From + " belongs to " + pl.To + " but can't be moved there; " + why,
					Fixes:   []rule.Fix{manual("Move "+pl.From+" to "+pl.To, why)},
				})
			}
		}
	},
}
