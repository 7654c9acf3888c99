package env

import (
	"path"
	"slices"

	"refit/internal/dotenv"
	"refit/internal/placement"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
)

// secretsIn lists the variables of an env file that hold a secret of one of the classes, each once.
func secretsIn(f *dotenv.File, classes ...secret.Class) []string {
	var names []string
	for _, v := range f.Vars {
		if slices.Contains(classes, secret.Judge(v.Key, v.Value).Class) && !slices.Contains(names, v.Key) {
			names = append(names, v.Key)
		}
	}
	return names
}

// holdsSecrets says whether the file must not be committed: it is no template and has a secret in it,
// be it a weak one.
func holdsSecrets(e *project.EnvFile) bool {
	return !e.Example && len(secretsIn(e.File, secret.Secret, secret.Weak)) > 0
}

// onPurpose says whether git tracks the file and all its secrets are defaults that anybody guesses: it is
// committed so that a clone works at once.
func onPurpose(p *project.Project, e *project.EnvFile) bool {
	return inIndex(p, e) && len(secretsIn(e.File, secret.Secret)) == 0
}

// valued are the env files that are no templates.
func valued(p *project.Project) []*project.EnvFile {
	var list []*project.EnvFile
	for _, e := range p.EnvFiles {
		if !e.Example {
			list = append(list, e)
		}
	}
	return list
}

// inLayout says whether refit would have env files in the layout's folder: there are some, wherever
// they are now, that move there; or there are some in that very folder.
func inLayout(p *project.Project) bool {
	return slices.ContainsFunc(p.EnvFiles, func(e *project.EnvFile) bool { return path.Dir(e.Path) == p.Layout.EnvDir() }) ||
		slices.ContainsFunc(placement.Of(p).Wanted, func(f placement.File) bool {
			return (f.Kind == placement.Env || f.Kind == placement.Example) && f.Keep == ""
		})
}

func at(p string) rule.Location { return rule.Location{Path: p} }
