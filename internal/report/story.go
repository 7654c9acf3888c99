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

// Equivalence sums the comparison up: every part that was compared, then the declared differences by reason.
func (s *Story) Equivalence(c change.Comparison) {
	for _, x := range c.Preserved {
		fmt.Fprintf(s.w, "   %s %-8s %s: %s\n", s.p.Green("same    "), x.Aspect, x.Subject, x.What)
	}
	why := map[string]int{}
	var order []string
	for _, d := range c.Declared {
		if why[d.Why] == 0 {
			order = append(order, d.Why)
		}
		why[d.Why]++
	}
	for _, reason := range order {
		fmt.Fprintf(s.w, "   %s %s\n", s.p.Yellow("declared"), fmt.Sprintf("%s (%s)", reason, plural(why[reason], "value")))
	}
	for _, d := range c.Unproven {
		fmt.Fprintf(s.w, "   %s %-8s %s %s: %s\n", s.p.Dim("unproven"), d.Aspect, d.Subject, d.Addr, d.Why)
	}
	fmt.Fprintf(s.w, "   %s\n", s.p.Bold(fmt.Sprintf("undeclared differences: %d", len(c.Undeclared))))
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
