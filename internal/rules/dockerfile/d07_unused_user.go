package dockerfile

import (
	_ "embed"
	"regexp"
	"strings"

	"refit/internal/rule"
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
				if seen[d.Path+subject] || r.namesUser(u) {
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
