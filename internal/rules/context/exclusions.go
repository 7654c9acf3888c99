package context

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerignore"
	"refit/internal/project"
	"refit/internal/secret"
	"refit/internal/source"
	"refit/internal/stack"
)

// envWhat and keysWhat are what people call the exclusions of env files and of keys.
const (
	envWhat  = "env files"
	keysWhat = "keys and certificates"
)

// exclusion is something that no build should receive.
type exclusion struct {
	pattern string
	probes  []string // where such a thing is or can be, relative to the context: these must be ignored
	globs   []string // what the pattern ignores, as change.Declared addresses it
	what    string   // for people
	secret  bool
}

var (
	usesGit        = regexp.MustCompile(`\bgit\s+(describe|rev-parse|log|submodule|rev-list|status|show|fetch|lfs)\b`)
	versionFromGit = regexp.MustCompile(`setuptools[_-]scm|hatch-vcs|versioningit|poetry-dynamic-versioning|versioneer|vcs-versioning`)
	installsNode   = regexp.MustCompile(`\b(npm|pnpm|yarn|bun)\b`)
	installsPython = regexp.MustCompile(`\b(pip3?|uv|poetry|pdm|pipenv|conda)\b`)
)

// exclusions lists what the context should not send, as far as it concerns this repository. What a stage needs is not in it.
func (c *buildContext) exclusions(p *project.Project) []exclusion {
	env := c.envFolders(p)
	list := []exclusion{
		{"**/.env", probesIn(env, ".env"), []string{"*.env"}, envWhat, true},
		{"**/.env.*", probesIn(env, ".env.dev"), []string{"*.env.*"}, envWhat, true},
	}
	if c.onlyFor(p, p.Layout.EnvDir(), func(f string) bool { return p.EnvFile(f) != nil || f == p.Layout.EnvReadme }) {
		in, _ := c.inside(p.Layout.EnvDir())
		list = append(list, exclusion{in, []string{in + "/x"}, []string{in + "/*", "*.env", "*.env.*"}, envWhat, true})
	}
	list = append(list, c.keys(p)...)
	if !c.needsGit(p) {
		list = append(list, exclusion{".git", []string{".git/config", ".git"}, []string{".git", ".git/*"}, "git's folder", false})
	}
	if c.onlyFor(p, p.Layout.ComposeDir(), func(f string) bool { return p.ComposeFile(f) != nil }) {
		in, _ := c.inside(p.Layout.ComposeDir())
		list = append(list, exclusion{in, []string{in + "/x"}, []string{in + "/*", "*compose*.yml", "*compose*.yaml"}, "Compose files", false})
	}
	if c.has(p, stack.Python) {
		if c.runs(installsPython) {
			list = append(list, exclusion{"**/.venv", probesIn(c.unitFolders(p, stack.Python), ".venv/x"), []string{"*.venv", "*.venv/*"}, "virtual environments", false})
		}
		list = append(list, exclusion{"**/__pycache__", probesIn(c.sourceFolders(p), "__pycache__/x"), []string{"*__pycache__", "*__pycache__/*"}, "caches", false})
		for _, tool := range []string{"pytest", "ruff", "mypy"} {
			var probes []string
			if cache := "." + tool + "_cache"; c.uses(p, tool) {
				probes = probesIn(c.unitFolders(p, stack.Python), cache+"/x")
			}
			list = append(list, exclusion{"**/." + tool + "_cache", probes, []string{"*." + tool + "_cache", "*." + tool + "_cache/*"}, "caches", false})
		}
	}
	if c.has(p, stack.Node) && c.runs(installsNode) {
		list = append(list, exclusion{"**/node_modules", probesIn(c.unitFolders(p, stack.Node), "node_modules/x"), []string{"*node_modules", "*node_modules/*"}, "installed packages", false})
	}
	for _, editor := range []string{".idea", ".vscode"} {
		if p.Files.IsDir(path.Join(c.dir, editor)) {
			list = append(list, exclusion{editor, []string{editor + "/x"}, []string{editor + "/*"}, "editor settings", false})
		}
	}
	return list
}

// onlyFor says whether a folder of the context holds such files and nothing else.
func (c *buildContext) onlyFor(p *project.Project, dir string, is func(string) bool) bool {
	if _, ok := c.inside(dir); !ok || dir == "." || dir == c.dir {
		return false
	}
	files := p.Files.Under(dir)
	for _, f := range files {
		if !is(f) {
			return false
		}
	}
	return len(files) > 0
}

func (c *buildContext) has(p *project.Project, language stack.Language) bool {
	return slices.ContainsFunc(c.units(p), func(u *stack.Unit) bool { return u.Language == language })
}

func (c *buildContext) needsGit(p *project.Project) bool {
	return c.runs(usesGit) || source.Recall(&p.Memo, versionedByGitKey{}, func() bool { return versionedByGit(p) })
}

type versionedByGitKey struct{}

// versionedByGit says whether a manifest of the repository takes its version from git.
func versionedByGit(p *project.Project) bool {
	for _, u := range p.Units {
		for _, m := range u.Manifests {
			if at, ok := p.Files.Resolve(m); ok {
				e, _ := p.Files.Entry(at)
				if source.Recall(&e.Memo, versionedByGitKey{}, func() bool { text, err := e.Bytes(); return err == nil && versionFromGit.Match(text) }) {
					return true
				}
			}
		}
	}
	return false
}

// keys are the exclusions of private keys and certificates: where there are some, or where git's own ignore
// file says that there will be. A file that holds certificates only stays when it is there.
func (c *buildContext) keys(p *project.Project) []exclusion {
	ignore := p.GitIgnore()
	expected := map[string]bool{}
	for _, ext := range []string{".pem", ".key"} {
		for _, probe := range []string{"certs/key" + ext, "key" + ext} {
			out, _ := ignore.Match(path.Join(c.dir, probe), false)
			expected[ext] = expected[ext] || out
		}
	}
	for _, f := range p.Files.Under(c.dir) {
		if isPrivateKey(p, f) {
			expected[path.Ext(f)] = true
		}
	}
	var list []exclusion
	for _, ext := range []string{".pem", ".key"} {
		if expected[ext] {
			list = append(list, exclusion{"**/*" + ext, []string{"x" + ext, "a/b/x" + ext}, []string{"*" + ext}, keysWhat, true})
		}
	}
	return list
}

// isPrivateKey says whether a file holds a private key, by its name and content.
func isPrivateKey(p *project.Project, f string) bool {
	if ext := path.Ext(f); ext != ".pem" && ext != ".key" {
		return false
	}
	e, ok := p.Files.Entry(f)
	if !ok || !e.IsRegular() || e.Size > 64<<10 {
		return false
	}
	text, err := e.Bytes()
	return err == nil && bytes.Contains(text, []byte("PRIVATE KEY-----"))
}

// publicCertificates are certificate files that programs may need: they are sent as before.
func (c *buildContext) publicCertificates(p *project.Project) []string {
	var list []string
	for _, f := range p.Files.Under(c.dir) {
		in, _ := c.inside(f)
		if ext := path.Ext(f); (ext == ".pem" || ext == ".key") && !isPrivateKey(p, f) && (!p.Git.Exists || p.Git.Tracked(f)) {
			list = append(list, in)
		}
	}
	return list
}

// secretsSent lists the files with secrets that a build of the context receives, relative to it.
func (c *buildContext) secretsSent(p *project.Project, ignore *dockerignore.File) []string {
	m := ignore.Matcher()
	var list []string
	for _, f := range p.Files.Under(c.dir) {
		in, _ := c.inside(f)
		e := p.EnvFile(f)
		isSecret := isPrivateKey(p, f)
		if e != nil && !e.Example {
			for _, v := range e.File.Vars {
				class := secret.Judge(v.Key, v.Value).Class
				isSecret = isSecret || class == secret.Secret || class == secret.Weak
			}
		}
		if isSecret && !m.Ignored(in) {
			list = append(list, in)
		}
	}
	return list
}

// lacking are the exclusions that an ignore file does not have. One that would leave a source of a Dockerfile without files is none.
func (c *buildContext) lacking(p *project.Project, ignore *dockerignore.File) []exclusion {
	return source.Recall(&c.memo, lackingKey{ignore}, func() []exclusion { return c.findLacking(p, ignore) })
}

type lackingKey struct{ ignore *dockerignore.File }

func (c *buildContext) findLacking(p *project.Project, ignore *dockerignore.File) []exclusion {
	keep := c.kept(p, ignore)
	var list []exclusion
	keyNeeded := c.neededKey(p, ignore) != ""
	all := c.exclusions(p)
	sent := slices.DeleteFunc(c.secretsSent(p, ignore), func(f string) bool { return slices.Contains(keep, f) })
	envOpen := slices.ContainsFunc(all, func(x exclusion) bool { return x.what == envWhat && c.open(ignore, x, sent) })
	for _, x := range all {
		if keyNeeded && x.what == keysWhat || x.what == envWhat && envDecided(ignore) && !slices.ContainsFunc(sent, func(f string) bool { return path.Ext(f) != ".pem" && path.Ext(f) != ".key" }) {
			continue
		}
		switch {
		case c.open(ignore, x, sent):
		case x.what == envWhat && envOpen && !inForce(ignore, x.pattern) && !c.jobWritesEnv(p):
			// once a line about env files is added, the others are made to mean every folder too
		default:
			continue
		}
		alone := dockerignore.Parse("", []byte(x.pattern+"\n"))
		if _, breaks := c.broken(p, ignore, alone); breaks && !allKept(ignore, alone, keep, c, p) {
			continue
		}
		list = append(list, x)
	}
	return list
}

// inForce says whether the ignore file keeps out what the pattern does, in every folder.
func inForce(ignore *dockerignore.File, pattern string) bool {
	return ignore.Matcher().Ignored(strings.NewReplacer("**/", "a/b/", "*", "x").Replace(pattern))
}

// allKept says whether a "!" brings back what the Dockerfiles name one by one.
func allKept(ignore, alone *dockerignore.File, keep []string, c *buildContext, p *project.Project) bool {
	e, err := (*dockerignore.File).AddPatterns(dockerignore.Parse("", nil), dockerignore.Block{Patterns: []string{alone.Patterns[0].Text}, Keep: keep})
	if err != nil {
		return false
	}
	_, breaks := c.broken(p, ignore, dockerignore.Parse("", []byte(e.New)))
	return !breaks
}

// kept is keep with the settings of the build, the templates and certificates that stay: a template that a RUN, a script or a package manager's
// file names, and one that the ignore file takes in by name. The caller must not change it.
func (c *buildContext) kept(p *project.Project, ignore *dockerignore.File) []string {
	return source.Recall(&c.memo, keptKey{ignore}, func() []string { return c.findKept(p, ignore) })
}

type keptKey struct{ ignore *dockerignore.File }

func (c *buildContext) findKept(p *project.Project, ignore *dockerignore.File) []string {
	list := slices.Concat(c.keep(p), c.publicCertificates(p), c.buildSettings(p))
	for _, e := range p.EnvFiles {
		in, ok := c.inside(e.Path)
		if !ok || !e.Example {
			continue
		}
		wanted := ignore != nil && slices.ContainsFunc(ignore.Patterns, func(d dockerignore.Pattern) bool { return d.Negated && d.Clean == in })
		if wanted || named(p)[e.Path] || c.says(path.Base(e.Path)) {
			list = append(list, in)
		}
	}
	return list
}

// named are the files that a script or a package manager's file names.
func named(p *project.Project) map[string]bool {
	return source.Recall(&p.Memo, namedKey{}, func() map[string]bool {
		files := map[string]bool{}
		for _, r := range p.References {
			if r.Kind == project.RefScript || r.Kind == project.RefPackage {
				files[r.To] = true
			}
		}
		return files
	})
}

type namedKey struct{}

func patternsOf(list []exclusion) (patterns, whats []string) {
	for _, x := range list {
		patterns = append(patterns, x.pattern)
		if !strings.Contains(strings.Join(whats, ","), x.what) {
			whats = append(whats, x.what)
		}
	}
	return patterns, whats
}

// declares are the differences that the exclusions make.
func (c *buildContext) declares(list []exclusion) []change.Declared {
	var all []change.Declared
	for _, x := range list {
		for _, g := range x.globs {
			addr := path.Join(c.dir, g)
			if strings.HasPrefix(g, "*") && c.dir != "." {
				addr = c.dir + "/" + g
			}
			all = append(all, declared(c.dir, addr, "no build needs "+x.what))
		}
	}
	return all
}
