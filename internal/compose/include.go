package compose

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/tree"

	"refit/internal/source"
)

// inclusion is one entry of `include:`, its short form spread out.
type inclusion struct {
	paths      []string
	projectDir string
	envFiles   []string
}

// include replaces the document's `include:` by the resources of the included files. Each entry is a
// project of its own: its folder, its .env.
func (l *loading) include(s scope, file string, doc document) error {
	entries, err := inclusions(doc.tree["include"])
	if err != nil {
		return problemIn(file, err)
	}
	delete(doc.tree, "include")
	for _, e := range entries {
		if err := l.includeOne(s, file, e, doc); err != nil {
			return err
		}
	}
	return nil
}

func (l *loading) includeOne(s scope, file string, e inclusion, doc document) error {
	here := resolver{base: s.dir, caller: l.CallerDir}
	inner := scope{stack: s.stack}
	if !absolute(e.projectDir) {
		inner.from = s.dir // as compose-go has it: what both files list is one entry of the merged list
	}
	for i, p := range e.paths {
		e.paths[i] = plainPath(here.path(p))
	}
	if slices.Contains(s.stack, e.paths[0]) {
		return &source.Problem{Path: file, What: "it includes itself: " + strings.Join(append(s.stack, e.paths[0]), " includes ")}
	}
	inner.dir = path.Dir(e.paths[0])
	if e.projectDir != "" {
		inner.dir = plainPath(here.path(e.projectDir))
	}
	var err error
	if inner.env, err = l.includeEnv(s, inner.dir, e.envFiles, here); err != nil {
		return err
	}
	imported, err := l.model(inner, e.paths)
	if err != nil {
		return err
	}
	if err := importInto(doc, imported); err != nil {
		return problemIn(file, err)
	}
	return nil
}

// includeEnv is the environment of an included project: the including one's, then the values of its
// env files, by default the .env of its folder.
func (l *loading) includeEnv(s scope, dir string, files []string, here resolver) (map[string]string, error) {
	var paths []string
	if len(files) == 0 {
		if p := path.Join(dir, ".env"); l.exists(p) {
			paths = []string{p}
		}
	}
	for _, f := range files {
		if f != "/dev/null" {
			paths = append(paths, plainPath(here.path(f)))
		}
	}
	env, err := l.readEnv(s.env, paths)
	if err != nil {
		return nil, err
	}
	return s.env.Clone().Merge(env), nil
}

func (l *loading) exists(p string) bool {
	if outside(p) {
		return false
	}
	_, err := l.Read(p)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}

// importInto puts an included project's resources into the including document, whose own definitions
// override them.
func importInto(doc document, imported map[string]any) error {
	for _, kind := range []string{"services", "jobs", "volumes", "networks", "secrets", "configs", "models"} {
		from := mapping(imported[kind])
		if from == nil {
			continue
		}
		to := mapping(doc.tree[kind])
		if to == nil {
			to = map[string]any{}
			doc.tree[kind] = to
		}
		for name, resource := range from {
			own, taken := to[name]
			if !taken {
				to[name] = resource
				continue
			}
			if reflect.DeepEqual(own, resource) { // reached by two ways
				continue
			}
			wipe(map[string]any{kind: map[string]any{name: resource}}, doc.resets, tree.NewPath())
			merged, err := override.MergeYaml(resource, own, tree.NewPath(kind, name))
			if err != nil {
				return err
			}
			to[name] = merged
		}
	}
	return nil
}

func inclusions(v any) ([]inclusion, error) {
	if v == nil {
		return nil, nil
	}
	entries, ok := v.([]any)
	if !ok {
		return nil, errors.New("`include` must be a list")
	}
	var found []inclusion
	for i, entry := range entries {
		var e inclusion
		var err error
		switch entry := entry.(type) {
		case string:
			e.paths = []string{entry}
		case map[string]any:
			e.projectDir, _ = entry["project_directory"].(string)
			e.paths, err = stringOrList(entry["path"])
			if err == nil {
				e.envFiles, err = stringOrList(entry["env_file"])
			}
		default:
			err = errors.New("neither a path nor a mapping")
		}
		if err == nil && len(e.paths) == 0 {
			err = errors.New("no path")
		}
		if err != nil {
			return nil, fmt.Errorf("include.%d: %w", i, err)
		}
		found = append(found, e)
	}
	return found, nil
}

func stringOrList(v any) ([]string, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []string{v}, nil
	case []any:
		var out []string
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, errors.New("a path that is not a string")
			}
			out = append(out, s)
		}
		return out, nil
	}
	return nil, errors.New("neither a string nor a list")
}
