package compose

import (
	_ "embed"
	"fmt"

	"refit/internal/rule"
)

//go:embed c36_env_file_mounted.md
var envFileMountedDoc string

// EnvFileMounted finds env files that are mounted into containers: C36.
var EnvFileMounted = rule.Rule{
	Meta: rule.Meta{ID: "C36", Name: "env-file-mounted", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "an env file is mounted into a container instead of read by env_file",
		Doc:     envFileMountedDoc},
	Check: func(pass *rule.Pass) {
		for _, h := range handovers(pass.Project) {
			for _, m := range h.mounts {
				pass.Report(rule.Finding{
					At: h.at(m.def.Value.Span()), Subject: m.def.Value.Addr,
					Message: fmt.Sprintf("%s is mounted into service %s as %s; whoever gets into the container has the file with every secret in it, and what the program reads differs from what Compose shows; pass the values by env_file",
						m.source, m.service, m.def.Target),
					Fixes: h.findingFix(m.keep, "Pass "+m.source+" by env_file",
						"Add env_file to the service, start it, and take the mount away when nothing reads the file any more"),
				})
			}
		}
	},
}
