// Package env holds the rules about env files: which variables they hold, who can see them and
// whether git would take them along.
package env

import "refit/internal/rule"

// Rules lists the rules, the ones whose fixes take precedence first.
func Rules() []rule.Rule {
	return []rule.Rule{NotIgnored, CommittedSecret, SentToBuilder, ExampleDrift, FileMode, UnsuppliedVariable,
		LocalhostInContainer, UnsafeProduction, Dialect, ReadmeMissing, CINeedsEnvFile}
}
