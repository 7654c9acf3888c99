package verify

import (
	"fmt"
	"strings"
)

// Pages are the files of docs/checks: a page a check, and README.md as their index.
func Pages() map[string]string {
	pages := map[string]string{}
	var index strings.Builder
	index.WriteString("# Checks of `refit verify`\n\nMade by `make docs` from the checks' own documentation; [verify.md](../verify.md) is about the command.\n\n")
	index.WriteString("| id | name | subject | severity | problem |\n|---|---|---|---|---|\n")
	for _, m := range Checks() {
		name := m.ID + "-" + m.Name + ".md"
		pages[name] = m.Doc
		fmt.Fprintf(&index, "| [%s](%s) | %s | %s | %s | %s |\n", m.ID, name, m.Name, m.Theme, m.Severity, m.Summary)
	}
	pages["README.md"] = index.String()
	return pages
}
