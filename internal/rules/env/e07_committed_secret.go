package env

import (
	_ "embed"

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
		if !e.Example {
			reportInUse(pass, e)
			continue
		}
		reported := map[string]bool{}
		fix, keep := templateFix(pass.Project, e)
		for _, v := range e.File.Vars {
			verdict := secret.Judge(v.Key, v.Value)
			if verdict.Class != secret.Secret || reported[v.Key] { // a template's default is no secret
				continue
			}
			reported[v.Key] = true
			f := committed(e, v.Key, verdict, rule.Location{Path: e.Path, Span: v.ValueSpan})
			if keep[v.Key] == "" {
				f.Fixes = []rule.Fix{fix}
			} else {
				f.Fixes[0].Why = "not changed: " + keep[v.Key] + "; " + f.Fixes[0].Why
			}
			pass.Report(f)
		}
	}
}

// reportInUse is about an env file in use that git tracks: one decision, however many secrets it holds.
func reportInUse(pass *rule.Pass, e *project.EnvFile) {
	secrets, weak := secretsIn(e.File, secret.Secret), secretsIn(e.File, secret.Weak)
	f := rule.Finding{Subject: "secrets", Message: rule.Listed(secrets) + " " + have(secrets, "a value", "values") +
		" that nobody should know in a file that is committed; whoever has the repository has them; write placeholders there and change the secrets"}
	keys := secrets
	if len(secrets) == 0 {
		keys = weak
		f.Severity = rule.Warning
		f.Message = rule.Listed(weak) + " " + have(weak, "a default or easily guessed value", "default or easily guessed values") +
			" in a file that is committed; anyone guesses them; keep the values in an ignored env file and make them random"
	}
	if len(keys) == 0 {
		return
	}
	if readingJob(pass.Project, e) != "" || overridden(pass.Project, e) {
		f.Severity = rule.Warning // made up for the job, or for whoever has no other file, perhaps
	}
	f.At = rule.Location{Path: e.Path}
	for _, v := range e.File.Vars {
		if v.Key == keys[0] {
			f.At.Span = v.ValueSpan
		}
	}
	f.Fixes = rule.Manual("Take the secrets out of "+e.Path, "only their owner can change them: change each where it is used, put the new values in an ignored env file and write `"+
		keys[0]+"=change-me` and the like into a template")
	pass.Report(f)
}

func have(keys []string, one, many string) string {
	if len(keys) == 1 {
		return "has " + one
	}
	return "have " + many
}

func committed(e *project.EnvFile, key string, v secret.Verdict, place rule.Location) rule.Finding {
	return rule.Finding{At: place, Subject: key,
		Message: key + " is " + v.Why + " in a file that is committed; whoever has the repository has it; write a placeholder there and change the secret",
		Fixes: rule.Manual("Take "+key+" out of "+e.Path, "only its owner can change the secret: change it where it is used, put the new value in an ignored env file and write `"+
			key+"=change-me` here")}
}
