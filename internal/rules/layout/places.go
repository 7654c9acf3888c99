package layout

import (
	"path"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/project"
	"refit/internal/source"
)

// kind is what a misplaced file is.
type kind string

const (
	kindCompose    kind = "Compose file"
	kindEnv        kind = "environment file"
	kindExample    kind = "template of the environment files"
	kindDockerfile kind = "Dockerfile"
)

// place is where one file should be. keep says why it stays where it is all the same; such a file
// has a finding without a fix.
type place struct {
	kind     kind
	from, to string
	env      string
	keep     string
}

// places are the files at the root of the repository for which the layout has another place,
// sorted. Files in folders were put there on purpose and are left alone.
func places(p *project.Project) []place {
	if p.Layout.Keep {
		return nil
	}
	var list []place
	for _, c := range p.Compose {
		if pl, ok := composePlace(p, c); ok {
			list = append(list, pl)
		}
	}
	for _, f := range p.EnvFiles {
		if pl, ok := envPlace(p, f); ok {
			list = append(list, pl)
		}
	}
	for _, d := range p.Dockerfiles {
		if pl, ok := dockerfilePlace(p, d); ok {
			list = append(list, pl)
		}
	}
	list = slices.DeleteFunc(list, func(pl place) bool { return pl.from == pl.to })
	for i := range list {
		for j := range list {
			if i != j && strings.EqualFold(list[i].to, list[j].to) {
				list[i].keep = "both " + list[i].from + " and " + list[j].from + " would become " + list[j].to + "; decide which of them it is and rename the other"
			}
		}
	}
	return list
}

func atRoot(p string) bool { return path.Dir(p) == "." }

func regular(p *project.Project, at string) (*source.Entry, bool) {
	e, ok := p.Files.Entry(at)
	return e, ok && e.IsRegular()
}

func composePlace(p *project.Project, c *project.ComposeFile) (place, bool) {
	if !atRoot(c.Path) || c.Role == compose.RoleExample || c.Role == compose.RoleAlternative || c.Role == compose.RoleIncluded || c.Role == compose.RoleOverride {
		return place{}, false
	}
	env := c.Env
	if env == "" && soleDevelopment(p, c) {
		env = "dev"
	}
	if !p.Layout.Has(env) {
		return place{}, false
	}
	return place{kind: kindCompose, from: c.Path, to: p.Layout.ComposePath(env), env: env}, true
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

func envPlace(p *project.Project, f *project.EnvFile) (place, bool) {
	if !atRoot(f.Path) {
		return place{}, false
	}
	name := path.Base(f.Path)
	if f.Example {
		if name != ".env.example" && name != ".env.sample" && name != ".env.template" && name != ".env.dist" {
			return place{}, false
		}
		if frameworkProject(p) && !usesCompose(p) {
			return place{}, false
		}
		return place{kind: kindExample, from: f.Path, to: p.Layout.EnvExample}, len(p.Environments) > 0
	}
	env := f.Env
	if name == ".env" || !strings.HasPrefix(name, ".env.") || !p.Layout.Has(env) || len(p.Environments) == 0 {
		return place{}, false
	}
	pl := place{kind: kindEnv, from: f.Path, to: p.Layout.EnvPath(env), env: env}
	if slices.Contains(frameworkFiles, name) && frameworkProject(p) {
		if len(f.Readers) == 0 {
			return place{}, false
		}
		pl.keep = "frameworks of this repository's language read " + name + " from the root by its name, without anybody naming it; " +
			"move it only when you know that nothing but Docker reads it"
	}
	return pl, true
}

func usesCompose(p *project.Project) bool { return len(p.Environments) > 0 }

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

func dockerfilePlace(p *project.Project, d *project.Dockerfile) (place, bool) {
	if !atRoot(d.Path) || len(d.Builds) == 0 {
		return place{}, false
	}
	to := path.Join(p.Layout.DockerDir(), d.Path)
	if d.Path == "Dockerfile" || d.Path == "Containerfile" {
		to = p.Layout.Dockerfile
	}
	pl := place{kind: kindDockerfile, from: d.Path, to: to}
	if file := platform(p, d.Path); file != "" {
		pl.keep = file + " configures a platform that looks for the Dockerfile at the root; tell it the new path (" + to + ") there, then run refit again"
	}
	return pl, true
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

// obstacle says why nothing can be moved from or to the places of pl, "" when it can.
func obstacle(p *project.Project, pl place) string {
	e, ok := p.Files.Entry(pl.from)
	if !ok || e.IsLink() {
		return pl.from + " is a symbolic link; move it and what it points to by hand"
	}
	for _, other := range p.Files.Paths() {
		switch {
		case other == pl.to:
			return pl.to + " exists already; compare the two, merge what both need, and delete one"
		case strings.EqualFold(other, pl.to):
			return other + " exists, which is the same file as " + pl.to + " on macOS and Windows; rename or remove it"
		case e.Path != other && underFold(pl.to, other):
			return other + " is a file, and " + pl.to + " needs a folder of that name"
		case caseClash(other, pl.to) != "":
			return "the folder " + caseClash(other, pl.to) + " exists, which is the same as " + path.Dir(pl.to) + " on macOS and Windows; rename it"
		}
	}
	for _, s := range p.Git.Submodules {
		if s.Path == path.Dir(pl.to) || strings.HasPrefix(pl.to, s.Path+"/") {
			return s.Path + " is a submodule: files in it belong to another repository; choose another place in .refit.yaml (layout)"
		}
	}
	if h, hidden := p.InHidden(pl.to); hidden {
		switch h.Why {
		case project.HiddenIgnored:
			if files, _ := p.Contents(h); slices.ContainsFunc(files, virtualenvFile) {
				return h.Path + " is a virtual environment; move it to .venv (or choose another place in .refit.yaml, layout)"
			} else if slices.Contains(files, pl.to) {
				return pl.to + " exists already, ignored by git; compare the two and delete one"
			}
		case project.HiddenGenerated:
			return h.Path + " is a virtual environment or a cache; remove or rename it (or choose another place in .refit.yaml, layout)"
		default:
			return "the folder " + h.Path + " can't be looked into (" + string(h.Why) + "); choose another place in .refit.yaml (layout)"
		}
	}
	return ""
}

func virtualenvFile(p string) bool {
	return path.Base(p) == "pyvenv.cfg" || strings.HasSuffix(p, "/bin/activate") || strings.HasSuffix(p, "/Scripts/activate")
}

// underFold says whether p lies below file, letter case aside.
func underFold(p, file string) bool {
	return strings.HasPrefix(strings.ToLower(p), strings.ToLower(file)+"/")
}

// caseClash is the folder of other that differs from a folder of p in letter case only, or "".
func caseClash(other, p string) string {
	a, b := strings.Split(path.Dir(other), "/"), strings.Split(path.Dir(p), "/")
	for i := 0; i < len(a) && i < len(b); i++ {
		if a[i] == b[i] {
			continue
		}
		if strings.EqualFold(a[i], b[i]) {
			return strings.Join(a[:i+1], "/")
		}
		return ""
	}
	return ""
}
