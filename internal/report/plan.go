package report

import (
	"fmt"
	"io"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
)

// Plan is what a report of a plan shows.
type Plan struct {
	Set  *change.Set
	Mask func(text string) string // hides secrets
}

// PlanText writes the plan as a readable list: what, why, how safe; what is refused; what was compared.
func PlanText(w io.Writer, pl Plan, p Palette) {
	if pl.Set.Empty() {
		fmt.Fprintln(w, "Nothing to change.")
	}
	for _, f := range pl.Set.Files {
		fmt.Fprintf(w, "%s %s\n", p.verb(f.Op), p.Bold(line(f.Path)))
		if f.From != "" {
			fmt.Fprintf(w, "         from %s\n", line(f.From))
		}
		for _, c := range uniqueCauses(f.Causes) {
			fmt.Fprintf(w, "         %s %s %s\n", c.Rule, line(pl.Mask(c.Title)), p.Dim("("+string(c.Safety)+")"))
		}
	}
	pl.layout(w, p)
	pl.refused(w, p)
	pl.equivalence(w, p)
	pl.steps(w, p)
}

func (p Palette) verb(k edit.Kind) string {
	word := fmt.Sprintf("%-8s", map[edit.Kind]string{edit.KindText: "edit", edit.KindCreate: "create", edit.KindDelete: "delete",
		edit.KindRename: "move", edit.KindChmod: "chmod"}[k])
	switch k {
	case edit.KindCreate:
		return p.Green(word)
	case edit.KindDelete:
		return p.Red(word)
	}
	return p.Yellow(word)
}

// uniqueCauses drops causes that would print as the same line.
func uniqueCauses(causes []change.Cause) []change.Cause {
	var list []change.Cause
	seen := map[string]bool{}
	for _, c := range causes {
		if key := c.Rule + c.Title; !seen[key] {
			seen[key] = true
			list = append(list, c)
		}
	}
	return list
}

// layout says whether files move, with the evidence, where there is anything to say.
func (pl Plan) layout(w io.Writer, p Palette) {
	l := pl.Set.Layout
	title, other := "Files stay where they are", "move"
	if l.Decision == "move" {
		title, other = "Files move", "keep"
	}
	if l.Decision == "move" && len(pl.Set.Moves()) == 0 {
		title = "Files belong elsewhere, and can't be moved as they are"
	}
	if l.Decision == "" || l.Decision == "keep" && len(l.Stays) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s %s\n", p.Bold(title), p.Dim("("+l.Reason+"; --layout "+other+" decides otherwise)"))
	for _, e := range l.Evidence {
		fmt.Fprintf(w, "  %s\n", line(e))
	}
	for _, s := range l.Stays {
		if s.Why != "" {
			fmt.Fprintf(w, "  %s stays: %s\n", line(s.Path), line(s.Why))
		}
	}
	if len(l.Would) > 0 {
		const few = 6
		var moves []string
		for i, m := range l.Would {
			if i == few {
				moves = append(moves, fmt.Sprintf("%d more", len(l.Would)-few))
				break
			}
			moves = append(moves, line(m.Path)+" to "+line(m.To))
		}
		fmt.Fprintf(w, "  %s\n", p.Dim("--layout move takes "+strings.Join(moves, ", ")+", where that is certain, and rewrites what names them"))
	}
}

func (pl Plan) refused(w io.Writer, p Palette) {
	if len(pl.Set.Refused) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.Bold("Left to you, with the reason"))
	for _, r := range pl.Set.Refused {
		fmt.Fprintf(w, "  %s %s %s\n%s\n", p.Yellow(r.Rule), line(r.Path), p.Dim(line(r.Subject)), indent(pl.Mask(r.Why), "      "))
	}
}

func (pl Plan) equivalence(w io.Writer, p Palette) {
	c := pl.Set.Compare
	if len(c.Preserved)+len(c.Declared)+len(c.Unproven) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.Bold("Shown equivalent"))
	for _, x := range c.Preserved {
		fmt.Fprintf(w, "  %s %-8s %s: %s\n", p.Green("same    "), x.Aspect, line(x.Subject), line(x.What))
	}
	for _, g := range grouped(c.Declared) {
		fmt.Fprintf(w, "  %s %-8s %s: %s\n%s\n", p.Yellow("declared"), g.aspect, line(g.subject), line(g.why), pl.listed(g))
	}
	for _, d := range c.Unproven {
		fmt.Fprintf(w, "  %s %-8s %s %s: %s\n", p.Dim("unproven"), d.Aspect, line(d.Subject), line(d.Addr), line(pl.Mask(said(d))))
	}
	for _, d := range c.Undeclared {
		fmt.Fprintf(w, "  %s %-8s %s %s: %s\n", p.Red("NOT SAID"), d.Aspect, line(d.Subject), line(d.Addr), line(pl.Mask(said(d))))
	}
}

// group is the differences of one subject that have one reason.
type group struct {
	aspect       change.Aspect
	subject, why string
	of           []change.Difference
}

// grouped puts differences with one reason together, in the order in which they come.
func grouped(list []change.Difference) []*group {
	var groups []*group
	index := map[[3]string]*group{}
	for _, d := range list {
		why := d.Why
		if d.Aspect == change.AspectMake && d.Before == "" {
			why = "new targets"
		}
		key := [3]string{string(d.Aspect), d.Subject, why}
		g := index[key]
		if g == nil {
			g = &group{aspect: d.Aspect, subject: d.Subject, why: why}
			index[key] = g
			groups = append(groups, g)
		}
		g.of = append(g.of, d)
	}
	return groups
}

// listed is the values of a group: all of a few, the first of many.
func (pl Plan) listed(g *group) string {
	const most = 4
	var lines []string
	for i, d := range g.of {
		if i == most && len(g.of) > most+1 {
			lines = append(lines, fmt.Sprintf("             ... and %d more (--format json lists them)", len(g.of)-most))
			break
		}
		d.Why = ""
		lines = append(lines, "             "+line(d.Addr+": "+pl.Mask(said(d))))
	}
	return strings.Join(lines, "\n")
}

// said is a difference in one line.
func said(d change.Difference) string {
	text := ""
	switch {
	case d.Before == "" && d.After != "":
		text = "new: " + short(d.After)
	case d.Before != "" && d.After == "":
		text = "gone: " + short(d.Before)
	case d.Before != "" || d.After != "":
		text = short(d.Before) + " -> " + short(d.After)
	}
	if d.Why != "" {
		if text != "" {
			text += "; "
		}
		text += d.Why
	}
	return text
}

// short keeps a value to one line of bearable length.
func short(s string) string {
	s = strings.ReplaceAll(s, "\n", "\\n")
	if r := []rune(s); len(r) > 100 {
		return string(r[:97]) + "..."
	}
	return s
}

func (pl Plan) steps(w io.Writer, p Palette) {
	if len(pl.Set.Steps) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.Bold("Left to run (refit runs it when asked: apply --run-steps)"))
	for _, s := range pl.Set.Steps {
		where := ""
		if s.Dir != "" && s.Dir != "." {
			where = " in " + s.Dir
		}
		fmt.Fprintf(w, "  %s%s\n      %s\n", strings.Join(s.Command, " "), where, s.Why)
	}
}

// PlanDiff writes the plan as a unified diff in git's form, secrets masked on both sides.
func PlanDiff(w io.Writer, pl Plan, p Palette) {
	for _, f := range pl.Set.Files {
		f.Old, f.Text = []byte(pl.Mask(string(f.Old))), []byte(pl.Mask(string(f.Text)))
		text := f.Delta().Diff(3)
		if !p.On {
			io.WriteString(w, text)
			continue
		}
		for line := range strings.Lines(text) {
			io.WriteString(w, p.diffLine(line))
		}
	}
}

func (p Palette) diffLine(line string) string {
	body, end := strings.TrimSuffix(line, "\n"), ""
	if body != line {
		end = "\n"
	}
	switch {
	case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"), strings.HasPrefix(line, "diff "):
		return p.Bold(body) + end
	case strings.HasPrefix(line, "+"):
		return p.Green(body) + end
	case strings.HasPrefix(line, "-"):
		return p.Red(body) + end
	}
	return line
}

// PlanJSON writes the plan for a program, in the form that docs/schema/plan.v1.json describes.
func PlanJSON(w io.Writer, pl Plan) error {
	type jsonChange struct {
		Path   string         `json:"path"`
		Op     edit.Kind      `json:"op"`
		From   string         `json:"from,omitempty"`
		Causes []change.Cause `json:"causes"`
	}
	out := struct {
		Schema      string            `json:"schema"`
		Changes     []jsonChange      `json:"changes"`
		Refused     []change.Refusal  `json:"refused"`
		Steps       []change.Step     `json:"steps"`
		Equivalence change.Comparison `json:"equivalence"`
		Layout      change.Layout     `json:"layout,omitzero"`
	}{Schema: "refit.plan/v1", Changes: []jsonChange{}, Refused: pl.masked(), Steps: pl.Set.Steps, Equivalence: pl.comparison(), Layout: pl.Set.Layout}
	for _, f := range pl.Set.Files {
		out.Changes = append(out.Changes, jsonChange{f.Path, f.Op, f.From, uniqueCauses(f.Causes)})
	}
	if out.Steps == nil {
		out.Steps = []change.Step{}
	}
	return writeJSON(w, out)
}

func (pl Plan) masked() []change.Refusal {
	list := []change.Refusal{}
	for _, r := range pl.Set.Refused {
		r.Why = pl.Mask(r.Why)
		list = append(list, r)
	}
	return list
}

// comparison is the verdict with secrets masked and no null lists.
func (pl Plan) comparison() change.Comparison {
	c := pl.Set.Compare
	mask := func(list []change.Difference) []change.Difference {
		out := []change.Difference{}
		for _, d := range list {
			d.Before, d.After = pl.Mask(d.Before), pl.Mask(d.After)
			out = append(out, d)
		}
		return out
	}
	out := change.Comparison{Preserved: c.Preserved, Declared: mask(c.Declared), Unproven: mask(c.Unproven)}
	if out.Preserved == nil {
		out.Preserved = []change.Preserved{}
	}
	if len(c.Undeclared) > 0 {
		out.Undeclared = mask(c.Undeclared)
	}
	return out
}
