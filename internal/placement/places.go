// Package placement says which Docker files of a repository belong somewhere else, and whether moving
// them is worth its diff.
package placement

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/layout"
	"refit/internal/project"
)

// Kind is what a file is.
type Kind string

// Indefinite is the kind with its article: "a Compose file", "an environment file".
func (k Kind) Indefinite() string {
	if k == Env {
		return "an " + string(k)
	}
	return "a " + string(k)
}

// The kinds of files that have places.
const (
	Compose    Kind = "Compose file"
	Env        Kind = "environment file"
	Example    Kind = "template of the environment files"
	Dockerfile Kind = "Dockerfile"
)

// File is a file at the root and the place that the layout has for it.
type File struct {
	Kind     Kind
	From, To string
	Env      string // the environment; "" when it serves none in particular
	// Keep says why it can't go there although it should; "" when nothing speaks against it.
	Keep string
	// Found says that a framework or a hosting platform finds it by its name: what Keep says.
	Found bool
	// Along says that no environment owns it and others may only mention it: it goes where others go.
	Along bool
}

// candidates are the files at the root of the repository for which the layout has another place,
// sorted by kind. Files in folders were put there on purpose and are left alone. asked says that somebody asks for
// the move: then a Compose file that no environment owns goes too.
func candidates(p *project.Project, asked bool) []File {
	var list []File
	for _, c := range p.Compose {
		if f, ok := composePlace(p, c, asked); ok {
			list = append(list, f)
		}
	}
	for _, e := range p.EnvFiles {
		if f, ok := envPlace(p, e); ok {
			list = append(list, f)
		}
	}
	for _, d := range p.Dockerfiles {
		if f, ok := dockerfilePlace(p, d); ok {
			list = append(list, f)
		}
	}
	list = slices.DeleteFunc(list, func(f File) bool { return f.From == f.To || layout.Leftover(f.From) })
	for i := range list {
		if p.Files.Has(list[i].To) {
			list[i].To = path.Join(path.Dir(list[i].To), list[i].From)
		}
	}
	for _, i := range clashing(list) { // .dev and .local are both development's: each keeps its own name
		list[i].To = path.Join(path.Dir(list[i].To), list[i].From)
	}
	for _, i := range clashing(list) {
		list[i].Keep = "another file would become " + list[i].To + ", too; decide which of them it is and rename the other"
	}
	return list
}

// clashing are the indexes of files that would get one name, letter case aside.
func clashing(list []File) []int {
	var found []int
	for i := range list {
		if slices.ContainsFunc(list, func(f File) bool { return f.From != list[i].From && strings.EqualFold(f.To, list[i].To) }) {
			found = append(found, i)
		}
	}
	return found
}

func atRoot(p string) bool { return path.Dir(p) == "." }

func composePlace(p *project.Project, c *project.ComposeFile, asked bool) (File, bool) {
	if !atRoot(c.Path) || c.Role == compose.RoleExample || c.Role == compose.RoleIncluded || c.Role == compose.RoleOverride {
		return File{}, false
	}
	keep := ""
	if over := overrideOf(p); over != "" && byDefault(c.Path) && !everyCallNames(p, c.Path) {
		keep = over + ", which Compose loads by its name beside " + c.Path + " and nowhere else"
	}
	env := c.Env
	if env == "" && soleDevelopment(p, c) {
		env = "dev"
	}
	if c.Role == compose.RoleAlternative || !placed(p, env) { // no environment's, so that it keeps its name
		to := path.Join(p.Layout.ComposeDir(), c.Path)
		named := everyCallNames(p, c.Path)
		along := !named && !byDefault(c.Path) && namedSomewhere(p, c.Path)
		return File{Kind: Compose, From: c.Path, To: to, Env: env, Keep: keep, Along: along && !asked}, (asked || named || along) && stacked(p, c.Path) == ""
	}
	return File{Kind: Compose, From: c.Path, To: p.Layout.ComposePath(env), Env: env, Keep: keep}, true
}

// overridden matches the names by which Compose loads an override, in ignore files and before ".example" and the like.
var overridden = regexp.MustCompile(`^(?:docker-)?compose\.override\.ya?ml`)

// overrideOf says where the repository counts on an override file beside a Compose file that people make for themselves: it
// has a template of one, or git ignores it. It is "" where it doesn't.
func overrideOf(p *project.Project) string {
	for _, name := range p.Files.Under(".") {
		if overridden.MatchString(name) {
			return name + " is a template of an override"
		}
	}
	text, err := p.Files.Read(".gitignore")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name := strings.TrimPrefix(strings.TrimSpace(line), "/"); overridden.MatchString(name) {
			return ".gitignore counts on " + name
		}
	}
	return ""
}

// placed says whether the layout has a place for an environment: one of its own, or one that goes by a
// common name, such as staging.
func placed(p *project.Project, env string) bool {
	_, common := layout.Canonical(env)
	return p.Layout.Has(env) || common
}

// soleDevelopment says whether a Compose file whose name tells no environment is that of development:
// the only one of the repository, and it runs the source that it builds from a bind mount.
func soleDevelopment(p *project.Project, c *project.ComposeFile) bool {
	if len(p.Environments) != 1 || len(p.Environments[0].Files) != 1 || p.Environments[0].Files[0] != c.Path || p.Environments[0].Model == nil {
		return false
	}
	for _, s := range p.Environments[0].Model.Services {
		if s.Build == nil || s.Build.Remote {
			continue
		}
		for _, m := range s.Mounts {
			if m.Type == "bind" && !m.ReadOnly && (m.Source == s.Build.Context || m.Source == ".") {
				return true
			}
		}
	}
	return false
}

// frameworkFiles are names by which frameworks and libraries find a dotenv file at the root of the
// project by themselves: Vite, Next.js, Create React App, Symfony, dotenv for Ruby, Laravel.
var frameworkFiles = []string{".env.local", ".env.development", ".env.production", ".env.test", ".env.staging", ".env.testing"}

func envPlace(p *project.Project, f *project.EnvFile) (File, bool) {
	if !atRoot(f.Path) || len(p.Environments) == 0 {
		return File{}, false
	}
	name := path.Base(f.Path)
	if f.Example {
		known := slices.Contains([]string{".env.example", ".env.sample", ".env.template", ".env.dist"}, name)
		return File{Kind: Example, From: f.Path, To: p.Layout.EnvExample}, known
	}
	if strings.HasSuffix(name, ".env") && name != ".env" {
		return File{Kind: Env, From: f.Path, To: path.Join(p.Layout.EnvDir(), name), Env: f.Env}, onlyByCompose(f)
	}
	env := f.Env
	if name == ".env" || !strings.HasPrefix(name, ".env.") || !placed(p, env) {
		return File{}, false
	}
	file := File{Kind: Env, From: f.Path, To: p.Layout.EnvPath(env), Env: env}
	if f.Partial() {
		file.To = path.Join(p.Layout.EnvDir(), name)
	}
	if slices.Contains(frameworkFiles, name) && frameworkProject(p) {
		if len(f.Readers) == 0 {
			return File{}, false
		}
		file.Found, file.Keep = true, "frameworks of this repository's language read "+name+" from the root by its name, without anybody naming it; "+
			"move it only when you know that nothing but Docker reads it"
	}
	return file, true
}

// onlyByCompose says whether an env file is one that Compose files, and nobody else, name.
func onlyByCompose(f *project.EnvFile) bool {
	return len(f.Readers) > 0 && !slices.ContainsFunc(f.Readers, func(r project.Reader) bool {
		return r.Mechanism != project.ByEnvFile && r.Mechanism != project.ByInterpolation
	})
}

// frameworkProject says whether the repository's root is a project in a language whose frameworks
// look for dotenv files by name.
func frameworkProject(p *project.Project) bool {
	for _, name := range []string{"package.json", "composer.json", "Gemfile"} {
		if p.Files.Has(name) {
			return true
		}
	}
	return false
}

func dockerfilePlace(p *project.Project, d *project.Dockerfile) (File, bool) {
	if !atRoot(d.Path) || len(d.Builds) == 0 {
		return File{}, false
	}
	to := path.Join(p.Layout.DockerDir(), d.Path)
	if d.Path == "Dockerfile" || d.Path == "Containerfile" {
		to = p.Layout.Dockerfile
	}
	file := File{Kind: Dockerfile, From: d.Path, To: to}
	if d.Path == "dockerfile" && byCompose(p, d.Path) {
		file.Keep = "a Compose file builds it without naming it; write `dockerfile: dockerfile` there, then run refit again"
	}
	if by := platform(p, d.Path); by != "" {
		file.Found, file.Keep = true, by+" configures a platform that looks for the Dockerfile at the root; tell it the new path ("+to+") there, then run refit again"
	}
	return file, true
}

// byCompose says whether a Compose file builds the Dockerfile without naming it.
func byCompose(p *project.Project, dockerfile string) bool {
	return slices.ContainsFunc(p.References, func(r project.Reference) bool {
		return r.To == dockerfile && r.Implicit && r.Kind == project.RefCompose
	})
}

// platforms are files by which a hosting platform is told, or finds out, how to build; those that
// do not name the Dockerfile take the one at the root.
var platforms = []string{
	"render.yaml", "render.yml", "heroku.yml", "fly.toml", "cloudbuild.yaml", "cloudbuild.yml", "railway.json", "railway.toml",
	"app.json", "captain-definition", "Dockerrun.aws.json", "apprunner.yaml", ".do/app.yaml", ".do/deploy.template.yaml", "skaffold.yaml",
	"Tiltfile", "nixpacks.toml", "zeabur.json", "koyeb.yaml", "northflank.json", "dokku.json", "now.json", "copilot/manifest.yml",
}

// platform is the file of a hosting platform that may build the Dockerfile without naming it in a
// way that can be rewritten; "" when there is none.
func platform(p *project.Project, dockerfile string) string {
	for _, file := range platforms {
		if !p.Files.Has(file) {
			continue
		}
		named := slices.ContainsFunc(p.References, func(r project.Reference) bool {
			return r.From == file && r.To == dockerfile && r.Unsure == "" && !r.Implicit
		})
		if !named {
			return file
		}
	}
	return ""
}
