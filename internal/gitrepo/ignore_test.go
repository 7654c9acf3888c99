package gitrepo

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"refit/internal/edit"
)

// ignoreTree is the tree in which patterns are tried; a slash at the end makes a folder.
var ignoreTree = []string{
	".env", ".env.dev", "a", "ab", "a b", "a b ", "!x", "#x", "b/a", "b/ab/a", "b/c/d/a", "b/c/d.pyc", "env/.env.dev", "foo/bar/baz", "foo/x/y/bar",
	"foox/bar/a", "src/env/x", "x.pyc", "z/a[1]", "z/a1", "z/é", "Upper/CASE", "back\\slash", "b/-", "b/]", "b/^", "sub/.env", "sub/keep/x", "sub/drop/x",
	"empty/", "b/build/", "b/*", "tab\t",
}

var ignoreSamples = []string{
	"", "a", "/a", "a/", "b/", "b/*", "b/**", "**/a", "a/**", "b/**/a", "foo**/bar", "foo/**/bar", "**", "*", "*\n!*/\n!*.pyc", "/*\n!/foo\n/foo/*\n!/foo/bar",
	"*.py[co]", "[a-c]", "[!a]", "[^a]", "[]]", "[]-]", "[a-]", "[[:digit:]]", "z/a[[:digit:]]", "[[:bogus:]]", "[a", "[[:alpha:", "z/a\\[1\\]", "z/?", "z/??",
	"\\#x", "#x", "\\!x", "!x\n!!x", "a b", "a b\\ ", "a b ", "a\t", "tab\t", "\\", "a\\", "back\\\\slash", ".env*\n!.env.example", "env/\n!env/", "env", "/env/\n!/env/.env.dev",
	"\uFEFFa\r\nb/\r\n", "foo/bar/", "/foo/bar", "foo/bar\n!foo/bar/baz", "sub/*\n!sub/keep", "*a*b*", "**/", "/**", "/", "//", "a//b", "b//a", "**/**/a", "***/a", "b/***/a",
	"?", "*/a", "*/*/a", "B/A", "upper/case", "[A-Z]*", "b/[!/]", "b\\/a", "b/\\*", "empty/", "build/", "**/build/", "b/c/**/", "[\\]]", "b/[\\]-^]", "[a-\\c]", "[--0]", "[!]]",
	"b/[[]", "[[:a]", "[x[:a]y]", "a\x00b", " a", "! a",
}

func makeTree(t testing.TB, dir string) {
	for _, p := range ignoreTree {
		full := filepath.Join(dir, p)
		folder := filepath.Dir(full)
		if strings.HasSuffix(p, "/") {
			folder = full
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if folder != full {
			if err := os.WriteFile(full, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// ignoreQueries lists every file and folder of the tree; the value says whether it is a folder.
func ignoreQueries() map[string]bool {
	all := map[string]bool{}
	for _, p := range ignoreTree {
		all[strings.TrimSuffix(p, "/")] = strings.HasSuffix(p, "/")
		for d := path.Dir(p); d != "."; d = path.Dir(d) {
			all[d] = true
		}
	}
	return all
}

// gitSays asks the real git: for each path "file:line:pattern", "" for none.
func gitSays(t testing.TB, dir string) map[string]string {
	t.Helper()
	var in strings.Builder
	for p := range ignoreQueries() {
		in.WriteString(p + "\x00")
	}
	cmd := gitCommand(dir, "check-ignore", "-v", "-n", "-z", "--stdin", "--no-index")
	cmd.Stdin = strings.NewReader(in.String())
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 1) {
		t.Fatalf("git check-ignore: %v %s", err, stderr.String())
	}
	says := map[string]string{}
	fields := strings.Split(string(out), "\x00")
	for i := 0; i+3 < len(fields); i += 4 {
		if says[fields[i+3]] = ""; fields[i] != "" {
			says[fields[i+3]] = fmt.Sprintf("%s:%s:%s", fields[i], fields[i+1], fields[i+2])
		}
	}
	return says
}

func weSay(dir, p string, isDir bool, exclude []byte) (string, bool) {
	ignored, rule := NewIgnore(reader(dir), exclude, false).Match(p, isDir)
	if rule == nil {
		return "", ignored
	}
	return fmt.Sprintf("%s:%d:%s", rule.Path, rule.Line, rule.Pattern), ignored
}

func checkIgnore(t *testing.T, dir string, exclude []byte, about string) {
	t.Helper()
	want := gitSays(t, dir)
	for p, isDir := range ignoreQueries() {
		got, ignored := weSay(dir, p, isDir, exclude)
		if got != want[p] {
			t.Fatalf("%s: %q (folder %v): we say %q, git says %q", about, p, isDir, got, want[p])
		}
		if negated := strings.Contains(got, ":!"); ignored == negated && got != "" && !strings.Contains(got, ":!!") {
			t.Fatalf("%s: %q: ignored=%v by %q", about, p, ignored, got)
		}
	}
}

func TestIgnoreAsGit(t *testing.T) {
	dir := newRepo(t, nil)
	makeTree(t, dir)
	for _, text := range ignoreSamples {
		writeFiles(t, dir, map[string]string{".gitignore": text})
		checkIgnore(t, dir, nil, fmt.Sprintf("%q", text))
	}
}

func TestNestedIgnoreAsGit(t *testing.T) {
	dir := newRepo(t, nil)
	makeTree(t, dir)
	exclude := "*.pyc\n!a\nenv\n"
	writeFiles(t, dir, map[string]string{".git/info/exclude": exclude, ".gitignore": "a\n*.dev\n/b/c/d\n", "b/.gitignore": "!a\n/ab\n!*.pyc\nd/\n",
		"b/c/.gitignore": "a\n", "env/.gitignore": "!.env.dev\n", "sub/.gitignore": "*\n!.gitignore\n!keep/\n!keep/x\n"})
	checkIgnore(t, dir, []byte(exclude), "nested")
}

func TestIgnoreFollowsNoLink(t *testing.T) {
	dir := newRepo(t, map[string]string{"rules": "*\n"})
	makeTree(t, dir)
	if err := os.Symlink("rules", filepath.Join(dir, ".gitignore")); err != nil {
		t.Fatal(err)
	}
	if out, err := gitCommand(dir, "check-ignore", "-v", "a").Output(); err == nil {
		t.Skipf("this git follows the link: %s", out)
	}
	if got, _ := weSay(dir, "a", false, nil); got != "" {
		t.Errorf("%q", got)
	}
}

func TestIgnoreFoldsCase(t *testing.T) {
	text := "/UPPER/*.Txt\n"
	read := func(p string) ([]byte, bool) { return []byte(text), p == ".gitignore" }
	if ok, rule := NewIgnore(read, nil, true).Match("upper/a.TXT", false); !ok || rule.Pattern != "/UPPER/*.Txt" {
		t.Errorf("%v %v", ok, rule)
	}
	if ok, _ := NewIgnore(read, nil, false).Match("upper/a.TXT", false); ok {
		t.Error("case is folded unasked")
	}
}

func TestHostilePatterns(t *testing.T) {
	text, slashes := strings.Repeat("a", 3000), strings.Repeat("a/", 1500)+"c"
	for _, pattern := range []string{strings.Repeat("*a", 2000) + "b", strings.Repeat("**/", 1000) + "b", strings.Repeat("[", 5000), "x" + strings.Repeat("\\", 4001)} {
		c := compilePattern("/" + pattern)
		if c.match(text, false) || c.match(slashes, false) {
			t.Errorf("%.20q matched", pattern)
		}
	}
}

func FuzzIgnore(f *testing.F) {
	for i, text := range ignoreSamples {
		f.Add(text, ignoreSamples[(i+7)%len(ignoreSamples)])
	}
	dir := newRepo(f, nil)
	makeTree(f, dir)
	f.Fuzz(func(t *testing.T, root, nested string) {
		writeFiles(t, dir, map[string]string{".gitignore": root, "b/.gitignore": nested})
		checkIgnore(t, dir, nil, fmt.Sprintf("%q, below %q", root, nested))
	})
}

func TestExportIgnoreAsGitArchive(t *testing.T) {
	dir := newRepo(t, map[string]string{
		".gitattributes": "# c\n*.md export-ignore\nREADME.md -export-ignore\n/docs/ export-ignore\ntests/** export-ignore\n\"a b\" export-ignore\n* text=auto\ndata export-ignore=x\n",
		"README.md":      "", "x.md": "", "docs/a": "", "src/docs/a": "", "tests/t/u": "", "a b": "", "sub/.gitattributes": "k.md !export-ignore\nq export-ignore\n", "sub/k.md": "", "sub/q": "", "q": "", "data": "",
	})
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-qm", "x")
	listing := gitCommand(dir, "archive", "--format=tar", "HEAD")
	tar := exec.Command("tar", "-t")
	var err error
	if tar.Stdin, err = listing.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := listing.Start(); err != nil {
		t.Fatal(err)
	}
	out, err := tar.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := listing.Wait(); err != nil {
		t.Fatal(err)
	}
	archived := map[string]bool{}
	for _, p := range strings.Split(string(out), "\n") {
		archived[p] = true
	}
	attributes := NewAttributes(reader(dir))
	for _, p := range open(t, dir).TrackedUnder(".") {
		if attributes.ExportIgnored(p) == archived[p] {
			t.Errorf("%s: in the archive: %v", p, archived[p])
		}
	}
	if got := attributes.Value("q", false, "text"); got != "auto" {
		t.Errorf("text=%q", got)
	}
}

func TestIgnoreFileEdits(t *testing.T) {
	f := ParseIgnore(".gitignore", []byte("\uFEFF# c\r\n.env*  \r\n!.env.example\r\nenv/\r\n/x"))
	for _, p := range f.Patterns {
		if string(p.Span.Of(f.Text)) != p.Text {
			t.Errorf("span of %q holds %q", p.Text, p.Span.Of(f.Text))
		}
	}
	env, dir, x := f.Patterns[0], f.Patterns[2], f.Patterns[3]
	if env.Anchored || env.DirOnly || !dir.DirOnly || dir.Anchored || !x.Anchored || !f.Patterns[1].Negated || env.Line != 2 {
		t.Errorf("%+v", f.Patterns)
	}
	add, err := f.AddPatterns("Secrets", []string{"/x", "env/.env.*", ".env*"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := edit.Patch(f.Text, []edit.Edit{f.RemovePattern(env), f.ReplacePattern(dir, "env/*", "!env/*.example"), add})
	want := "\uFEFF# c\r\n!.env.example\r\nenv/*\r\n!env/*.example\r\n/x\r\n\r\n# Secrets\r\nenv/.env.*\r\n.env*"
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %q\nwant %q", err, got, want)
	}
	// what the block takes in again must be behind what it leaves out, though the file has it already
	f = ParseIgnore(".gitignore", []byte(".env*\n!.env.example\n/x\n!*.md\n"))
	if add, err = f.AddPatterns("", []string{".env*", "!.env.example", "!*.md"}); err != nil {
		t.Fatal(err)
	}
	got, err = edit.Patch(f.Text, []edit.Edit{add})
	want = ".env*\n!.env.example\n/x\n!*.md\n\n.env*\n!.env.example\n!*.md\n"
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %q\nwant %q", err, got, want)
	}
	f = ParseIgnore(".gitignore", []byte("/x"))
	if _, err := f.AddPatterns("", []string{"/x"}); !errors.Is(err, ErrNothingToAdd) {
		t.Errorf("%v", err)
	}
}
