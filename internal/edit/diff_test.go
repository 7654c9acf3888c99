package edit

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"refit/internal/fuzztest"
)

var diffTexts = []struct{ name, a, b string }{
	{"change", "one\ntwo\nthree\n", "one\n2\nthree\n"},
	{"no final newline before", "a\nb", "a\nb\n"},
	{"no final newline after", "a\nb\n", "a\nb"},
	{"no final newline on both", "a\nb", "a\nc"},
	{"no final newline, last line kept", "x\nb", "y\nb"},
	{"one is empty", "", "a\nb\n"},
	{"other is empty", "a\nb\n", ""},
	{"CRLF", "a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n"},
	{"CRLF to LF", "a\r\nb\r\n", "a\nb\n"},
	{"lone CR", "a\rb\n", "a\rc\n"},
	{"BOM and no UTF-8", "\xef\xbb\xbfa\n\xff\n", "\xef\xbb\xbfa\n\xfe\n"},
	{"far apart", "a\n1\n2\n3\n4\n5\n6\n7\n8\n9\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\n8\n9\nB\n"},
	{"just joined", "a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n"},
	{"repeated lines", "x\n\nx\n\nx\n\ny\n", "x\n\ny\n\nx\n\nx\n"},
	{"looks like a header", "--- a\n+++ b\n@@ -1 +1 @@\n", "-- a\n+++ b\n@@ -2 +1 @@\n"},
	{"insert first", "b\nc\n", "a\nb\nc\n"},
}

func TestUnifiedGoldens(t *testing.T) {
	got := Unified([]byte("1\n2\n3\n4\n5\n6\n"), []byte("1\n2\n3\n4\nfive\n6"), "a/x", "b/x", 1)
	want := "--- a/x\n+++ b/x\n@@ -4,3 +4,3 @@\n 4\n-5\n-6\n+five\n+6\n\\ No newline at end of file\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Unified([]byte("a\n"), []byte("a\n"), "a", "b", 3); got != "" {
		t.Errorf("equal texts differ: %q", got)
	}
}

// TestUnifiedAgainstPatch gives the diffs to the real programs.
func TestUnifiedAgainstPatch(t *testing.T) {
	texts := diffTexts
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		a, b := randomText(r), randomText(r)
		texts = append(texts, struct{ name, a, b string }{fmt.Sprint("random ", i), a, b})
	}
	for _, tool := range []string{"patch", "git"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Logf("%s is not installed", tool)
			continue
		}
		for _, tt := range texts {
			for _, context := range []int{0, 1, 3} {
				if tt.a == "" || tt.b == "" {
					continue // patch deletes a file that gets empty: see the test of Delta.Diff
				}
				dir := t.TempDir()
				write(t, dir, "f", tt.a, 0o644)
				diff := Unified([]byte(tt.a), []byte(tt.b), "a/f", "b/f", context)
				args := []string{"--binary", "-p1", "--no-backup-if-mismatch"}
				if tool == "git" {
					args = []string{"-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", "--unidiff-zero"}
				}
				run(t, dir, diff, tool, args...)
				if got, _ := os.ReadFile(filepath.Join(dir, "f")); string(got) != tt.b {
					t.Fatalf("%s, %s, context %d: got %q, want %q\n%s", tool, tt.name, context, got, tt.b, diff)
				}
			}
		}
	}
}

// TestDeltaDiffAgainstGit applies whole patches with renames, modes, links and odd names.
func TestDeltaDiffAgainstGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	b := func(s string) []byte { return []byte(s) }
	deltas := []Delta{
		{Op: KindCreate, Path: "env/.env.dev", New: b("A=1\n"), Mode: 0o644},
		{Op: KindCreate, Path: "empty", New: b(""), Mode: 0o755},
		{Op: KindDelete, Path: "gone", Old: b("x\ny"), Was: 0o644},
		{Op: KindDelete, Path: "gone-empty", Old: b(""), Was: 0o644},
		{Op: KindRename, From: "old.yml", Path: "compose/new.yml", Old: b("a\nb\n"), New: b("a\nb\n"), Was: 0o644, Mode: 0o644},
		{Op: KindRename, From: "with space", Path: "new/with space", Old: b("a\nb\nc\n"), New: b("a\nB\nc\n"), Was: 0o644, Mode: 0o755},
		{Op: KindText, Path: "q\"uote\t\\ü", Old: b("a\n"), New: b("b\n"), Was: 0o644, Mode: 0o644},
		{Op: KindText, Path: "a b.txt", Old: b("a\n"), New: b("b\n"), Was: 0o644, Mode: 0o644},
		{Op: KindChmod, Path: "run.sh", Old: b("#!\n"), New: b("#!\n"), Was: 0o644, Mode: 0o755},
		{Op: KindText, Path: "ln", Old: b("old.yml"), New: b("compose/new.yml"), Was: fs.ModeSymlink | 0o777, Mode: fs.ModeSymlink | 0o777},
	}
	dir := t.TempDir()
	var patch strings.Builder
	for _, d := range deltas {
		if d.Op != KindCreate {
			if d.Was&fs.ModeSymlink != 0 {
				if err := os.Symlink(string(d.Old), filepath.Join(dir, d.Source())); err != nil {
					t.Fatal(err)
				}
			} else {
				write(t, dir, d.Source(), string(d.Old), d.Was)
			}
		}
		patch.WriteString(d.Diff(3))
	}
	run(t, dir, patch.String(), "git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn")
	for _, d := range deltas {
		if s := d.Source(); s != "" && (d.Op == KindDelete || d.From != "") {
			if _, err := os.Lstat(filepath.Join(dir, s)); err == nil {
				t.Errorf("%s is still there", s)
			}
		}
		if d.Op == KindDelete {
			continue
		}
		name := filepath.Join(dir, d.Path)
		if d.Mode&fs.ModeSymlink != 0 {
			if target, _ := os.Readlink(name); target != string(d.New) {
				t.Errorf("%s points to %q", d.Path, target)
			}
			continue
		}
		got, err := os.ReadFile(name)
		info, _ := os.Stat(name)
		if err != nil || !bytes.Equal(got, d.New) || info.Mode().Perm() != d.Mode {
			t.Errorf("%s: %q, %v, %v", d.Path, got, info, err)
		}
	}
}

func TestUnifiedIsQuickOnLargeFiles(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, line := range map[string]func(i int) string{
		"few distinct lines": func(int) string { return fmt.Sprint(r.IntN(20), "\n") },
		"all distinct":       func(int) string { return fmt.Sprint(r.Uint64(), "\n") },
		"mostly shared":      func(i int) string { return fmt.Sprint(i/2*2+r.IntN(2), "\n") },
	} {
		var a, b strings.Builder
		for i := range 30_000 {
			a.WriteString(line(i))
			b.WriteString(line(i))
		}
		start := fuzztest.CPUTime()
		diff := Unified([]byte(a.String()), []byte(b.String()), "a", "b", 3)
		if took := fuzztest.CPUTime() - start; took > 3*time.Second {
			t.Errorf("%s: %v", name, took)
		}
		if got := patched(t, a.String(), diff); got != b.String() {
			t.Errorf("%s: the diff is wrong", name)
		}
	}
}

func TestUnifiedIsShort(t *testing.T) {
	a := strings.Repeat("x\n\n", 50) + "services:\n" + strings.Repeat("y\n\n", 50)
	b := strings.Replace(a, "services:\n", "name: app\nservices:\n", 1)
	if diff := Unified([]byte(a), []byte(b), "a", "b", 0); strings.Count(diff, "\n") != 4 {
		t.Errorf("one added line gives\n%s", diff)
	}
}

func FuzzUnified(f *testing.F) {
	for _, tt := range diffTexts {
		f.Add(tt.a, tt.b, 3)
	}
	f.Add("a\nb\na\nb\n", "b\na\nb\nb\na", 0)
	f.Fuzz(func(t *testing.T, a, b string, context int) {
		context %= 10
		diff := Unified([]byte(a), []byte(b), "a", "b", context)
		if got := patched(t, a, diff); got != b {
			t.Fatalf("%q -> %q: patched to %q by\n%s", a, b, got, diff)
		}
	})
}

// patched is a strict reading of a unified diff: every line must be where the diff says.
func patched(t *testing.T, a, diff string) string {
	t.Helper()
	if diff == "" {
		return a
	}
	old := splitLines([]byte(a))
	var out strings.Builder
	lines := splitLines([]byte(diff))[2:]
	at, left := 0, [2]int{}
	for n := 0; n < len(lines); n++ {
		line := string(lines[n])
		if left == [2]int{} {
			var start [2]int
			for side, field := range strings.Fields(line)[1:3] {
				from, count, ok := strings.Cut(field[1:], ",")
				start[side], _ = strconv.Atoi(from)
				left[side] = 1
				if ok {
					left[side], _ = strconv.Atoi(count)
				}
				if left[side] == 0 {
					start[side]++
				}
			}
			for ; at < start[0]-1; at++ {
				out.Write(old[at])
			}
			continue
		}
		text := line[1:]
		if n+1 < len(lines) && lines[n+1][0] == '\\' {
			text = strings.TrimSuffix(text, "\n")
			n++
		}
		if line[0] != '+' {
			if at >= len(old) || string(old[at]) != text {
				t.Fatalf("hunk line %q doesn't match line %d", line, at+1)
			}
			at++
			left[0]--
		}
		if line[0] != '-' {
			out.WriteString(text)
			left[1]--
		}
	}
	for ; at < len(old); at++ {
		out.Write(old[at])
	}
	return out.String()
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("first\n")
	for range r.IntN(30) {
		b.WriteString([]string{"a\n", "b\n", "\n", "c\r\n", "  d\n", "-e\n"}[r.IntN(6)])
	}
	if r.IntN(2) == 0 {
		b.WriteString("end")
	}
	return b.String()
}

func write(t *testing.T, dir, name, text string, mode fs.FileMode) {
	t.Helper()
	full := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, dir, stdin, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_GLOBAL=/dev/null", "POSIXLY_CORRECT=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s\n%s", name, args, err, out, stdin)
	}
}
