package context

import (
	_ "embed"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerignore"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed i06_root_only_pattern.md
var rootOnlyPatternDoc string

// RootOnlyPattern finds patterns that look in the root only and are meant for every folder: I06.
var RootOnlyPattern = rule.Rule{
	Meta: rule.Meta{ID: "I06", Name: "root-only-pattern", Theme: rule.Context, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a pattern matches in the root of the context only, other than in a .gitignore", Doc: rootOnlyPatternDoc},
	Check: checkRootOnlyPattern,
}

// everywhere are names that mean the same in every folder.
var everywhere = map[string]bool{".env": true, ".env.*": true, ".env*": true, "*.env": true, "__pycache__": true, "*.pyc": true, "*.pyo": true, "*.py[cod]": true,
	"node_modules": true, ".venv": true, ".DS_Store": true, "*.log": true, "*.pem": true, "*.key": true, ".pytest_cache": true, ".mypy_cache": true, ".ruff_cache": true,
	".git": true, "*.egg-info": true, "Thumbs.db": true, "*.swp": true}

// rootOnly are such patterns of an ignore file that miss files in subfolders.
func rootOnly(p *project.Project, c *buildContext, file *dockerignore.File) []dockerignore.Pattern {
	if !slices.ContainsFunc(file.Patterns, forRootOnly) {
		return nil
	}
	var paths []string
	m := file.Matcher()
	for _, f := range p.Files.Under(c.dir) {
		if in, ok := c.inside(f); ok && strings.Contains(in, "/") && !m.Ignored(in) {
			paths = append(paths, in)
		}
	}
	keep := map[string]bool{}
	for _, k := range c.kept(p, file) {
		keep[k] = true
	}
	var list []dockerignore.Pattern
next:
	for _, pattern := range file.Patterns {
		if !forRootOnly(pattern) {
			continue
		}
		missed := pattern.Misses(paths)
		for _, f := range missed {
			if keep[f] || isTemplate(p, path.Join(c.dir, f)) {
				continue next
			}
		}
		if len(missed) > 0 {
			list = append(list, pattern)
		}
	}
	return list
}

// forRootOnly says whether a pattern means the root alone and should mean every folder.
func forRootOnly(pattern dockerignore.Pattern) bool {
	return !pattern.Negated && everywhere[pattern.Clean] && pattern.Scope() == dockerignore.RootOnly
}

func isTemplate(p *project.Project, f string) bool {
	e := p.EnvFile(f)
	return e != nil && e.Example
}

func checkRootOnlyPattern(pass *rule.Pass) {
	type read struct {
		by   *buildContext
		file *dockerignore.File
		at   string
	}
	var files []read
	seen := map[string]bool{}
	for _, c := range contexts(pass.Project) {
		for _, at := range c.ignoreFiles(pass.Project) {
			if file := parsed(pass.Project, at); file != nil && !seen[at] {
				seen[at] = true
				files = append(files, read{c, file, at})
			}
		}
	}
	rule.Each(pass, files, func(pass *rule.Pass, r read) {
		for _, pattern := range rootOnly(pass.Project, r.by, r.file) {
			pass.Report(rule.Finding{At: rule.Location{Path: r.at, Span: pattern.Span}, Subject: "pattern:" + pattern.Text,
				Message: "`" + pattern.Text + "` matches in the root of the context only, other than in a .gitignore; files of that name in subfolders are sent; write `" + pattern.Anywhere() + "`",
				Fixes:   widenFix(pass.Project, r.by, r.file, pattern)})
		}
	})
}

// widenFix makes a pattern match in every folder.
func widenFix(p *project.Project, c *buildContext, file *dockerignore.File, pattern dockerignore.Pattern) []rule.Fix {
	title := "Ignore " + pattern.Text + " in every folder"
	swap := file.Replace(pattern, pattern.Anywhere())
	text, err := edit.Patch(file.Text, []edit.Edit{swap})
	if s, breaks := c.broken(p, file, dockerignore.Parse(file.Path, text)); err != nil || breaks {
		return rule.Manual(title, "a Dockerfile copies "+s.path+", which would be left out")
	}
	return []rule.Fix{{Title: title, Safety: change.Behaviour, Ops: []edit.Op{edit.Text(file.Path, swap)},
		Declares: []change.Declared{declared(c.dir, "*/"+pattern.Clean, "ignored in every folder"), declared(c.dir, "*/"+pattern.Clean+"/*", "ignored in every folder")}}}
}

// widens says whether a pattern of the file will be made to match in every folder, before more is added to the file.
func widens(p *project.Project, c *buildContext, file *dockerignore.File) bool {
	return slices.ContainsFunc(rootOnly(p, c, file), func(pattern dockerignore.Pattern) bool {
		return widenFix(p, c, file, pattern)[0].Safety != change.Manual
	})
}
