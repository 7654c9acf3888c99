package dockerignore

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"

	"refit/internal/edit"
	"refit/internal/source"
)

var tree = []string{
	".dockerignore", ".env", ".env.example", ".git/config", "Dockerfile", "README.md", "a", "app/.env", "app/.env.example", "app/b/c",
	"app/b/d.pyc", "app/main.py", "docs/a/b/c.md", "docs/a/keep.md", "docs/x.md", "env/.env.dev", "foo[1]/x", "node_modules/m/index.js",
	"src/node_modules/n.js", "src/test/t.py", "x.pyc", "ü/é.md",
}

var samples = []string{
	"", "*", "*\n!app\n", "*\n!app/b\n", "*\n!app/*.py\n", "*\n!**/*.md\n", ".env", "**/.env*\n!**/.env.example\n", "/docs/\n!docs/a/keep.md\n",
	"docs\n!docs/a\ndocs/a/b\n", "app/*\n!app/b/c\n", "docs/**\n!docs/x.md\n", "**\n!a\n", "# c\n #x\n\n*.pyc\r\n", "\uFEFF*.pyc\n", "!a\n", "./app/../docs",
	"app/b/**/\n", "[a-z]*\n!app", "foo\\[1\\]", "foo[1]", "**/node_modules\n!src/node_modules\n", "! docs\n", ".\n", "/\n", "../x\n", "docs/*\n!docs/a\n", "*/*\n!*/a\n",
	"a**\n", "**a", "docs/a**\n", "d?cs\n", "**/**\n!docs/**\n", "*\n!docs/*\n", "*\n!docs/**\n", "*\n!/app/b/\n", "app\n!app/./b\n", "!!a\n", "*\n!a\n*\n",
}

func mustBeUsable(t testing.TB, text string) *File {
	t.Helper()
	f := Parse(".dockerignore", []byte(text))
	if len(f.Problems) > 0 {
		t.Fatalf("%q: %v", text, f.Problems)
	}
	return f
}

func snapshot() *source.Snapshot {
	var entries []*source.Entry
	for _, p := range tree {
		entries = append(entries, source.NewText("ctx/"+p, 0o644, []byte("x")), source.NewText(p, 0o644, []byte("x")))
	}
	return source.NewSnapshot(entries, nil)
}

// buildKitSends is the oracle: the library with which BuildKit's client sends a context.
func buildKitSends(t testing.TB, dir, text string) ([]string, error) {
	t.Helper()
	patterns, err := ignorefile.ReadAll(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	var sent []string
	err = fsutil.WalkDir(context.Background(), dir, &fsutil.FilterOpt{ExcludePatterns: patterns}, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			sent = append(sent, p)
		}
		return err
	})
	slices.Sort(sent)
	return sent, err
}

func writeTree(t testing.TB) string {
	dir := t.TempDir()
	for _, p := range tree {
		full := filepath.Join(dir, p)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestContextAsBuildKit(t *testing.T) {
	dir, s := writeTree(t), snapshot()
	for _, text := range samples {
		want, err := buildKitSends(t, dir, text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := Context(s, "ctx", mustBeUsable(t, text)); !slices.Equal(got, want) {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
	if got := Context(s, "ctx/docs", nil); !slices.Equal(got, []string{"a/b/c.md", "a/keep.md", "x.md"}) {
		t.Errorf("without a file: %q", got)
	}
}

func FuzzContext(f *testing.F) {
	for _, text := range samples {
		f.Add(text)
	}
	f.Add("!\n")
	f.Add("[\n")
	f.Add("[]a]\n\\")
	dir, s := writeTree(f), snapshot()
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<10 {
			t.Skip()
		}
		file := Parse(".dockerignore", []byte(text))
		got := Context(s, "ctx", file)
		for _, p := range file.Patterns {
			if string(p.Span.Of(file.Text)) != p.Text {
				t.Fatalf("%q: span of %q", text, p.Text)
			}
		}
		for _, p := range tree {
			ignored, by := file.Match(p)
			if ignored && (by == nil || by.Negated) || !ignored && by != nil && !by.Negated {
				t.Fatalf("%q: %s is ignored=%v by %+v", text, p, ignored, by)
			}
			if ignored == slices.Contains(got, p) {
				t.Fatalf("%q: Match and Context disagree on %s", text, p)
			}
		}
		if len(file.Problems) > 0 {
			if _, err := buildKitSends(t, dir, text); err == nil && !lazilyBroken(text) {
				t.Fatalf("%q: Docker has no problem, we have %v", text, file.Problems)
			}
			return
		}
		want, err := buildKitSends(t, dir, text)
		if err != nil {
			t.Fatalf("%q: no problem found, Docker says %v", text, err)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q\n got %q\nwant %q", text, got, want)
		}
	})
}

// lazilyBroken says whether a pattern is one that Docker compiles only when a path gets that far.
func lazilyBroken(text string) bool {
	patterns, _ := ignorefile.ReadAll(strings.NewReader(text))
	for _, p := range patterns {
		if m, err := patternmatcher.New([]string{strings.TrimPrefix(p, "!")}); err != nil || len(m.Patterns()) == 0 {
			return true
		} else if _, err := m.MatchesOrParentMatches("a"); err != nil {
			return true
		}
	}
	return false
}

func TestMatchNamesThePattern(t *testing.T) {
	f := mustBeUsable(t, "# c\n*\n!app\n  app/b  \n!nothing\n")
	for _, c := range []struct {
		path    string
		ignored bool
		line    int
	}{{"README.md", true, 2}, {"app/main.py", false, 3}, {"app/b/c", true, 4}, {".", false, 0}, {"../x", false, 0}} {
		ignored, by := f.Match(c.path)
		line := 0
		if by != nil {
			line = by.Line
		}
		if ignored != c.ignored || line != c.line {
			t.Errorf("%s: %v by line %d", c.path, ignored, line)
		}
	}
	if ignored, by := mustBeUsable(t, "!app\n").Match("app/x"); ignored || by != nil {
		t.Errorf("%v %v: nothing ignored it in the first place", ignored, by)
	}
}

func TestProblems(t *testing.T) {
	f := Parse(".dockerignore", []byte("a\n[\n!\n b[-]\n"+strings.Repeat("x", 1<<16)+"\nz\n"))
	var at []string
	for _, p := range f.Problems {
		at = append(at, p.At.String())
	}
	if got := strings.Join(at, " "); got != "2:1 3:1 4:2 5:1" {
		t.Errorf("problems at %s", got)
	}
	if !f.Ignored("a") || !f.Ignored("z") || f.Ignored("b") {
		t.Error("the patterns beside the broken ones don't work")
	}
}

func TestScope(t *testing.T) {
	paths := []string{".env", "app/.env", "app/.env.example"}
	for _, c := range []struct {
		text     string
		scope    Scope
		narrower bool
		anywhere string
		misses   int
	}{
		{".env", RootOnly, true, "**/.env", 1}, {"/.env", RootOnly, false, "**/.env", 1}, {"**/.env", AnyDepth, false, "**/.env", 0},
		{"app/.env", OnePath, false, "**/app/.env", 0}, {"__pycache__/", RootOnly, true, "**/__pycache__", 0}, {"*", RootOnly, false, "**/*", 0},
		{"!.env*", RootOnly, true, "!**/.env*", 2}, {"*.pyc", RootOnly, true, "**/*.pyc", 0},
	} {
		p := mustBeUsable(t, c.text+"\n").Patterns[0]
		if p.Scope() != c.scope || p.NarrowerThanGit() != c.narrower || p.Anywhere() != c.anywhere || len(p.Misses(paths)) != c.misses {
			t.Errorf("%s: %v %v %s %q", c.text, p.Scope(), p.NarrowerThanGit(), p.Anywhere(), p.Misses(paths))
		}
	}
}

func TestAddPatterns(t *testing.T) {
	for _, c := range []struct {
		text string
		b    Block
		want string
	}{
		{"", Block{Header: "Secrets", Patterns: []string{"**/.env*"}}, "# Secrets\n**/.env*\n"},
		{"a\n", Block{Header: "Secrets", Patterns: []string{"**/.env*"}}, "a\n\n# Secrets\n**/.env*\n"},
		{"a\r\n", Block{Patterns: []string{"b", "c"}}, "a\r\n\r\nb\r\nc\r\n"},
		{"a\n\n", Block{Patterns: []string{"b"}}, "a\n\nb\n"},
		{"a", Block{Patterns: []string{"b"}}, "a\n\nb"},
		{"/b/\n", Block{Patterns: []string{"b", "c"}}, "/b/\n\nc\n"},
		{"b\n!b/x\n", Block{Patterns: []string{"b"}}, "b\n!b/x\n\nb\n"},
		{"**/.env*\n!**/.env.example\n", Block{Patterns: []string{"**/.env*"}, Keep: []string{".env.example", "app/main.py", ".env"}},
			"**/.env*\n!**/.env.example\n\n**/.env*\n!.env.example\n"},
		{"a\n", Block{Patterns: []string{"foo*"}, Keep: []string{"foo[1]/x"}}, "a\n\nfoo*\n!foo\\[1\\]/x\n"},
	} {
		f := mustBeUsable(t, c.text)
		e, err := f.AddPatterns(c.b)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		got, err := edit.Patch(f.Text, []edit.Edit{e})
		if err != nil || string(got) != c.want {
			t.Errorf("%q: %q %v, want %q", c.text, got, err, c.want)
		}
		after := mustBeUsable(t, string(got))
		for _, k := range c.b.Keep {
			if after.Ignored(k) != f.Ignored(k) {
				t.Errorf("%q: %s is not kept", c.text, k)
			}
		}
	}
	if _, err := mustBeUsable(t, "b\n").AddPatterns(Block{Patterns: []string{"./b"}}); !errors.Is(err, ErrNothingToAdd) {
		t.Errorf("%v", err)
	}
}

func TestRemoveAndReplace(t *testing.T) {
	f := mustBeUsable(t, "a\r\n  b  \r\nc")
	got, err := edit.Patch(f.Text, []edit.Edit{f.Remove(f.Patterns[0]), f.Replace(f.Patterns[1], "**/b"), f.Remove(f.Patterns[2])})
	if err != nil || !bytes.Equal(got, []byte("  **/b  \r\n")) {
		t.Errorf("%q %v", got, err)
	}
}
