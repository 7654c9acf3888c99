package env

import (
	_ "embed"
	"fmt"

	"refit/internal/dotenv"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed e14_dialect.md
var dialectDoc string

// Dialect finds lines of an env file that its readers understand differently: E14.
var Dialect = rule.Rule{
	Meta: rule.Meta{ID: "E14", Name: "dotenv-dialect", Theme: rule.Env, Severity: rule.Warning, Since: "0.1.0",
		Summary: "the readers of an env file understand a line differently", Aliases: []string{"dotenv-linter"}, Doc: dialectDoc},
	Check: checkDialect,
}

func checkDialect(pass *rule.Pass) {
	for _, e := range pass.Project.EnvFiles {
		compose, other := false, ""
		for _, r := range e.Readers {
			switch r.Mechanism {
			case project.ByShell:
				other = r.By + " (shell or make)"
			case project.ByMount:
				if other == "" {
					other = "the program in service " + r.Service
				}
			default:
				compose = true
			}
		}
		if !compose || other == "" {
			continue // one kind of reader: whatever it understands is meant
		}
		seen := map[string]int{}
		for _, problem := range dotenv.DialectProblems(e.File) {
			if problem.Construct == dotenv.ExportPrefix || problem.Construct == dotenv.ByteOrderMark {
				continue // all of these readers take it
			}
			subject := string(problem.Construct) + ":" + problem.Key
			if seen[subject]++; seen[subject] > 1 {
				subject = fmt.Sprintf("%s#%d", subject, seen[subject])
			}
			pass.Report(rule.Finding{At: rule.Location{Path: e.Path, Span: problem.Span}, Subject: subject,
				Message: problem.Message + "; Compose reads this file, and so does " + other + "; quote the value so that all read the same",
				Fixes:   rule.Manual("Write the value of "+problem.Key+" in one form for all", "which reading is meant is not known: put the value in double quotes, with \\ before $ and \"")})
		}
	}
}
