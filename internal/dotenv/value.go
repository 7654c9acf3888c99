package dotenv

import (
	"errors"
	"io"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/template"
	"github.com/sirupsen/logrus"

	"refit/internal/source"
)

// unescape resolves the escapes of a quoted value (without its quotes) and leaves it ready for
// interpolation. In single quotes only the quote itself can be escaped; in double quotes \$ is
// a literal dollar, which interpolation spells "$$".
func unescape(body string, quote Quote) string {
	var out strings.Builder
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' || i+1 == len(body) {
			out.WriteByte(body[i])
			continue
		}
		i++
		if body[i] == byte(quote) {
			out.WriteByte(body[i])
			continue
		}
		out.WriteByte('\\')
		out.WriteByte(body[i])
	}
	if quote == Single {
		return out.String()
	}
	return unescapeDouble(out.String())
}

// unescapeDouble resolves C-like escapes. What is no escape that Compose knows stays as it is.
func unescapeDouble(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case '$':
			out.WriteString("$$")
		case '"', '\\':
			out.WriteByte(c)
		case 'a', 'b', 'f', 'n', 'r', 't', 'v':
			out.WriteByte("\a\b\f\n\r\t\v"[strings.IndexByte("abfnrtv", c)])
		case '0':
			n := 1
			for n < 4 && i+n < len(s) && s[i+n] >= '0' && s[i+n] <= '9' {
				n++
			}
			out.WriteString(octal(s[i+1 : i+n]))
			i += n - 1
		default:
			out.WriteByte('\\')
			out.WriteByte(c)
		}
	}
	return out.String()
}

// octal is what Compose makes of \0 and up to three digits: a character when there are exactly
// three and they fit a byte, else the backslash and the digits, the zero dropped.
func octal(digits string) string {
	if n, err := strconv.ParseUint(digits, 8, 8); err == nil && len(digits) == 3 {
		return string(rune(n))
	}
	return `\` + digits
}

// literal turns "$$" into "$" outside of references and leaves references as they are written.
func literal(tmpl string, quote Quote) string {
	if quote == Single || !strings.Contains(tmpl, "$$") {
		return tmpl
	}
	var out strings.Builder
	depth := 0
	for i := 0; i < len(tmpl); i++ {
		switch {
		case depth == 0 && strings.HasPrefix(tmpl[i:], "$$"):
			i++
		case strings.HasPrefix(tmpl[i:], "${"):
			depth++
		case tmpl[i] == '}' && depth > 0:
			depth--
		}
		out.WriteByte(tmpl[i])
	}
	return out.String()
}

// References lists the names of the variables that the value takes in, sorted, each once.
func (v *Var) References() []string {
	if v.Quote == Single || !strings.Contains(v.template, "$") || substitutionCost(v.template) > maxSubstitution {
		return nil
	}
	var names []string
	for name := range template.ExtractVariables(map[string]any{"": v.template}, nil) {
		if name != "" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// silenceLibrary keeps compose-go from warning on stderr about unset variables inside of defaults,
// where it takes no option; what is wrong is returned as problems.
var silenceLibrary = sync.OnceFunc(func() { logrus.SetOutput(io.Discard) })

const (
	maxSubstitution = 16 << 20 // steps of interpolation in one file
	maxExpanded     = 4 << 20  // bytes that references put into one file's values
)

// substitutionCost is how many bytes interpolation looks at: it rescans the rest of the value for
// every brace, so a hostile value costs the square of its length.
func substitutionCost(s string) int { return (1 + strings.Count(s, "${")) * len(s) }

// Values is the environment that Compose makes of the file. lookup supplies the variables of the
// caller, which go before those of the file in references and are the value of bare names; nil
// knows none. A value that can't be interpolated (malformed, or ${NAME:?} without NAME) is left
// out and becomes a problem, on which Compose would give up; so does a file whose references
// multiply beyond reason.
func (f *File) Values(lookup func(string) (string, bool)) (map[string]string, []*source.Problem) {
	if lookup == nil {
		lookup = func(string) (string, bool) { return "", false }
	}
	values := make(map[string]string, len(f.Vars))
	var problems []*source.Problem
	silenceLibrary()
	steps, expanded := 0, 0
	mapping := func(name string) (string, bool) {
		value, ok := lookup(name)
		if !ok {
			value, ok = values[name]
		}
		if expanded += len(value); expanded > maxExpanded {
			return "", ok
		}
		return value, ok
	}
	for _, v := range f.Vars {
		value, ok, err := v.Value, true, error(nil)
		switch {
		case v.Bare:
			value, ok = lookup(v.Key)
		case v.Quote != Single && strings.Contains(v.template, "$"):
			if steps += substitutionCost(v.template); steps <= maxSubstitution && expanded <= maxExpanded {
				value, err = template.SubstituteWithOptions(v.template, mapping, template.WithoutLogging)
			}
			ok = err == nil && steps <= maxSubstitution && expanded <= maxExpanded
		}
		if ok {
			values[v.Key] = value
		} else if !v.Bare {
			problems = append(problems, f.substitutionProblem(v, err))
		}
	}
	return values, problems
}

// substitutionProblem says what is wrong without showing the value: it may hold a secret.
func (f *File) substitutionProblem(v *Var, err error) *source.Problem {
	p := &source.Problem{Path: f.Path, At: f.Position(v.ValueSpan.Start),
		Why: "Compose rejects the whole file", Advice: `write ${NAME}, or $$ for a dollar sign`}
	switch missing := (*template.MissingRequiredError)(nil); {
	case err == nil:
		p.What, p.Advice = v.Key+": references that multiply beyond reason", "write the value out"
	case errors.As(err, &missing):
		p.What, p.Advice = v.Key+" needs "+missing.Variable+", which is not set", "set "+missing.Variable
	default:
		p.What = v.Key + ": malformed reference to a variable"
	}
	return p
}
