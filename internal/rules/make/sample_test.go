package make_test

import (
	"slices"
	"testing"

	"refit/examples"
	"refit/internal/rules/make"
)

// TestSample says what is found in the sample before anything else is repaired.
func TestSample(t *testing.T) {
	dir := t.TempDir()
	if err := examples.WriteLedger(dir); err != nil {
		t.Fatal(err)
	}
	p := open(t, dir)
	var found []string
	for _, r := range make.Rules() {
		for _, f := range run(p, r) {
			fix := "-"
			if len(f.Fixes) > 0 {
				fix = string(f.Fixes[0].Safety)
			}
			found = append(found, r.ID+" "+f.At.Path+" "+f.Subject+" "+fix)
		}
	}
	want := []string{
		"L10 Makefile dev-logs/logs safe", "L10 Makefile test/down safe", "L10 Makefile test/run safe", "L10 Makefile test/down#2 safe",
		"L10 README.md call:run safe", "L10 scripts/backup-db.sh call:exec safe", "L05 Makefile targets safe",
	}
	if !slices.Equal(found, want) {
		t.Errorf("found:\n%q\nwant:\n%q", found, want)
	}
}
