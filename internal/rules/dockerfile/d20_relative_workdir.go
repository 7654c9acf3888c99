package dockerfile

import (
	_ "embed"
	"path"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/stack"
)

//go:embed d20_relative_workdir.md
var relativeWorkdirDoc string

// RelativeWorkdir finds work directories that depend on the one before: D20.
var RelativeWorkdir = rule.Rule{
	Meta: rule.Meta{ID: "D20", Name: "relative-workdir", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "WORKDIR is relative, so what it means depends on the one before",
		Aliases: []string{"hadolint DL3000", "BuildKit WorkdirRelativePath", "trivy DS-0009", "checkov CKV_DOCKER_10"}, Doc: relativeWorkdirDoc},
	Check: checkRelativeWorkdir,
}

func checkRelativeWorkdir(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		names := subjects{}
		for _, s := range d.File.Stages {
			for _, in := range s.Find("WORKDIR") {
				if len(in.Words) != 1 || path.IsAbs(in.Words[0].Value) {
					continue
				}
				if s.CheckSize(nil) != nil {
					break
				}
				word := in.Words[0].Value
				state := d.File.StateAt(in, nil)
				dir, unproven := state.Expand(word)
				if path.IsAbs(dir) || strings.HasPrefix(word, "$") && len(unproven) > 0 || len(dir) > 1 && dir[1] == ':' {
					continue
				}
				f := rule.Finding{At: at(d, in), Subject: names.of(d, stageSubject(s)+"/WORKDIR "+word),
					Message: "WORKDIR " + word + " is relative to the one before, or to the base image's; a change above moves the whole application; write the absolute path"}
				if image, ok := stack.Lookup(state.Base); ok {
					state.StartsIn(image.Workdir)
				}
				before := state.WorkingDir.Value
				switch {
				case state.Unknown.WorkingDir || len(state.WorkingDir.Unproven) > 0:
					f.Fixes = rule.Manual("Write the absolute path", "the work directory before is set by the base image, of which nothing is known; look with `docker image inspect -f '{{.Config.WorkingDir}}' IMAGE`")
				default:
					target := path.Join("/", before, word) // variables in word stay as written
					if strings.Contains(word, "..") {
						target = path.Join("/", before, dir)
					}
					edits, err := in.SetWord(in.Words[0], target)
					if err != nil {
						f.Fixes = rule.Manual("WORKDIR "+target, err.Error())
						break
					}
					f.Fixes = []rule.Fix{{Title: "WORKDIR " + target, Safety: change.Safe, Ops: []edit.Op{edit.Text(d.Path, edits...)},
						Declares: []change.Declared{declaredEverywhere(d, "workdir", "the same folder, written as an absolute path")}}}
				}
				pass.Report(f)
			}
		}
	}
}
