package pipeline

import (
	"strings"
	"testing"

	"refit/internal/plan"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/rules"
	"refit/internal/rules/ruletest"
)

// Every fix that the documentation shows declares what it changes: a plan takes out what does not, and the rule would
// repair nothing.
func TestDocumentedFixesDeclareWhatTheyChange(t *testing.T) {
	for _, r := range rules.All() {
		repositories, err := ruletest.Fixed(r.Doc)
		if err != nil {
			t.Fatal(err)
		}
		for name, files := range repositories {
			t.Run(r.ID+"/"+name, func(t *testing.T) {
				cache := project.NewCache()
				repository := &Repository{Project: project.Discover(snapshotOf(files), nil, cache), cache: cache}
				made, err := repository.Plan(plan.Choice{Wants: func(m *rule.Meta) bool { return m.ID == r.ID }})
				if err != nil {
					t.Fatal(err)
				}
				for _, refused := range made.Set.Refused {
					if strings.Contains(refused.Why, "without saying so") {
						t.Errorf("%s %s: %s", refused.Path, refused.Subject, refused.Why)
					}
				}
				if made.Set.Empty() {
					t.Errorf("nothing is repaired: %+v", made.Set.Refused)
				}
			})
		}
	}
}
