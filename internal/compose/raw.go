package compose

import (
	"context"
	"fmt"
	"path"
	"strings"

	"refit/internal/source"
)

// Raw is what is known of files that Docker Compose can't resolve: merged, includes and extends followed, paths
// resolved, but variables left as they are written and nothing checked, as
// `docker compose config --no-interpolate --no-consistency` has it.
type Raw struct {
	Name   string            // of the project
	Values map[string]string // flat: "services.app.image" -> "app:${TAG:1}"; nothing is masked
	Paths  map[string]bool   // the keys of Values that hold repo-relative paths
	// Open says that a variable decides whether a mount is a path: where the project directory is another one,
	// equal text may mean another folder.
	Open bool
}

// LoadRaw reads Compose files without interpolation and without consistency checks.
func LoadRaw(ctx context.Context, r Request) (raw *Raw, err error) {
	silenceLibrary()
	defer func() { // as in Load
		if cause := recover(); cause != nil {
			raw, err = nil, &source.Problem{Path: r.Files[0], What: fmt.Sprintf("compose-go could not handle this file (%v)", cause)}
		}
	}()
	l, err := newLoading(ctx, r)
	if err != nil {
		return nil, err
	}
	l.raw = true
	name, _, err := l.projectName()
	if err != nil {
		return nil, err
	}
	dict, err := l.model(scope{dir: l.dir, env: l.env}, l.Files)
	if err != nil {
		return nil, err
	}
	raw = &Raw{Name: name, Values: map[string]string{}, Paths: map[string]bool{}}
	for _, s := range mapping(dict["services"]) {
		dockerfileInContext(mapping(mapping(s)["build"]))
		for _, v := range list(mapping(s)["volumes"]) {
			raw.Open = raw.Open || openMount(v)
		}
	}
	f := flat{values: raw.Values}
	for key, v := range dict {
		f.add(escapeKey(key), v)
	}
	for key, v := range raw.Values {
		raw.Paths[key] = strings.HasPrefix(v, rooted)
		raw.Values[key] = plainPath(v)
	}
	raw.Values["name"] = name
	return raw, nil
}

// dockerfileInContext writes a build's Dockerfile as the path that it is.
func dockerfileInContext(build map[string]any) {
	at, ok := strings.CutPrefix(fmt.Sprint(build["context"]), rooted)
	if !ok || build["dockerfile_inline"] != nil {
		return
	}
	file, ok := build["dockerfile"].(string)
	if !ok {
		file = "Dockerfile"
	}
	if !absolute(file) {
		build["dockerfile"] = rooted + path.Join(at, file)
	}
}

// openMount says whether a variable decides what a mount is.
func openMount(v any) bool {
	source, ok := mapping(v)["source"].(string)
	if !ok {
		source = fmt.Sprint(v)
	}
	return !strings.HasPrefix(source, rooted) && strings.Contains(source, "$")
}
