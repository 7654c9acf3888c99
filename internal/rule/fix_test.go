package rule

import (
	"strings"
	"testing"
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
