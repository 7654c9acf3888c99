// Package context holds the rules about build contexts: what a build receives, and which ignore file
// decides about it.
package context

import "refit/internal/rule"

// Rules lists the rules, the ones whose fixes take precedence first.
func Rules() []rule.Rule {
	return []rule.Rule{UnreadIgnoreFile, IgnoredSource, NeededFileIgnored, RootOnlyPattern, NoIgnoreFile, MissingExclusions, ShadowedIgnoreFile}
}
