package packages

import (
	"bytes"
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"strings"

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
	for _, file := range p.Files.Paths() {
		e, _ := p.Files.Entry(file)
		if !e.IsRegular() || e.Size > source.MaxParsed || !calling(file) {
			continue
		}
		if text, err := e.Bytes(); err == nil && aboutPoetry.Match(text) {
			reportLines(pass, file, text)
		}
	}
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
var speaksOfPoetry = regexp.MustCompile(`(?i)\bpoetry(?:_[a-z_]+)?\b`)

var calledPoetry = regexp.MustCompile(`(?i)\bpoetry\b`)

// reportLines reports a file once, at its first line that speaks of Poetry and is no comment.
func reportLines(pass *rule.Pass, file string, text []byte) {
	lines := source.NewLines(text)
	var at []string
	first := source.Span{}
	for n := 1; n <= lines.Count(); n++ {
		line := lines.Span(n).Of(text)
		if !speaksOfPoetry.Match(line) || path.Ext(file) == ".py" && !namedInCode.Match(line) || bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) && path.Ext(file) != ".md" {
			continue
		}
		if len(at) == 0 {
			first = lines.Span(n)
		}
		at = append(at, fmt.Sprint(n))
	}
	if len(at) == 0 {
		return
	}
	f := rule.Finding{At: rule.Location{Path: file, Span: first}, Subject: "poetry",
		Message: "it still speaks of Poetry, in line " + rule.Listed(at) + "; the project is uv's now, and what is called there may be gone; write it anew"}
	if ext := path.Ext(file); ext == ".md" || ext == ".rst" {
		f.Severity = rule.Info
	}
	f.Fixes = rule.Manual("Call uv", "what takes the place of line "+rule.Listed(at)+" can't be told with certainty")
	pass.Report(f)
}
