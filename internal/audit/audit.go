// Package audit runs rules over a project: in parallel, without the findings that the user has
// silenced, in a stable order.
package audit

import (
	"cmp"
	"fmt"
	"slices"

	"refit/internal/parallel"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// Result is what an audit found.
type Result struct {
	Findings   []rule.Finding    // sorted by path, place, rule, subject
	Suppressed []Suppressed      // findings that a pragma or the configuration silences
	Problems   []*source.Problem // files that could not be read or parsed, and rules that failed
}

// Suppressed is a finding that is not shown, and what silences it.
type Suppressed struct {
	Finding rule.Finding
	By      string // "Dockerfile:3 # hadolint ignore=DL3002" or ".refit.yaml: reason"
}

// Run checks the project with the rules. A rule that panics loses its findings and becomes a
// problem; the others go on.
func Run(p *project.Project, rules []rule.Rule) Result {
	found := make([][]rule.Finding, len(rules))
	failed := make([]*source.Problem, len(rules))
	kept := newLeftovers(p)
	parallel.Do(len(rules), func(i int) { found[i], failed[i] = check(p, &rules[i], kept) })

	result := Result{Problems: append([]*source.Problem(nil), p.Problems...)}
	silenced := suppressions(p)
	total := 0
	for i := range rules {
		total += len(found[i])
	}
	seen := make(map[place]bool, total)
	result.Findings = make([]rule.Finding, 0, total)
	for i := range rules {
		if failed[i] != nil {
			result.Problems = append(result.Problems, failed[i])
		}
		for _, f := range found[i] {
			key := place{f.Meta.ID, f.At, f.Subject}
			if seen[key] {
				continue // a file that two environments share is found in once
			}
			seen[key] = true
			if by := silenced.by(f); by != "" {
				result.Suppressed = append(result.Suppressed, Suppressed{f, by})
				continue
			}
			result.Findings = append(result.Findings, f)
		}
	}
	result.Findings = sorted(result.Findings)
	return result
}

// place is what makes two findings one.
type place struct {
	rule    string
	at      rule.Location
	subject string
}

func check(p *project.Project, r *rule.Rule, kept leftovers) (found []rule.Finding, failed *source.Problem) {
	severity, off := p.Config.RuleSeverity(r.ID, r.Name)
	if off {
		return nil, nil
	}
	pass := &rule.Pass{Project: p, Meta: &r.Meta, Options: p.Config.RuleOptions(r.ID, r.Name)}
	defer func() {
		if v := recover(); v != nil {
			if p, ok := v.(*parallel.Panic); ok {
				v = p.Value // without its stack
			}
			found = nil
			failed = &source.Problem{Path: p.Name, What: fmt.Sprintf("rule %s failed: %v", r.ID, v),
				Why: "its findings are missing", Advice: "report this as a defect of refit"}
		}
	}()
	r.Check(pass)
	found = pass.Found()
	for i := range found {
		kept.weaken(&found[i])
	}
	if severity != "" {
		for i := range found {
			found[i].Severity = rule.Severity(severity)
		}
	}
	return found, nil
}

// sorted are the findings by path, place, rule and subject. They are large: what is sorted is where they are.
func sorted(findings []rule.Finding) []rule.Finding {
	order := make([]*rule.Finding, len(findings))
	for i := range findings {
		order[i] = &findings[i]
	}
	slices.SortStableFunc(order, compare)
	out := make([]rule.Finding, len(findings))
	for i, f := range order {
		out[i] = *f
	}
	return out
}

func compare(a, b *rule.Finding) int {
	if by := cmp.Compare(a.At.Path, b.At.Path); by != 0 {
		return by
	}
	if by := cmp.Compare(a.At.Span.Start, b.At.Span.Start); by != 0 {
		return by
	}
	return cmp.Or(cmp.Compare(a.Meta.ID, b.Meta.ID), cmp.Compare(a.Subject, b.Subject))
}
