package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

const full = `# how refit treats this repository
layout:
  compose: deploy/compose.%s.yml
  environments: [dev, prod]
environments:
  prod: {name: shop}
user:
  uid: 1001
  form: name
  ownership: root
build: {cache: clean}
rules:
  root-user: off
  D05: {severity: info, options: {limit: 3, deep: true}}
ignores:
  - rule: E07
    path: "**/fixtures/*.env"
    subject: DB_PASSWORD
    reason: made up, tests read it
`

func TestParse(t *testing.T) {
	c, err := Parse(Name, []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Layout = map[string]string{"compose": "deploy/compose.%s.yml", "environments": "dev,prod"}
	want.Environments = map[string]Environment{"prod": {Name: "shop"}}
	want.User = User{Name: "appuser", UID: 1001, GID: 1000, Form: "name", Ownership: "root"}
	want.Build.Cache = "clean"
	want.Rules = map[string]Rule{"root-user": {Severity: "off"}, "D05": {Severity: "info", Options: map[string]string{"limit": "3", "deep": "true"}}}
	want.Ignores = []Ignore{{Rule: "E07", Path: "**/fixtures/*.env", Subject: "DB_PASSWORD", Reason: "made up, tests read it"}}
	want.file, want.at = c.file, c.at
	if !reflect.DeepEqual(c, want) {
		t.Errorf("\n got %+v\nwant %+v", c, want)
	}
	if _, off := c.RuleSeverity("D01", "root-user"); !off {
		t.Error("root-user is not off")
	}
	if s, off := c.RuleSeverity("D05", "five"); s != "info" || off || c.RuleOptions("D05", "five")["limit"] != "3" {
		t.Error("D05")
	}
	for _, q := range []struct {
		id, file, subject string
		silent            bool
	}{{"E07", "a/b/fixtures/x.env", "DB_PASSWORD", true}, {"E07", "fixtures/x.env", "DB_PASSWORD", true}, {"E07", "x.env", "DB_PASSWORD", false},
		{"E07", "fixtures/x.env", "OTHER", false}, {"E08", "fixtures/x.env", "DB_PASSWORD", false}} {
		if got := c.Ignored(q.id, "some-name", q.file, q.subject); (got != "") != q.silent {
			t.Errorf("%+v: %q", q, got)
		}
	}
}

func TestEmptyIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "layout:\nrules:\nignores:\n", "{}\n"} {
		c, err := Parse(Name, []byte(text))
		if err != nil || c.User != Default().User || c.Build != Default().Build || len(c.Layout)+len(c.Rules)+len(c.Ignores) != 0 {
			t.Errorf("%q: %+v %v", text, c, err)
		}
	}
	if c, err := Parse(Name, []byte("layout: keep\n")); err != nil || c.Layout["mode"] != "keep" {
		t.Errorf("%+v %v", c, err)
	}
}

func TestProblemsHaveAPlaceAndAdvice(t *testing.T) {
	for text, want := range map[string]string{
		"user:\n  udi: 5\n":                             `2:3: unknown key of user "udi"; it would have no effect; did you mean "uid"?`,
		"ruels: {}\n":                                   `1:1: unknown key of the configuration "ruels"; it would have no effect; did you mean "rules"?`,
		"zzz: 1\n":                                      `1:1: unknown key of the configuration "zzz"; it would have no effect; known are build, environments, ignores, layout, packages, rules, user`,
		"layout: {dockerfil: x}\n":                      `1:10: unknown key of layout "dockerfil"; it would have no effect; did you mean "dockerfile"?`,
		"rules:\n  x: wraning\n":                        `2:6: unknown value "wraning"; it would have no effect; did you mean "warning"?`,
		"rules: {x: {severity: [a]}}\n":                 `1:23: not one of the words error, warning, info, off`,
		"user: {uid: 0}\n":                              `1:13: not the number of a user`,
		"user: {uid: x}\n":                              `1:13: not the number of a user`,
		"user: {name: 'Über'}\n":                        `1:14: "Über" is not the name of a user`,
		"user: {uid: 5, uid: 6}\n":                      `1:16: `,
		"ignores:\n  - rule: E07\n":                     `2:5: ignores[0] gives no reason`,
		"ignores:\n  - reason: x\n":                     `2:5: ignores[0] names no rule`,
		"ignores:\n  - {rule: a, reason: b, path: '['}": `2:32: "[" is no path pattern`,
		"ignores: {a: b}\n":                             `1:10: ignores is no plain list`,
		"user: &a {uid: 5}\n":                           `1:7: user is no plain mapping`,
		"a: &a [x]\nb: *a\n":                            `1:1: unknown key`,
		"- a\n":                                         `1:1: the configuration is no plain mapping`,
		"layout: keep\n---\nlayout: keep\n":             `: more than one YAML document`,
		"user: {uid: 5\n":                               `:`,
		"\tx: 1\n":                                      `:`,
	} {
		_, err := Parse(Name, []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), Name+":") {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		} else if strings.HasPrefix(err.Error(), Name+": ") {
			t.Errorf("%q: no place: %v", text, err)
		}
	}
}

func TestUnknownRules(t *testing.T) {
	c, err := Parse(Name, []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Unknown([]string{"root-user", "D05", "E07"}); len(got) != 0 {
		t.Errorf("%v", got)
	}
	got := c.Unknown([]string{"root-users", "D05", "E08"})
	if len(got) != 2 || !strings.Contains(got[0].Error(), `.refit.yaml:13:3: unknown rule "root-user"; it would have no effect; did you mean "root-users"?`) || got[1].At.Line != 16 {
		t.Errorf("%v", got)
	}
}

// TestDocumentedExample reads what docs/configuration.md shows.
func TestDocumentedExample(t *testing.T) {
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	c, err := Parse(Name, []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range layoutKeys {
		if c.Layout[key] == "" {
			t.Errorf("layout.%s is not in the example", key)
		}
	}
	if c.User != Default().User || c.Build != Default().Build {
		t.Errorf("the example does not show the defaults: %+v", c)
	}
	if len(c.Rules) == 0 || len(c.Ignores) == 0 || len(c.Environments) == 0 {
		t.Error("the example leaves a key out")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte("layout: {<<: {mode: keep}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(Name, text)
		if (c == nil) == (err == nil) {
			t.Fatalf("%v %v", c, err)
		}
		if err == nil {
			c.Ignored("D01", "root-user", "a/b", "x")
			c.Unknown([]string{"D01"})
		}
	})
}
