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
	stem := strings.ToLower(id) + "_" + strings.ReplaceAll(name, "-", "_")
	fill := strings.NewReplacer("SUBJECT", subject, "ID", id, "STEM", stem, "NAME", name, "SUMMARY", summary, "Title", camel(name), "doc", lower(camel(name))+"Doc")
	create(filepath.Join(dir, stem+".go"), fill.Replace(code))
	create(filepath.Join(dir, stem+".md"), fill.Replace(page))
	fmt.Printf("now: list %s in internal/rules/%s/rules.go, write the examples in %s.md, then the check\n", camel(name), subject, stem)
}

const code = `package SUBJECT

import (
	_ "embed"

	"refit/internal/rule"
)

//go:embed STEM.md
var doc string

// Title finds where SUMMARY: ID.
var Title = rule.Rule{
	Meta: rule.Meta{ID: "ID", Name: "NAME", Theme: rule.Theme("SUBJECT"), Severity: rule.Warning, Since: "0.1.0",
		Summary: "SUMMARY", Doc: doc},
	Check: func(pass *rule.Pass) {},
}
`

const page = "# ID NAME\n\nSUMMARY.\n\n**Why it matters.**\n\n**What refit does.**\n\n**Elsewhere.**\n\n" +
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
