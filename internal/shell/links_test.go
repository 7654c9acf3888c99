package shell

import (
	"strings"
	"testing"
)

func TestLinks(t *testing.T) {
	for script, want := range map[string]string{
		"a && b; c":                     "a|&&b|;c",
		"a \\\n  && b x | d && (c; e)":  "a|&&b x | d|&&(c; e)",
		"a || b && c":                   "a || b|&&c",
		"a\nb && if x; then y; fi":      "a|;b|&&if x; then y; fi",
		"curl x | P=1 python3 - && ! a": "curl x | P=1 python3 -|&&! a",
	} {
		links, ok := Parse([]byte(script), POSIX).Links()
		var got []string
		for _, l := range links {
			got = append(got, l.Op+string(l.Span.Of([]byte(script))))
		}
		if !ok || strings.Join(got, "|") != want {
			t.Errorf("%q: %q %v", script, got, ok)
		}
	}
	if _, ok := Parse([]byte("a && ("), POSIX).Links(); ok {
		t.Error("a broken script is cut")
	}
}
