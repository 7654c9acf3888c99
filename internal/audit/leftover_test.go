package audit

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// Copies that are kept are not repaired, unless something in use names them.
func TestLeftovers(t *testing.T) {
	files := map[string]string{
		"Dockerfile": "FROM scratch\n", "old/Dockerfile": "FROM scratch\n", "Dockerfile.old": "FROM scratch\n", "backup/Dockerfile": "FROM scratch\n",
		"compose.yml": "services:\n  backup:\n    build: backup\n", "old/compose.yml": "services:\n  web:\n    build: .\n",
	}
	var entries []*source.Entry
	for _, at := range slices.Sorted(maps.Keys(files)) {
		entries = append(entries, source.NewText(at, 0o644, []byte(files[at])))
	}
	p := project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
	for theme, kept := range map[rule.Theme]bool{rule.Dockerfile: true, rule.Env: false} {
		r := rule.Rule{Meta: rule.Meta{ID: "X1", Name: "every-dockerfile", Theme: theme, Severity: rule.Error}, Check: func(pass *rule.Pass) {
			for _, d := range pass.Project.Dockerfiles {
				pass.Report(rule.Finding{At: rule.Location{Path: d.Path}, Subject: "file", Message: "what; why; what to do", Fixes: rule.Manual("Do it", "by hand")})
			}
		}}
		var weak []string
		for _, f := range Run(p, []rule.Rule{r}).Findings {
			if (f.Severity == rule.Info) != (len(f.Fixes) == 0) {
				t.Errorf("%+v", f)
			}
			if f.Severity == rule.Info {
				weak = append(weak, f.At.Path)
			}
		}
		want := "Dockerfile.old old/Dockerfile"
		if !kept {
			want = ""
		}
		if got := strings.Join(weak, " "); got != want {
			t.Errorf("theme %s: weakened %q, want %q", theme, got, want)
		}
	}
}
