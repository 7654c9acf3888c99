package layout

import (
	_ "embed" // the rule's documentation
	"path"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

//go:embed l06_stale_pattern.md
var stalePatternDoc string

// StalePattern finds patterns of CODEOWNERS that name a Docker file by its old path.
var StalePattern = rule.Rule{
	Meta: rule.Meta{
		ID: "L06", Name: "stale-pattern", Theme: rule.Layout, Severity: rule.Info, Since: "0.1.0",
		Summary: "CODEOWNERS names a Docker file that has moved away", Doc: stalePatternDoc,
	},
	Check: func(pass *rule.Pass) {
		for _, at := range []string{"CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS"} {
			if e, ok := regular(pass.Project, at); ok {
				if text, err := e.Bytes(); err == nil {
					checkPatterns(pass, at, text)
				}
			}
		}
	},
}

func checkPatterns(pass *rule.Pass, at string, text []byte) {
	seen := map[string]bool{}
	for _, span := range patternsOf(text) {
		raw := string(span.Of(text))
		named := path.Clean(strings.TrimPrefix(raw, "/"))
		if strings.ContainsAny(raw, "*?[!\\") || !dockerFile(named) || present(pass.Project, named) || seen[named] {
			continue
		}
		to := namesakes(pass.Project, named)
		if !movedAway(pass.Project, named, to) {
			continue
		}
		seen[named] = true
		ref := project.Reference{From: at, Span: span, Raw: raw, To: named, Base: "."}
		e, changed := ref.Rewrite(map[string]string{named: to[0]})
		if !changed {
			continue
		}
		fix := rule.Fix{Title: "Name " + to[0] + " instead of " + named, Safety: change.Behaviour, Ops: ops(at, []edit.Edit{e})}
		pass.Report(rule.Finding{
			At: rule.Location{Path: at, Span: span}, Subject: named, Fixes: []rule.Fix{fix},
			Message: at + " names " + named + ", which is not there; the pattern has no effect any more; write " + to[0],
		})
	}
}

// patternsOf are the patterns that look at one path only. A name without a slash
// matches in every folder, so it goes on matching wherever the file is.
func patternsOf(text []byte) []source.Span {
	var spans []source.Span
	lines := source.NewLines(text)
	for n := 1; n <= lines.Count(); n++ {
		span := lines.Span(n)
		fields := strings.Fields(string(span.Of(text)))
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") || strings.HasPrefix(fields[0], "[") || !strings.Contains(fields[0], "/") {
			continue
		}
		start := span.Start + strings.Index(string(span.Of(text)), fields[0])
		spans = append(spans, source.Span{Start: start, End: start + len(fields[0])})
	}
	return spans
}
