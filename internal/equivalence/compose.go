package equivalence

import (
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/project"
	"refit/internal/yaml"
)

// environments compares the resolved Compose model of every environment: services, effective
// environment, volume and network names, published ports, builds. Paths are mapped through the moves.
func (c *comparison) environments() {
	seen := map[*project.Environment]bool{}
	for _, before := range c.before.Environments {
		seen[c.counterpart(before)] = true
	}
	c.sideBySide(len(c.before.Environments), func(c *comparison, i int) {
		before := c.before.Environments[i]
		c.environment(before, c.counterpart(before))
	})
	for _, created := range c.after.Environments {
		if !seen[created] && len(created.Files) > 0 {
			c.createdEnvironment(created)
		}
	}
}

// counterpart is the environment afterwards that stacks the same files, wherever they are now.
func (c *comparison) counterpart(e *project.Environment) *project.Environment {
	want := make([]string, len(e.Files))
	for i, f := range e.Files {
		want[i] = c.now(f)
	}
	for _, candidate := range c.after.Environments {
		if equalPaths(candidate.Files, want) {
			return candidate
		}
	}
	return nil
}

func equalPaths(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (c *comparison) environment(before, after *project.Environment) {
	subject := first(before.Files)
	switch {
	case after == nil:
		c.differs(change.AspectCompose, subject, "environment", "stacks "+strings.Join(before.Files, ", "), "")
	case before.Err != nil:
		if !c.sameUninterpolated(before, after, subject) {
			c.unresolved(before, subject)
		}
	case after.Err != nil:
		c.differs(change.AspectCompose, subject, "environment", "resolves", "does not resolve: "+after.Err.Error())
	case before.Model != nil && after.Model != nil:
		c.values(change.AspectCompose, subject, "values of the resolved model, paths mapped",
			c.moved(before.Model.Flatten()), after.Model.Flatten())
	}
}

// sameUninterpolated compares an environment that Compose can't resolve as it is written, paths mapped. It is all or
// nothing: no fix may change a value there, since nobody sees what it would mean.
func (c *comparison) sameUninterpolated(before, after *project.Environment, subject string) bool {
	b, a := before.Raw, after.Raw
	if b == nil || a == nil || len(b.Values) != len(a.Values) {
		return false
	}
	if before.Dir != after.Dir && (b.Open || !c.sameEnvFiles(before, after)) {
		return false
	}
	for key, value := range b.Values {
		if b.Paths[key] {
			value = c.now(value)
		}
		if now, ok := a.Values[key]; !ok || now != value || a.Paths[key] != b.Paths[key] {
			return false
		}
	}
	c.same(change.AspectCompose, subject, "%d values, compared without interpolation, since Compose can't resolve it", len(b.Values))
	return true
}

// sameEnvFiles says whether interpolation would read the same env files.
func (c *comparison) sameEnvFiles(before, after *project.Environment) bool {
	var now []string
	for _, f := range before.EnvFiles {
		now = append(now, c.now(f))
	}
	return slices.Equal(now, after.EnvFiles)
}

// unresolved notes an environment that Compose could not resolve before, so that nothing can be said of
// what changed. While its files are as they were, that harms nobody.
func (c *comparison) unresolved(before *project.Environment, subject string) {
	touched := false
	for _, f := range before.Files {
		touched = touched || c.changed(c.now(f)) && !c.sameButVersion(f)
	}
	c.unproven = append(c.unproven, change.Difference{Aspect: change.AspectCompose, Subject: subject, Addr: "environment",
		Why: "Compose could not resolve it before: " + before.Err.Error(), Blocks: touched})
}

// sameButVersion says whether a file that stays in its place means the same YAML as before, but for the
// version: at the top, which Compose has ignored since v2 and only warns of: whatever hinders Compose
// hinders it still, and nothing else has changed.
func (c *comparison) sameButVersion(f string) bool {
	before, after := c.before.ComposeFile(f), c.after.ComposeFile(f)
	if c.now(f) != f || before == nil || after == nil || before.File == nil || after.File == nil {
		return false
	}
	return yaml.Same(before.File.YAML.Root(), after.File.YAML.Root(), "version")
}

// createdEnvironment is one difference as a whole: there was nothing to compare it with.
func (c *comparison) createdEnvironment(e *project.Environment) {
	subject := c.was(first(e.Files))
	if _, existed := c.before.Files.Entry(subject); existed && e.Err != nil {
		c.cannotShow(change.AspectCompose, subject, "environment", e.Err.Error())
		return
	}
	if e.Err != nil {
		c.differs(change.AspectCompose, subject, "environment", "", "does not resolve: "+e.Err.Error())
		return
	}
	c.differs(change.AspectCompose, subject, "environment", "", "new environment "+e.Name)
}

func first(files []string) string {
	if len(files) == 0 {
		return ""
	}
	return files[0]
}

// moved maps the paths in a flat model through the moves.
func (c *comparison) moved(flat map[string]string) map[string]string {
	if len(c.moves) == 0 {
		return flat
	}
	out := make(map[string]string, len(flat))
	for key, value := range flat {
		if isPath(key, flat) {
			value = c.now(value)
		}
		out[key] = value
	}
	return out
}

// remote says whether a build context is fetched.
func remote(context string) bool {
	return strings.Contains(context, "://") || strings.HasPrefix(context, "git@") || strings.HasPrefix(context, "github.com/")
}

// isPath says whether a key of a flat model holds a path of the repository.
func isPath(key string, flat map[string]string) bool {
	last := key[strings.LastIndex(key, ".")+1:]
	switch last {
	case "context", "dockerfile": // the Dockerfile of a remote context is not one of this repository
		return strings.Contains(key, ".build.") && !remote(flat[strings.TrimSuffix(key, last)+"context"])
	case "source":
		return strings.Contains(key, ".volumes.") && flat[strings.TrimSuffix(key, "source")+"type"] == "bind"
	case "file":
		return strings.HasPrefix(key, "secrets.") || strings.HasPrefix(key, "configs.") || strings.Contains(key, ".credential_spec.")
	case "path":
		return strings.Contains(key, ".develop.watch.")
	}
	return strings.Contains(key, ".additional_contexts.") && !strings.Contains(flat[key], "://") && path.Clean(flat[key]) == flat[key]
}
