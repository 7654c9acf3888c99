package compose

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/compose-spec/compose-go/v2/tree"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/compose-spec/compose-go/v2/validation"

	"refit/internal/source"
)

// loading is one Load under way.
type loading struct {
	Request
	ctx      context.Context
	dir      string // project directory
	env      types.Mapping
	files    []string // Compose files read, in order, each once
	opened   int
	expanded int // bytes that interpolation made
	unset    map[string]Variable
	standIn  map[string]string // values of templates, for variables that have none
	missing  []Missing
	raw      bool                  // LoadRaw
	parsed   map[string]*File      // files with plain names, see Renamed
	asked    map[string]answer     // what interpolation asked for, see first; nil where nobody wants to know
	named    map[string][]document // files in which a name was looked for; who reads them next changes them
}

func newLoading(ctx context.Context, r Request) (*loading, error) {
	l := &loading{Request: r, ctx: ctx, env: types.Mapping{}, unset: map[string]Variable{}}
	l.Files = nil
	for _, f := range r.Files {
		l.Files = append(l.Files, path.Clean(f))
	}
	l.dir = path.Dir(l.Files[0])
	if r.ProjectDir != "" {
		l.dir = path.Clean(r.ProjectDir)
	}
	l.CallerDir = path.Clean(r.CallerDir)
	maps.Copy(l.env, types.Mapping{"PWD": callerPWD, "HOME": callerHOM})
	maps.Copy(l.env, r.Env)
	env, err := l.readEnv(l.env, l.projectEnvFiles())
	if err != nil {
		return nil, err
	}
	l.env.Merge(env)
	if l.standIn, err = l.readEnv(l.env, r.StandIns); err != nil {
		return nil, err
	}
	return l, nil
}

// scope is what a Compose file is read in: a project of its own for each include.
type scope struct {
	dir   string        // relative paths, includes and extended files start here
	from  string        // the folder of the including file, as seen from which its paths are written; "": they are rooted
	env   types.Mapping // variables
	stack []string      // files that are being read, the outermost first
}

func (l *loading) load() (*Model, error) {
	name, origin, err := l.projectName()
	if err != nil {
		return nil, err
	}
	l.env["COMPOSE_PROJECT_NAME"] = name
	dict, err := l.model(scope{dir: l.dir, env: l.env}, l.Files)
	if err != nil {
		return nil, err
	}
	if len(dict) == 0 {
		return nil, l.problem("holds nothing; a Compose file needs at least `services`")
	}
	if name == "" {
		return nil, l.problem("the project has no name; write `name:` at the top of the file")
	}
	dict["name"] = name
	if dict, err = loader.Normalize(dict, l.env); err != nil {
		return nil, l.problem(err.Error())
	}
	l.dockerfilesOfCaller(dict)
	plainPaths(dict)
	if l.Profiles == nil {
		l.Profiles = splitProfiles(l.env["COMPOSE_PROFILES"])
	}
	whole := dict
	if hasProfiles(dict) { // binding changes the tree
		whole = clone(dict).(map[string]any)
	}
	project, err := l.bind(dict, name)
	if err != nil && hasProfiles(whole) { // what a service without its profile lacks is there with it
		l.Profiles = []string{"*"}
		if all, failed := l.bind(whole, name); failed == nil {
			project, err = all, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return l.finish(project, origin)
}

// hasProfiles says whether a service is only there with a profile.
func hasProfiles(dict map[string]any) bool {
	for _, s := range mapping(dict["services"]) {
		if len(list(mapping(s)["profiles"])) > 0 {
			return true
		}
	}
	return false
}

// bind turns the tree into compose-go's own types and checks what refers to what.
func (l *loading) bind(dict map[string]any, name string) (*types.Project, error) {
	env := types.Mapping{}
	for k, v := range l.env {
		env[k] = plainPath(v)
	}
	l.env = env
	details := types.ConfigDetails{WorkingDir: l.dir, Environment: env}
	options := loader.ToOptions(&details, []func(*loader.Options){func(o *loader.Options) {
		o.SkipResolveEnvironment = true // both read files by themselves
		o.SkipResolveLabels = true
		o.Profiles = l.Profiles
		o.SetProjectName(name, true)
	}})
	if project := l.bindByAttribute(dict, options, details); project != nil {
		return project, nil
	}
	project, err := loader.ModelToProject(dict, options, details)
	if err != nil {
		if first := steady(dict, func(d map[string]any) error { _, err := loader.ModelToProject(d, options, details); return err }); first != nil {
			err = first
		}
		return nil, l.problem(err.Error())
	}
	return project, nil
}

// bindByAttribute is ModelToProject for services that hold nothing out of the ordinary, nil for others.
func (l *loading) bindByAttribute(dict map[string]any, options *loader.Options, details types.ConfigDetails) *types.Project {
	tree, ok := dict["services"].(map[string]any)
	if !ok {
		return nil
	}
	services, ok := decodeServices(tree)
	if !ok {
		return nil
	}
	rest := maps.Clone(dict) // compose-go changes what it binds
	delete(rest, "services")
	project, err := loader.ModelToProject(clone(rest).(map[string]any), options, details)
	if err != nil {
		return nil
	}
	project.Services = services
	if project, err = project.WithProfiles(l.Profiles); err != nil || !plainlyConsistent(project) {
		return nil
	}
	return project
}

// model reads files that override one another into one tree in canonical form, paths resolved.
func (l *loading) model(s scope, files []string) (map[string]any, error) {
	dict := map[string]any{}
	for i, f := range files {
		var err error
		if i == 0 {
			dict, err = l.first(s, f)
		} else {
			dict, err = l.file(s, f, dict)
		}
		if err != nil {
			return nil, err
		}
	}
	dict, err := withDefaults(dict)
	if err != nil {
		return nil, problemIn(files[0], err)
	}
	if !l.raw {
		if err := validate(dict); err != nil {
			return nil, problemIn(files[0], cmp.Or(steady(dict, validation.Validate), err))
		}
	}
	if err := (resolver{base: s.dir, caller: l.CallerDir, from: s.from}).project(dict); err != nil {
		return nil, problemIn(files[0], err)
	}
	loader.ResolveEnvironment(dict, s.env)
	return dict, nil
}

// file merges one Compose file over dict.
func (l *loading) file(s scope, file string, dict map[string]any) (map[string]any, error) {
	docs, err := l.open(s, file)
	if err != nil {
		return nil, err
	}
	s.stack = append(slices.Clip(s.stack), file)
	for _, doc := range docs {
		if doc.tree, err = l.interpolate(s, file, doc.tree); err != nil {
			return nil, err
		}
		if err := promoteAliases(doc.tree); err != nil {
			return nil, problemIn(file, err)
		}
		if err := l.include(s, file, doc); err != nil {
			return nil, err
		}
		wipe(dict, doc.resets, tree.NewPath())
		if err := l.extend(s, file, doc); err != nil {
			return nil, err
		}
		if dict, err = l.merge(dict, doc.tree, true); err != nil {
			return nil, problemIn(file, err)
		}
	}
	return dict, nil
}

// open reads and decodes a Compose file, within the limits.
func (l *loading) open(s scope, file string) ([]document, error) {
	wantedBy := file
	if n := len(s.stack); n > 0 {
		wantedBy = s.stack[n-1]
	}
	if l.opened++; l.opened > maxFiles || len(s.stack) > maxDepth {
		return nil, &source.Problem{Path: wantedBy, What: "it includes or extends too many files", Why: "refit follows at most 300, 50 deep"}
	}
	text, err := l.read(file, wantedBy)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(l.files, file) {
		l.files = append(l.files, file)
	}
	if docs, ok := l.named[file]; ok {
		delete(l.named, file)
		return docs, nil
	}
	return decode(file, text)
}

// merge merges a document over what came before it and brings the result into canonical form. In raw trees nothing is
// checked, and what can't be parsed for its variables stays as it is.
func (l *loading) merge(dict, over map[string]any, check bool) (map[string]any, error) {
	dict, err := override.Merge(dict, over)
	if err != nil {
		return nil, err
	}
	if dict, err = distinct(dict); err != nil {
		return nil, err
	}
	if check && !l.raw {
		if err := schema.Validate(dict); err != nil {
			return nil, cmp.Or(steady(dict, schema.Validate), err)
		}
	}
	delete(dict, "version")
	if dict, err = canonical(dict, l.raw); err != nil {
		return nil, err
	}
	if dict, err = withoutEmpty(dict); err != nil {
		return nil, err
	}
	return distinct(dict)
}

// promoteAliases gives two attributes that were extensions once their present names, as compose-go does:
// x-develop of a service and x-initialSync of a watch entry. What stands under the present name wins.
func promoteAliases(dict map[string]any) error {
	for name, s := range mapping(dict["services"]) {
		service := mapping(s)
		if err := promote(service, "x-develop", "develop", tree.NewPath("services", name, "develop")); err != nil {
			return err
		}
		for _, w := range list(mapping(service["develop"])["watch"]) {
			if err := promote(mapping(w), "x-initialSync", "initial_sync", tree.NewPath("services", name, "develop", "watch", "[]", "initial_sync")); err != nil {
				return err
			}
		}
	}
	return nil
}

func promote(m map[string]any, from, to string, at tree.Path) error {
	value, ok := m[from]
	if !ok {
		return nil
	}
	delete(m, from)
	if m[to] == nil {
		m[to] = value
		return nil
	}
	merged, err := override.MergeYaml(clone(value), m[to], at)
	if err == nil {
		m[to] = merged
	}
	return err
}

func (l *loading) problem(what string) error {
	return &source.Problem{Path: l.Files[0], What: oneLine(what)}
}

// problemIn is a library's error as a problem of a file.
func problemIn(file string, err error) error {
	var p *source.Problem
	if errors.As(err, &p) {
		return err
	}
	return &source.Problem{Path: file, What: oneLine(plainPath(err.Error())), Original: err}
}

// oneLine joins the lines of a library's message.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
