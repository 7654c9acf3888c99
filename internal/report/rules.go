package report

import (
	"fmt"
	"io"

	"refit/internal/rule"
)

// RulesText lists the rules for a person.
func RulesText(w io.Writer, rules []rule.Rule, p Palette) {
	for _, r := range rules {
		fmt.Fprintf(w, "%s  %s  %-10s  %-34s %s\n", p.Bold(fmt.Sprintf("%-4s", r.ID)), p.severity(r.Severity), r.Theme, r.Name, r.Summary)
	}
}

// RulesJSON lists the rules for a program.
func RulesJSON(w io.Writer, rules []rule.Rule) error {
	type jsonRule struct {
		ID       string        `json:"id"`
		Name     string        `json:"name"`
		Theme    rule.Theme    `json:"theme"`
		Severity rule.Severity `json:"severity"`
		Since    string        `json:"since"`
		Summary  string        `json:"summary"`
		Aliases  []string      `json:"aliases"`
	}
	out := struct {
		Schema string     `json:"schema"`
		Rules  []jsonRule `json:"rules"`
	}{Schema: "refit.rules/v1", Rules: []jsonRule{}}
	for _, r := range rules {
		aliases := r.Aliases
		if aliases == nil {
			aliases = []string{}
		}
		out.Rules = append(out.Rules, jsonRule{r.ID, r.Name, r.Theme, r.Severity, r.Since, r.Summary, aliases})
	}
	return writeJSON(w, out)
}
