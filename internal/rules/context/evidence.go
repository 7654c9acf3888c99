package context

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerignore"
	"refit/internal/dotenv"
	"refit/internal/project"
	"refit/internal/secret"
	"refit/internal/source"
	"refit/internal/stack"
)

// A build receives what its Dockerfiles take in: BuildKit asks for no other file. So an ignore file that is there lacks
// a pattern only where something can lie that the pattern keeps out, and a COPY takes it in. A new ignore file says
// all that concerns the languages at hand, since it costs nothing.

// open says whether the ignore file lets something through that the exclusion is about; sent are the files with
// secrets that it does let through and that nothing names.
func (c *buildContext) open(ignore *dockerignore.File, x exclusion, sent []string) bool {
	if ignore == nil || len(ignore.Patterns) == 0 {
		return true
	}
	if x.secret && len(sent) > 0 && slices.ContainsFunc(sent, dockerignore.Parse("", []byte(x.pattern+"\n")).Matcher().Ignored) {
		return true // a secret that is there stays out even where no COPY takes it yet
	}
	m := ignore.Matcher()
	return slices.ContainsFunc(x.probes, func(probe string) bool { return !m.Ignored(probe) && c.takesIn(probe) })
}

// takesIn says whether a Dockerfile copies the path, by its name, its folder or a pattern.
func (c *buildContext) takesIn(in string) bool {
	for _, d := range c.dockerfiles {
		for _, s := range sources(d) {
			if s.broad() || in == s.path || strings.HasPrefix(in, s.path+"/") {
				return true
			}
			for at := in; s.pattern() && at != "."; at = path.Dir(at) {
				if hit, _ := path.Match(s.path, at); hit {
					return true
				}
			}
		}
		if namesByVariable(d) {
			return true
		}
	}
	return false
}

// namesByVariable says whether a Dockerfile copies something that only the build's arguments name.
func namesByVariable(d *project.Dockerfile) bool {
	return source.Recall(&d.File.Memo, byVariableKey{}, func() bool { return copiesByVariable(d) })
}

type byVariableKey struct{}

func copiesByVariable(d *project.Dockerfile) bool {
	for _, in := range d.File.Instructions {
		c, ok := in.Copy()
		if !ok || c.From != "" {
			continue
		}
		for _, s := range c.Sources {
			if expanded, unproven := d.File.StateAt(in, nil).Expand(s.Value); s.Heredoc == nil && strings.Contains(s.Value, "$") && (len(unproven) > 0 || path.Clean(expanded) == ".") {
				return true
			}
		}
	}
	return false
}

// folders are those of the context, relative to it and each once, that hold one of the files.
func (c *buildContext) folders(files []string) []string {
	var list []string
	seen := map[string]bool{}
	for _, f := range files {
		if in, ok := c.inside(f); ok && !seen[path.Dir(in)] {
			seen[path.Dir(in)] = true
			list = append(list, path.Dir(in))
		}
	}
	return list
}

// unitFolders are the folders with packages of a language, relative to the context.
func (c *buildContext) unitFolders(p *project.Project, language stack.Language) []string {
	var list []string
	for _, u := range c.units(p) {
		switch in, ok := c.inside(u.Dir); {
		case u.Language != language:
		case ok:
			list = append(list, in)
		default:
			list = append(list, ".")
		}
	}
	return list
}

// envFolders are the folders in which env files are or can be: the root, and those that have one or its template.
func (c *buildContext) envFolders(p *project.Project) []string {
	files := []string{path.Join(c.dir, ".env")}
	for _, e := range p.EnvFiles {
		if path.Dir(e.Path) != p.Layout.EnvDir() {
			files = append(files, e.Path)
		}
	}
	list := c.folders(files)
	if c.jobWritesEnv(p) {
		list = slices.DeleteFunc(list, func(dir string) bool { return dir == "." })
	}
	return list
}

// maxFolders bounds the folders that are looked at for one cache.
const maxFolders = 200

// sourceFolders are the folders with Python's source, where its caches go.
func (c *buildContext) sourceFolders(p *project.Project) []string {
	var files []string
	for _, f := range p.Files.Under(c.dir) {
		if path.Ext(f) == ".py" {
			files = append(files, f)
		}
	}
	list := c.folders(files)
	return list[:min(len(list), maxFolders)]
}

// uses says whether a Python package of the context depends on the tool or is set up for it.
func (c *buildContext) uses(p *project.Project, tool string) bool {
	for _, u := range c.units(p) {
		if u.Language != stack.Python {
			continue
		}
		if slices.Contains(u.Dependencies, tool) || slices.Contains(u.DevDependencies, tool) {
			return true
		}
		for _, at := range append([]string{path.Join(u.Dir, ".pre-commit-config.yaml"), path.Join(u.Dir, "setup.cfg"), path.Join(u.Dir, "tox.ini"), path.Join(u.Dir, tool+".ini"), path.Join(u.Dir, tool+".toml")}, u.Manifests...) {
			if text, err := p.Files.Read(at); err == nil && strings.Contains(string(text), tool) {
				return true
			}
		}
	}
	return false
}

// probesIn are what the name would be in each of the folders.
func probesIn(folders []string, name string) []string {
	var list []string
	for _, dir := range folders {
		list = append(list, path.Join(dir, name))
	}
	return list
}

// writesEnv matches a command of a CI job that writes the .env at the root.
var writesEnv = regexp.MustCompile(`(?m)(?:>\s*|\b(?:cp|mv|tee|ln)\s[^\n;&|]*\s|\bsed\s+-i[^\n;&|]*\s|\bfile_name:\s*)["']?(?:\./)?\.env["']?\s*(?:$|[;&|#])`)

// jobWritesEnv says whether a workflow makes a .env in the context and then builds an image of it, other than by
// Compose, which reads such a file itself: then the image is meant to have it.
func (c *buildContext) jobWritesEnv(p *project.Project) bool {
	for _, d := range c.dockerfiles {
		for _, b := range d.Builds {
			if b.Context != c.dir || c.dir != "." || b.Service != "" || !slices.ContainsFunc(p.Workflows, func(w *project.Workflow) bool { return w.Path == b.By }) {
				continue
			}
			if text, err := p.Files.Read(b.By); err == nil && writesEnv.Match(text) {
				return true
			}
		}
	}
	return false
}

// readsEnvAtBuild are tools and frameworks that take settings from the .env files beside the program while it
// is built: Vite and what stands on it, Create React App, Next, Nuxt, Vue CLI, Gatsby, Expo, Parcel, and Symfony
// (composer dump-env). Their own documentation has these files committed.
var readsEnvAtBuild = regexp.MustCompile(`"(vite|react-scripts|next|nuxt|astro|@vue/cli-service|gatsby|@sveltejs/kit|@remix-run/dev|expo|parcel|@angular-builders/[\w-]+|dotenv-webpack|symfony/[\w-]+)"\s*:`)

// buildSettings are the env files of the context that git has, that hold no secret and that a build may read:
// they are sent as before, since without them the program would be built with other settings.
func (c *buildContext) buildSettings(p *project.Project) []string {
	var list []string
	for _, e := range p.EnvFiles {
		in, ok := c.inside(e.Path)
		if !ok || e.Example || p.Git.Exists && !e.Tracked || !c.takesIn(in) || slices.ContainsFunc(e.File.Vars, func(v *dotenv.Var) bool {
			class := secret.Judge(v.Key, v.Value).Class
			return class == secret.Secret || class == secret.Weak
		}) {
			continue
		}
		for _, u := range p.Units {
			if u.Dir == path.Dir(e.Path) && slices.ContainsFunc(u.Manifests, func(m string) bool {
				text, err := p.Files.Read(m)
				return err == nil && readsEnvAtBuild.Match(text)
			}) {
				list = append(list, in)
				break
			}
		}
	}
	return list
}

// envDecided says whether the ignore file names some env files and not .env itself, as those do whose .env is
// committed and read by the build (.env.local, .env*.local): what stays out has been thought of.
func envDecided(ignore *dockerignore.File) bool {
	if ignore == nil || ignore.Matcher().Ignored(".env") {
		return false
	}
	return slices.ContainsFunc(ignore.Patterns, func(d dockerignore.Pattern) bool {
		base := path.Base(d.Clean)
		return !d.Negated && strings.HasPrefix(base, ".env") && strings.HasSuffix(base, ".local")
	})
}
