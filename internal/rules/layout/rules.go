// Package layout holds the rules about the subject that its name says.
package layout

import "refit/internal/rule"

// Rules lists the rules, the ones whose fixes take precedence first.
func Rules() []rule.Rule { return nil }
