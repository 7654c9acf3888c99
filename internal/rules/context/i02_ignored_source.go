package context

import (
	_ "embed"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/dockerignore"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed i02_ignored_source.md
var ignoredSourceDoc string

// IgnoredSource finds COPY of what the ignore file keeps out: I02.
var IgnoredSource = rule.Rule{
	Meta: rule.Meta{ID: "I02", Name: "copy-of-ignored-file", Theme: rule.Context, Severity: rule.Error, Since: "0.1.0",
		Summary: "a Dockerfile copies what the ignore file keeps out", Aliases: []string{"BuildKit CopyIgnoredFile"}, Doc: ignoredSourceDoc},
	Check: checkIgnoredSource,
}

//go:embed i07_needed_file_ignored.md
var neededFileIgnoredDoc string

// NeededFileIgnored finds ignored files without which installing fails: I07.
var NeededFileIgnored = rule.Rule{
	Meta: rule.Meta{ID: "I07", Name: "needed-file-ignored", Theme: rule.Context, Severity: rule.Error, Since: "0.1.0",
		Summary: "the ignore file keeps out what installing the project needs", Doc: neededFileIgnoredDoc},
	Check: checkNeededFileIgnored,
}

func checkIgnoredSource(pass *rule.Pass) {
	p := pass.Project
	for _, c := range contexts(p) {
		reported := map[string]bool{}
		for _, d := range c.dockerfiles {
			at, _ := dockerfile.IgnoreFor(d.Path, c.dir, p.Files.Has)
			file := parsed(p, at)
			m := file.Matcher()
			for _, s := range sources(d) {
				files := c.matches(p, s)
				if file == nil || s.broad() || len(files) == 0 || reported[d.Path+s.path] || slices.ContainsFunc(files, func(f string) bool { return !m.Ignored(f) }) {
					continue
				}
				reported[d.Path+s.path] = true
				f := rule.Finding{At: s.at, Subject: "copy:" + s.path,
					Message: s.path + " is copied, but " + at + " keeps it out of the context; the build fails; take it back in"}
				f.Fixes = takeBack(p, c, file, []string{s.path}, files)
				pass.Report(f)
			}
		}
	}
}

func checkNeededFileIgnored(pass *rule.Pass) {
	p := pass.Project
	for _, c := range contexts(p) {
		if !c.copiesAll() || !c.runs(installsPython) && !c.runs(installsNode) {
			continue
		}
		for _, at := range c.ignoreFiles(p) {
			file := parsed(p, at)
			if file == nil {
				continue
			}
			m := file.Matcher()
			for _, f := range c.installs(p) {
				if _, by := m.Match(f); by == nil || !m.Ignored(f) || strings.Contains(f, "node_modules/") {
					continue
				}
				_, by := m.Match(f)
				pass.Report(rule.Finding{At: rule.Location{Path: at, Span: by.Span}, Subject: "file:" + f, Fixes: takeBack(p, c, file, []string{f}, []string{f}),
					Message: "`" + by.Text + "` keeps " + f + " out, which installing the project reads; the build fails or installs other versions; take it back in"})
			}
		}
	}
}

// takeBack adds "!" lines so that files are sent again.
func takeBack(p *project.Project, c *buildContext, file *dockerignore.File, patterns, files []string) []rule.Fix {
	title := "Send " + rule.Listed(patterns) + " again"
	if len(c.secretsSent(p, nil)) > 0 {
		secrets := c.secretsSent(p, nil)
		for _, f := range files {
			if slices.Contains(secrets, f) {
				return rule.Manual(title, f+" holds secrets and is kept out rightly; take the COPY out and give the secret when the container starts")
			}
		}
	}
	var lines []string
	for _, pattern := range patterns {
		lines = append(lines, "!"+pattern)
	}
	insert, err := file.AddPatterns(dockerignore.Block{Header: "A Dockerfile needs this", Patterns: lines})
	if err != nil {
		return rule.Manual(title, err.Error())
	}
	text, err := edit.Patch(file.Text, []edit.Edit{insert})
	m := dockerignore.Parse(file.Path, text).Matcher()
	if err != nil || !slices.ContainsFunc(files, func(f string) bool { return !m.Ignored(f) }) {
		return rule.Manual(title, "a line at the end of "+file.Path+" does not bring it back; correct the pattern that ignores it")
	}
	fix := rule.Fix{Title: title, Safety: change.Safe, Ops: []edit.Op{edit.Text(file.Path, insert)}}
	for _, pattern := range patterns {
		fix.Declares = append(fix.Declares, declared(c.dir, path.Join(c.dir, pattern), "a Dockerfile needs it"), declared(c.dir, path.Join(c.dir, pattern)+"/*", "a Dockerfile needs it"))
	}
	return []rule.Fix{fix}
}
