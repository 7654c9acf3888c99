package compose

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/interpolation"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
)

// casting makes a number or boolean of the text of one field.
type casting struct {
	pattern []string
	cast    interpolation.Cast
}

// castings are compose-go's: which fields are no strings, so that a variable or quotes may give their
// value. They are by the last key, because looking through all for each value took a quarter of Load.
var castings = sync.OnceValue(func() map[string][]casting {
	byKey := map[string][]casting{}
	for pattern, cast := range loader.ToOptions(&types.ConfigDetails{}, nil).Interpolate.TypeCastMapping {
		parts := pattern.Parts()
		last := parts[len(parts)-1]
		byKey[last] = append(byKey[last], casting{parts, cast})
	}
	return byKey
})

func (c casting) matches(at []string) bool {
	return slices.EqualFunc(c.pattern, at, func(p, key string) bool { return p == "*" || p == key })
}

// interpolate fills the variables into a whole tree, in place, and notes those that have no value.
func (l *loading) interpolate(s scope, file string, dict map[string]any) (map[string]any, error) {
	if l.raw {
		return dict, nil
	}
	w := filling{l: l, file: file, lookup: s.env.Resolve}
	w.walk(dict, nil)
	if err := errors.Join(w.errs...); err != nil {
		return nil, problemIn(file, err)
	}
	return dict, nil
}

type filling struct {
	l      *loading
	file   string
	lookup template.Mapping
	errs   []error
}

// walk is the value with its variables filled in. Errors are collected: each names its field.
func (w *filling) walk(v any, at []string) any {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			v[k] = w.walk(v[k], append(at, k))
		}
	case []any:
		for i := range v {
			v[i] = w.walk(v[i], append(at, "[]"))
		}
	case string:
		return w.scalar(v, at)
	}
	return v
}

func (w *filling) scalar(text string, at []string) any {
	written := text
	text, err := w.l.substitute(w.file, text, w.lookup)
	if err != nil {
		w.errs = append(w.errs, fmt.Errorf("%s: %w", Addr(at...), err))
		return text
	}
	if text == "" && written != "" && w.l.AllowMissing && len(at) == 3 && at[2] == "image" {
		text = unsetImage // a service of which CI alone knows the image is a service all the same
	}
	for _, key := range []string{at[len(at)-1], "*"} {
		for _, c := range castings()[key] {
			if !c.matches(at) {
				continue
			}
			value, err := c.cast(text)
			if err != nil {
				w.errs = append(w.errs, fmt.Errorf("%s: the value is of the wrong type", Addr(at...)))
			}
			return value
		}
	}
	return text
}

// unsetImage stands for an image that only variables without a value name, where the request allows that.
const unsetImage = "unset"

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
		a := l.answer(name, lookup)
		if l.asked != nil {
			l.asked[name] = a
		}
		if !a.given {
			unset[name] = true
		}
		if l.expanded += len(a.value); l.expanded > maxExpansion {
			return "", a.ok
		}
		return a.value, a.ok
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

// answer is the value of a variable, that of a stand-in when it has none.
func (l *loading) answer(name string, lookup template.Mapping) answer {
	if v, ok := lookup(name); ok {
		return answer{v, true, true}
	}
	v, ok := l.standIn[name]
	return answer{v, ok, false}
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
	return errors.New("the variables cannot be filled in")
}
