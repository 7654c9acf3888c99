package env

import (
	_ "embed"
	"strings"

	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
)

//go:embed e07_committed_secret.md
var committedSecretDoc string

// CommittedSecret finds secrets in env files that git has or is meant to have: E07.
var CommittedSecret = rule.Rule{
	Meta: rule.Meta{ID: "E07", Name: "committed-secret", Theme: rule.Env, Severity: rule.Error, Since: "0.1.0",
		Summary: "a committed env file holds a secret or a default password",
		Aliases: []string{"KICS Passwords And Secrets", "trivy secret", "gitleaks generic-api-key"}, Doc: committedSecretDoc},
	Check: checkCommittedSecret,
}

func checkCommittedSecret(pass *rule.Pass) {
	for _, e := range pass.Project.EnvFiles {
		if !e.Tracked && !(e.Example && !e.Ignored) {
			continue
		}
		reported := map[string]bool{}
		var fix rule.Fix
		var keep map[string]string
		if e.Example {
			fix, keep = templateFix(pass.Project, e)
		}
		for _, v := range e.File.Vars {
			verdict := secret.Judge(v.Key, v.Value)
			weak := verdict.Class == secret.Weak && !e.Example // a template's default is no secret
			if verdict.Class != secret.Secret && !weak || reported[v.Key] {
				continue
			}
			reported[v.Key] = true
			f := committed(e, v.Key, verdict, rule.Location{Path: e.Path, Span: v.ValueSpan}, weak)
			switch {
			case e.Example && keep[v.Key] == "":
				f.Fixes = []rule.Fix{fix}
			case e.Example:
				f.Fixes[0].Why = "not changed: " + keep[v.Key] + "; " + f.Fixes[0].Why
			}
			pass.Report(f)
		}
	}
}

func committed(e *project.EnvFile, key string, v secret.Verdict, place rule.Location, weak bool) rule.Finding {
	f := rule.Finding{At: place, Subject: key,
		Message: key + " is " + v.Why + " in a file that is committed; whoever has the repository has it; write a placeholder there and change the secret",
		Fixes: rule.Manual("Take "+key+" out of "+e.Path, "only its owner can change the secret: change it where it is used, put the new value in an ignored env file and write `"+
			key+"=change-me` here")}
	if weak {
		f.Severity = rule.Warning
		f.Message = strings.Replace(f.Message, "write a placeholder there and change the secret", "anyone guesses it anyway; keep the value in an ignored env file and make it random", 1)
	}
	return f
}
