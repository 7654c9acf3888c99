package multistage

import (
	"regexp"
	"strings"

	"refit/internal/shell"
)

// between is what may stand between two commands of a plain chain.
var between = regexp.MustCompile(`^[\s\\]*&&[\s\\]*$`)

// chained says whether the commands of a RUN are a plain chain, a && b && c, so that it can be taken apart.
func chained(p part, list []shell.Command, text []byte) bool {
	last := p.in.Span.Start + len("RUN")
	for i, c := range list {
		if c.Span.Start < last {
			return false // out of order, or nowhere: a variable holds it
		}
		gap := string(text[last:c.Span.Start])
		if i == 0 && !blank.MatchString(gap) || i > 0 && !between.MatchString(gap) {
			return false
		}
		last = c.Span.End
	}
	return blank.MatchString(string(text[last:p.in.Span.End]))
}

// asWritten is the source of a command, "" when it stands nowhere.
func asWritten(c shell.Command, text []byte) string {
	if c.Span.Start < 0 {
		return ""
	}
	return strings.TrimSpace(string(c.Span.Of(text)))
}

var blank = regexp.MustCompile(`^[\s\\]*$`)
