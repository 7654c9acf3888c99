package main

import (
	"fmt"
	"time"
)

// result is what became of one repository.
type result struct {
	Before, After       audit
	Plan                plan
	PlanTime, ApplyTime time.Duration // of plan; of apply, which begins with an audit
	PeakKiB             int64         // the largest of refit's calls
	SecondPlan          int           // files that the second plan changes
	RollbackExact       bool
	Checked             map[string]int // how much was looked at, by check: a check that sees nothing shows nothing
	Violations          []violation
}

// violation is a promise that does not hold.
type violation struct {
	Check string `json:"check"`
	What  string `json:"what"`
}

// breaks notes a violation. Once the time is over, everything else fails too and tells nothing.
func (r *result) breaks(check, format string, args ...any) {
	if r.broke("time") {
		return
	}
	r.Violations = append(r.Violations, violation{check, fmt.Sprintf(format, args...)})
}

func (r *result) broke(check string) bool {
	for _, v := range r.Violations {
		if v.Check == check {
			return true
		}
	}
	return false
}

// fixes counts the fixes of the plan by rule. One fix may change several files.
func (r *result) fixes() map[string]int {
	counts, seen := map[string]int{}, map[string]bool{}
	for _, c := range r.Plan.Changes {
		for _, cause := range c.Causes {
			if key := cause.Rule + "\x00" + cause.Title; !seen[key] {
				seen[key] = true
				counts[cause.Rule]++
			}
		}
	}
	return counts
}

func (r *result) refusals() map[string]int {
	counts := map[string]int{}
	for _, x := range r.Plan.Refused {
		counts[x.Rule]++
	}
	return counts
}

// byRule counts findings by rule and severity, as "D05/error".
func (a audit) byRule() map[string]int {
	counts := map[string]int{}
	for _, f := range a.Findings {
		counts[f.Rule+"/"+f.Severity]++
	}
	return counts
}
