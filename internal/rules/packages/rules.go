// Package packages holds the rules about package managers.
package packages

import "refit/internal/rule"

// Rules lists the rules, the ones whose fixes take precedence first.
func Rules() []rule.Rule { return []rule.Rule{MoveToUV, OldManagerCalled} }
