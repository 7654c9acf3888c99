// Package report writes results for people and for programs: one file each form. It is the only
// package that colours.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"refit/internal/change"
	"refit/internal/rule"
	"refit/internal/source"
)

// Audit is what a report of an audit shows.
type Audit struct {
	Findings   []rule.Finding
	Suppressed int
	Problems   []*source.Problem
	Lines      func(path string) *source.Lines // line tables of the files; nil for one that can't be read
	Mask       func(text string) string        // hides secrets
}

// position is where a finding starts and ends, counted from 1; a finding of a whole file is at 1:1.
func (a Audit) position(f rule.Finding) (start, end source.Position) {
	start, end = source.Position{Line: 1, Column: 1}, source.Position{Line: 1, Column: 1}
	if lines := a.Lines(f.At.Path); lines != nil && !f.At.Span.IsZero() {
		start, end = lines.Position(f.At.Span.Start), lines.Position(f.At.Span.End)
	}
	return start, end
}

// Count is how many findings there are of each severity.
type Count struct {
	Error   int `json:"error"`
	Warning int `json:"warning"`
	Info    int `json:"info"`
}

// CountOf counts findings by severity.
func CountOf(findings []rule.Finding) Count {
	var c Count
	for _, f := range findings {
		switch f.Severity {
		case rule.Error:
			c.Error++
		case rule.Warning:
			c.Warning++
		default:
			c.Info++
		}
	}
	return c
}

func (c Count) String() string {
	return fmt.Sprintf("%s, %s, %d info", plural(c.Error, "error"), plural(c.Warning, "warning"), c.Info)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// AuditText writes the findings for a person, grouped by file.
func AuditText(w io.Writer, a Audit, p Palette) {
	for _, problem := range a.Problems {
		fmt.Fprintf(w, "%s %s\n", p.Red("cannot read"), line(a.Mask(problem.Error())))
	}
	auditFindings(w, a, p)
	fmt.Fprintf(w, "%s", CountOf(a.Findings))
	if a.Suppressed > 0 {
		fmt.Fprintf(w, ", %d silenced", a.Suppressed)
	}
	if n := fixable(a.Findings); n > 0 {
		fmt.Fprintf(w, "; refit plan shows the fixes of %d", n)
	}
	fmt.Fprintln(w)
}

// auditFindings writes the findings, grouped by file, and an empty line behind them.
func auditFindings(w io.Writer, a Audit, p Palette) {
	file := ""
	for _, f := range a.Findings {
		if f.At.Path != file {
			file = f.At.Path
			fmt.Fprintf(w, "\n%s\n", p.Bold(line(file)))
		}
		start, _ := a.position(f)
		fmt.Fprintf(w, "  %-8s %s  %s %s\n", start, p.severity(f.Severity), p.Bold(f.Meta.ID+" "+f.Meta.Name), line(a.Mask(f.Message)))
		for _, r := range f.Related {
			fmt.Fprintf(w, "  %8s %s\n", "", p.Dim(line("see "+r.At.Path+": "+a.Mask(r.Message))))
		}
		if fix := fixOf(f); fix != nil {
			fmt.Fprintf(w, "  %8s %s\n", "", p.Dim(line("fix ("+fix.Safety+"): "+a.Mask(fix.Title))))
		}
	}
	if len(a.Findings) > 0 {
		fmt.Fprintln(w)
	}
}

func fixable(findings []rule.Finding) int {
	n := 0
	for _, f := range findings {
		if fix := fixOf(f); fix != nil && fix.Safety != string(change.Manual) {
			n++
		}
	}
	return n
}

type jsonFix struct {
	Title  string `json:"title"`
	Safety string `json:"safety"`
}

func fixOf(f rule.Finding) *jsonFix {
	if len(f.Fixes) == 0 {
		return nil
	}
	return &jsonFix{f.Fixes[0].Title, string(f.Fixes[0].Safety)}
}

type jsonFinding struct {
	Rule      string   `json:"rule"`
	Name      string   `json:"name"`
	Severity  string   `json:"severity"`
	Path      string   `json:"path"`
	Line      int      `json:"line"`
	Column    int      `json:"column"`
	EndLine   int      `json:"endLine"`
	EndColumn int      `json:"endColumn"`
	Subject   string   `json:"subject"`
	Message   string   `json:"message"`
	Fix       *jsonFix `json:"fix,omitempty"`
}

// AuditJSON writes the findings for a program, in the form that docs/schema/audit.v1.json describes.
func AuditJSON(w io.Writer, a Audit) error {
	out := struct {
		Schema   string        `json:"schema"`
		Findings []jsonFinding `json:"findings"`
		Summary  Count         `json:"summary"`
		Problems []string      `json:"problems,omitempty"`
	}{Schema: "refit.audit/v1", Findings: []jsonFinding{}, Summary: CountOf(a.Findings)}
	for _, f := range a.Findings {
		out.Findings = append(out.Findings, a.json(f))
	}
	for _, problem := range a.Problems {
		out.Problems = append(out.Problems, a.Mask(problem.Error()))
	}
	return writeJSON(w, out)
}

func (a Audit) json(f rule.Finding) jsonFinding {
	start, end := a.position(f)
	return jsonFinding{Rule: f.Meta.ID, Name: f.Meta.Name, Severity: string(f.Severity), Path: f.At.Path,
		Line: start.Line, Column: start.Column, EndLine: end.Line, EndColumn: end.Column,
		Subject: f.Subject, Message: a.Mask(f.Message), Fix: fixOf(f)}
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// indent puts prefix before every line of text.
func indent(text, prefix string) string {
	return prefix + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+prefix)
}
