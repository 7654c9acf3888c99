// Command scaffold starts a rule: its .go and .md file with everything that a rule needs, to be filled in.
//
//	go run ./internal/rules/scaffold SUBJECT ID NAME "SUMMARY"
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if len(os.Args) != 5 {
		fail(`usage: scaffold SUBJECT ID NAME "SUMMARY", as: scaffold dockerfile D99 too-many-cooks "several stages cook the same broth"`)
	}
	subject, id, name, summary := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	if !regexp.MustCompile(`^[A-Z][0-9]{2}$`).MatchString(id) || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(name) {
		fail("the id is a letter and two digits, the name is kebab-case")
	}
	dir := filepath.Join("internal", "rules", subject)
	if _, err := os.Stat(dir); err != nil {
		fail("there is no subject " + subject + ": see internal/rules")
	}
	stem := stemOf(id, name)
	code, page := texts(subject, id, name, summary)
	create(filepath.Join(dir, stem+".go"), code)
	create(filepath.Join(dir, stem+".md"), page)
	fmt.Printf("now: list %s in internal/rules/%s/rules.go, write the examples in %s.md, then the check\n", camel(name), subject, stem)
}

// stemOf is the name of the rule's files without their endings.
func stemOf(id, name string) string {
	return strings.ToLower(id) + "_" + strings.ReplaceAll(name, "-", "_")
}

// texts are the rule's code and its documentation.
func texts(subject, id, name, summary string) (code, page string) {
	fill := strings.NewReplacer("@subject", subject, "@id", id, "@stem", stemOf(id, name), "@name", name, "@summary", summary,
		"@Var", camel(name), "@doc", lower(camel(name))+"Doc")
	return fill.Replace(codeTemplate), fill.Replace(pageTemplate)
}

const codeTemplate = `package @subject

import (
	_ "embed"

	"refit/internal/rule"
)

//go:embed @stem.md
var @doc string

// @Var finds where @summary: @id.
var @Var = rule.Rule{
	Meta: rule.Meta{ID: "@id", Name: "@name", Theme: rule.Theme("@subject"), Severity: rule.Warning, Since: "0.1.0",
		Summary: "@summary", Doc: @doc},
	Check: func(_ *rule.Pass) {},
}
`

const pageTemplate = "# @id @name\n\n@summary.\n\n**Why it matters.**\n\n**What refit does.**\n\n**Elsewhere.**\n\n" +
	"```Dockerfile bad line=1\nFROM scratch\n```\n\n```Dockerfile good\nFROM scratch\n```\n"

func create(path, text string) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		fail(err.Error())
	}
	if _, err := f.WriteString(text); err != nil {
		fail(err.Error())
	}
	if err := f.Close(); err != nil {
		fail(err.Error())
	}
	fmt.Println("made", path)
}

// camel turns too-many-cooks into TooManyCooks.
func camel(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(name, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func fail(text string) {
	fmt.Fprintln(os.Stderr, "scaffold:", text)
	os.Exit(2)
}
