package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// publish prints the table and writes results.jsonl.
func publish(trials []*trial, out string) error {
	fmt.Print(heading)
	for _, t := range trials {
		fmt.Println(t.line())
	}
	fmt.Printf("\n%s\n", summary(trials))
	if out == "" {
		return nil
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(out, "results.jsonl"))
	if err != nil {
		return err
	}
	lines := json.NewEncoder(f)
	lines.SetEscapeHTML(false)
	for _, t := range trials {
		if err := lines.Encode(t.record()); err != nil {
			return err
		}
	}
	return f.Close()
}

// record is a trial for other programs.
func (t *trial) record() map[string]any {
	return map[string]any{
		"repo": t.repo, "commit": t.commit,
		"before": t.Before.byRule(), "after": t.After.byRule(), "problems": t.Before.Problems,
		"filesChanged": len(t.Plan.Changes), "fixes": t.fixes(), "refused": t.Plan.Refused,
		"preserved": len(t.Plan.Equivalence.Preserved), "declared": t.Plan.Equivalence.Declared,
		"unproven": t.Plan.Equivalence.Unproven, "undeclared": t.Plan.Equivalence.Undeclared,
		"planMs": t.PlanTime.Milliseconds(), "applyMs": t.ApplyTime.Milliseconds(), "peakKiB": t.PeakKiB,
		"secondPlanChanges": t.SecondPlan, "rollbackExact": t.RollbackExact,
		"checked": t.Checked, "violations": append([]violation{}, t.Violations...),
	}
}

const heading = `| repository | findings before (error, warning, info) | after | files changed | fixes by rule | refused by rule | declared / unproven / undeclared | second plan empty | rollback exact | plan | audit to applied | memory | broken promises |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
`

// line is the trial as a row of the table.
func (t *trial) line() string {
	eq := t.Plan.Equivalence
	return fmt.Sprintf("| %s `%s` | %s | %s | %d | %s | %s | %d / %d / %d | %s | %s | %.2f s | %.2f s | %d MB | %s |",
		t.repo, t.short(), t.Before.counts(), t.After.counts(), len(t.Plan.Changes), tally(t.fixes()), tally(t.refusals()),
		len(eq.Declared), len(eq.Unproven), len(eq.Undeclared), yesNo(t.SecondPlan == 0), yesNo(t.RollbackExact),
		t.PlanTime.Seconds(), t.ApplyTime.Seconds(), t.PeakKiB>>10, tally(t.brokenByCheck()))
}

func (a audit) counts() string {
	return fmt.Sprintf("%d, %d, %d", a.Summary.Error, a.Summary.Warning, a.Summary.Info)
}

func (r *result) brokenByCheck() map[string]int {
	counts := map[string]int{}
	for _, v := range r.Violations {
		counts[v.Check]++
	}
	return counts
}

// tally is counts in one line, as "C07 2, D05".
func tally(counts map[string]int) string {
	var parts []string
	for _, id := range keysOf(counts) {
		if n := counts[id]; n > 1 {
			id = fmt.Sprintf("%s %d", id, n)
		}
		parts = append(parts, id)
	}
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

// summary is the run in a sentence or two.
func summary(trials []*trial) string {
	applied, clean, broken := 0, 0, 0
	var times []time.Duration
	checked := map[string]int{}
	for _, t := range trials {
		if len(t.Plan.Changes) > 0 {
			applied++
		}
		if len(t.Violations) == 0 {
			clean++
		}
		broken += len(t.Violations)
		times = append(times, t.ApplyTime)
		for what, n := range t.Checked {
			checked[what] += n
		}
	}
	slices.Sort(times)
	var looked []string
	for _, what := range keysOf(checked) {
		looked = append(looked, fmt.Sprintf("%d %s", checked[what], what))
	}
	return fmt.Sprintf("%d repositories, %d changed; %d broken promises, none in %d of them. Audit to applied: median %.2f s, at most %.2f s.\nLooked at: %s.",
		len(trials), applied, broken, clean, times[len(times)/2].Seconds(), times[len(times)-1].Seconds(), strings.Join(looked, ", "))
}
