package verify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"refit/internal/change"
	"refit/internal/rule"
	"refit/internal/source"
)

// pass gives one check the running environment and takes what it finds.
type pass struct {
	*running
	check  *Check
	found  []finding
	looked map[string]bool   // services that were examined
	silent map[string]string // services whose question could not be answered, and why
}

// finding is a finding on its way into the result.
type finding struct {
	rule.Finding
	service string
}

// report is what a check says of a service: where the promise stands in its Compose file, what was seen, and the
// next step. The service counts as examined.
type report struct {
	service  string // "" for the environment
	at       []string
	subject  string // behind "services.NAME."; "" is the service
	severity rule.Severity
	next     string // what to do, in the imperative
}

// find reports a finding. The message is: what was seen; why it matters.
func (p *pass) find(r report, format string, args ...any) {
	p.looked[r.service] = true
	subject := p.env.Name
	if r.service != "" {
		subject = "services." + r.service
		r.at = append(r.at, subject)
	}
	if r.subject != "" {
		subject += "." + r.subject
	}
	f := rule.Finding{Meta: &p.check.Meta, Severity: cmp.Or(r.severity, p.check.Severity), At: p.place(r.at), Subject: subject,
		Message: fmt.Sprintf(format, args...)}
	if r.next != "" {
		f.Fixes = []rule.Fix{{Title: r.next, Safety: change.Manual}}
	}
	p.found = append(p.found, finding{f, r.service})
}

// notShown says that the question has no answer for a service.
func (p *pass) notShown(service, format string, args ...any) {
	if p.silent[service] == "" {
		p.silent[service] = fmt.Sprintf(format, args...)
	}
}

// place is where a Compose file of the environment has the first of the addresses that is there.
func (r *running) place(addresses []string) rule.Location {
	if in, start, ok := r.env.Project.Place(r.env.Source, addresses...); ok {
		return rule.Location{Path: in.Path, Span: source.Span{Start: start, End: start + 1}}
	}
	return rule.Location{Path: r.env.Source.Files[0]}
}

// add puts what the check found into the result.
func (p *pass) add(result *Result, verdicts map[string]map[rule.Theme]Verdict) {
	if len(p.looked)+len(p.silent) > 0 {
		result.Checks++
	}
	at := func(service string, change func(*Verdict)) {
		if verdicts[service] == nil {
			verdicts[service] = map[rule.Theme]Verdict{}
		}
		v := verdicts[service][p.check.Theme]
		change(&v)
		verdicts[service][p.check.Theme] = v
	}
	failed := map[string]bool{}
	for _, f := range p.found {
		failed[f.service] = true
		result.Findings = append(result.Findings, f.Finding)
		at(f.service, func(v *Verdict) {
			switch f.Severity {
			case rule.Error:
				v.Error++
			case rule.Warning:
				v.Warning++
			default:
				v.Info++
			}
		})
	}
	for _, service := range slices.Sorted(maps.Keys(p.silent)) {
		if !failed[service] {
			result.NotShown = append(result.NotShown, NotShown{&p.check.Meta, service, p.silent[service]})
			at(service, func(v *Verdict) { v.NotShown++ })
		}
	}
	for service := range p.looked {
		if !failed[service] && p.silent[service] == "" {
			at(service, func(v *Verdict) { v.Holds++ })
		}
	}
}
