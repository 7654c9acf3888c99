package env

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dotenv"
	"refit/internal/edit"
	"refit/internal/layout"
	"refit/internal/secret"
)

// placeholder is what a template has in the place of a secret: `make setup` and `refit env init` replace
// it, and `refit env check` refuses it.
const placeholder = "change-me"

// standIn is written in the place of a value that is copied as text.
const standIn = "refit-stand-in"

var errSecretLeft = errors.New("a secret can't be told apart from the text around it")

// masked is a value without its secret, and without what may be one: git is about to have the text, so
// several lines (a key, a certificate, a service account) and what looks random stay behind, whatever
// the variable is called.
func masked(key, value string) string {
	v := secret.Judge(key, value)
	switch {
	case strings.Contains(strings.TrimSpace(value), "\n"):
		return placeholder
	case v.Class == secret.Secret || v.Class == secret.Weak:
		return value[:v.Span.Start] + placeholder + value[v.Span.End:]
	case secret.IsName(key) && v.Class == secret.Absent && value == "":
		return placeholder
	case v.Class == secret.None:
		drawn := secret.Drawn(value)
		for _, span := range slices.Backward(drawn) {
			value = value[:span.Start] + placeholder + value[span.End:]
		}
	}
	return value
}

// sameAs is the variable of the file that holds the password which stands inside of value, so that
// the template can refer to it: the two must be equal. It is "" when there is none.
func sameAs(f *dotenv.File, key, value string) string {
	span, ok := secret.URLPassword(value)
	if !ok {
		return ""
	}
	var found string
	for _, v := range f.Vars {
		if v.Key == key || v.Value != value[span.Start:span.End] || !secret.IsName(v.Key) {
			continue
		}
		if about(v.Key, key, value) {
			return v.Key
		}
		if found == "" {
			found = v.Key
		}
	}
	return found
}

// about says whether a variable is named like another one or like the URL in it: two services may have one
// password today, and POSTGRES_URL means POSTGRES_PASSWORD.
func about(name, key, url string) bool {
	first, _, _ := strings.Cut(name, "_")
	other, _, _ := strings.Cut(key, "_")
	scheme, _, _ := strings.Cut(url, "://")
	return first == other || strings.HasPrefix(scheme, strings.ToLower(first))
}

// commentedOut is a variable in a comment.
var commentedOut = regexp.MustCompile(`(?m)^([ \t]*#[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*)([^\s#]+)`)

// harmless is a text of comments without the secrets in variables that are commented out.
func harmless(text string) string {
	return commentedOut.ReplaceAllStringFunc(text, func(m string) string {
		part := commentedOut.FindStringSubmatch(m)
		return part[1] + masked(part[2], strings.Trim(part[3], `"'`))
	})
}

// templateOf is a template with the variables and comments of an env file and without its secrets.
func templateOf(f *dotenv.File) (string, error) {
	var edits []edit.Edit
	for _, key := range f.Keys() {
		v, _ := f.Get(key)
		value := masked(key, v.Value)
		if value == v.Value {
			continue
		}
		e, err := rewritten(f, v, value)
		if err != nil {
			return "", err
		}
		if same := sameAs(f, key, v.Value); same != "" && v.Quote != dotenv.Single && before(f, same, key) {
			e.New = strings.Replace(e.New, placeholder, "${"+same+"}", 1)
		}
		edits = append(edits, e)
	}
	text, err := edit.Patch(f.Text, edits)
	if err != nil {
		return "", err
	}
	return checked(harmless(string(text)))
}

// rewritten gives a variable another value. Where the old one has references, its text is changed and not
// its meaning: Set would write a "$" so that it stands for itself.
func rewritten(f *dotenv.File, v *dotenv.Var, value string) (edit.Edit, error) {
	if !strings.Contains(v.Value, "$") {
		return f.Set(v.Key, value)
	}
	raw, ok := rawFor(v, value)
	if !ok {
		return edit.Edit{}, errSecretLeft
	}
	return edit.Replace(v.ValueSpan, raw, "env:"+v.Key), nil
}

// rawFor is the text of the variable's value with the part changed in which value differs from it.
func rawFor(v *dotenv.Var, value string) (string, bool) {
	old := v.Value
	start := 0
	for start < len(old) && start < len(value) && old[start] == value[start] {
		start++
	}
	end := 0
	for end < len(old)-start && end < len(value)-start && old[len(old)-1-end] == value[len(value)-1-end] {
		end++
	}
	shift := strings.Index(v.Raw, old)
	if shift < 0 { // escapes
		return "", false
	}
	return v.Raw[:shift] + old[:start] + value[start:len(value)-end] + old[len(old)-end:] + v.Raw[shift+len(old):], true
}

// before says whether the variable a stands above b, so that b can refer to it.
func before(f *dotenv.File, a, b string) bool {
	keys := f.Keys()
	return slices.Index(keys, a) >= 0 && slices.Index(keys, a) < slices.Index(keys, b)
}

// checked is the template, provided that no secret is left in it: in a comment or in a line that is
// overridden further down, say.
func checked(text string) (string, error) {
	f, err := dotenv.Parse("template", []byte(text))
	if err != nil || len(f.Problems) > 0 || len(secretsIn(f, secret.Secret, secret.Weak)) > 0 || len(secret.Drawn(text)) > 0 || secret.Judge("", text).Class == secret.Secret {
		return "", errSecretLeft
	}
	return text, nil
}

// additions are the edits that give a template the variables of env files that it lacks: their
// comments, and values without secrets.
func additions(template *dotenv.File, lacking []lack) ([]edit.Edit, error) {
	slices.SortStableFunc(lacking, func(a, b lack) int { // what is referred to comes first
		return boolInt(a.same() != "") - boolInt(b.same() != "")
	})
	known := map[string]bool{}
	for _, k := range template.Keys() {
		known[k] = true
	}
	var edits []edit.Edit
	for i, l := range lacking {
		v, _ := l.file.Get(l.key)
		value, raw := masked(l.key, v.Value), ""
		if strings.Contains(v.Value, "$") {
			var ok bool
			if raw, ok = rawFor(v, value); !ok {
				return nil, errSecretLeft
			}
			value = standIn
		}
		e, err := template.Add(dotenv.Addition{Key: l.key, Value: value, Comment: comment(l.file, v)})
		if err != nil {
			return nil, err
		}
		if raw != "" {
			e.New = strings.Replace(e.New, standIn, raw, 1)
		}
		if same := l.same(); same != "" && known[same] && !strings.Contains(e.New, "'") {
			e.New = strings.Replace(e.New, placeholder, "${"+same+"}", 1)
		}
		if i == 0 && len(template.Text) > 0 {
			eol := "\n"
			if strings.Contains(string(template.Text), "\r\n") {
				eol = "\r\n"
			}
			e.New = eol + e.New
		}
		known[l.key] = true
		edits = append(edits, e)
	}
	text, err := edit.Patch(template.Text, edits)
	if err != nil {
		return nil, err
	}
	had := secretsIn(template, secret.Secret, secret.Weak)
	after, err := dotenv.Parse("template", text)
	if err != nil || len(secret.Drawn(string(text))) > len(secret.Drawn(string(template.Text))) || len(after.Problems) > len(template.Problems) || len(secretsIn(after, secret.Secret, secret.Weak)) > len(had) {
		return nil, errSecretLeft
	}
	return edits, nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// comment is what stands directly above the variable, without "#".
func comment(f *dotenv.File, v *dotenv.Var) string {
	var lines []string
	for _, line := range strings.Split(strings.TrimRight(string(v.Lead.Of(f.Text)), "\r\n"), "\n") {
		line = harmless(strings.TrimRight(line, "\r"))
		lines = append(lines, strings.TrimPrefix(strings.TrimLeft(strings.TrimSpace(line), "#"), " "))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

var switchKey = regexp.MustCompile(`(^|_)(DEBUG|RELOAD|AUTORELOAD)$`)
var environmentKey = regexp.MustCompile(`(^|_)(ENV|ENVIRONMENT|STAGE)$`)
var localHost = regexp.MustCompile(`(://(?:[^/@\s]*@)?)(localhost|127\.0\.0\.1)\b`)

// forProduction is the value that a variable of the example has in production's template.
func forProduction(key, value string) string {
	off := map[string]string{"true": "false", "True": "False", "TRUE": "FALSE", "1": "0", "yes": "no", "on": "off"}
	upper := strings.ToUpper(key)
	switch {
	case switchKey.MatchString(upper) && off[value] != "":
		return off[value]
	case strings.HasSuffix(upper, "LOG_LEVEL") && strings.EqualFold(value, "debug"):
		if value == "DEBUG" {
			return "INFO"
		}
		return "info"
	case environmentKey.MatchString(upper):
		if env, ok := layout.Canonical(strings.ToLower(value)); ok && env != "prod" {
			if value == env {
				return "prod"
			}
			return "production"
		}
	}
	return localHost.ReplaceAllString(masked(key, value), "${1}"+placeholder+".example")
}
