// Package layout holds the rules about where files live and what names them, and about the names of
// Compose projects, which follow from where files live.
package layout

import "refit/internal/rule"

// Rules lists the rules, the ones whose fixes take precedence first.
func Rules() []rule.Rule {
	return []rule.Rule{MisplacedFile, MoveConflict, NameByFolder, NameMissing, Collide}
}
