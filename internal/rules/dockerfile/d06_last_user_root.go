package dockerfile

import (
	_ "embed"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/rule"
)

//go:embed d06_last_user_root.md
var lastUserRootDoc string

// LastUserRoot finds images whose last USER is root: D06.
var LastUserRoot = rule.Rule{
	Meta: rule.Meta{ID: "D06", Name: "last-user-root", Theme: rule.Dockerfile, Severity: rule.Error, Since: "0.1.0",
		Summary: "the last USER is root, so the container runs as root",
		Aliases: []string{"hadolint DL3002", "trivy DS-0002", "checkov CKV_DOCKER_8", "KICS Last User Is 'root'"}, Doc: lastUserRootDoc},
	Check: checkLastUserRoot,
}

func checkLastUserRoot(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		for _, r := range runningStages(pass.Project, d) {
			user := r.config.User
			if user.At == nil || len(user.Unproven) > 0 || !isRoot(user.Value) || r.usersElsewhere() || r.dropsPrivileges(pass.Project) {
				continue
			}
			f := rule.Finding{At: at(d, user.At), Subject: stageSubject(r.stage),
				Message: stageSubject(r.stage) + " is left with USER root, so the service runs as root; whoever breaks out of it is root in the container and on every mounted folder; go back to an account of its own"}
			if user.At.Stage != r.stage {
				f.At = at(d, r.stage.From)
			}
			if before, ok := r.earlierUser(); ok {
				f.Fixes = []rule.Fix{r.backTo(before)}
			} else {
				fix := nonRoot{p: pass.Project, r: r}
				if user.At.Stage == r.stage && r.lastBuildStep().Span.Start < user.At.Span.Start {
					fix.final = user.At
				}
				f.Fixes = []rule.Fix{fix.fix()}
			}
			pass.Report(f)
		}
	}
}

// earlierUser is the account that the chain ran as before it went back to root.
func (r *running) earlierUser() (user string, ok bool) {
	for _, in := range r.instructions() {
		if in.Keyword == "USER" && len(in.Words) == 1 && !isRoot(in.Words[0].Value) {
			user, ok = in.Words[0].Value, true
		}
	}
	return user, ok
}

// backTo makes the earlier account the last one.
func (r *running) backTo(user string) rule.Fix {
	f := rule.Fix{Title: "Go back to USER " + user, Safety: change.Behaviour}
	if len(r.children()) > 0 {
		f.Safety, f.Why = change.Manual, "another stage builds on this one, and its commands may need root; put `USER "+user+"` at the end of those that run"
		return f
	}
	last := r.lastBuildStep()
	var edits []edit.Edit
	if at := r.config.User.At; at.Stage == r.stage && at.Span.Start > last.Span.Start {
		edits = at.Replace("USER " + user)
	} else {
		edits = last.InsertAfter("USER " + user)
	}
	f.Ops = []edit.Op{edit.Text(r.d.Path, edits...)}
	f.Declares = []change.Declared{declared(r.d, r.stage, "user", "the service runs as "+user+" again")}
	return f
}
