package rules

import (
	"fmt"
	"regexp"
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
		pages[name] = linked(r.Doc, all)
		fmt.Fprintf(&index, "| [%s](%s) | %s | %s | %s | %s |\n", r.ID, name, r.Name, r.Theme, r.Severity, r.Summary)
	}
	pages["README.md"] = index.String()
	return pages
}

// source is a link from one rule's documentation to another's, by the name of the file beside it.
var source = regexp.MustCompile(`\]\(([a-z][0-9]{2})_[a-z0-9_]+\.md\)`)

// linked is a rule's documentation with its links leading to pages.
func linked(doc string, all []rule.Rule) string {
	return source.ReplaceAllStringFunc(doc, func(link string) string {
		id := strings.ToUpper(source.FindStringSubmatch(link)[1])
		for _, r := range all {
			if r.ID == id {
				return "](" + PageName(r.Meta) + ")"
			}
		}
		return link
	})
}

// PageName is the file name of a rule's page.
func PageName(m rule.Meta) string { return m.ID + "-" + m.Name + ".md" }
