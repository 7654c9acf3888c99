package compose

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed c25_path_missing.md
var pathMissingDoc string

// PathMissing finds build contexts, Dockerfiles, stages and mounted files that are not there: C25.
var PathMissing = rule.Rule{
	Meta: rule.Meta{ID: "C25", Name: "path-missing", Theme: rule.Compose, Severity: rule.Error, Since: "0.1.0",
		Summary: "a build context, Dockerfile, stage or mounted file does not exist", Doc: pathMissingDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			for _, m := range s.missingPaths() {
				s.checkMissing(pass, m)
			}
			for _, d := range s.file.File.Services {
				s.checkTarget(pass, d)
			}
		}
	},
}

// consequences says what happens when a path of a kind names nothing; other kinds have rules of their own.
var consequences = map[format.PathKind]string{
	format.PathContext:    "the build fails",
	format.PathDockerfile: "the build fails",
	format.PathExtends:    "every command of Compose stops at it",
	format.PathInclude:    "every command of Compose stops at it",
	format.PathBind:       "Docker makes an empty folder in its place, owned by root",
}

func (s *site) checkMissing(pass *rule.Pass, m missingPath) {
	consequence, ok := consequences[m.field.Kind]
	if !ok || s.ignored(m.ref.To) {
		return
	}
	if m.field.Kind == format.PathBind && (path.Ext(m.ref.To) == "" || strings.HasPrefix(path.Base(m.ref.To), ".") || strings.HasSuffix(m.ref.Raw, "/")) {
		return // a folder for data, which is made on the first start
	}
	title := "Name the file that is there"
	f := rule.Finding{
		At: s.at(m.ref.Span), Subject: m.field.Addr,
		Message: fmt.Sprintf("%s names %s, which is not there; %s; name the right path", m.field.Kind, m.ref.To, consequence),
		Fixes:   rule.Manual(title, "what is meant can't be told: correct the path, or add the file"),
	}
	if m.field.Kind == format.PathBind {
		f.Severity = rule.Warning
	}
	if to, unique := s.namesake(m.ref.To); unique && m.field.Kind == format.PathDockerfile && !m.field.Shared {
		edits, err := s.file.File.YAML.ReplaceSpan(m.ref.Span, project.RelativePath(m.ref.Base, to))
		f.Fixes = s.fix("Name "+to, change.Behaviour, edits, err, s.declared(m.field.Addr+"*", "the only file of that name is "+to))
	}
	pass.Report(f)
}

// checkTarget reports a stage that the Dockerfile doesn't have.
func (s *site) checkTarget(pass *rule.Pass, d *format.Definition) {
	if d.Build == nil || d.Build.Target == nil || strings.Contains(d.Build.Target.Text, "$") {
		return
	}
	for _, file := range s.p.Dockerfiles {
		for _, b := range file.Builds {
			if b.By != s.file.Path || b.Service != d.Name || b.Target != d.Build.Target.Text {
				continue
			}
			if _, ok := file.File.Target(b.Target); ok {
				continue
			}
			var names []string
			for _, stage := range file.File.Stages {
				if stage.Name != "" {
					names = append(names, stage.Name)
				}
			}
			slices.Sort(names)
			pass.Report(rule.Finding{
				At: s.at(d.Build.Target.Span()), Subject: d.Build.Target.Addr,
				Message: fmt.Sprintf("%s has no stage %s; the build fails; name one of its stages", file.Path, b.Target),
				Fixes:   rule.Manual("Name a stage that is there", "which one is meant can't be told; there are: "+strings.Join(names, ", ")),
			})
			return
		}
	}
}
