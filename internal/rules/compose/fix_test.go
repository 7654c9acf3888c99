package compose

import (
	"slices"
	"testing"

	"refit/internal/change"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// What a fix changes in a file shows in every environment that includes the file, too.
func TestIncludersAreDeclared(t *testing.T) {
	p := project.Discover(source.NewSnapshot([]*source.Entry{
		source.NewText("compose.yaml", 0o644, []byte("name: x\ninclude: [infra/compose.yaml]\nservices:\n  app:\n    image: app\n    depends_on: [redis]\n")),
		source.NewText("infra/compose.yaml", 0o644, []byte("services:\n  redis:\n    image: redis:7\n")),
	}, nil), nil, project.NewCache())
	pass := &rule.Pass{Project: p, Meta: &DependsOnWithoutHealth.Meta}
	DependsOnWithoutHealth.Check(pass)
	for _, f := range pass.Found() {
		if f.At.Path != "infra/compose.yaml" {
			continue
		}
		declares := func(subject string) bool {
			return slices.ContainsFunc(f.Fixes[0].Declares, func(d change.Declared) bool { return d.Subject == subject })
		}
		if !declares("compose.yaml") {
			t.Errorf("%s: nothing is declared for compose.yaml, which includes the file: %+v", f.Subject, f.Fixes[0].Declares)
		}
		return
	}
	t.Error("nothing is found in infra/compose.yaml")
}
