package rule

import (
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/edit"
)

func TestListed(t *testing.T) {
	for words, want := range map[string]string{
		"": "", "a": "a", "a b": "a and b", "a b c": "a, b and c",
		"a b c d e f":   "a, b, c, d, e and f",
		"a b c d e f g": "a, b, c, d, e, f and others",
	} {
		if got := Listed(strings.Fields(words)); got != want {
			t.Errorf("%q: %q, want %q", words, got, want)
		}
	}
}

func TestWritten(t *testing.T) {
	asked := 0
	f := Fix{Title: "Do it", Later: func() ([]edit.Op, []change.Declared) {
		asked++
		return []edit.Op{edit.Remove("a")}, []change.Declared{{Addr: "x"}}
	}}
	w := f.Written()
	if len(w.Ops) != 1 || len(w.Declares) != 1 || w.Title != "Do it" || len(f.Ops) != 0 {
		t.Errorf("written: %+v, before: %+v", w, f)
	}
	if w = w.Written(); len(w.Ops) != 1 || asked != 1 {
		t.Errorf("written again: %+v, asked %d times", w, asked)
	}
}
