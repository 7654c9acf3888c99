package rule

import (
	"strings"

	"refit/internal/change"
)

// Manual is the one fix of a finding that a person has to repair. It is shown and never applied: title
// is short, why says what keeps refit from it and what to do.
func Manual(title, why string) []Fix {
	return []Fix{{Title: title, Safety: change.Manual, Why: why}}
}

// Written is the fix with its operations and what they declare, which a plan needs.
func (f Fix) Written() Fix {
	if f.Later != nil {
		f.Ops, f.Declares = f.Later()
		f.Later = nil
	}
	return f
}

// Listed joins words as a sentence of a message does: "a, b and c". Of more than six, the first six and
// "others".
func Listed(words []string) string {
	if len(words) > 6 {
		return strings.Join(words[:6], ", ") + " and others"
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
