package env

import (
	_ "embed"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/source"
)

//go:embed e16_env_readme_missing.md
var readmeMissingDoc string

// ReadmeMissing finds env files that no table explains: E16.
var ReadmeMissing = rule.Rule{
	Meta: rule.Meta{ID: "E16", Name: "env-readme-missing", Theme: rule.Env, Turn: rule.CI, Severity: rule.Info, Since: "0.1.0",
		Summary: "nothing says which variables and ports there are", Aliases: []string{"guide Step 6"}, Doc: readmeMissingDoc},
	Check: checkReadmeMissing,
}

// The marks around the part of the file that refit writes.
const (
	beginMark = "<!-- refit: this part is derived from the Compose files and templates; write above or below it -->"
	endMark   = "<!-- refit: end -->"
)

func checkReadmeMissing(pass *rule.Pass) {
	p := pass.Project
	if !inLayout(p) || len(p.Environments) == 0 {
		return
	}
	readme := p.Layout.EnvReadme
	title := "Write " + readme + " with the variables and the ports"
	f := rule.Finding{At: at(readme), Subject: "tables", Message: "nothing lists the variables and ports of the environments; whoever sets one up reads through every Compose file; write them down once"}
	pending := exampleOf(p) == nil || templatesPending(p) // the tables would be stale at once
	text, err := p.Files.Read(readme)
	body := readmeBody(p)
	switch {
	case !p.Files.Has(readme):
		if !pending {
			f.Fixes = []rule.Fix{{Title: title, Safety: change.Safe, Declares: sentNew(p, readme), Ops: []edit.Op{edit.Create(readme, "# Environment files\n\n"+body, 0o644)}}}
		}
	case err != nil:
		return
	default:
		span, marked := markedPart(string(text))
		current := strings.ReplaceAll(string(span.Of(text)), "\r\n", "\n")
		if !marked || current == strings.TrimSuffix(body, "\n") {
			return // another's, or up to date
		}
		f.Message = "the tables no longer say what the Compose files and templates do; whoever relies on them is misled; write them again"
		f.At.Span = span
		if !pending {
			body = strings.TrimSuffix(body, "\n")
			if source.EOL(text) == "\r\n" {
				body = strings.ReplaceAll(body, "\n", "\r\n")
			}
			f.Fixes = []rule.Fix{{Title: "Refresh the tables of " + readme, Safety: change.Safe, Ops: []edit.Op{edit.Text(readme, edit.Replace(span, body, "tables"))}}}
		}
	}
	pass.Report(f)
}

// markedPart is the part between the marks, marks included.
func markedPart(text string) (source.Span, bool) {
	start := strings.Index(text, beginMark)
	if start < 0 {
		return source.Span{}, false
	}
	end := strings.Index(text[start:], endMark)
	if end < 0 {
		return source.Span{}, false
	}
	return source.Span{Start: start, End: start + end + len(endMark)}, true
}
