package compose

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/compose-spec/compose-go/v2/paths"
)

// While a model is built, a path that is already resolved carries the prefix rooted: the tree of an
// included file is resolved on its own and then goes through the resolution of the including file.
// The mark can't come from a file: decode refuses it.
const (
	mark      = "\x01"
	rooted    = "/" + mark + "/"    // + a repo-relative path
	callerPWD = "/" + mark + "PWD"  // stands for the value of PWD, an absolute path
	callerHOM = "/" + mark + "HOME" // and for that of HOME
)

// absolute says whether Docker Compose takes p for an absolute path, of Unix or of Windows.
func absolute(p string) bool { return path.IsAbs(p) || paths.IsWindowsAbs(p) }

// resolver turns the paths of one plain tree into rooted ones, relative to base.
type resolver struct {
	base   string // repo-relative
	caller string // the folder that PWD stands for
	from   string // the folder that resolved paths are written as seen from; "": they are rooted
}

// path resolves one path. Absolute ones and those below the home folder stay as they are.
func (r resolver) path(p string) string {
	if rest, ok := strings.CutPrefix(p, callerPWD); ok && r.from == "" && (rest == "" || rest[0] == '/') {
		return rooted + path.Join(r.caller, rest)
	}
	switch {
	case absolute(p) || strings.HasPrefix(p, "~"):
		return p
	case r.from != "":
		return relative(r.from, path.Join(r.base, p))
	}
	return rooted + path.Join(r.base, p)
}

// project resolves every path field that compose-go resolves.
func (r resolver) project(dict map[string]any) error {
	for _, key := range []string{"services", "jobs"} {
		for _, c := range mapping(dict[key]) {
			if err := r.container(mapping(c)); err != nil {
				return err
			}
		}
	}
	for _, key := range []string{"configs", "secrets"} {
		for _, c := range mapping(dict[key]) {
			r.field(mapping(c), "file", r.path)
		}
	}
	for _, v := range mapping(dict["volumes"]) {
		volume := mapping(v)
		options := mapping(volume["driver_opts"])
		if volume["driver"] == "local" && options["o"] == "bind" {
			r.field(options, "device", r.path)
		}
	}
	return nil
}

func (r resolver) container(c map[string]any) error {
	build := mapping(c["build"])
	r.field(build, "context", r.context)
	contexts := mapping(build["additional_contexts"])
	for k := range contexts {
		r.field(contexts, k, r.context)
	}
	ssh := mapping(build["ssh"])
	for k := range ssh {
		r.field(ssh, k, r.path)
	}
	r.field(mapping(c["extends"]), "file", r.filled)
	for _, w := range list(mapping(c["develop"])["watch"]) {
		r.field(mapping(w), "path", r.filled)
	}
	for _, hook := range list(c["pre_start"]) {
		if err := r.files(mapping(hook)); err != nil {
			return err
		}
	}
	return r.files(c)
}

// files resolves what services and their pre_start hooks have alike.
func (r resolver) files(c map[string]any) error {
	for _, f := range list(c["env_file"]) {
		r.field(mapping(f), "path", r.filled)
	}
	labels := list(c["label_file"])
	for i, f := range labels {
		if p, ok := f.(string); ok {
			labels[i] = r.filled(p)
		}
	}
	for _, v := range list(c["volumes"]) {
		volume := mapping(v)
		if volume["type"] != "bind" {
			continue
		}
		if _, ok := volume["source"].(string); !ok {
			return errors.New(`a mount of type "bind" needs a source`)
		}
		r.field(volume, "source", r.path)
	}
	return nil
}

func (r resolver) field(m map[string]any, key string, resolve func(string) string) {
	if p, ok := m[key].(string); ok {
		m[key] = resolve(p)
	}
}

// dockerfilesOfCaller writes Dockerfiles below ${PWD} as seen from their contexts, which all others are relative to.
func (l *loading) dockerfilesOfCaller(dict map[string]any) {
	for _, s := range mapping(dict["services"]) {
		build := mapping(mapping(s)["build"])
		context, ours := strings.CutPrefix(fmt.Sprint(build["context"]), rooted)
		file, ok := build["dockerfile"].(string)
		if rest, below := strings.CutPrefix(file, callerPWD+"/"); ok && ours && below {
			build["dockerfile"] = relative(context, path.Join(l.CallerDir, rest))
		}
	}
}

// inContext is where the Dockerfile of a local context is; one below the home folder stays as it is.
func inContext(context, dockerfile string) string {
	if absolute(dockerfile) || strings.HasPrefix(dockerfile, "${") {
		return dockerfile
	}
	return path.Join(context, dockerfile)
}

// filled resolves a path that means nothing when empty.
func (r resolver) filled(p string) string {
	if p == "" {
		return p
	}
	return r.path(p)
}

// context resolves a build context, which may also be a URL, an image or another service.
func (r resolver) context(p string) string {
	if remoteContext(p) {
		return p
	}
	return r.filled(p)
}

// remoteContext says whether a build context is not a local folder. The prefixes are BuildKit's, as
// compose-go has them.
func remoteContext(p string) bool {
	if strings.Contains(p, "://") {
		return true
	}
	for _, prefix := range []string{"service:", "github.com/", "git@"} {
		if strings.HasPrefix(p, prefix) {
			return true
		}
	}
	return false
}

// plainPaths takes the marks out of a whole tree.
func plainPaths(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = plainPaths(e)
		}
	case []any:
		for i, e := range v {
			v[i] = plainPaths(e)
		}
	case string:
		return plainPath(v)
	}
	return v
}

func plainPath(s string) string {
	if !strings.Contains(s, mark) {
		return s
	}
	if rest, ok := strings.CutPrefix(s, rooted); ok {
		s = rest
	}
	return strings.NewReplacer(callerPWD, "${PWD}", callerHOM, "${HOME}").Replace(s)
}

// display is a path as messages show it.
func display(p string) string { return plainPath(p) }

// mapping and list look into a tree whose shape is not checked yet; nil when it is another shape.
func mapping(v any) map[string]any { m, _ := v.(map[string]any); return m }
func list(v any) []any             { l, _ := v.([]any); return l }
