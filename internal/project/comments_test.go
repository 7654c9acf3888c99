package project

import (
	"path"
	"slices"
	"strings"
	"testing"

	"refit/internal/fuzztest"
)

func TestComments(t *testing.T) {
	for _, c := range []struct {
		path, text string
		want       []string
	}{
		{"Dockerfile", "# a\r\nFROM x\nRUN a && \\\n    # inside\n    b # kept by the shell\n\t# last", []string{"# a", "# inside", "# last"}},
		{"docker/app.Dockerfile", "#syntax\nFROM x", []string{"#syntax"}},
		{"compose.yml", "# top\na: 'x # no' # yes\nb: |\n  # text\n", []string{"# top", "# yes"}},
		{"compose.yml", "# top\na: [\nb: 1 # kept\n", []string{"# top", "# kept"}},
		{"Makefile", "# Ledger's\nX := 1 # one\nhelp: ## Show 'it'\n\t@echo \"#\" # done\n\t@echo 'a # b'\n", []string{"# Ledger's", "# one", "## Show 'it'", "# done"}},
		{".env.dev", "# first\nA=1 # behind\nB=\"a # b\"\nC=a#b\n", []string{"# first", "# behind"}},
		{"env/.env.example", "#A=1\n", []string{"#A=1"}},
		{".dockerignore", "# one\n #pattern\na#b\n", []string{"# one"}},
		{".gitignore", "\uFEFF# one\n\\#file\n", []string{"# one"}},
		{"scripts/x.sh", "#!/bin/sh\n# one\ncat <<E\n# text\nE\necho \"#\" # two\n", []string{"#!/bin/sh", "# one", "# two"}},
		{"bin/start", "#!/bin/sh\necho ${a#b} # two\n", []string{"#!/bin/sh", "# two"}},
		{".devcontainer/devcontainer.json", "// a\n{\"u\": \"http://x\", /* b */ }", []string{"// a", "/* b */"}},
		{"README.md", "# Title\n<!-- one\n two -->\n<!--x-->", []string{"<!-- one\n two -->", "<!--x-->"}},
		{"pyproject.toml", "[a] # b\nc = \"#\"\n", []string{"# b"}},
		{"empty.yml", "", nil},
	} {
		if got := Comments(c.path, []byte(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
	}
}

// FuzzComments: every comment stands in the file, and one more line of comment is one more comment, where the
// format is certain.
func FuzzComments(f *testing.F) {
	for _, name := range []string{"Dockerfile", "a.yml", "Makefile", ".env", ".gitignore", "x.sh", "a.json", "README.md"} {
		f.Add(name, "# a\nb: \"#\" # c\n")
	}
	for _, seed := range fuzztest.Seeds(4) {
		d := fuzztest.New(seed)
		f.Add("compose.yml", d.Compose())
		f.Add("Dockerfile", d.Dockerfile())
		f.Add(".env", d.Env())
		f.Add("run.sh", d.Script())
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		found := Comments(name, []byte(text))
		for _, c := range found {
			if !strings.Contains(text, c) && !strings.ContainsRune(text, 0) { // the shell's parser drops zero bytes
				t.Errorf("%s: %q is not in %q", name, c, text)
			}
		}
		if base := path.Base(name); base == "Dockerfile" || base == ".gitignore" {
			more := Comments(name, []byte("# first\n"+text))
			if len(text) > 0 && !strings.HasPrefix(text, "\ufeff") && len(more) != len(found)+1 {
				t.Errorf("%s: %q has %d comments, with one more %d", name, text, len(found), len(more))
			}
		}
	})
}
