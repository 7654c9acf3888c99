package report

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"refit/internal/rule"
	"refit/internal/source"
	"refit/internal/verify"
)

// Verified is what a report of a verify shows.
type Verified struct {
	Environment string
	Project     string // of Compose
	Result      *verify.Result
	Lines       func(path string) *source.Lines
	Mask        func(text string) string
}

func (v Verified) audit() Audit {
	return Audit{Findings: byPlace(v.Result.Findings), Lines: v.Lines, Mask: v.Mask}
}

// byPlace puts the findings of one file together, in the order in which the files are first named.
func byPlace(findings []rule.Finding) []rule.Finding {
	var paths []string
	groups := map[string][]rule.Finding{}
	for _, f := range findings {
		if groups[f.At.Path] == nil {
			paths = append(paths, f.At.Path)
		}
		groups[f.At.Path] = append(groups[f.At.Path], f)
	}
	var list []rule.Finding
	for _, p := range paths {
		list = append(list, groups[p]...)
	}
	return list
}

// VerifiedText writes the findings, what could not be shown, a table of the services and how it came out.
func VerifiedText(w io.Writer, v Verified, p Palette) {
	auditFindings(w, v.audit(), p)
	if len(v.Result.NotShown) > 0 {
		fmt.Fprintln(w, p.Bold("not shown"))
		for _, n := range v.Result.NotShown {
			fmt.Fprintf(w, "  %s %s\n", p.Bold(n.Check.ID+" "+n.Check.Name), line(v.Mask(of(n.Service)+n.Why)))
		}
		fmt.Fprintln(w)
	}
	v.table(w, p)
	fmt.Fprintf(w, "\n%s\n", v.summary())
}

func of(service string) string {
	if service == "" {
		return ""
	}
	return service + ": "
}

// table has a line for each service and a column for each subject.
func (v Verified) table(w io.Writer, p Palette) {
	var text strings.Builder
	tab := tabwriter.NewWriter(&text, 0, 8, 3, ' ', 0)
	fmt.Fprint(tab, "SERVICE\tSTATUS")
	for _, theme := range verify.Themes() {
		fmt.Fprintf(tab, "\t%s", strings.ToUpper(string(theme)))
	}
	fmt.Fprintln(tab, "\tSIZE")
	for _, s := range v.Result.Services {
		fmt.Fprintf(tab, "%s\t%s", s.Service, s.Status)
		for _, theme := range verify.Themes() {
			fmt.Fprintf(tab, "\t%s", verdict(s.Themes[theme]))
		}
		fmt.Fprintf(tab, "\t%s\n", imageSize(s.Image))
	}
	_ = tab.Flush()
	for i, line := range strings.Split(strings.TrimRight(text.String(), "\n"), "\n") {
		line = strings.TrimRight(line, " ")
		switch {
		case i == 0:
			line = p.Dim(line)
		case wrong(v.Result.Services[i-1]):
			line = p.Red(line)
		}
		fmt.Fprintln(w, line)
	}
}

func wrong(s verify.ServiceResult) bool {
	for _, v := range s.Themes {
		if v.Error > 0 {
			return true
		}
	}
	return false
}

// verdict is the word of a cell: the worst of what was found.
func verdict(v verify.Verdict) string {
	switch {
	case v.Error > 0:
		return plural(v.Error, "error")
	case v.Warning > 0:
		return plural(v.Warning, "warning")
	case v.Holds > 0 && v.NotShown > 0:
		return "ok*"
	case v.NotShown > 0:
		return "not shown"
	case v.Looked():
		return "ok"
	}
	return "-"
}

func imageSize(i verify.ImageFacts) string {
	if i.Size == 0 {
		return "-"
	}
	text := fmt.Sprintf("%d MB, %s", i.Size/1e6, plural(i.Layers, "layer"))
	if i.Wasted >= 1e6 {
		text += fmt.Sprintf(", %d MB wasted", i.Wasted/1e6)
	}
	return text
}

// summary is the last line: "24 checks, 4 services, all hold".
func (v Verified) summary() string {
	text := plural(v.Result.Checks, "check") + ", " + plural(len(v.Result.Services), "service") + ", "
	switch c := CountOf(v.Result.Findings); {
	case c.Error+c.Warning > 0:
		text += c.String()
	case c.Info > 0:
		text += fmt.Sprintf("all hold, %d info", c.Info)
	default:
		text += "all hold"
	}
	if n := len(v.Result.NotShown); n > 0 {
		text += fmt.Sprintf("; %d not shown", n)
	}
	return text
}

// VerifiedJSON writes the result for a program: docs/schema/verify.v1.json.
func VerifiedJSON(w io.Writer, v Verified) error {
	type themeResult struct {
		Holds    int `json:"holds"`
		NotShown int `json:"notShown"`
		Error    int `json:"error"`
		Warning  int `json:"warning"`
		Info     int `json:"info"`
	}
	type imageResult struct {
		Size   int64 `json:"size"`
		Layers int   `json:"layers"`
		Wasted int64 `json:"wasted"`
	}
	type service struct {
		Service   string                      `json:"service"`
		Own       bool                        `json:"own"`
		Container string                      `json:"container"`
		Status    string                      `json:"status"`
		Image     *imageResult                `json:"image,omitempty"`
		Themes    map[rule.Theme]*themeResult `json:"themes"`
	}
	type notShown struct {
		Rule    string `json:"rule"`
		Name    string `json:"name"`
		Service string `json:"service,omitempty"`
		Why     string `json:"why"`
	}
	out := struct {
		Schema      string        `json:"schema"`
		Environment string        `json:"environment"`
		Project     string        `json:"project"`
		Findings    []jsonFinding `json:"findings"`
		Summary     Count         `json:"summary"`
		Checks      int           `json:"checks"`
		Services    []service     `json:"services"`
		NotShown    []notShown    `json:"notShown"`
	}{"refit.verify/v1", v.Environment, v.Project, []jsonFinding{}, CountOf(v.Result.Findings), v.Result.Checks, []service{}, []notShown{}}
	a := v.audit()
	for _, f := range a.Findings {
		out.Findings = append(out.Findings, a.json(f))
	}
	for _, s := range v.Result.Services {
		one := service{s.Service, s.Own, s.Container, s.Status, nil, map[rule.Theme]*themeResult{}}
		if s.Image.Size > 0 {
			one.Image = &imageResult{s.Image.Size, s.Image.Layers, s.Image.Wasted}
		}
		for theme, t := range s.Themes {
			one.Themes[theme] = &themeResult{t.Holds, t.NotShown, t.Error, t.Warning, t.Info}
		}
		out.Services = append(out.Services, one)
	}
	for _, n := range v.Result.NotShown {
		out.NotShown = append(out.NotShown, notShown{n.Check.ID, n.Check.Name, n.Service, v.Mask(n.Why)})
	}
	return writeJSON(w, out)
}
