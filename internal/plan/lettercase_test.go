package plan

import (
	"strings"
	"testing"

	"refit/internal/edit"
	"refit/internal/source"
)

func TestSameButCase(t *testing.T) {
	before := source.NewSnapshot([]*source.Entry{
		source.NewText("Env/a", 0o644, nil), source.NewText("Dockerfile", 0o644, nil), source.NewText("dockerfile", 0o644, nil),
	}, nil)
	for _, c := range []struct {
		op    edit.Op
		other string
	}{
		{edit.Create("env/.env.example", "", 0o644), "Env differs from env"},
		{edit.Create("Env/b", "", 0o644), ""},
		{edit.Create("DOCKERFILE", "", 0o644), "differs from DOCKERFILE"},
		{edit.Rename("Dockerfile", "env"), "Env differs from env"},
		{edit.Rename("Env/a", "Env/A"), ""},
		{edit.Chmod("dockerfile", 0o755), ""},
	} {
		if got := sameButCase(before, []edit.Op{c.op}); (c.other == "") != (got == "") || !strings.Contains(got, c.other) {
			t.Errorf("%+v: %q, want %q", c.op, got, c.other)
		}
	}
}
