package env

import (
	"bytes"
	_ "embed"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/layout"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed e09_secret_files_not_ignored.md
var notIgnoredDoc string

// NotIgnored finds secret env files that git tracks or would take along, and templates that it hides: E09.
var NotIgnored = rule.Rule{
	Meta: rule.Meta{ID: "E09", Name: "secret-files-not-ignored", Theme: rule.Env, Severity: rule.Error, Since: "0.1.0",
		Summary: "git would commit env files with secrets, or hides their templates",
		Aliases: []string{"guide Secret Management"}, Doc: notIgnoredDoc},
	Check: checkNotIgnored,
}

func checkNotIgnored(pass *rule.Pass) {
	p := pass.Project
	for _, e := range valued(p) {
		switch {
		case holdsSecrets(e) && (e.Tracked || onPurpose(p, e) || neededInGit(p, e)):
			pass.Report(trackedFinding(p, e))
		case holdsSecrets(e):
			if old := leftInIndex(p, e); old != "" {
				pass.Report(historyFinding(e, old))
			}
		}
	}
	if p.Git.Exists || p.Files.Has(rootIgnore) {
		checkPatterns(pass)
	}
}

func trackedFinding(p *project.Project, e *project.EnvFile) rule.Finding {
	f := rule.Finding{At: at(e.Path), Subject: "tracked",
		Message: "git tracks this file with secrets; everyone who has the repository or its history has them; take it out of git and change the secrets"}
	if onPurpose(p, e) {
		f.Severity = rule.Warning
		f.Message = "git tracks this file with default passwords; that is fine while nothing but development and tests reads it; keep the values of anything else out of git"
	}
	steps := "refit never touches git's index. Run `git rm --cached " + e.Path + "`, commit, and change every secret in it: they stay readable in the history"
	switch job := readingJob(p, e); {
	case job != "":
		f.Severity = rule.Warning
		steps = job + " reads it from the checkout: it may stay when its values are made up for tests and used nowhere else; otherwise give them to the job as its secrets first. " + steps
	case overridden(p, e):
		f.Severity = rule.Warning
		f.Message = "git tracks this file, the defaults of " + e.Path + ".local, with secrets; who starts without the other runs with values that everybody knows; leave them empty here"
		steps = "Put the values into " + e.Path + ".local, which git ignores, and take them out of " + e.Path + "; change every secret: what was committed stays readable in the history"
	case !replaceable(p, e):
		steps = "A fresh clone has its values from nowhere else: first commit a template without secrets, such as " + e.Path + ".example, say how to copy it, and ignore " + e.Path + ". " + steps
	}
	f.Fixes = rule.Manual("Take "+e.Path+" out of git", steps)
	return f
}

// reads matches the part of a command line before a file that the command itself reads. (Compose's env files are E15's.)
var reads = regexp.MustCompile(`(^|[\s;&|({"'])(cp|mv|ln|cat|source|\.|grep|sed|awk|envsubst|xargs|dotenv)\s[^;&|]*$`)

// readingJob is a workflow with a command that reads an env file which git tracks, "" when there is none: it has the
// file from the checkout.
func readingJob(p *project.Project, e *project.EnvFile) string {
	for _, r := range p.References {
		if !inIndex(p, e) || r.To != e.Path || !slices.ContainsFunc(p.Workflows, func(w *project.Workflow) bool { return w.Path == r.From }) {
			continue
		}
		if text, err := p.Files.Read(r.From); err == nil && reads.Match(text[bytes.LastIndexByte(text[:r.Span.Start], '\n')+1:r.Span.Start]) {
			return r.From
		}
	}
	return ""
}

// neededInGit says whether a fresh clone needs an env file that git tracks: a job reads it from the checkout, another file
// overrides it, or there is no template to make it from. Ignored, it would be lost when it is next added.
func neededInGit(p *project.Project, e *project.EnvFile) bool {
	return inIndex(p, e) && (readingJob(p, e) != "" || overridden(p, e) || !replaceable(p, e))
}

// overridden says whether git tracks an env file and ignores the one of the same name with .local, which overrides it:
// so Symfony, Next.js, Vite and others have it.
func overridden(p *project.Project, e *project.EnvFile) bool {
	ignored, _ := p.GitIgnore().Match(e.Path+".local", false)
	itself, _ := p.GitIgnore().Match(e.Path, false)
	return inIndex(p, e) && ignored && !itself
}

// inIndex says whether git tracks the file, here or where it was before it moved.
func inIndex(p *project.Project, e *project.EnvFile) bool {
	return e.Tracked || leftInIndex(p, e) != ""
}

// leftInIndex is the path under which git still tracks a file that has moved: one of the same name, or one that the
// layout calls so (.env.production is env/.env.prod), tracked elsewhere and not there any more.
func leftInIndex(p *project.Project, e *project.EnvFile) string {
	for _, tracked := range p.Git.TrackedUnder(".") {
		if tracked != e.Path && !p.Files.Has(tracked) && (path.Base(tracked) == path.Base(e.Path) || placedAs(p, tracked) == e.Path) {
			return tracked
		}
	}
	return ""
}

// placedAs is where the layout has a file called .env.WORD, "" for another one.
func placedAs(p *project.Project, at string) string {
	word, found := strings.CutPrefix(at, ".env.")
	if !found {
		return ""
	}
	env, _ := layout.Canonical(word)
	return p.Layout.EnvPath(env)
}

func historyFinding(e *project.EnvFile, old string) rule.Finding {
	return rule.Finding{At: at(e.Path), Subject: "history", Severity: rule.Warning,
		Message: "git has this file's secrets in its history as " + old + "; everyone who has the repository has them; commit the removal and change the secrets",
		Fixes: rule.Manual("Change the secrets of "+e.Path, "run `git rm --cached "+old+"`, commit, and change every secret in "+e.Path+
			": an ignored file is not committed again, but what was committed stays readable")}
}

// checkPatterns asks git's own ignore rules about every env file that there is or will be.
func checkPatterns(pass *rule.Pass) {
	p := pass.Project
	w := wishes(p)
	trackable, hidden := w.unmet(p, nil)
	trackable = slices.DeleteFunc(trackable, func(f string) bool { return !w.expected(p, f) })
	hidden = slices.DeleteFunc(hidden, func(f string) bool { return !p.Files.Has(f) && (f != p.Layout.EnvExample || !usesLayout(p)) })
	if len(trackable) == 0 && len(hidden) == 0 {
		return
	}
	f := rule.Finding{At: at(rootIgnore), Subject: "env-files", Severity: rule.Warning}
	for _, e := range valued(p) {
		if slices.Contains(trackable, e.Path) {
			f.Severity = rule.Error
		}
	}
	switch {
	case len(trackable) > 0 && len(hidden) > 0:
		f.Message = "git would commit " + rule.Listed(trackable) + " and hides " + rule.Listed(hidden) + "; secrets get out, and templates don't reach others; ignore the one and un-hide the other"
	case len(trackable) > 0:
		f.Message = "git would commit " + rule.Listed(trackable) + "; whoever gets the repository gets the secrets; ignore env files, not their templates"
	default:
		f.Message = "git hides " + rule.Listed(hidden) + "; a fresh clone lacks what env files are made from; un-hide the templates"
	}
	f.Fixes = w.fix(p)
	pass.Report(f)
}
