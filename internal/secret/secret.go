// Package secret tells secrets from other values, by the name of a variable and by the shape of its
// value, hides them in what is printed, and makes new ones. It prefers to miss an odd secret over
// calling an ordinary setting one: a finding on a good file costs more trust than it brings.
package secret

import (
	"regexp"
	"strings"

	"refit/internal/source"
)

// Class is what a value is, as far as secrecy goes.
type Class string

// The classes of values.
const (
	None        Class = ""            // no secret
	Absent      Class = "absent"      // the name of a secret, but no value here: empty, a reference, a path
	Placeholder Class = "placeholder" // asks to be replaced: "changeme", "<token>", "your_password_here"
	Weak        Class = "weak"        // a default or a guess: "postgres", "password123", the user's name
	Secret      Class = "secret"      // a value to protect
)

// Verdict is what Judge finds.
type Verdict struct {
	Class Class
	Why   string      // the ground, as a noun phrase: "a GitHub token"; never any part of the value
	Span  source.Span // the part of the value that is meant: all of it, or the password of a URL
	// Default says that the part is what a variable falls back to (${NAME:-part}), so that whoever sets
	// the variable has another.
	Default bool
}

// IsLiteral says whether a secret of any quality is written out in the value.
func (v Verdict) IsLiteral() bool {
	return v.Class == Placeholder || v.Class == Weak || v.Class == Secret
}

// Judge judges the value of a variable; key may be "" when only the value is known. The value is
// taken as written, references not resolved: of ${NAME:-default} the default is judged.
func Judge(key, value string) Verdict {
	text := strings.TrimSpace(value)
	v := judge(key, text)
	offset := strings.Index(value, text)
	v.Span = v.Span.Shift(offset)
	return v
}

func judge(key, value string) Verdict {
	all := source.Span{End: len(value)}
	if start, end, ok := referenceDefault(value); ok {
		v := judge(key, value[start:end])
		v.Span, v.Default = v.Span.Shift(start), true
		return v
	}
	if span, ok := URLPassword(value); ok {
		return judgePassword(value, span)
	}
	if name, span, ok := shape(value); ok {
		class := Secret
		if isPlaceholder(value) {
			class = Placeholder
		}
		return Verdict{Class: class, Why: name, Span: span}
	}
	named := IsName(key)
	switch {
	case !named && !(endsInKey(key) && looksRandom(value)):
		return Verdict{Span: all}
	case isReference(value):
		return Verdict{Class: Absent, Why: "a reference", Span: all}
	case strings.HasPrefix(value, "# "): // NAME= # what it is for
		return Verdict{Class: Absent, Why: "a comment in the place of a value", Span: all}
	case isSwitch(value), strings.Contains(value, "://"):
		return Verdict{Span: all}
	case isPlaceholder(value), isSample(value):
		return Verdict{Class: Placeholder, Why: "a placeholder", Span: all}
	case named && (isWeak(value) || repeatsName(key, value)):
		return Verdict{Class: Weak, Why: "a default or easily guessed value", Span: all}
	case named:
		return Verdict{Class: Secret, Why: "the value of a variable that is named like a secret", Span: all}
	}
	return Verdict{Class: Secret, Why: "a random-looking value of a key", Span: all}
}

// judgePassword judges the password in a URL.
func judgePassword(value string, span source.Span) Verdict {
	password := value[span.Start:span.End]
	if start, end, ok := referenceDefault(password); ok {
		v := judgePassword(value, source.Span{Start: span.Start + start, End: span.Start + end})
		v.Default = true
		return v
	}
	user := value[:span.Start-1]
	user = user[strings.LastIndexAny(user, "/")+1:]
	switch {
	case isReference(password):
		return Verdict{Class: Absent, Why: "a URL with a reference for its password", Span: span}
	case isPlaceholder(password), isSample(password):
		return Verdict{Class: Placeholder, Why: "a URL with a placeholder for its password", Span: span}
	case isWeak(password), strings.EqualFold(password, user):
		return Verdict{Class: Weak, Why: "a URL with a default or easily guessed password", Span: span}
	}
	return Verdict{Class: Secret, Why: "a URL with a password", Span: span}
}

var wholeReference = regexp.MustCompile(`^\$\{[A-Za-z_][A-Za-z0-9_]*:?-`)

// referenceDefault is the default in a value that is nothing but ${NAME:-default} or ${NAME-default}.
func referenceDefault(value string) (start, end int, ok bool) {
	m := wholeReference.FindStringIndex(value)
	if m == nil || !strings.HasSuffix(value, "}") {
		return 0, 0, false
	}
	depth := 0
	for i := range len(value) {
		switch {
		case strings.HasPrefix(value[i:], "${"):
			depth++
		case value[i] == '}':
			if depth--; depth == 0 && i != len(value)-1 {
				return 0, 0, false
			}
		}
	}
	return m[1], len(value) - 1, depth == 0
}

var reference = regexp.MustCompile(`(?s)^(\$\{.*\}|\$[A-Za-z_][A-Za-z0-9_]*|\$\(.*\)|\{\{.*\}\}|%\(.*\)s|<%.*%>|(vault|op|sm|ssm|ref\+[a-z]+|awssm|gcpsm|file|arn:aws:[a-z]+):.*|/(run|etc|var|app|home|usr|opt|mnt|srv|tmp|root|data|secrets?|keys|certs)(/.*)?|\.\.?/.*|[A-Za-z]:\\.*)$`)

// isReference says whether the value only points to where the secret is: empty, a variable, a
// template, a secret store's address or a path.
func isReference(value string) bool {
	return value == "" || value == "-" || reference.MatchString(value) || strings.Contains(value, "${{")
}

// isSwitch says whether the value is a setting that no secret has: on, off, none.
func isSwitch(value string) bool {
	switch strings.ToLower(value) {
	case "true", "false", "yes", "no", "on", "off", "none", "null", "nil", "auto", "disabled", "enabled", "required", "optional":
		return true
	}
	return false
}
