package dotenv

import (
	"errors"
	"strings"
	"testing"

	oracle "github.com/compose-spec/compose-go/v2/dotenv"
)

func TestSet(t *testing.T) {
	for _, c := range []struct{ text, key, value, want string }{
		{"A=1\nB=2\n", "A", "3", "A=3\nB=2\n"},
		{"A=1 # c\r\nB=2", "A", "x y", "A=\"x y\" # c\r\nB=2"},
		{"A='1'\n", "A", "2", "A='2'\n"},
		{"A=\"1\"\n", "A", "2", "A=\"2\"\n"},
		{"A=\"1\"\n", "A", "$x", "A='$x'\n"},
		{"A=1\n", "A", `it's $5`, "A=\"it's \\$5\"\n"},
		{"A=1\n", "A", "", "A=\n"},
		{"A=1 # c\n", "A", "", "A=\"\" # c\n"},
		{"A\nB=1\n", "A", "x", "A=x\nB=1\n"},
		{"A=1\nA=2\n", "A", "3", "A=1\nA=3\n"},
		{"A=1\n", "A", "a\nb", "A=\"a\\nb\"\n"},
		{"A=\n", "A", "#x", "A=\"#x\"\n"},
		{"A=", "A", "postgres://u:p@h:5/d?a=b", "A=postgres://u:p@h:5/d?a=b"},
		{"A='1'B=2\n", "A", "3", "A='3'B=2\n"},
	} {
		f := mustParse(t, c.text)
		e, err := f.Set(c.key, c.value)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
		} else if got := patch(t, f, e); got != c.want {
			t.Errorf("%q set %q: %q, want %q", c.text, c.value, got, c.want)
		}
	}
	if _, err := mustParse(t, "A=1\n").Set("B", "2"); !errors.Is(err, ErrNoKey) {
		t.Errorf("%v", err)
	}
	if _, err := mustParse(t, "A=1\n").Set("A", "\x00s3cr3t"); !errors.Is(err, ErrNotWritable) || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("%v", err)
	}
}

func TestAdd(t *testing.T) {
	for _, c := range []struct {
		text string
		a    Addition
		want string
	}{
		{"", Addition{Key: "A", Value: "1"}, "A=1\n"},
		{"\uFEFF", Addition{Key: "A", Value: "1"}, "\uFEFFA=1\n"},
		{"B=2", Addition{Key: "A", Value: "1"}, "B=2\nA=1"},
		{"B=2\r\nC=3\r\n", Addition{Key: "A", Value: "1", After: "B", Comment: "one\ntwo"}, "B=2\r\n# one\r\n# two\r\nA=1\r\nC=3\r\n"},
		{"B='2\n3'\nC=3\n", Addition{Key: "A", Value: "1", After: "B"}, "B='2\n3'\nA=1\nC=3\n"},
		{"B=2\n", Addition{Key: "A", Value: "1", After: "ZZ"}, "B=2\nA=1\n"},
	} {
		f := mustParse(t, c.text)
		e, err := f.Add(c.a)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
		} else if got := patch(t, f, e); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	f := mustParse(t, "A=1\n")
	if _, err := f.Add(Addition{Key: "A"}); !errors.Is(err, ErrKeyExists) {
		t.Errorf("%v", err)
	}
	if _, err := f.Add(Addition{Key: "A B"}); !errors.Is(err, ErrBadKey) {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"A='1\n", "A B"} { // the addition would become part of what is broken
		if _, err := mustParse(t, text).Add(Addition{Key: "B", Value: "it's"}); !errors.Is(err, ErrNotWritable) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestRemove(t *testing.T) {
	for _, c := range []struct {
		text string
		lead bool
		want string
	}{
		{"A=1\nB=2\n", false, "B=2\n"},
		{"# a\nA=1\r\nB=2\n", false, "# a\nB=2\n"},
		{"# a\nA=1\r\nB=2\n", true, "B=2\n"},
		{"B=2\nA=1", false, "B=2\n"},
		{"A=1\nB=2\nA=3\n", false, "B=2\n"},
		{"\uFEFFA=1\nB=2\n", false, "\uFEFFB=2\n"},
		{"A='1' B=2\n", false, "B=2\n"},
		{"B='2' A=1 # c\n", false, "B='2'  # c\n"},
		{"A='1\n2'\nB=2\n", false, "B=2\n"},
	} {
		f := mustParse(t, c.text)
		edits, err := f.Remove("A", c.lead)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
		} else if got := patch(t, f, edits...); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	if _, err := mustParse(t, "").Remove("A", false); !errors.Is(err, ErrNoKey) {
		t.Errorf("%v", err)
	}
}

// FuzzEdit holds every verb to what Compose reads before and after.
func FuzzEdit(f *testing.F) {
	for i, text := range samples {
		f.Add(text, []string{"1", "", "x y", "$a", "'\\", "\"'\\\n$#`", " ", "#"}[i%8])
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		if strings.ContainsRune(text, 0) || len(text) > 1<<11 || len(value) > 1<<10 {
			t.Skip()
		}
		file := mustParse(t, text)
		composeReads := func(text string) (map[string]string, bool) {
			out, err := oracle.ParseWithLookup(strings.NewReader(text), nil)
			return out, err == nil
		}
		_, whole := composeReads(text)
		nul := strings.ContainsRune(value, 0)
		for _, key := range file.Keys() {
			e, err := file.Set(key, value)
			if err != nil {
				if whole && !nul && len(file.Problems) == 0 {
					t.Fatalf("%q: set %s to %q: %v", text, key, value, err)
				}
				continue
			}
			after := patch(t, file, e)
			if out, ok := composeReads(after); ok && out[key] != value || !ok && whole {
				t.Fatalf("%q: set %s to %q: %q reads %q", text, key, value, after, out[key])
			}
			edits, err := file.Remove(key, true)
			if err == nil {
				after = patch(t, file, edits...)
				if out, ok := composeReads(after); ok && hasKey(out, key) {
					t.Fatalf("%q: removed %s: %q", text, key, after)
				}
			}
		}
		const key = "ADDED_KEY"
		e, err := file.Add(Addition{Key: key, Value: value, Comment: value})
		if err != nil {
			if whole && !nul && len(file.Problems) == 0 && !strings.Contains(text, key) {
				t.Fatalf("%q: add %q: %v", text, value, err)
			}
			return
		}
		after := patch(t, file, e)
		if out, ok := composeReads(after); ok && out[key] != value || !ok && whole {
			t.Fatalf("%q: add %q: %q reads %q", text, value, after, out[key])
		}
	})
}

func hasKey(m map[string]string, key string) bool { _, ok := m[key]; return ok }
