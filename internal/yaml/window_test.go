package yaml

import (
	"math/rand"
	"strings"
	"testing"

	"refit/internal/edit"
)

// TestPartAgreesWithWhole makes every edit everywhere in files of all forms: what is accepted by the lines that it can touch must
// be accepted by the whole file too, and most edits must be judged that way.
func TestPartAgreesWithWhole(t *testing.T) {
	parts := 0
	doubt = func(v *verb, edits []edit.Edit) {
		parts++
		if err := v.verifyAll(edits); err != nil {
			t.Errorf("%q: %v is accepted by a part, not by the whole: %v", v.file.Text, edits, err)
		}
	}
	defer func() { doubt = nil }()
	anchored := strings.Replace(usual, "    ports:", "    x-a: &a {k: v}\n    x-b: *a\n    ports:", 1)
	r := rand.New(rand.NewSource(2))
	done := 0
	for _, text := range []string{usual, strings.ReplaceAll(usual, "\n", "\r\n"), bom + usual, strings.TrimSuffix(usual, "\n"), anchored,
		"---\n" + usual, usual + "---\na: b\n", "a:\n  b: |+\n    x\n\n  c: >-\n\n    y\n# end\n", "a:\n  b:\n  c: !t\n  d:\n    - e: [1,\n      2]\n"} {
		f, err := Parse("f.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		f.Root().Walk(func(n *Node) bool {
			for _, c := range changes(n, r) {
				if _, err := c.verb(n); err == nil {
					done++
				}
			}
			return true
		})
	}
	if parts < done/2 {
		t.Errorf("%d of %d edits were judged by a part of the file", parts, done)
	}
}
