package rules

import (
	"fmt"
	"strings"

	"refit/internal/rule"
)

// Pages are the files of docs/rules: a page a rule, and README.md as their index.
func Pages(all []rule.Rule) map[string]string {
	pages := map[string]string{}
	var index strings.Builder
	index.WriteString("# Rules\n\nMade by `make docs` from the rules' own documentation, whose examples are tests.\n\n")
	index.WriteString("| id | name | theme | severity | problem |\n|---|---|---|---|---|\n")
	for _, r := range all {
		name := PageName(r.Meta)
		pages[name] = r.Doc
		fmt.Fprintf(&index, "| [%s](%s) | %s | %s | %s | %s |\n", r.ID, name, r.Name, r.Theme, r.Severity, r.Summary)
	}
	pages["README.md"] = index.String()
	return pages
}

// PageName is the file name of a rule's page.
func PageName(m rule.Meta) string { return m.ID + "-" + m.Name + ".md" }
