package rule

import (
	"slices"
	"strconv"
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

// What is found side by side stands in the order of the things, each finding with the rule's severity.
func TestEach(t *testing.T) {
	pass := &Pass{Meta: &Meta{ID: "X01", Severity: Warning}, Options: map[string]string{"a": "b"}}
	things := make([]int, 500)
	for i := range things {
		things[i] = i
	}
	pass.Report(Finding{Subject: "first"})
	Each(pass, things, func(pass *Pass, i int) {
		for range i % 3 {
			pass.Report(Finding{Subject: pass.Options["a"] + strconv.Itoa(i)})
		}
	})
	want := []string{"first"}
	for _, i := range things {
		for range i % 3 {
			want = append(want, "b"+strconv.Itoa(i))
		}
	}
	var got []string
	for _, f := range pass.Found() {
		if f.Severity != Warning || f.Meta != pass.Meta {
			t.Errorf("%+v", f)
		}
		got = append(got, f.Subject)
	}
	if !slices.Equal(got, want) {
		t.Error(got)
	}
}
