package env

import (
	_ "embed"
	"slices"
	"strings"

	"refit/internal/project"
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
	secrets := slices.DeleteFunc(valued(p), func(e *project.EnvFile) bool { return !holdsSecrets(e) || onPurpose(p, e) })
	reported := map[string]bool{}
	for _, d := range p.Dockerfiles {
		if len(d.Builds) == 0 {
			continue
		}
		for _, dir := range d.Contexts() {
			if !slices.ContainsFunc(secrets, func(e *project.EnvFile) bool { return dir == "." || strings.HasPrefix(e.Path, dir+"/") }) {
				continue
			}
			sent := p.BuildContext(d.Path, dir)
			for _, e := range secrets {
				key := e.Path + "\x00" + dir
				if _, found := slices.BinarySearch(sent, e.Path); !found && !slices.Contains(sent, e.Path) || reported[key] {
					continue
				}
				reported[key] = true
				pass.Report(rule.Finding{At: at(e.Path), Subject: "context:" + dir,
					Message: "every build of " + d.Path + " receives this file; `COPY . .` puts its secrets into the image, where anyone who pulls it reads them; exclude it in the context's .dockerignore (I03 does)"})
			}
		}
	}
}
