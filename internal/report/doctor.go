package report

import (
	"fmt"
	"io"
	"strings"

	"refit/internal/doctor"
	"refit/internal/rule"
	"refit/internal/source"
)

// Doctor is what a report of an examination shows.
type Doctor struct {
	doctor.Result
	Lines func(path string) *source.Lines
	Mask  func(string) string
	Cured []string // what was cured just before, for a program
}

func (d Doctor) count() Count {
	var list []rule.Finding
	for _, f := range d.Findings {
		list = append(list, f.Finding)
	}
	return CountOf(list)
}

// shownChanges is how many of the files that a cure changes are shown to a person.
const shownChanges = 10

// DoctorText writes the causes for a person: what, what was seen of it, and the cure as it is typed.
func DoctorText(w io.Writer, d Doctor, p Palette) {
	for _, f := range d.Findings {
		DiagnosisText(w, d, f, p)
		fmt.Fprintln(w)
	}
	for _, n := range d.Notes {
		fmt.Fprintf(w, "%s %s\n", p.Dim("not seen:"), line(d.Mask(n)))
	}
	if len(d.Findings) == 0 {
		fmt.Fprintf(w, "nothing wrong that the doctor knows of%s\n", looked(d.Looked))
		return
	}
	fmt.Fprintf(w, "%s%s\n", d.count(), looked(d.Looked))
	cures := 0
	for _, f := range d.Findings {
		if f.Cure.Repair != nil {
			cures++
		}
	}
	if cures > 0 {
		fmt.Fprintf(w, "refit doctor --fix carries out %s, each after asking\n", plural(cures, "cure"))
	}
}

func looked(names []string) string {
	if len(names) == 0 {
		return " (no environment to look at)"
	}
	return " (looked at " + strings.Join(names, ", ") + ")"
}

// DiagnosisText writes one cause.
func DiagnosisText(w io.Writer, d Doctor, f doctor.Diagnosis, p Palette) {
	where := ""
	if f.Environment != "" {
		where = p.Bold(f.Environment) + " "
	}
	fmt.Fprintf(w, "%s  %s%s\n", p.severity(f.Severity), where, p.Bold(f.Meta.ID+" "+f.Meta.Name))
	fmt.Fprintf(w, "  %s\n", line(d.Mask(f.Message)))
	if at := d.at(f); at != "" {
		fmt.Fprintf(w, "  %s %s\n", p.Dim("at:  "), line(at))
	}
	for _, e := range f.Evidence {
		fmt.Fprintf(w, "  %s %s\n", p.Dim("seen:"), line(d.Mask(e)))
	}
	c := f.Cure
	if c.Title == "" {
		return
	}
	fmt.Fprintf(w, "  %s %s\n", p.Green("cure:"), line(d.Mask(c.Title)))
	for _, command := range c.Commands {
		fmt.Fprintf(w, "        $ %s\n", line(d.Mask(command)))
	}
	for _, file := range c.Changes[:min(shownChanges, len(c.Changes))] {
		fmt.Fprintf(w, "        %s %s\n", p.Dim("changes"), line(file))
	}
	if n := len(c.Changes) - shownChanges; n > 0 || c.More {
		more := fmt.Sprintf("and %d more", max(n, 0))
		if c.More {
			more = fmt.Sprintf("and more than %d others", max(n, 0))
		}
		fmt.Fprintf(w, "        %s\n", p.Dim(more+" (--format json lists them)"))
	}
}

func (d Doctor) at(f doctor.Diagnosis) string {
	if f.At.Path == "" {
		return ""
	}
	if lines := d.Lines(f.At.Path); lines != nil && !f.At.Span.IsZero() {
		return f.At.Path + ":" + lines.Position(f.At.Span.Start).String()
	}
	return f.At.Path
}

// DoctorJSON writes the causes for a program: docs/schema/doctor.v1.json.
func DoctorJSON(w io.Writer, d Doctor) error {
	type jsonCure struct {
		Title    string   `json:"title"`
		Commands []string `json:"commands"`
		Changes  []string `json:"changes,omitempty"`
		More     bool     `json:"moreChanges,omitempty"`
		Fixable  bool     `json:"fixable"`
	}
	type jsonDiagnosis struct {
		jsonFinding
		Environment string   `json:"environment,omitempty"`
		Service     string   `json:"service,omitempty"`
		Evidence    []string `json:"evidence"`
		Cure        jsonCure `json:"cure"`
	}
	out := struct {
		Schema       string          `json:"schema"`
		Findings     []jsonDiagnosis `json:"findings"`
		Summary      Count           `json:"summary"`
		Environments []string        `json:"environments"`
		Notes        []string        `json:"notes"`
		Cured        []string        `json:"cured,omitempty"`
	}{"refit.doctor/v1", []jsonDiagnosis{}, d.count(), append([]string{}, d.Looked...), []string{}, d.Cured}
	audit := Audit{Lines: d.Lines, Mask: d.Mask}
	for _, f := range d.Findings {
		one := jsonDiagnosis{jsonFinding: audit.json(f.Finding), Environment: f.Environment, Service: f.Service, Evidence: []string{}}
		if one.Path == "" {
			one.Line, one.Column, one.EndLine, one.EndColumn = 0, 0, 0, 0
		}
		for _, e := range f.Evidence {
			one.Evidence = append(one.Evidence, d.Mask(e))
		}
		one.Cure = jsonCure{Title: d.Mask(f.Cure.Title), Commands: []string{}, Changes: f.Cure.Changes, More: f.Cure.More, Fixable: f.Cure.Repair != nil}
		for _, c := range f.Cure.Commands {
			one.Cure.Commands = append(one.Cure.Commands, d.Mask(c))
		}
		out.Findings = append(out.Findings, one)
	}
	for _, n := range d.Notes {
		out.Notes = append(out.Notes, d.Mask(n))
	}
	return writeJSON(w, out)
}
