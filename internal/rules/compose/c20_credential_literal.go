package compose

import (
	_ "embed"
	"fmt"
	"slices"

	"refit/internal/rule"
	"refit/internal/secret"
)

//go:embed c20_credential_literal.md
var credentialLiteralDoc string

// CredentialLiteral finds secrets that are written out in a Compose file: C20.
var CredentialLiteral = rule.Rule{
	Meta: rule.Meta{ID: "C20", Name: "credential-literal", Theme: rule.Compose, Severity: rule.Error, Since: "0.1.0",
		Summary: "a password, token or connection string is written out in a Compose file",
		Aliases: []string{"KICS Passwords And Secrets", "trivy secret scan", "guide Best Practices, Secret Management"}, Doc: credentialLiteralDoc},
	Check: func(pass *rule.Pass) {
		for _, h := range handovers(pass.Project) {
			reportLiterals(pass, h)
		}
	},
}

func reportLiterals(pass *rule.Pass, h *handover) {
	reportMadeUp(pass, h)
	for _, l := range h.literals {
		if l.twin || l.madeUp {
			continue
		}
		steps := "Put " + l.pair.Key + " into the env file that the service reads by env_file, and take it out of environment"
		variable := onlyDefault.FindStringSubmatch(l.pair.Text)
		if variable != nil {
			steps = "Where nobody may start with it, write ${" + variable[1] + ":?set it in the env file} and give it a value there"
		}
		f := rule.Finding{
			At: h.at(l.pair.Entry.Span()), Subject: l.pair.Addr,
			Message: fmt.Sprintf("%s of service %s is written out; everyone who can read the file, and its history, has it; move it to the env file of the environment", l.pair.Key, l.service),
			Fixes:   h.findingFix(l.keep, "Move the secrets of "+h.file.Path+" to "+orEnvFile(h.target), steps),
		}
		for _, o := range h.literals {
			if o.twin && o.pair.Entry.Span() == l.pair.Entry.Span() {
				f.Related = append(f.Related, rule.Related{At: h.at(h.file.File.Service(o.service).KeySpan), Message: "service " + o.service + " gets it too"})
			}
		}
		if class := secret.Judge(l.pair.Key, l.pair.Text).Class; class == secret.Placeholder || l.keep != "" || h.err != nil {
			f.Severity = rule.Warning
		}
		pass.Report(f)
	}
}

// reportMadeUp reports the values of a test's or an example's Compose file, which are there for it to work as it is,
// as one: they matter only to whoever copies the file.
func reportMadeUp(pass *rule.Pass, h *handover) {
	var f *rule.Finding
	var keys []string
	for _, l := range h.literals {
		switch {
		case !l.madeUp || l.twin:
		case f == nil:
			f = &rule.Finding{At: h.at(l.pair.Entry.Span()), Subject: "made-up", Severity: rule.Info}
			keys = append(keys, l.pair.Key)
		default:
			f.Related = append(f.Related, rule.Related{At: h.at(l.pair.Entry.Span()), Message: l.pair.Key + " of service " + l.service})
			if !slices.Contains(keys, l.pair.Key) {
				keys = append(keys, l.pair.Key)
			}
		}
	}
	if f != nil {
		f.Message = rule.Listed(keys) + " written out for a test or an example; whoever copies the file runs with values that everybody knows; say there that they are made up"
		pass.Report(*f)
	}
}

func orEnvFile(target string) string {
	if target == "" {
		return "an env file"
	}
	return target
}
