package dockerfile

import (
	_ "embed"
	"strings"

	"refit/internal/change"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/stack"
)

//go:embed d05_root_user.md
var rootUserDoc string

// RootUser finds images that run as root because no USER says otherwise: D05.
var RootUser = rule.Rule{
	Meta: rule.Meta{ID: "D05", Name: "root-user", Theme: rule.Dockerfile, Severity: rule.Error, Since: "0.1.0",
		Summary: "the container runs as root: the stage has no USER",
		Aliases: []string{"trivy DS-0002", "checkov CKV_DOCKER_3", "KICS Missing User Instruction", "docker-bench 4.1", "CIS 4.1"}, Doc: rootUserDoc},
	Check: checkRootUser,
}

func checkRootUser(pass *rule.Pass) {
	rule.Each(pass, pass.Project.Dockerfiles, func(pass *rule.Pass, d *project.Dockerfile) {
		for _, r := range runningStages(pass.Project, d) {
			if r.config.User.At != nil || r.usersElsewhere() || r.dropsPrivileges(pass.Project) {
				continue
			}
			if r.startsNothing() && (len(r.uses)+len(r.config.Exposed) == 0 || len(ownBases(pass.Project).on[r.stage]) > 0) {
				continue // it makes or carries something; what builds on it is judged
			}
			if r.forDevelopment() && (!r.known || !r.image.UserKnown) {
				continue // a question about an image that isn't shipped
			}
			reportRootUser(pass, r)
		}
	})
}

func reportRootUser(pass *rule.Pass, r *running) {
	f := rule.Finding{At: at(r.d, r.stage.From), Subject: stageSubject(r.stage)}
	switch {
	case r.base == "":
		f.Severity = rule.Info
		f.Message = "whether " + f.Subject + " runs as root is decided by its base image, which a build argument names; whoever breaks out of the service is root in the container; say who runs it with a USER"
		f.Fixes = rule.Manual("Say who runs it", "which image "+r.stage.Base+" becomes is not in the file; create an account and put `USER 1000:1000` before the start command")
	case r.image.Windows && strings.Contains(r.base, "nanoserver"):
		return // its images run as ContainerUser
	case r.image.Windows:
		f.Severity = rule.Warning
		f.Message = f.Subject + " runs as ContainerAdministrator unless " + r.base + " says otherwise; whoever breaks out of the service is administrator in the container; run it as ContainerUser"
		f.Fixes = rule.Manual("Run as ContainerUser", "which folders the service writes and whether it opens a port by HTTP.sys, which administrators may, is not known; put `USER ContainerUser`, the account that every Windows image has, before the start command")
	case !r.known || !r.image.UserKnown:
		f.Severity = rule.Info
		f.Message = "whether " + f.Subject + " runs as root is decided by the base image " + r.base + ", which refit doesn't know; whoever breaks out of the service is root in the container; say who runs it with a USER"
		f.Fixes = rule.Manual("Say who runs it", "nothing is known of the accounts in "+r.base+"; look with `docker image inspect -f '{{.Config.User}}' "+r.base+"`; when it is empty, create an account and put `USER 1000:1000` before the start command")
	case !isRoot(r.image.User):
		return
	case r.startsAsItsMakersDo():
		f.Severity = rule.Info
		f.Message = f.Subject + " adds to " + r.base + ", which starts as root as its makers ship it; whoever breaks out of the service is root in the container; take the rights away that it does not need"
		f.Fixes = rule.Manual("Take rights away", "the folders and ports of "+r.base+" are root's, and another account may not use them; its documentation says what it needs. "+
			"In Compose, `cap_drop: [ALL]` with the few of `cap_add` that it asks for, and `security_opt: [no-new-privileges:true]`, take away most of what root may do")
	case r.startsNothing():
		f.Severity = rule.Info
		f.Message = f.Subject + " is root's and starts nothing by itself; whatever is run in it, or built on it, is root's too; give what runs an account of its own"
		f.Fixes = rule.Manual("Say who runs it", "it has no CMD and no ENTRYPOINT, and no Compose service gives it a command: who builds on it or runs commands in it may need root; where nobody does, create an account and put `USER 1000:1000` last")
	default:
		f.Message = f.Subject + " runs as root; whoever breaks out of the service is root in the container and on every mounted folder; run it as an account of its own"
		fix := nonRoot{p: pass.Project, r: r}
		f.Fixes = []rule.Fix{fix.fix()}
		if r.forDevelopment() { // it is not shipped
			f.Severity = rule.Warning
			if f.Fixes[0].Safety == change.Manual {
				f.Severity = rule.Info
			}
		}
	}
	pass.Report(f)
}

// startsAsItsMakersDo says whether the image is that of a ready-made service, which this one adds files to.
func (r *running) startsAsItsMakersDo() bool {
	own := r.config.Entrypoint.At != nil || r.config.Cmd.At != nil
	return r.image.Kind == stack.ServiceKind && (!own || r.startsOwnProgram())
}

// usersElsewhere says whether every service that runs the image sets an account itself.
func (r *running) usersElsewhere() bool {
	for _, u := range r.uses {
		if isRoot(u.service.User) {
			return false
		}
	}
	return len(r.uses) > 0
}
