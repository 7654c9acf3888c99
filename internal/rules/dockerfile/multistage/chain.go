package multistage

import (
	"regexp"

	"refit/internal/shell"
	"refit/internal/source"
)

// between is what may stand between two commands of a plain chain.
var between = regexp.MustCompile(`^[\s\\]*&&[\s\\]*$`)

// chained says whether the commands of a RUN are a plain chain, a && b && c, so that it can be taken apart.
func chained(p part, span func(lo, hi int) source.Span, list []shell.Command, text []byte) bool {
	last := p.in.Span.Start + len("RUN")
	for i, c := range list {
		at := span(c.Span.Start, c.Span.End)
		gap := string(text[last:at.Start])
		if i == 0 && !blank.MatchString(gap) || i > 0 && !between.MatchString(gap) {
			return false
		}
		last = at.End
	}
	return blank.MatchString(string(text[last:p.in.Span.End]))
}

var blank = regexp.MustCompile(`^[\s\\]*$`)
