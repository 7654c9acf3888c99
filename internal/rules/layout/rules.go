// Package layout holds the rules about where files live and what names them, and about the names of
// Compose projects, which follow from where files live.
package layout

import "refit/internal/rule"

// Rules lists the rules, the ones whose fixes take precedence first. EnvironmentMissing is not among
// them: it builds on the work of the rules about Compose files.
func Rules() []rule.Rule {
	return []rule.Rule{MisplacedFile, PathBroken, StaleReference, StalePattern, MoveConflict, NameByFolder, NameMissing, Collide, NotExecutable}
}
