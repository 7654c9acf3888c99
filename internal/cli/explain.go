package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"refit/internal/report"
	"refit/internal/rules"
	"refit/internal/spelling"
	"refit/internal/verify"
)

func (a *app) explain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain RULE",
		Short: "Explain a rule, or a check of refit verify: the problem, why it matters, examples, its names in other tools",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, ok := rules.Find(args[0])
			if !ok {
				r.Meta, ok = verify.Find(args[0])
			}
			if !ok {
				return usage("no rule is called %q%s; refit rules lists them", args[0], ruleMeant(args[0]))
			}
			_, err := fmt.Fprintln(a.Out, strings.TrimRight(r.Doc, "\n"))
			return err
		},
	}
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
