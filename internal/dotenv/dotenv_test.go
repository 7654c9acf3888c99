package dotenv

import (
	"io"
	"maps"
	"os"
	"strings"
	"testing"

	oracle "github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/sirupsen/logrus"

	"refit/internal/edit"
)

func TestMain(m *testing.M) {
	logrus.SetOutput(io.Discard) // compose-go warns about unset variables
	os.Exit(m.Run())
}

func lookup(name string) (string, bool) {
	v, ok := map[string]string{"HOME": "/home/me", "EMPTY": "", "SEVEN": "7"}[name]
	return v, ok
}

func mustParse(t testing.TB, text string) *File {
	t.Helper()
	f, err := Parse(".env", []byte(text))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return f
}

// samples are the seeds of every table and fuzz target here.
var samples = []string{
	"", "A=1\n", "A=1", "A=1\r\nB=2\r\n", "\uFEFFA=1\n", "export A=1\nexport B\n", "HOME\nX\n", "X",
	"A= # c\n", "A=x # c\n", "A=x\t# c\n", "A=x#c\n", `A="x" # c`, `A='x'#c`, `A="1" B="2"`, `A='x'y` + "\n",
	"A=\"1\n2\"\nB=3\n", "A='1\n2'\n", `A="it\"s"`, `A='it\'s'`, `A='a\\'`, `A="a\\"`, "A='open\nB=1\n",
	`A="\n\t\c\z\0\01\0101\0777\0999\\"`, `A="\$B"`, "A=$$B\n", "A=\\$HOME\n", "A=$\n", "A=$1\n", "A=${\n", "A=${}\n",
	"A=1\nB=$A\nC=${A}x${B}\n", "B=${X:-d}\n", "B=${X:?msg}\n", "B=${X-${HOME}}z\n", "B=${HOME:+y}${EMPTY+z}\n",
	"A: 1\nB : 2\n", "A B=1\n", "A\tB=1\n", "=x\n", ":x\n", "A;B=1\nC=2\n", "1A=x\nA.b-c[0]=y\n", "ü=1\n", "A=\u00a0x\n",
	"# lead\n# two\nA=1\n\n# lone\n\nB=2 \n", "export\nA=1\n", "export =x\n", "\v\f A=1", "A=a b  \n", "  A = 1\n", "\xff=1\nB=2\n",
	"A=${A}${A}\n", "A=\"$'x'\"\n", "A=${B-$$}$$\n", "ſ=1\nB=$ſ ${K}\n",
}

func checkAgainstCompose(t *testing.T, text string) {
	t.Helper()
	want, err := oracle.ParseWithLookup(strings.NewReader(text), lookup)
	f := mustParse(t, text)
	got, problems := f.Values(lookup)
	problems = append(problems, f.Problems...)
	if err != nil {
		if len(problems) == 0 {
			t.Fatalf("Compose rejects %q (%v), we see no problem", text, err)
		}
		return
	}
	for _, p := range problems {
		if !strings.Contains(p.What, "without a") { // Compose accepts a value without a name
			t.Fatalf("Compose reads %q, we say %v", text, p)
		}
	}
	delete(want, "")
	if !maps.Equal(got, want) {
		t.Fatalf("%q\n got %q\nwant %q", text, got, want)
	}
}

func TestValuesAsCompose(t *testing.T) {
	for _, text := range samples {
		checkAgainstCompose(t, text)
	}
}

func checkLines(t *testing.T, f *File) {
	t.Helper()
	at := 0
	for _, l := range f.Lines {
		if l.Span.Start != at {
			t.Fatalf("%q: line starts at %d, the one before ends at %d", f.Text, l.Span.Start, at)
		}
		at = l.Span.End
		for _, v := range l.Vars {
			if string(v.KeySpan.Of(f.Text)) != v.Key || string(v.ValueSpan.Of(f.Text)) != v.Raw || v.Span.End > l.Span.End {
				t.Fatalf("%q: wrong spans: %+v", f.Text, v)
			}
			if c := v.Comment.Of(f.Text); !v.Comment.IsZero() && (c[0] != '#' || v.Comment.Start < v.ValueSpan.End) {
				t.Fatalf("%q: comment %q", f.Text, c)
			}
		}
	}
	if at != len(f.Text) {
		t.Fatalf("%q: lines cover %d of %d bytes", f.Text, at, len(f.Text))
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range samples {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsRune(text, 0) || len(text) > 1<<12 {
			t.Skip()
		}
		checkAgainstCompose(t, text)
		parsed := mustParse(t, text)
		checkLines(t, parsed)
		DialectProblems(parsed)
	})
}

func TestSpans(t *testing.T) {
	f := mustParse(t, "# lead\r\n# two\r\nexport A='x y' # why\r\n\r\n# lone\r\n\r\nB=2\r\n")
	checkLines(t, f)
	a, b := f.Vars[0], f.Vars[1]
	if got := string(a.Lead.Of(f.Text)); got != "# lead\r\n# two\r\n" {
		t.Errorf("lead %q", got)
	}
	if got := string(a.Comment.Of(f.Text)); got != "# why" {
		t.Errorf("comment %q", got)
	}
	if a.Value != "x y" || a.Raw != "'x y'" || a.Line != 3 || !a.Export || a.Quote != Single {
		t.Errorf("%+v", a)
	}
	if !b.Lead.IsZero() {
		t.Errorf("B owns a comment that a blank line parts from it")
	}
}

func TestProblems(t *testing.T) {
	for text, want := range map[string]string{
		"A=1\nB C=2\nD=3\n":  ".env:2:1: space in the name",
		"A=1\n  $x=2\nD=3\n": ".env:2:3: character '$'",
		"A=1\nB='x\nD=3\n":   ".env:2:3: quote that is never closed",
		"A=1\n=x\nD=3\n":     ".env:2:1: value without a name",
	} {
		f := mustParse(t, text)
		if len(f.Problems) != 1 || !strings.HasPrefix(f.Problems[0].Error(), want) {
			t.Errorf("%q: %v, want %s", text, f.Problems, want)
		}
		if got := strings.Join(f.Keys(), ","); got != "A,D" {
			t.Errorf("%q: the rest is %s", text, got)
		}
	}
	if _, err := Parse(".env", []byte("A\x00=\x001")); err == nil {
		t.Error("UTF-16 is taken for text")
	}
}

func TestHostileReferences(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("A=xxxxxxxxxxxxxxxx\n")
	for i := 'A'; i < 'Z'; i++ {
		bomb.WriteString(string(i+1) + "=" + strings.Repeat("$"+string(i), 16) + "\n")
	}
	for _, text := range []string{bomb.String(), "A=" + strings.Repeat("${A:-", 1e5) + "\n", "A=" + strings.Repeat("${A}", 2e5)} {
		f := mustParse(t, text)
		f.Vars[0].References()
		if _, problems := f.Values(nil); len(problems) == 0 {
			t.Errorf("%.40q: no problem", text)
		}
	}
}

func TestProblemsShowNoValue(t *testing.T) {
	for _, text := range []string{"P=${hunter2\n", "P=${X:?hunter2}\n", "P='hunter2\n"} {
		f := mustParse(t, text)
		_, problems := f.Values(nil)
		for _, p := range append(problems, f.Problems...) {
			if strings.Contains(p.Error(), "hunter2") {
				t.Errorf("shows the value: %v", p)
			}
		}
	}
}

func TestReferences(t *testing.T) {
	f := mustParse(t, "A=\"$B \\$C $$D ${E:-${F}} ${G:?}\"\nH='$I'\n")
	if got := strings.Join(f.Vars[0].References(), ","); got != "B,E,F,G" {
		t.Errorf("%s", got)
	}
	if got := f.Vars[1].References(); got != nil {
		t.Errorf("%v", got)
	}
	if got := f.Vars[0].Value; got != "$B $C $D ${E:-${F}} ${G:?}" {
		t.Errorf("%q", got)
	}
}

func TestDialect(t *testing.T) {
	for text, want := range map[string]Construct{
		"export A=1\n": ExportPrefix, "A\n": BareName, "A: 1\n": ColonForm, "A = 1\n": SpacedEquals, "A= 1\n": SpacedEquals,
		"A-B=1\n": OddName, "A=a b\n": OpenSpaces, "A= #c\n": SpacedEquals, "A=#c\n": HashAsValue, "A=a#c\n": GluedHash,
		"A=a\t# c\n": GluedHash, "A=a$$b\n": OpenDollar, "A=a$\n": OpenDollar, "A='1\n2'\n": MultiLine,
		`A='it\'s'`: EscapedSingle, "A='a'b\n": TextBehind, "\uFEFFA=1\n": ByteOrderMark,
	} {
		if got := DialectProblems(mustParse(t, text)); len(got) == 0 || got[0].Construct != want {
			t.Errorf("%q: %v, want %s", text, got, want)
		}
	}
	for _, text := range []string{"", "A=1\r\nB=\"x y\" # c\n", "# A: b\nA=\n", "A=${B}/$C\n", "A='$x'\n", "URL=postgres://u:p@h/db?x=1\n"} {
		if got := DialectProblems(mustParse(t, text)); len(got) != 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func patch(t testing.TB, f *File, edits ...edit.Edit) string {
	t.Helper()
	out, err := edit.Patch(f.Text, edits)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestProblemsOfAFileThatIsNoneAreSummedUp(t *testing.T) {
	f, err := Parse(".env", []byte(strings.Repeat(`=""`, 1000)))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(f.Problems); n != maxProblems+1 {
		t.Fatalf("%d problems", n)
	}
	if last := f.Problems[maxProblems]; !strings.HasPrefix(last.What, "900 more") {
		t.Errorf("the last one says %q", last.What)
	}
}
