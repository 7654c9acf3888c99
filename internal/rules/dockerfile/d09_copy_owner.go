package dockerfile

import (
	_ "embed"
	"path"
	"slices"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/shell"
)

//go:embed d09_copy_owner.md
var copyOwnerDoc string

// CopyOwner finds files that are copied for an account and belong to root: D09.
var CopyOwner = rule.Rule{
	Meta: rule.Meta{ID: "D09", Name: "copy-without-chown", Theme: rule.Dockerfile, Severity: rule.Info, Since: "0.1.0",
		Summary: "COPY after USER makes files that are root's",
		Aliases: []string{"tally copy-after-user-without-chown"}, Doc: copyOwnerDoc},
	Check: checkCopyOwner,
}

func checkCopyOwner(pass *rule.Pass) {
	if c := pass.Project.Config; c != nil && c.User.Ownership == "root" {
		return
	}
	for _, d := range pass.Project.Dockerfiles {
		names := subjects{}
		done := map[int]bool{}
		for _, r := range runningStages(pass.Project, d) {
			for _, in := range r.stage.Instructions {
				c, ok := in.Copy()
				if !ok || c.Chown != "" || done[in.Span.Start] {
					continue
				}
				state := d.File.StateAt(in, r.args)
				target, unproven := c.Target(state)
				if state.User.At == nil || len(state.User.Unproven)+len(unproven) > 0 || isRoot(state.User.Value) ||
					!below(path.Clean(target), r.workdirs()) || r.copiesProgram(c, state.WorkingDir.Value, target) {
					continue
				}
				done[in.Span.Start] = true
				f := rule.Finding{At: at(d, in), Subject: names.of(d, stageSubject(r.stage)+"/"+in.Keyword+" "+c.Dest.Value),
					Message: in.Keyword + " to " + target + " makes files that are root's although USER " + state.User.Value + " is in force: it says who runs commands, not who owns copies; the service can't change them; add --chown, or ignore this where code shall be root's"}
				edits, err := in.AddFlag("chown", state.User.Value)
				if err != nil {
					f.Fixes = rule.Manual("Add --chown", "the flag can't be added: "+err.Error())
				} else {
					f.Fixes = []rule.Fix{{Title: "Add --chown=" + state.User.Value, Safety: change.Behaviour, Ops: []edit.Op{edit.Text(d.Path, edits...)}}}
				}
				pass.Report(f)
			}
		}
	}
}

// copiesProgram says whether a COPY brings one program from another stage: a file that the container starts, or one in
// a folder for programs. It is read and executed, and nobody writes it.
func (r *running) copiesProgram(c dockerfile.Copy, workdir, target string) bool {
	if c.From == "" || len(c.Sources) != 1 {
		return false
	}
	name := path.Join(target, path.Base(c.Sources[0].Value)) // where the target is a folder
	if dir := path.Base(path.Dir(target)); dir == "bin" || dir == "sbin" || path.Base(target) == "bin" || path.Base(target) == "sbin" {
		return true
	}
	return slices.ContainsFunc(r.starts(nil), func(s shell.Command) bool {
		if len(s.Words) == 0 {
			return false
		}
		started := s.Words[0].Value
		if !path.IsAbs(started) {
			started = path.Join(workdir, started)
		}
		return started == path.Clean(target) || started == name
	})
}
