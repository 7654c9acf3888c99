package rules_test

import (
	"testing"

	"refit/internal/rules"
	"refit/internal/rules/ruletest"
)

// FuzzRules damages the rules' own examples.
func FuzzRules(f *testing.F) { ruletest.Fuzz(f, rules.All()) }
