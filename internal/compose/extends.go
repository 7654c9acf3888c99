package compose

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/tree"

	"refit/internal/source"
)

// extension is what `extends` is followed in: the services of one file and the place its own
// relative file names start from.
type extension struct {
	scope    scope
	file     string
	services map[string]any
	resets   []tree.Path
	chain    []string // "service in file", to find circles
}

// extend merges the services that `extends` names into those of the document.
func (l *loading) extend(s scope, file string, doc document) error {
	for _, key := range []string{"services", "jobs"} {
		raw, ok := doc.tree[key]
		if !ok {
			continue
		}
		services, ok := raw.(map[string]any)
		if !ok {
			return problemIn(file, fmt.Errorf("%s must be a mapping", key))
		}
		e := extension{scope: s, file: file, services: services, resets: doc.resets}
		for name := range services {
			merged, err := l.extended(e, name)
			if err != nil {
				return problemIn(file, err)
			}
			services[name] = merged
		}
	}
	return nil
}

// extended is the service with everything it extends merged under it.
func (l *loading) extended(e extension, name string) (any, error) {
	if e.services[name] == nil {
		return nil, nil
	}
	service, ok := e.services[name].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("services.%s must be a mapping", name)
	}
	ref, file, ok, err := extendsOf(name, service)
	if err != nil || !ok {
		return service, err
	}
	base := e
	if base.chain, err = e.link(name); err != nil {
		return nil, err
	}
	if file != "" {
		if base, err = l.extendedFile(base, file); err != nil {
			return nil, err
		}
	}
	if _, ok := base.services[ref]; !ok {
		return nil, fmt.Errorf("services.%s extends %q, which %s does not define", name, ref, base.file)
	}
	under, err := l.extended(base, ref)
	if err != nil {
		return nil, err
	}
	if under == nil {
		return service, nil
	}
	copied := clone(under).(map[string]any)
	wipe(map[string]any{"services": map[string]any{name: copied}}, e.resets, tree.NewPath())
	merged, err := override.ExtendService(copied, service)
	if err != nil {
		return nil, err
	}
	delete(merged, "extends")
	e.services[name] = merged
	return merged, nil
}

// extendsOf reads a service's `extends`: the name of the other service, and its file when it is another.
func extendsOf(name string, service map[string]any) (ref, file string, ok bool, err error) {
	switch v := service["extends"].(type) {
	case nil:
		return "", "", false, nil
	case string:
		return v, "", true, nil
	case map[string]any:
		ref, ok = v["service"].(string)
		if !ok {
			return "", "", false, fmt.Errorf("services.%s.extends needs a service", name)
		}
		file, _ = v["file"].(string)
		return ref, file, true, nil
	}
	return "", "", false, fmt.Errorf("services.%s.extends is neither a name nor a mapping", name)
}

// link adds a service to the chain and refuses a circle.
func (e extension) link(name string) ([]string, error) {
	step := name + " in " + e.file
	if slices.Contains(e.chain, step) || len(e.chain) > maxDepth {
		return nil, &source.Problem{Path: e.file, What: "a service extends itself: " + strings.Join(append(e.chain, step), " extends ")}
	}
	return append(slices.Clip(e.chain), step), nil
}

// extendedFile opens the file that a service extends from. Its paths are relative to its own folder, as
// are those of the files that it extends itself; its `include` plays no part.
func (l *loading) extendedFile(from extension, file string) (extension, error) {
	file = plainPath(resolver{base: from.scope.dir, caller: l.CallerDir}.path(file))
	s := scope{dir: path.Dir(file), env: from.scope.env, stack: append(slices.Clip(from.scope.stack), from.file)}
	docs, err := l.open(s, file)
	if err != nil {
		return extension{}, err
	}
	dict := map[string]any{}
	base := extension{scope: from.scope, file: file, chain: from.chain}
	for _, doc := range docs {
		if doc.tree, err = l.interpolate(s, file, doc.tree); err != nil {
			return extension{}, err
		}
		if err := promoteAliases(doc.tree); err != nil {
			return extension{}, problemIn(file, err)
		}
		wipe(dict, doc.resets, tree.NewPath())
		if dict, err = l.merge(dict, doc.tree, false); err != nil {
			return extension{}, problemIn(file, err)
		}
		base.resets = doc.resets
	}
	// Seen from the project, as compose-go has them: what both files list is one entry of the merged list.
	if err := (resolver{base: s.dir, from: from.scope.dir}).project(dict); err != nil {
		return extension{}, problemIn(file, err)
	}
	if base.services = mapping(dict["services"]); base.services == nil {
		return extension{}, problemIn(file, fmt.Errorf("it is extended and has no services"))
	}
	base.scope.stack = s.stack
	return base, nil
}
