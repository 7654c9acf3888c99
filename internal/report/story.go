package report

import (
	"fmt"
	"io"
	"path"
	"sort"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/rule"
)

// Story tells a demonstration: short chapters, the most telling lines of each.
type Story struct {
	w io.Writer
	p Palette
}

// NewStory is a story told to w.
func NewStory(w io.Writer, p Palette) *Story { return &Story{w, p} }

// Chapter starts a new part.
func (s *Story) Chapter(title, summary string) {
	fmt.Fprintf(s.w, "\n%s\n   %s\n\n", s.p.Bold(title), summary)
}

// Tree shows where the Docker, Compose and environment files are; the others are only counted.
func (s *Story) Tree(paths []string) {
	other := 0
	for _, p := range paths {
		if !telling(p) {
			other++
			continue
		}
		fmt.Fprintf(s.w, "   %s\n", p)
	}
	fmt.Fprintf(s.w, "   %s\n", s.p.Dim(fmt.Sprintf("... and %d other files", other)))
}

// telling says whether a path is one that the story is about.
func telling(p string) bool {
	base := strings.ToLower(path.Base(p))
	return strings.Contains(base, "docker") || strings.Contains(base, "compose") || strings.HasPrefix(base, ".env") ||
		base == "makefile" || base == ".gitignore" || strings.HasPrefix(p, "env/") || strings.HasPrefix(p, "compose/")
}

// Worst shows the errors, one line each.
func (s *Story) Worst(findings []rule.Finding, mask func(string) string) {
	shown := 0
	for _, f := range findings {
		if f.Severity == rule.Error {
			shown++
			what, _, _ := strings.Cut(f.Message, ";")
			fmt.Fprintf(s.w, "   %s %-5s %s: %s\n", s.p.severity(f.Severity), f.Meta.ID, f.At.Path, mask(what))
		}
	}
	fmt.Fprintf(s.w, "   %s\n", s.p.Dim(fmt.Sprintf("... and %d that are not errors", len(findings)-shown)))
}

// Changes lists the files that a plan touches, with how many findings each repairs.
func (s *Story) Changes(set *change.Set) {
	for _, f := range set.Files {
		line := f.Path
		if f.Op == edit.KindRename {
			line = f.From + " -> " + f.Path
		}
		rules := map[string]bool{}
		for _, c := range f.Causes {
			rules[c.Rule] = true
		}
		fmt.Fprintf(s.w, "   %s %s  %s\n", s.p.verb(f.Op), line, s.p.Dim(strings.Join(sorted(rules), " ")))
	}
	if len(set.Refused) > 0 {
		fmt.Fprintf(s.w, "\n   %d findings are left to you, each with the reason (refit plan lists them)\n", len(set.Refused))
	}
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for k := range set {
		list = append(list, k)
	}
	sort.Strings(list)
	return list
}

// mostReasons bounds the reasons that a story lists; refit plan lists them all.
const mostReasons = 18

// Equivalence sums the comparison up: every part that was compared, then the declared differences by reason.
func (s *Story) Equivalence(c change.Comparison) {
	for _, x := range c.Preserved {
		fmt.Fprintf(s.w, "   %s %-8s %s: %s\n", s.p.Green("same    "), x.Aspect, x.Subject, x.What)
	}
	why := map[string]int{}
	var order []string
	for _, d := range c.Declared {
		reason := d.Why
		if d.Aspect == change.AspectMake {
			reason = "new make targets; what the Makefile offered before, it offers still"
		}
		if why[reason] == 0 {
			order = append(order, reason)
		}
		why[reason]++
	}
	for i, reason := range order {
		if i == mostReasons && len(order) > mostReasons+1 {
			fmt.Fprintf(s.w, "   %s\n", s.p.Dim(fmt.Sprintf("... and %d more reasons (refit plan lists every value)", len(order)-i)))
			break
		}
		fmt.Fprintf(s.w, "   %s %s\n", s.p.Yellow("declared"), fmt.Sprintf("%s (%s)", reason, plural(why[reason], "value")))
	}
	for _, d := range c.Unproven {
		fmt.Fprintf(s.w, "   %s %-8s %s %s: %s\n", s.p.Dim("unproven"), d.Aspect, d.Subject, d.Addr, d.Why)
	}
	fmt.Fprintf(s.w, "   %s\n", s.p.Bold(fmt.Sprintf("undeclared differences: %d", len(c.Undeclared))))
}

// file shows the first lines of a file.
func (s *Story) file(path, text string, most int) {
	fmt.Fprintf(s.w, "   %s\n", s.p.Bold(path))
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		if i == most {
			fmt.Fprintf(s.w, "   %s\n", s.p.Dim(fmt.Sprintf("| ... and %d more lines", len(lines)-i)))
			break
		}
		fmt.Fprintf(s.w, "   %s %s\n", s.p.Dim("|"), line)
	}
}

// Excerpt shows the start of the Dockerfile that a plan writes.
func (s *Story) Excerpt(set *change.Set, mask func(string) string) {
	for _, f := range set.Files {
		if strings.HasSuffix(f.Path, "Dockerfile") {
			fmt.Fprintln(s.w)
			s.file(f.Path, mask(string(f.Text)), 42)
			return
		}
	}
}

// Score is the errors and warnings of each theme, before and after.
func (s *Story) Score(before, after []rule.Finding) {
	count := func(findings []rule.Finding, theme rule.Theme) int {
		n := 0
		for _, f := range findings {
			if f.Meta.Theme == theme && f.Severity != rule.Info {
				n++
			}
		}
		return n
	}
	fmt.Fprintf(s.w, "   %-12s %6s %6s\n", "", "before", "after")
	for _, theme := range []rule.Theme{rule.Packages, rule.Layout, rule.Dockerfile, rule.Compose, rule.Env, rule.Context, rule.Make, rule.CI} {
		if b, x := count(before, theme), count(after, theme); b+x > 0 {
			fmt.Fprintf(s.w, "   %-12s %6d %6d\n", theme, b, x)
		}
	}
	fmt.Fprintln(s.w)
}

// Closing says what is left and where to look.
func (s *Story) Closing(empty bool, steps []change.Step, dir string) {
	if empty {
		fmt.Fprintf(s.w, "   A second plan is empty.\n")
	} else {
		fmt.Fprintf(s.w, "   %s\n", s.p.Red("A second plan is not empty."))
	}
	for _, step := range steps {
		fmt.Fprintf(s.w, "   Left to run: %s (%s)\n", strings.Join(step.Command, " "), step.Why)
	}
	fmt.Fprintf(s.w, "\n   Look around in %s; try: make -C %s help\n", dir, dir)
}
