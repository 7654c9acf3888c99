package dockerfile

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/shell"
	"refit/internal/stack"
)

//go:embed d57_uid_taken.md
var uidTakenDoc string

// UIDTaken finds accounts that are created with a UID that the base image has given away: D57.
var UIDTaken = rule.Rule{
	Meta: rule.Meta{ID: "D57", Name: "uid-taken", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "an account is created with UID 1000, which another account of the base image has", Doc: uidTakenDoc},
	Check: checkUIDTaken,
}

func checkUIDTaken(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		for _, s := range d.File.Stages {
			if slices.ContainsFunc(s.Instructions, createsAccount) {
				checkUIDOf(pass, d, s)
			}
		}
	}
}

// createsAccount says whether a RUN makes an account or a group.
func createsAccount(in *dockerfile.Instruction) bool {
	return in.Keyword == "RUN" && slices.ContainsFunc(commands(in), func(c shell.Command) bool { return accountMakers[c.Name()] })
}

var accountMakers = map[string]bool{"useradd": true, "adduser": true, "groupadd": true, "addgroup": true}

// checkUIDOf looks at the accounts that one stage creates.
func checkUIDOf(pass *rule.Pass, d *project.Dockerfile, s *dockerfile.Stage) {
	base, ok := s.ExternalBase(nil)
	image, known := stack.Lookup(base)
	if !ok || !known || image.UID1000 == "" || s.CheckSize(nil) != nil {
		return
	}
	owner := image.UID1000
	for _, in := range s.Find("RUN") {
		first := shell.Command{}
		taken := false
		for _, c := range commands(in) {
			name := c.Name()
			if !accountMakers[name] {
				continue
			}
			if first.Words == nil {
				first = c
			}
			a := shell.ReadAccount(c)
			taken = taken || (name == "useradd" || name == "adduser") && a.UID == stack.AppUID && a.Name != owner
		}
		if !taken {
			continue
		}
		gone := regexp.MustCompile(`(userdel|deluser|usermod|delgroup)\b[^&|;\n]*\b` + owner + `\b|getent passwd|--non-unique|\s-o\s`)
		if gone.MatchString((&running{d: d, stage: s}).written()) {
			return
		}
		f := rule.Finding{At: at(d, in), Subject: fmt.Sprintf("%s/%d", stageSubject(s), stack.AppUID),
			Message: fmt.Sprintf("an account is created with UID %d, which %s has in %s; the build stops there (\"UID %d is not unique\"); take that account away first, or use it", stack.AppUID, owner, base, stack.AppUID)}
		remove := "userdel --remove " + owner
		if image.Distro == stack.Alpine {
			remove = "deluser --remove-home " + owner
		}
		if regexp.MustCompile(`(USER|chown[= ](-\w+ )*)\s*"?`+owner+`\b`).Match(d.File.Text) || first.Span.Start <= 0 {
			f.Fixes = rule.Manual("Use the account "+owner, "the file uses "+owner+" too; drop the new account and write `USER "+owner+"`, or give the new one another UID")
		} else {
			f.Fixes = []rule.Fix{{Title: "Take " + owner + " away first", Safety: change.Behaviour,
				Ops:      []edit.Op{edit.Text(d.Path, edit.Insert(first.Span.Start, remove+" && ", in.Addr()+"/remove"))},
				Declares: []change.Declared{declaredEverywhere(d, "run."+remove, "the UID is free for the service's account")}}}
		}
		pass.Report(f)
	}
}
