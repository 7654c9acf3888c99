// Package rules is the registry of every rule that refit knows, as an explicit list.
package rules

import (
	"strings"
	"sync"

	"refit/internal/rule"
	"refit/internal/rules/compose"
	"refit/internal/rules/context"
	"refit/internal/rules/dockerfile"
	"refit/internal/rules/env"
	"refit/internal/rules/layout"
	"refit/internal/rules/make"
	"refit/internal/rules/packages"
)

// All lists the rules in the order in which their fixes take precedence.
var All = sync.OnceValue(func() []rule.Rule {
	var all []rule.Rule
	for _, subject := range [][]rule.Rule{
		packages.Rules(), layout.Rules(), dockerfile.Rules(), compose.Rules(), {layout.EnvironmentMissing}, env.Rules(), context.Rules(), make.Rules(),
	} {
		all = append(all, subject...)
	}
	for i := range all {
		all[i].Order = i
	}
	return all
})

// InTurnOf lists the rules that plan asks when a theme has its turn, in the same order.
func InTurnOf(theme rule.Theme) []rule.Rule {
	var list []rule.Rule
	for _, r := range All() {
		if r.InTurn() == theme {
			list = append(list, r)
		}
	}
	return list
}

// Find is the rule with the id, in capitals or not, or the name; ok is false when there is none.
func Find(idOrName string) (found rule.Rule, ok bool) {
	for _, r := range All() {
		if strings.EqualFold(r.ID, idOrName) || r.Name == idOrName {
			return r, true
		}
	}
	return rule.Rule{}, false
}
