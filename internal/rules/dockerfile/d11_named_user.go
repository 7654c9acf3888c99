package dockerfile

import (
	_ "embed"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/stack"
)

//go:embed d11_named_user.md
var namedUserDoc string

// NamedUser finds accounts that are named where there is no passwd file to look them up: D11.
var NamedUser = rule.Rule{
	Meta: rule.Meta{ID: "D11", Name: "named-user-without-passwd", Theme: rule.Dockerfile, Severity: rule.Error, Since: "0.1.0",
		Summary: "USER names an account in an image without a passwd file",
		Aliases: []string{"tally named-identity-in-passwdless-stage"}, Doc: namedUserDoc},
	Check: checkNamedUser,
}

func checkNamedUser(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		for _, r := range runningStages(pass.Project, d) {
			user := r.config.User
			if user.At == nil || len(user.Unproven) > 0 || isRoot(user.Value) || !r.known || r.bringsPasswd() {
				continue
			}
			name, _, _ := strings.Cut(user.Value, ":")
			if number(name) >= 0 || r.image.Distro != stack.Scratch {
				continue
			}
			f := rule.Finding{At: at(d, user.At), Subject: stageSubject(r.stage),
				Message: "USER " + user.Value + " names an account, and " + r.base + " has no passwd file; the container does not start (\"unable to find user\"); name it by number"}
			if id, ok := numberOf(d.File, r, name); ok {
				f.Fixes = []rule.Fix{{Title: "USER " + id, Safety: change.Behaviour,
					Ops:      []edit.Op{edit.Text(d.Path, user.At.Replace("USER "+id)...)},
					Declares: []change.Declared{declaredEverywhere(d, "user", "the account by its number, which needs no passwd file")}}}
			} else {
				f.Fixes = rule.Manual("Name the account by number", "which number "+name+" has isn't in the file; write `USER UID:GID`, or copy /etc/passwd and /etc/group from the stage that made it")
			}
			pass.Report(f)
		}
	}
}

// bringsPasswd says whether the chain puts something at /etc/passwd, or a whole file system at /.
func (r *running) bringsPasswd() bool {
	for _, in := range r.instructions() {
		c, ok := in.Copy()
		if !ok {
			continue
		}
		target, _ := c.Target(in.Stage.File().StateAt(in, r.args))
		if strings.HasPrefix(target, "/etc") || in.Keyword == "ADD" && target == "/" {
			return true
		}
		for _, s := range c.Sources {
			if target == "/" && (strings.HasSuffix(s.Value, "/") || strings.Contains(s.Value, "root") || s.Value == "/" || strings.Contains(s.Value, "passwd")) {
				return true
			}
		}
	}
	return false
}

// numberOf is the number of an account: one that another stage makes, or one that is the same
// everywhere.
func numberOf(f *dockerfile.File, r *running, name string) (string, bool) {
	for _, s := range f.Stages {
		other := &running{d: r.d, stage: s, args: r.args}
		for _, u := range other.madeUsers() {
			if u.name == name && u.uid >= 0 {
				if u.gid < 0 {
					u.gid = u.uid
				}
				return u.user(), true
			}
		}
	}
	switch name {
	case "nobody":
		return "65534:65534", true
	case "nonroot":
		return "65532:65532", true
	}
	return "", false
}
