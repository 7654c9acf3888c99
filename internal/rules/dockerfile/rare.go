package dockerfile

import (
	"regexp"
	"slices"
	"strings"
)

// rarity is an expression that few texts match. Every text that does holds one of the words, and looking for
// those costs a fraction.
type rarity struct {
	*regexp.Regexp
	words []string
}

func rare(expression string, words ...string) rarity {
	return rarity{regexp.MustCompile(expression), words}
}

// MatchString is Regexp.MatchString.
func (r rarity) MatchString(text string) bool {
	return slices.ContainsFunc(r.words, func(w string) bool { return strings.Contains(text, w) }) && r.Regexp.MatchString(text)
}

// ReplaceAllString is Regexp.ReplaceAllString.
func (r rarity) ReplaceAllString(text, by string) string {
	if !slices.ContainsFunc(r.words, func(w string) bool { return strings.Contains(text, w) }) {
		return text
	}
	return r.Regexp.ReplaceAllString(text, by)
}
