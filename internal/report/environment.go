package report

import (
	"fmt"
	"io"

	"refit/internal/environment"
)

// EnvCheck is what a report of an env file's check shows.
type EnvCheck struct {
	Environment, Path string
	Audit             // its findings
}

// EnvCheckText writes the findings for a person.
func EnvCheckText(w io.Writer, c EnvCheck, p Palette) { AuditText(w, c.Audit, p) }

// EnvCheckJSON writes the findings for a program: docs/schema/env-check.v1.json.
func EnvCheckJSON(w io.Writer, c EnvCheck) error {
	out := struct {
		Schema      string        `json:"schema"`
		Environment string        `json:"environment"`
		Path        string        `json:"path"`
		Findings    []jsonFinding `json:"findings"`
		Summary     Count         `json:"summary"`
	}{"refit.env-check/v1", c.Environment, c.Path, []jsonFinding{}, CountOf(c.Findings)}
	for _, f := range c.Findings {
		out.Findings = append(out.Findings, c.json(f))
	}
	return writeJSON(w, out)
}

// EnvDiffText writes the comparison of two env files for a person: which variables differ, never how.
func EnvDiffText(w io.Writer, c *environment.Comparison, p Palette) {
	fmt.Fprintf(w, "%s\n%s\n", p.Red("--- "+c.First), p.Green("+++ "+c.Second))
	same := 0
	for _, d := range c.Variables {
		kind := ""
		if d.Secret {
			kind = p.Dim(" (secret)")
		}
		switch d.State {
		case environment.OnlyFirst:
			fmt.Fprintf(w, "%s%s\n", p.Red("- "+d.Key), kind)
		case environment.OnlySecond:
			fmt.Fprintf(w, "%s%s\n", p.Green("+ "+d.Key), kind)
		case environment.Different:
			fmt.Fprintf(w, "%s%s%s\n", p.Yellow("~ "+d.Key), kind, p.Dim(emptiness(d)))
		default:
			same++
			if d.Secret && d.First != "" {
				fmt.Fprintf(w, "%s%s\n", p.Yellow("= "+d.Key), p.Dim(" (secret) the same in both: see refit env check"))
			}
		}
	}
	fmt.Fprintf(w, "%s the same\n", plural(same, "variable"))
}

func emptiness(d environment.Difference) string {
	switch {
	case d.First == "":
		return " empty in the first"
	case d.Second == "":
		return " empty in the second"
	}
	return ""
}

// EnvDiffJSON writes the comparison for a program: docs/schema/env-diff.v1.json. Values are masked.
func EnvDiffJSON(w io.Writer, c *environment.Comparison) error {
	type variable struct {
		Key    string `json:"key"`
		State  string `json:"state"`
		Secret bool   `json:"secret"`
		First  string `json:"first"`
		Second string `json:"second"`
	}
	out := struct {
		Schema    string     `json:"schema"`
		First     string     `json:"first"`
		Second    string     `json:"second"`
		Variables []variable `json:"variables"`
	}{"refit.env-diff/v1", c.First, c.Second, []variable{}}
	for _, d := range c.Variables {
		out.Variables = append(out.Variables, variable{d.Key, string(d.State), d.Secret, d.First, d.Second})
	}
	return writeJSON(w, out)
}

// EnvResult writes what was done to an env file, or is about to be: names of variables, no values.
func EnvResult(w io.Writer, r *environment.Result, p Palette) {
	list := func(title string, keys []string) {
		for i, key := range keys {
			if i == 0 {
				fmt.Fprintf(w, "%s\n", p.Bold(title))
			}
			fmt.Fprintf(w, "  %s\n", key)
		}
	}
	list("added from the template", r.Added)
	list("new random value", r.Fresh)
	list("the value of the variable that it belongs to", r.Taken)
	list("left for you to fill in", r.Open)
	for i, k := range r.Kept {
		if i == 0 {
			fmt.Fprintln(w, p.Bold("kept"))
		}
		fmt.Fprintf(w, "  %s: %s\n", k.Key, k.Why)
		for _, step := range k.Steps {
			fmt.Fprintf(w, "      %s\n", step)
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "%s %s\n", p.Yellow("note:"), note)
	}
}
