package compose

import (
	_ "embed"
	"fmt"

	format "refit/internal/compose"
	"refit/internal/rule"
)

//go:embed c24_env_file_missing.md
var envFileMissingDoc string

// EnvFileMissing finds env_file entries that name no file: C24.
var EnvFileMissing = rule.Rule{
	Meta: rule.Meta{ID: "C24", Name: "env-file-missing", Theme: rule.Compose, Severity: rule.Error, Since: "0.1.0",
		Summary: "a service reads an env file that is not there", Aliases: []string{"Compose: env file not found"}, Doc: envFileMissingDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			for _, m := range s.missingPaths() {
				if m.field.Kind != format.PathEnvFile || m.field.Optional {
					continue
				}
				f := rule.Finding{
					At: s.at(m.ref.Span), Subject: m.field.Addr,
					Message: fmt.Sprintf("%s is not there; every command of Compose stops at it; make it, or mark it required: false when the service works without", m.ref.To),
					Fixes:   manual("Make "+m.ref.To, "only you know its values: copy the template ("+s.p.Layout.EnvExample+") or run `refit env init`, and fill it in"),
				}
				if s.ignored(m.ref.To) { // every machine has its own
					f.Severity = rule.Warning
				}
				pass.Report(f)
			}
		}
	},
}
