package main

import (
	"go/format"
	"strings"
	"testing"
)

// TestTextsAreWhatARuleNeeds: the code is formatted Go with every mark filled in, and the page starts as
// the runner of the examples wants it.
func TestTextsAreWhatARuleNeeds(t *testing.T) {
	code, page := texts("dockerfile", "D99", "too-many-cooks", "several stages cook")
	formatted, err := format.Source([]byte(code))
	if err != nil || string(formatted) != code {
		t.Errorf("not formatted Go: %v\n%s", err, code)
	}
	for _, want := range []string{"package dockerfile\n", `ID: "D99"`, `Name: "too-many-cooks"`, "//go:embed d99_too_many_cooks.md", "var TooManyCooks = rule.Rule{"} {
		if !strings.Contains(code, want) {
			t.Errorf("%q is missing in:\n%s", want, code)
		}
	}
	if strings.Contains(code+page, "@") || !strings.HasPrefix(page, "# D99 too-many-cooks\n") {
		t.Errorf("%s\n%s", code, page)
	}
}
