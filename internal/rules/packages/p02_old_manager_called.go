package packages

import (
	"bytes"
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
	"refit/internal/stack"
	"refit/internal/workflow"
)

//go:embed p02_old_manager_called.md
var oldManagerCalledDoc string

// OldManagerCalled lists what still calls Poetry in a repository whose projects moved to uv: P02.
var OldManagerCalled = rule.Rule{
	Meta: rule.Meta{ID: "P02", Name: "old-manager-called", Theme: rule.Packages, Severity: rule.Warning, Since: "0.1.0",
		Summary: "something calls Poetry, and the projects are uv's", Doc: oldManagerCalledDoc},
	Check: checkOldManager,
}

func checkOldManager(pass *rule.Pass) {
	p := pass.Project
	if p.Packages() != "uv" {
		return
	}
	uv := false
	for _, u := range p.Units {
		if u.Manager == stack.Poetry {
			return // which may be what is meant
		}
		uv = uv || u.Manager == stack.UV
	}
	if !uv {
		return
	}
	gone := retired(p)
	for _, file := range p.Files.Paths() {
		e, _ := p.Files.Entry(file)
		if !e.IsRegular() || e.Size > maxNaming || !calling(file) {
			continue
		}
		if text, err := e.Bytes(); err == nil {
			reportLines(pass, file, text, "poetry", speaksOfPoetry)
			if near := nearby(p, file, gone); len(near) > 0 {
				reportLines(pass, file, text, "requirements", namesOf(near), near...)
			}
			if ext := path.Ext(file); ext == "" || ext == ".sh" {
				reportLines(pass, file, text, "pip", callsPip)
			}
		}
	}
}

// callsPip are commands that look at what pip installed, which uv's environment has none of.
var callsPip = regexp.MustCompile(`(?:^|[\s;&|])pip3? (?:list|freeze|check|show|"?\$\{?@)`)

// retired are the requirements files that the move took away.
func retired(p *project.Project) (gone []string) {
	for _, u := range p.Baseline().Units {
		if u.Manager != stack.Pip {
			continue
		}
		for _, file := range stack.RequirementsFiles(p.Baseline().Files, u.Dir) {
			if !p.Files.Has(file) {
				gone = append(gone, file)
			}
		}
	}
	return gone
}

// nearby are those of them that a file may mean: of its own project, or of one below its folder, where no other file of that
// name is.
func nearby(p *project.Project, file string, gone []string) (near []string) {
	dir := path.Dir(file)
	for _, g := range gone {
		if (inside(dir, path.Dir(g)) || inside(path.Dir(g), dir)) && !p.Files.Has(path.Join(dir, path.Base(g))) {
			near = append(near, g)
		}
	}
	return near
}

// namesOf matches the files' names.
func namesOf(files []string) *regexp.Regexp {
	var list []string
	for _, f := range files {
		list = append(list, regexp.QuoteMeta(path.Base(f)))
	}
	return regexp.MustCompile(`(?:^|[^\w.-])(?:` + strings.Join(list, "|") + `)\b`)
}

// calling says whether a file runs things, or shows how: one that can be wrong about Poetry.
func calling(file string) bool {
	if _, ok := workflow.KindOf(file); ok {
		return true
	}
	name := strings.ToLower(path.Base(file))
	switch path.Ext(name) {
	case ".sh", ".bash", ".mk", ".md", ".rst", ".py", ".yml", ".yaml", ".json", ".toml", ".cfg", ".ini":
		return !strings.HasPrefix(name, "changelog") && !strings.HasPrefix(name, "release-notes") && !strings.HasPrefix(name, "history")
	case "":
		return true
	}
	return strings.Contains(name, "dockerfile")
}

// namedInCode is Poetry as a string of a program's, alone or in a command.
var namedInCode = regexp.MustCompile(`["']poetry["']|\bpoetry (?:run|install|sync|lock)\b|\bpoetry\.lock\b`)

// speaksOfPoetry includes the variables that only Poetry reads.
var speaksOfPoetry = regexp.MustCompile(`(?i)\bpoetry(?:_[a-z_]+|\.lock)?\b`)

var calledPoetry = regexp.MustCompile(`(?i)\bpoetry\b`)

// before are what a file may still speak of.
var before = map[string]string{"poetry": "Poetry", "requirements": "requirements files that are gone", "pip": "what pip installed"}

// reportLines reports a file once, at its first line that speaks of Poetry and is no comment.
func reportLines(pass *rule.Pass, file string, text []byte, subject string, speaks *regexp.Regexp, full ...string) {
	lines := source.NewLines(text)
	var at, words []string
	first := source.Span{}
	for n := 1; n <= lines.Count(); n++ {
		line := lines.Span(n).Of(text)
		if !speaks.Match(line) || path.Ext(file) == ".py" && subject == "poetry" && !namedInCode.Match(line) || subject != "requirements" && bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) && path.Ext(file) != ".md" {
			continue
		}
		if len(at) == 0 {
			first = lines.Span(n)
		}
		at = append(at, fmt.Sprint(n))
		for _, word := range speaks.FindAllString(string(line), -1) {
			word = strings.Trim(word, " \t`'\"()[]*:=/")
			for _, f := range full { // by its path
				if path.Base(f) == word {
					word = f
				}
			}
			if !slices.Contains(words, word) {
				words = append(words, word)
			}
		}
	}
	if len(at) == 0 {
		return
	}
	f := rule.Finding{At: rule.Location{Path: file, Span: first}, Subject: subject,
		Message: "it still speaks of " + before[subject] + ", in line " + rule.Listed(at) + "; the project is uv's now, and what is called there may be gone; write it anew"}
	if ext := path.Ext(file); ext == ".md" || ext == ".rst" {
		f.Severity = rule.Info
	}
	f.Fixes = rule.Manual("Call uv", "what takes the place of "+strings.Join(words, ", ")+" in line "+rule.Listed(at)+" can't be told with certainty")
	pass.Report(f)
}
