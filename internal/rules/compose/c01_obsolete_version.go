package compose

import (
	_ "embed"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/rule"
)

//go:embed c01_obsolete_version.md
var obsoleteVersionDoc string

// ObsoleteVersion finds the version key: C01.
var ObsoleteVersion = rule.Rule{
	Meta: rule.Meta{ID: "C01", Name: "obsolete-version", Theme: rule.Compose, Severity: rule.Info, Since: "0.1.0",
		Summary: "the version key means nothing any more and is warned about at every command",
		Aliases: []string{"dclint no-version-field", "Compose: the attribute `version` is obsolete"}, Doc: obsoleteVersionDoc},
	Check: func(pass *rule.Pass) {
		for _, c := range pass.Project.Compose {
			if c.File == nil || c.File.Version == nil || pass.Project.Swarm(c.Path) {
				continue
			}
			s := &site{p: pass.Project, file: c}
			f := rule.Finding{
				At: s.at(c.File.Version.Span()), Subject: "version",
				Message: "version: means nothing since Compose 2; every command warns about it; remove it",
			}
			edits, err := c.File.RemoveVersion()
			edits = withoutBlankTop(c.File.Text, edits)
			f.Fixes = s.fix("Remove version", change.Safe, edits, err)
			if err == nil && commentsIn(c.File, edits) {
				f.Fixes = rule.Manual("Remove version", "a comment stands behind it: move the comment, then remove the line")
			}
			pass.Report(f)
		}
	},
}

// withoutBlankTop lets an edit that removes a file's first lines take the blank line below as well.
func withoutBlankTop(text []byte, edits []edit.Edit) []edit.Edit {
	if len(edits) != 1 || strings.TrimPrefix(string(text[:edits[0].Start]), "\uFEFF") != "" || edits[0].New != "" {
		return edits
	}
	for _, eol := range []string{"\r\n", "\n"} {
		if strings.HasPrefix(string(text[edits[0].End:]), eol) {
			edits[0].End += len(eol)
			break
		}
	}
	return edits
}
