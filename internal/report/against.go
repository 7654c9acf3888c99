package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"refit/internal/against"
)

// Against is what a report of a comparison of two states shows.
type Against struct {
	Environment string
	Against     string // "backup 3", "commit 0123456789ab"
	Result      *against.Result
}

// AgainstText writes the undeclared differences one by one, the declared ones by what declared them, and the figures.
func AgainstText(w io.Writer, a Against, p Palette) {
	r := a.Result
	fmt.Fprintf(w, "%s, now and as of %s\n\n", a.Environment, a.Against)
	for _, d := range r.Differences {
		if !d.Declared {
			fmt.Fprintf(w, "%s %s: %s %s\n    %s\n", p.Red("undeclared"), d.Service, d.Area, p.Bold(visibleLine(d.Addr)), fromTo(d))
		}
	}
	for _, n := range r.NotShown {
		fmt.Fprintf(w, "%s %s%s\n", p.Bold("not shown"), of(n.Service), visibleLine(n.Why))
	}
	fmt.Fprintln(w, p.Bold("declared"))
	for _, g := range byDeclaration(r.Differences) {
		fmt.Fprintf(w, "  %s\n    %s\n", strings.TrimSpace(g.rule+" "+g.why), g.text())
	}
	fmt.Fprintln(w)
	images(w, r, p)
	builds(w, r, p)
	declared := len(r.Differences) - r.Undeclared()
	fmt.Fprintf(w, "\n%s the same, %d declared, %d undeclared\n", plural(r.Same, "value"), declared, r.Undeclared())
}

func visibleLine(text string) string { return line(text) }

func fromTo(d against.Difference) string {
	shown := func(text string) string {
		if text == "" {
			return "(nothing)"
		}
		if text = visibleLine(text); len(text) > 160 {
			text = strings.ToValidUTF8(text[:160], "") + "..."
		}
		return text
	}
	return shown(d.Before) + " -> " + shown(d.After)
}

// declaration is the differences that one declaration brought about.
type declaration struct {
	rule, why string
	what      []string
}

const namedInGroup = 6

func (g declaration) text() string {
	if len(g.what) <= namedInGroup {
		return strings.Join(g.what, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(g.what[:namedInGroup], ", "), len(g.what)-namedInGroup)
}

func byDeclaration(differences []against.Difference) []*declaration {
	var list []*declaration
	byWhy := map[string]*declaration{}
	for _, d := range differences {
		if !d.Declared {
			continue
		}
		key := d.Rule + " " + d.Why
		if byWhy[key] == nil {
			byWhy[key] = &declaration{rule: d.Rule, why: d.Why}
			list = append(list, byWhy[key])
		}
		sign := "~"
		if d.Before == "" {
			sign = "+"
		} else if d.After == "" {
			sign = "-"
		}
		byWhy[key].what = append(byWhy[key].what, fmt.Sprintf("%s:%s%s", d.Service, sign, visibleLine(d.Addr)))
	}
	slices.SortStableFunc(list, func(a, b *declaration) int { return cmp.Compare(a.rule, b.rule) })
	return list
}

func images(w io.Writer, r *against.Result, p Palette) {
	tab := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	fmt.Fprintln(tab, p.Dim("IMAGE\tSIZE BEFORE\tAFTER\tOWN LAYERS BEFORE\tAFTER"))
	for _, after := range r.After.Images {
		for _, before := range r.Before.Images {
			if before.Service == after.Service {
				fmt.Fprintf(tab, "%s\t%s\t%s\t%s\t%s%s\n", after.Service, megabytes(before.Size), megabytes(after.Size), megabytes(before.Own), megabytes(after.Own), ratio(float64(before.Own), float64(after.Own)))
			}
		}
	}
	_ = tab.Flush()
}

func megabytes(n int64) string {
	if n < 0 {
		return "?"
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// ratio is "  (0.42)": what is left of before.
func ratio(before, after float64) string {
	if before <= 0 || after < 0 {
		return ""
	}
	return fmt.Sprintf("  (%.2f)", after/before)
}

func builds(w io.Writer, r *against.Result, p Palette) {
	if len(r.Before.Builds) == 0 {
		return
	}
	fmt.Fprintln(w)
	tab := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	fmt.Fprintln(tab, p.Dim("BUILD\tSIDE\tTIME\tOF WHICH STEPS\tCACHED STEPS\tPACKAGES INSTALLED\tCONTEXT SENT\tCHANGED"))
	for _, a := range r.After.Builds {
		for _, b := range r.Before.Builds {
			if a.Change == b.Change {
				buildLine(tab, "before", b, "", "")
				buildLine(tab, "after", a, ratio(b.Seconds, a.Seconds), ratio(b.Work(), a.Work()))
			}
		}
	}
	_ = tab.Flush()
}

func buildLine(w io.Writer, side string, b against.Build, ratio, workRatio string) {
	fmt.Fprintf(w, "%s\t%s\t%.1f s%s\t%.1f s%s\t%d of %d\t%d\t%.1f kB\t%s\n", b.Change, side, b.Seconds, ratio, b.Work(), workRatio, b.Cached, b.Steps, len(b.Packages), float64(b.Context)/1e3, visibleLine(b.File))
}

// AgainstJSON writes the result for a program: docs/schema/verify-against.v1.json.
func AgainstJSON(w io.Writer, a Against) error {
	type difference struct {
		Area     string `json:"area"`
		Service  string `json:"service"`
		What     string `json:"what"`
		Before   string `json:"before"`
		After    string `json:"after"`
		Declared bool   `json:"declared"`
		Why      string `json:"why,omitempty"`
		Rule     string `json:"rule,omitempty"`
	}
	type notShown struct {
		Service string `json:"service,omitempty"`
		Why     string `json:"why"`
	}
	out := struct {
		Schema      string       `json:"schema"`
		Environment string       `json:"environment"`
		Against     string       `json:"against"`
		Summary     any          `json:"summary"`
		Differences []difference `json:"differences"`
		NotShown    []notShown   `json:"notShown"`
		Before      jsonSide     `json:"before"`
		After       jsonSide     `json:"after"`
	}{"refit.verify-against/v1", a.Environment, a.Against, map[string]int{"same": a.Result.Same, "declared": len(a.Result.Differences) - a.Result.Undeclared(), "undeclared": a.Result.Undeclared()},
		[]difference{}, []notShown{}, sideOf(a.Result.Before), sideOf(a.Result.After)}
	for _, d := range a.Result.Differences {
		out.Differences = append(out.Differences, difference{string(d.Area), d.Service, d.Addr, d.Before, d.After, d.Declared, d.Why, d.Rule})
	}
	for _, n := range a.Result.NotShown {
		out.NotShown = append(out.NotShown, notShown{n.Service, n.Why})
	}
	return writeJSON(w, out)
}

type jsonSide struct {
	Environment string      `json:"environment"`
	Images      []jsonImage `json:"images"`
	Builds      []jsonBuild `json:"builds"`
}

type jsonImage struct {
	Service   string `json:"service"`
	Size      int64  `json:"size"`
	Own       *int64 `json:"own"`
	Layers    int    `json:"layers"`
	OwnLayers int    `json:"ownLayers"`
}

type jsonBuild struct {
	Change   string     `json:"change"`
	File     string     `json:"file,omitempty"`
	Seconds  float64    `json:"seconds"`
	Steps    int        `json:"steps"`
	Cached   int        `json:"cached"`
	Ran      []jsonStep `json:"ran"`
	Context  int64      `json:"context"`
	Packages []string   `json:"packages"`
}

type jsonStep struct {
	Name    string  `json:"step"`
	Seconds float64 `json:"seconds"`
}

func sideOf(s against.SideResult) jsonSide {
	j := jsonSide{s.Environment, []jsonImage{}, []jsonBuild{}}
	for _, i := range s.Images {
		one := jsonImage{i.Service, i.Size, &i.Own, i.Layers, i.OwnLayers}
		if i.Own < 0 {
			one.Own = nil
		}
		j.Images = append(j.Images, one)
	}
	for _, b := range s.Builds {
		ran := []jsonStep{}
		for _, s := range b.Ran {
			ran = append(ran, jsonStep(s))
		}
		j.Builds = append(j.Builds, jsonBuild{b.Change, b.File, b.Seconds, b.Steps, b.Cached, ran, b.Context, append([]string{}, b.Packages...)})
	}
	return j
}
