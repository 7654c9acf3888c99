package dockerfile

import (
	_ "embed"

	"refit/internal/dockerfile"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
)

//go:embed d43_secret_names.md
var secretNamesDoc string

// SecretNames finds secrets that become part of an image: D43.
var SecretNames = rule.Rule{
	Meta: rule.Meta{ID: "D43", Name: "secret-in-image", Theme: rule.Dockerfile, Severity: rule.Error, Since: "0.1.0",
		Summary: "ARG or ENV holds a secret, which everybody who has the image can read",
		Aliases: []string{"BuildKit SecretsUsedInArgOrEnv", "hadolint DL3064", "trivy DS-0031", "checkov CKV_DOCKER", "KICS", "docker-bench 4.10"}, Doc: secretNamesDoc},
	Check: checkSecretNames,
}

func checkSecretNames(pass *rule.Pass) {
	for _, d := range pass.Project.Dockerfiles {
		names := subjects{}
		for _, in := range d.File.Instructions {
			if in.Keyword != "ARG" && in.Keyword != "ENV" {
				continue
			}
			for _, pair := range in.Pairs {
				if secret.IsName(pair.Name) && holds(in, pair) {
					reportSecretName(pass, d, names, in, pair)
				}
			}
		}
	}
}

// holds says whether the variable can get a secret: an ARG always, since it is passed; an ENV when it
// has a value.
func holds(in *dockerfile.Instruction, pair dockerfile.Pair) bool {
	if in.Keyword == "ARG" {
		return true
	}
	return pair.Value != "" && pair.Value != `""` && pair.Value != "''" && (pair.Value[0] == '$' || secret.Judge(pair.Name, pair.Value).Class != secret.Absent)
}

func reportSecretName(pass *rule.Pass, d *project.Dockerfile, names subjects, in *dockerfile.Instruction, pair dockerfile.Pair) {
	where := "preamble"
	if in.Stage != nil {
		where = stageSubject(in.Stage)
	}
	f := rule.Finding{At: rule.Location{Path: d.Path, Span: pair.NameSpan}, Subject: names.of(d, where+"/"+in.Keyword+" "+pair.Name)}
	if in.Keyword == "ARG" {
		f.Message = "build argument " + pair.Name + " is a secret by its name; its value stays in the image's history, where everybody who has the image reads it; mount it as a build secret"
		f.Fixes = rule.Manual("Mount it as a build secret", "who passes it and who reads it must change together: 1. drop `ARG "+pair.Name+"`; 2. in the RUN that needs it: `RUN --mount=type=secret,id="+pair.Name+",env="+pair.Name+" ...`; 3. build with `--secret id="+pair.Name+"` (Compose: `build.secrets` and a top-level secret with `environment: "+pair.Name+"`); 4. change the secret, since the old value is in images that exist")
	} else {
		f.Message = "ENV " + pair.Name + " is a secret by its name; it is part of the image, where everybody who has the image reads it; pass it when the container starts"
		f.Fixes = rule.Manual("Pass it when the container starts", "where its value shall come from is yours to say: 1. drop the ENV; 2. put "+pair.Name+" into the environment's env file, which git ignores, and name that by `env_file`; 3. for a RUN that needs it: `RUN --mount=type=secret,id="+pair.Name+",env="+pair.Name+" ...`; 4. change the secret, since the old value is in images and in git")
	}
	pass.Report(f)
}
