package rules_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"refit/internal/rules"
)

// promised are the rows of the catalogue that this version finds (docs/rules lists them all).
const promised = `D05 D06 D07 D09 D11 D16 D18 D20 D24 D35 D43 D50 D51 D52 D53 D54 D55 D56 D57 D58 D59 D60 D61 D62
C01 C02 C05 C06 C07 C20 C24 C25 C26 C27 C28 C29 C31 C32 C35 C36
E06 E07 E08 E09 E10 E11 E12 E13 E14
I01 I02 I03 I04 I05 I06 I07 L01 L02 L03 L04 L05 L06 L07 L08`

func TestEveryPromisedRuleIsThere(t *testing.T) {
	for _, id := range strings.Fields(promised) {
		if _, ok := rules.Find(id); !ok {
			t.Errorf("there is no rule %s", id)
		}
	}
}

func TestRulesAreComplete(t *testing.T) {
	ids, names := map[string]bool{}, map[string]bool{}
	kebab := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for _, r := range rules.All() {
		if ids[r.ID] || names[r.Name] {
			t.Errorf("%s %s: the id or the name is taken", r.ID, r.Name)
		}
		ids[r.ID], names[r.Name] = true, true
		if r.ID == "" || !kebab.MatchString(r.Name) || r.Theme == "" || r.Severity == "" || r.Since == "" || r.Summary == "" || r.Check == nil {
			t.Errorf("%s %s is not complete: %+v", r.ID, r.Name, r.Meta)
		}
		if !strings.HasPrefix(r.Doc, "# "+r.ID+" "+r.Name) {
			t.Errorf("the documentation of %s must start with %q", r.ID, "# "+r.ID+" "+r.Name)
		}
	}
}

// TestEveryRuleFileIsRegistered looks for a documented rule that no list names.
func TestEveryRuleFileIsRegistered(t *testing.T) {
	known := map[string]bool{}
	for _, r := range rules.All() {
		known[strings.TrimSpace(r.Doc)] = true
	}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(p) != ".md" {
			return err
		}
		text, err := os.ReadFile(p)
		if err == nil && !known[strings.TrimSpace(string(text))] {
			t.Errorf("%s documents a rule that is not registered", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDocsAreCurrent compares docs/rules with what make docs would write.
func TestDocsAreCurrent(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "rules")
	want := rules.Pages(rules.All())
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || strings.TrimSpace(string(got)) != strings.TrimSpace(text) {
			t.Errorf("docs/rules/%s is not current; make docs writes it", name)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := want[e.Name()]; !ok {
			t.Errorf("docs/rules/%s belongs to no rule; make docs removes it", e.Name())
		}
	}
}
