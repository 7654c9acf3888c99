package env

import (
	_ "embed"
	"slices"

	"refit/internal/rule"
)

//go:embed e08_env_file_in_context.md
var sentToBuilderDoc string

// SentToBuilder finds env files with secrets that a build receives: E08.
var SentToBuilder = rule.Rule{
	Meta: rule.Meta{ID: "E08", Name: "env-file-in-context", Theme: rule.Env, Severity: rule.Error, Since: "0.1.0",
		Summary: "an env file with secrets is sent to the builder", Aliases: []string{"dxdocker prebuild"}, Doc: sentToBuilderDoc},
	Check: checkSentToBuilder,
}

func checkSentToBuilder(pass *rule.Pass) {
	p := pass.Project
	reported := map[string]bool{}
	for _, d := range p.Dockerfiles {
		if len(d.Builds) == 0 {
			continue
		}
		for _, dir := range d.Contexts() {
			sent := p.BuildContext(d.Path, dir)
			for _, e := range valued(p) {
				key := e.Path + "\x00" + dir
				if _, found := slices.BinarySearch(sent, e.Path); !found && !slices.Contains(sent, e.Path) || !holdsSecrets(e) || onPurpose(p, e) || reported[key] {
					continue
				}
				reported[key] = true
				pass.Report(rule.Finding{At: at(e.Path), Subject: "context:" + dir,
					Message: "every build of " + d.Path + " receives this file; `COPY . .` puts its secrets into the image, where anyone who pulls it reads them; exclude it in the context's .dockerignore (I03 does)"})
			}
		}
	}
}
