package dockerfile

import (
	_ "embed"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

//go:embed d07_unused_user.md
var unusedUserDoc string

// UnusedUser finds accounts that a Dockerfile creates and nothing runs as: D07.
var UnusedUser = rule.Rule{
	Meta: rule.Meta{ID: "D07", Name: "unused-user", Theme: rule.Dockerfile, Severity: rule.Warning, Since: "0.1.0",
		Summary: "an account is created and nothing runs as it",
		Aliases: []string{"tally user-created-but-never-used"}, Doc: unusedUserDoc},
	Check: checkUnusedUser,
}

func checkUnusedUser(pass *rule.Pass) {
	seen := map[string]bool{}
	for _, d := range pass.Project.Dockerfiles {
		for _, r := range runningStages(pass.Project, d) {
			if !isRoot(r.config.User.Value) || len(r.config.User.Unproven) > 0 || r.dropsPrivileges(pass.Project) || r.usersElsewhere() {
				continue
			}
			for _, u := range r.madeUsers() {
				subject := stageSubject(u.in.Stage) + "/" + u.name
				if seen[d.Path+subject] || r.namesUser(u) || actsAs(pass.Project, u.name) {
					continue
				}
				seen[d.Path+subject] = true
				f := rule.Finding{At: at(d, u.in), Subject: subject,
					Message: "account " + u.name + " is created and nothing runs as it; the service is root's all the same; name it in a USER before the start command"}
				fix := nonRoot{p: pass.Project, r: r}
				if last := r.config.User.At; last != nil && last.Stage == r.stage && r.lastBuildStep().Span.Start < last.Span.Start {
					fix.final = last
				}
				f.Fixes = []rule.Fix{fix.fix()}
				pass.Report(f)
			}
		}
	}
}

// namesUser says whether a USER or a start command of the file names the account.
func (r *running) namesUser(u madeUser) bool {
	name := regexp.MustCompile(`(^|[^\w.-])` + regexp.QuoteMeta(u.name) + `([^\w.-]|$)`)
	for _, in := range r.d.File.Instructions {
		switch in.Keyword {
		case "USER", "CMD", "ENTRYPOINT":
			if text := in.ArgsText(); name.MatchString(text) && (in.Keyword == "USER" || strings.Contains(text, "su ") || strings.Contains(text, "sudo")) {
				return true
			}
		}
	}
	return false
}

// actsAs says whether something in the repository works in a container as the account: a devcontainer
// (remoteUser, containerUser), a Compose service, or an exec or run of a command line.
func actsAs(p *project.Project, name string) bool {
	return source.Recall(&p.Memo, actsAsKey{name}, func() bool { return findActsAs(p, name) })
}

// actsAsKey is the key of the answer for an account's name, which many Dockerfiles may share.
type actsAsKey struct{ name string }

func findActsAs(p *project.Project, name string) bool {
	editor := regexp.MustCompile(`"(remoteUser|containerUser)"\s*:\s*"` + regexp.QuoteMeta(name) + `"`)
	for _, file := range p.Files.Paths() {
		if base := path.Base(file); base != "devcontainer.json" && base != ".devcontainer.json" {
			continue
		}
		if text, err := p.Files.Read(file); err == nil && editor.Match(text) {
			return true
		}
	}
	for _, env := range p.Environments {
		if env.Model == nil {
			continue
		}
		for _, s := range env.Model.Services {
			if user, _, _ := strings.Cut(s.User, ":"); user == name {
				return true
			}
		}
	}
	return slices.ContainsFunc(p.Calls, func(c project.Call) bool {
		for i, w := range c.Args {
			if w == "--user="+name || (w == "-u" || w == "--user") && i+1 < len(c.Args) && c.Args[i+1] == name {
				return true
			}
		}
		return false
	})
}
