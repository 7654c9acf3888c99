package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"refit/internal/doctor"
	"refit/internal/report"
	"refit/internal/rule"
	"refit/internal/rules"
	"refit/internal/spelling"
	"refit/internal/verify"
)

func (a *app) explain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain RULE",
		Short: "Explain a rule, or a check of refit verify or doctor: the problem, why it matters, examples, its names in other tools",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			m, ok := described(args[0])
			if !ok {
				return usage("no rule is called %q%s; refit rules lists them", args[0], ruleMeant(args[0]))
			}
			_, err := fmt.Fprintln(a.Out, strings.TrimRight(m.Doc, "\n"))
			return err
		},
	}
}

// described is a rule, or a check of verify or the doctor, by id or name.
func described(word string) (rule.Meta, bool) {
	if r, ok := rules.Find(word); ok {
		return r.Meta, true
	}
	for _, m := range doctor.Checks() {
		if strings.EqualFold(m.ID, word) || m.Name == word {
			return *m, true
		}
	}
	return verify.Find(word)
}

// ruleMeant asks whether another rule was meant, by its name; "" when none is near.
func ruleMeant(name string) string {
	var names []string
	for _, r := range rules.All() {
		names = append(names, r.Name)
	}
	for _, c := range verify.Checks() {
		names = append(names, c.Name)
	}
	for _, m := range doctor.Checks() {
		names = append(names, m.Name)
	}
	if near := spelling.Nearest(strings.ToLower(name), names, typos); near != "" {
		return fmt.Sprintf("; did you mean %s?", near)
	}
	return ""
}

func (a *app) rules() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := oneOf("--format", format, "text", "json"); err != nil {
				return err
			}
			if format == "json" {
				return report.RulesJSON(a.Out, rules.All())
			}
			report.RulesText(a.Out, rules.All(), report.Palette{On: colour(a.Out)})
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text or json")
	return cmd
}
