package main

import (
	"fmt"
	"sort"
	"strings"
)

const heading = `| repository | before (error, warning, info) | after | files changed | fixes by rule | refused by rule | declared / unproven / undeclared | comments lost | second plan empty | rollback exact | plan |
|---|---|---|---|---|---|---|---|---|---|---|`

// line is the trial as a row of the table.
func (t *trial) line() string {
	fixes, refused := map[string]int{}, map[string]int{}
	counted := map[string]bool{}
	for _, c := range t.plan.Changes {
		for _, cause := range c.Causes {
			if key := cause.Rule + cause.Title; !counted[key] { // one fix may change several files
				counted[key] = true
				fixes[cause.Rule]++
			}
		}
	}
	for _, r := range t.plan.Refused {
		refused[r.Rule]++
	}
	eq := t.plan.Equivalence
	return fmt.Sprintf("| %s | %s | %s | %d | %s | %s | %d / %d / %d | %d | %s | %s | %.2f s |",
		t.repo, t.before.summary(), t.after.summary(), len(t.plan.Changes), tally(fixes), tally(refused),
		len(eq.Declared), len(eq.Unproven), len(eq.Undeclared), len(t.commentsLost), yesNo(t.secondEmpty), yesNo(t.rollbackExact), t.planTime.Seconds())
}

func (a audit) summary() string {
	return fmt.Sprintf("%d, %d, %d", a.Summary.Error, a.Summary.Warning, a.Summary.Info)
}

// tally is counts by rule in one line, as "C07 2, D05".
func tally(counts map[string]int) string {
	var parts []string
	for id, n := range counts {
		if n > 1 {
			id = fmt.Sprintf("%s %d", id, n)
		}
		parts = append(parts, id)
	}
	sort.Strings(parts)
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "NO"
}
