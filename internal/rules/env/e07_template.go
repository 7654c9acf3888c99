package env

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
	"refit/internal/source"
)

// A template's value counts only once it is copied, so a placeholder may take a secret's place there, all
// occurrences of one secret together. Where another file of the repository has the secret too (a database's
// set-up, a test, a document), a copy of the template would no longer fit it, and both stay.

// templateFix replaces the secrets of a template that stand nowhere else; keep says of a variable why its
// secret stays.
func templateFix(p *project.Project, e *project.EnvFile) (fix rule.Fix, keep map[string]string) {
	var keys []string
	keep = map[string]string{}
	text := map[string]string{}
	for _, key := range e.File.Keys() {
		v, _ := e.File.Get(key)
		verdict := secret.Judge(key, v.Value)
		if verdict.Class != secret.Secret {
			continue
		}
		keys, text[key] = append(keys, key), v.Value[verdict.Span.Start:verdict.Span.End]
		switch {
		case strings.Contains(strings.TrimSpace(v.Value), "\n"):
			keep[key] = "it has several lines"
		case strings.Contains(strings.ToUpper(key), "HASH"):
			keep[key] = "a placeholder is no hash, so nobody could log in with a copy"
		default:
			if at := elsewhere(p, e.Path, text[key]); at != "" {
				keep[key] = at + " has it too and would no longer fit a copy"
			}
		}
	}
	for range keys { // one secret in two variables is replaced in both or in none
		for _, a := range keys {
			for _, b := range keys {
				if keep[a] == "" && keep[b] != "" && (strings.Contains(text[a], text[b]) || strings.Contains(text[b], text[a])) {
					keep[a] = b + " has it too, and keeps it: " + keep[b]
				}
			}
		}
	}
	var edits []edit.Edit
	for _, key := range keys {
		v, _ := e.File.Get(key)
		if keep[key] != "" {
			continue
		}
		if change, err := rewritten(e.File, v, masked(key, v.Value)); err != nil {
			keep[key] = err.Error()
		} else {
			edits = append(edits, change)
		}
	}
	return rule.Fix{Title: "Write " + placeholder + " for the secrets of " + e.Path + "; git's history keeps them: change them where they are used",
		Safety: change.Behaviour, Ops: []edit.Op{edit.Text(e.Path, edits...)}}, keep
}

// elsewhereKey is the key of a search for a secret.
type elsewhereKey struct{ file, text string }

// elsewhere is another file of the repository in which a text stands, "" when there is none.
func elsewhere(p *project.Project, file, text string) string {
	return source.Recall(&p.Memo, elsewhereKey{file, text}, func() string {
		for _, at := range p.Files.Paths() {
			e, ok := p.Files.Entry(at)
			if at == file || !ok || !e.IsRegular() || e.Size > 1<<18 || !mayHoldSettings(at) {
				continue
			}
			if own := p.EnvFile(at); own != nil && (own.Example || !own.Tracked) {
				continue // another template, which gets the placeholder too, or a developer's copy, which keeps its values
			}
			if content, err := p.Files.Read(at); err == nil && bytes.Contains(content, []byte(text)) {
				return at
			}
		}
		return ""
	})
}

// mayHoldSettings says whether a file may have to agree with an env file: configuration, scripts, set-ups of
// databases, documents and programs.
func mayHoldSettings(at string) bool {
	name := path.Base(at)
	return strings.HasPrefix(name, ".env") || strings.Contains(name, "Dockerfile") || name == "Makefile" || slices.Contains(settings, path.Ext(name))
}

var settings = strings.Fields(".yml .yaml .json .toml .ini .cfg .conf .properties .xml .env .example .template .tmpl .sample .dist .sh .bash .sql .md .rst .txt " +
	".py .js .mjs .ts .tsx .rb .go .php .java .kt .cs .rs .ex .exs .tf .mk .http")
