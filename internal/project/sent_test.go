package project

import (
	"slices"
	"testing"

	"refit/internal/source"
)

// A context below the root lists its files as the rest of the project does: from the repository's root.
func TestBuildContextBelowTheRoot(t *testing.T) {
	var entries []*source.Entry
	for at, text := range map[string]string{"backend/Dockerfile": "FROM alpine:3.22\nCOPY . /app\n", "backend/.dockerignore": "*.log\n",
		"backend/src/main.py": "", "backend/a.log": "", "other.py": "", "compose.yml": "services:\n  app:\n    build: backend\n"} {
		entries = append(entries, source.NewText(at, 0o644, []byte(text)))
	}
	p := Discover(source.NewSnapshot(entries, nil), nil, NewCache())
	want := []string{"backend/.dockerignore", "backend/Dockerfile", "backend/src/main.py"}
	if got := p.BuildContext("backend/Dockerfile", "backend"); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}
