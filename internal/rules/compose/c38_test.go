package compose

import (
	"strings"
	"testing"

	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

// Behind an init the shell ends at once, and the container with it: a stop takes no ten seconds.
func TestStopBehindAShell(t *testing.T) {
	for name, c := range map[string]struct{ service, dockerfile, want string }{
		"none":       {"image: shop", "", "ten seconds"},
		"init":       {"image: shop\n    init: true", "", "at once"},
		"no init":    {"image: shop\n    init: false", "", "ten seconds"},
		"tini":       {"image: shop\n    entrypoint: [tini, --]", "", "at once"},
		"tini built": {"build: .", "FROM debian\nENTRYPOINT [\"/usr/bin/tini\", \"--\"]\n", "at once"},
		"no tini":    {"build: .", "FROM debian\nENTRYPOINT [\"/wait-for\", \"db\"]\n", "ten seconds"},
	} {
		files := []*source.Entry{source.NewText("compose.yaml", 0o644, []byte("services:\n  app:\n    "+c.service+"\n    command: sh -c \"migrate && serve\"\n    restart: always\n"))}
		if c.dockerfile != "" {
			files = append(files, source.NewText("Dockerfile", 0o644, []byte(c.dockerfile)))
		}
		pass := &rule.Pass{Project: project.Discover(source.NewSnapshot(files, nil), nil, project.NewCache()), Meta: &ShellStays.Meta}
		ShellStays.Check(pass)
		if found := pass.Found(); len(found) != 1 || !strings.Contains(found[0].Message, c.want) {
			t.Errorf("%s: %+v, want one finding with %q", name, found, c.want)
		}
	}
}
