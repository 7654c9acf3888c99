package compose

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
)

// castings are compose-go's: which fields become numbers and booleans when a variable gave their value.
var castings = loader.ToOptions(&types.ConfigDetails{}, nil).Interpolate.TypeCastMapping

// interpolate fills the variables into a whole tree and notes those that have no value.
func (l *loading) interpolate(s scope, file string, dict map[string]any) (map[string]any, error) {
	out, err := interpolation.Interpolate(dict, interpolation.Options{
		LookupValue:     s.env.Resolve,
		TypeCastMapping: castings,
		Substitute: func(text string, lookup template.Mapping) (string, error) {
			return l.substitute(file, text, lookup)
		},
	})
	if err != nil {
		return nil, problemIn(file, err)
	}
	return out, nil
}

// substitute fills the variables into one scalar.
func (l *loading) substitute(file, text string, lookup template.Mapping) (string, error) {
	if !strings.Contains(text, "$") {
		return text, nil
	}
	// The library recurses once per "${" over the rest of the text.
	if n := strings.Count(text, "${"); n > 500 || n*len(text) > 10<<20 {
		return "", errors.New("too many variables in one value")
	}
	unset := map[string]bool{}
	watched := func(name string) (string, bool) {
		v, ok := lookup(name)
		l.expanded += len(v)
		if l.expanded > maxExpansion {
			return "", ok
		}
		if !ok {
			unset[name] = true
		}
		return v, ok
	}
	out, err := l.substituteAllowed(text, watched, file)
	if l.expanded += len(out); l.expanded > maxExpansion {
		return "", errors.New("the variables expand to too much text")
	}
	if len(unset) > 0 {
		for _, v := range scanVariables(text) {
			if unset[v.Name] {
				l.noteUnset(v, file)
			}
		}
	}
	return out, plainError(err)
}

// substituteAllowed takes required variables without a value for empty where the request allows it.
func (l *loading) substituteAllowed(text string, lookup template.Mapping, file string) (string, error) {
	for {
		out, err := template.Substitute(text, lookup)
		var missing *template.MissingRequiredError
		if !l.AllowMissing || !errors.As(err, &missing) {
			return out, err
		}
		shorter := text
		for _, v := range slices.Backward(scanVariables(text)) {
			if v.Name == missing.Variable && v.Required {
				l.noteUnset(v, file)
				shorter = shorter[:v.Span.Start] + shorter[v.Span.End:]
				break // the spans of the others may have moved
			}
		}
		if shorter == text {
			return out, err
		}
		text = shorter
	}
}

func (l *loading) noteUnset(v Variable, file string) {
	v.Path = file
	v.Addr = ""
	old, known := l.unset[v.Name]
	if !known || v.Required && !old.Required || old.HasDefault() && !v.HasDefault() {
		l.unset[v.Name] = v
	}
}

// plainError is a substitution's error without the text of the value, which may hold a secret.
func plainError(err error) error {
	var invalid *template.InvalidTemplateError
	var missing *template.MissingRequiredError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &missing):
		return err
	case errors.As(err, &invalid):
		return errors.New("a $ that starts no variable; write $$ for a dollar sign")
	}
	return fmt.Errorf("the variables cannot be filled in")
}
