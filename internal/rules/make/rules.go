// Package make holds the rules about makefiles and the command lines that start environments.
package make

import "refit/internal/rule"

// Rules lists the rules, the ones whose fixes take precedence first.
func Rules() []rule.Rule {
	return []rule.Rule{RecipeSpaces, ComposeV1, EnvFileNotPassed, NotPhony, TargetsMissing}
}
