package project

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/parallel"
	"refit/internal/source"
)

// stacking is one way in which Compose files are started together: what a caller gives by flags.
type stacking struct {
	files       []string
	envFiles    []string // nil: the .env beside the first file, if there is one
	projectDir  string   // --project-directory
	projectName string   // -p
	callerDir   string
	calls       []Call // who starts it so, in the project's order
	model       *compose.Model
	err         error
	raw         *compose.Raw
	standIns    []string // the templates without which it does not resolve
}

// environments finds the ways in which the Compose files are started and resolves each of them:
// what callers stack, what Compose loads by default, and every other file that stands alone.
func (d *discovery) environments() []*Environment {
	for _, c := range d.p.Calls {
		if c.Kind == CallCompose {
			d.adopt(c.Files)
		}
	}
	stackings := d.called()
	known := map[string]bool{}
	for _, s := range stackings {
		known[fileKey(s.files)] = true
	}
	for _, s := range d.implied() {
		if !known[fileKey(s.files)] {
			known[fileKey(s.files)] = true
			stackings = append(stackings, s)
		}
	}
	stackings = append(stackings, d.alone(stackings)...)
	d.loadAll(stackings)
	for _, s := range stackings {
		if s.model != nil {
			d.adopt(s.model.Files)
		}
	}
	stackings = d.overlays(dropIncluded(stackings))
	return d.named(dropBases(stackings))
}

// adopt takes files for Compose files that neither name nor content told, because somebody says so.
func (d *discovery) adopt(files []string) {
	for _, at := range files {
		e := regular(d.p.Files, at)
		if e == nil || d.p.ComposeFile(at) != nil || d.p.ComposeFile(e.Path) != nil || d.broken[e.Path] {
			continue
		}
		if c := d.parseCompose(e); c != nil {
			d.p.Compose = placed(d.p.Compose, c, (*ComposeFile).path)
		}
	}
}

func fileKey(files []string) string { return strings.Join(files, "\x00") }

// called are the stackings that some command line asks for.
func (d *discovery) called() []*stacking {
	groups := map[string][]Call{}
	var order []string
	for _, c := range d.p.Calls {
		if c.Kind != CallCompose || len(c.Files) == 0 || !d.allCompose(c.Files) {
			continue
		}
		key := fileKey(c.Files)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], c)
	}
	var stackings []*stacking
	for _, key := range order {
		if onlyProse(groups[key]) && partOfAnother(groups, key) {
			continue // a README that names one file of a stack doesn't make it stand alone
		}
		for _, calls := range variants(groups[key]) {
			stackings = append(stackings, d.summarise(calls))
		}
	}
	return stackings
}

// onlyProse says whether nothing but documents has the calls.
func onlyProse(calls []Call) bool {
	return !slices.ContainsFunc(calls, func(c Call) bool {
		ext := strings.ToLower(path.Ext(c.From))
		return ext != ".md" && ext != ".markdown"
	})
}

// partOfAnother says whether something that runs stacks these files with others.
func partOfAnother(groups map[string][]Call, key string) bool {
	files := groups[key][0].Files
	for other, calls := range groups {
		if other == key || onlyProse(calls) || len(calls[0].Files) <= len(files) {
			continue
		}
		if !slices.ContainsFunc(files, func(f string) bool { return !slices.Contains(calls[0].Files, f) }) {
			return true
		}
	}
	return false
}

func (d *discovery) allCompose(files []string) bool {
	for _, f := range files {
		if d.p.ComposeFile(f) == nil {
			return false
		}
	}
	return true
}

// variants splits the calls of one list of files by the environment that their env files name: one
// Compose file started with .env.dev and with .env.prod is two environments. A call that gives no
// env file, or one that names no environment, belongs to all that do, or else to the only one.
func variants(calls []Call) [][]Call {
	byEnv := map[string][]Call{}
	var neutral []Call
	for _, c := range calls {
		if env := envOfFiles(c.EnvFiles); env != "" {
			byEnv[env] = append(byEnv[env], c)
		} else {
			neutral = append(neutral, c)
		}
	}
	if len(byEnv) < 2 {
		return [][]Call{calls}
	}
	var all [][]Call
	for _, env := range slices.Sorted(maps.Keys(byEnv)) {
		all = append(all, append(slices.Clone(byEnv[env]), neutral...))
	}
	return all
}

func envOfFiles(files []string) string {
	for _, f := range slices.Backward(files) {
		if env := envOfPath(f); env != "" {
			return env
		}
	}
	return ""
}

// summarise chooses what most of the callers give; those that start containers count, the others
// (ps, logs, exec) only when there are none.
func (d *discovery) summarise(calls []Call) *stacking {
	counted := slices.DeleteFunc(slices.Clone(calls), func(c Call) bool { return !starts[c.Subcommand] })
	if len(counted) == 0 {
		counted = calls
	}
	s := &stacking{files: calls[0].Files, calls: calls}
	identity := mostCommon(counted, func(c Call) string { return c.ProjectName + "\x00" + c.ProjectDir })
	s.projectName, s.projectDir, s.callerDir = identity.ProjectName, identity.ProjectDir, identity.Dir
	if give := slices.DeleteFunc(slices.Clone(counted), func(c Call) bool { return len(c.EnvFiles) == 0 }); len(give) > 0 {
		s.envFiles = mostCommon(give, func(c Call) string { return fileKey(c.EnvFiles) }).EnvFiles
	}
	return s
}

// starts are the subcommands of docker compose that make containers or images.
var starts = map[string]bool{"up": true, "run": true, "create": true, "start": true, "build": true, "watch": true, "restart": true}

// mostCommon is the first of the calls whose key occurs most often.
func mostCommon(calls []Call, key func(Call) string) Call {
	count := map[string]int{}
	best := calls[0]
	for _, c := range calls {
		count[key(c)]++
	}
	for _, c := range calls {
		if count[key(c)] > count[key(best)] {
			best = c
		}
	}
	return best
}

// implied are the stackings that `docker compose` without -f finds in each folder: the default file
// with its override, or what COMPOSE_FILE in the folder's .env lists.
func (d *discovery) implied() []*stacking {
	var stackings []*stacking
	seen := map[string]bool{}
	var dirs []string
	for _, c := range d.p.Compose {
		dirs = append(dirs, path.Dir(c.Path))
	}
	for _, f := range d.p.EnvFiles {
		if path.Base(f.Path) == ".env" {
			dirs = append(dirs, path.Dir(f.Path))
		}
	}
	for _, dir := range dirs {
		if seen[dir] {
			continue
		}
		seen[dir] = true
		files := d.listed(dir)
		if files == nil {
			files = compose.ImplicitFiles(dir, func(p string) bool { return d.p.ComposeFile(p) != nil })
		}
		if len(files) > 0 {
			stackings = append(stackings, &stacking{files: files, callerDir: dir})
		}
	}
	return stackings
}

// listed are the files that COMPOSE_FILE in the folder's .env names; nil when there is none or when
// they are not all there.
func (d *discovery) listed(dir string) []string {
	env := d.p.EnvFile(path.Join(dir, ".env"))
	if env == nil || env.File == nil {
		return nil
	}
	v, ok := env.File.Get("COMPOSE_FILE")
	if !ok || v.Value == "" {
		return nil
	}
	separator := ":"
	if s, ok := env.File.Get("COMPOSE_PATH_SEPARATOR"); ok && s.Value != "" {
		separator = s.Value
	}
	var files []string
	for _, f := range strings.Split(v.Value, separator) {
		files = append(files, path.Join(dir, strings.TrimSpace(f)))
	}
	d.adopt(files)
	if !d.allCompose(files) {
		return nil
	}
	return files
}

// alone are the Compose files that no stacking holds.
func (d *discovery) alone(stackings []*stacking) []*stacking {
	used := map[string]bool{}
	for _, s := range stackings {
		for _, f := range s.files {
			used[f] = true
		}
	}
	var rest []*stacking
	for _, c := range d.p.Compose {
		if _, role := compose.EnvironmentOf(c.Path); !used[c.Path] && role != compose.RoleExample {
			rest = append(rest, &stacking{files: []string{c.Path}})
		}
	}
	return rest
}

// dropIncluded leaves out the files that nobody starts on their own and that others include or extend.
func dropIncluded(stackings []*stacking) []*stacking {
	included := map[string]bool{}
	for _, s := range stackings {
		if s.model == nil {
			continue
		}
		for _, f := range s.model.Files {
			if !slices.Contains(s.files, f) {
				included[f] = true
			}
		}
	}
	return slices.DeleteFunc(stackings, func(s *stacking) bool {
		return len(s.files) == 1 && len(s.calls) == 0 && s.callerDir == "" && included[s.files[0]]
	})
}

// overlays puts a file that nobody calls and that can't stand alone on the file that it most likely
// completes, when the two make a model together.
func (d *discovery) overlays(stackings []*stacking) []*stacking {
	for i, s := range stackings {
		if s.model != nil || len(s.files) != 1 || len(s.calls) > 0 {
			continue
		}
		for _, base := range d.basesFor(s.files[0]) {
			tried := &stacking{files: []string{base, s.files[0]}}
			if tried.model, tried.err = d.load(tried); tried.model != nil {
				stackings[i] = tried
				break
			}
		}
	}
	return dropTwins(stackings)
}

// dropTwins leaves out a stacking that nothing calls when another one is the same: devcontainer.json, say, stacks the
// overlay on its base too.
func dropTwins(stackings []*stacking) []*stacking {
	held := map[string]int{}
	for _, s := range stackings {
		held[strings.Join(s.files, "\x00")]++
	}
	return slices.DeleteFunc(stackings, func(s *stacking) bool {
		key := strings.Join(s.files, "\x00")
		twin := len(s.calls) == 0 && len(s.files) > 1 && held[key] > 1
		if twin {
			held[key]--
		}
		return twin
	})
}

// basesFor are the files that an overlay may belong to, the likeliest first: x.yml for x.override.yml,
// then the default file of its folder, of the folder above and of the root.
func (d *discovery) basesFor(overlay string) []string {
	has := func(p string) bool { return p != overlay && d.p.ComposeFile(p) != nil }
	var bases []string
	if stem := strings.Replace(overlay, ".override.", ".", 1); has(stem) {
		bases = append(bases, stem)
	}
	dir := path.Dir(overlay)
	for _, folder := range slices.Compact([]string{dir, path.Dir(dir), "."}) {
		if implicit := compose.ImplicitFiles(folder, has); len(implicit) > 0 {
			bases = append(bases, implicit[0])
		}
	}
	return bases
}

// dropBases leaves out a stacking that does not load when all of its files are part of one that does:
// a base file is not meant to be started alone.
func dropBases(stackings []*stacking) []*stacking {
	held := map[string]bool{}
	for _, s := range stackings {
		if s.model != nil {
			for _, f := range s.model.Files {
				held[f] = true
			}
		}
	}
	return slices.DeleteFunc(stackings, func(s *stacking) bool {
		return s.model == nil && !slices.ContainsFunc(s.files, func(f string) bool { return !held[f] })
	})
}

// loadAll resolves the stackings, in parallel.
func (d *discovery) loadAll(stackings []*stacking) {
	inTurn := beginningsFirst(stackings)
	parallel.Do(len(inTurn), func(i int) {
		s := inTurn[i]
		s.model, s.err = d.load(s)
		if s.err == nil {
			return
		}
		for _, template := range d.templates(s) {
			s.standIns = []string{template}
			if m, err := d.load(s); err == nil {
				s.model, s.err = m, nil
				return
			}
		}
		s.standIns = nil
		s.raw = d.p.uninterpolated(s)
	})
}

// beginningsFirst puts stackings that begin like another one behind all others: what that one has read of the first file
// is known by then.
func beginningsFirst(stackings []*stacking) []*stacking {
	begun := map[string]bool{}
	var leading, following []*stacking
	for _, s := range stackings {
		if begun[s.files[0]] {
			following = append(following, s)
		} else {
			leading = append(leading, s)
		}
		begun[s.files[0]] = true
	}
	return append(leading, following...)
}

// templates are the templates that are there of the env files which interpolation reads.
func (d *discovery) templates(s *stacking) (list []string) {
	files := s.envFiles
	if files == nil {
		dir := path.Dir(s.files[0])
		if s.projectDir != "" {
			dir = s.projectDir
		}
		files = []string{path.Join(dir, ".env")}
	}
	add := func(p string) {
		if d.p.Files.Has(p) && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	for _, f := range files {
		dir, base := path.Dir(f), path.Base(f)
		for _, ending := range []string{".example", ".sample", ".template", ".dist"} {
			add(f + ending)
			add(path.Join(dir, strings.TrimPrefix(base, ".")+ending))
		}
		add(path.Join(dir, "example.env"))
		add(path.Join(dir, "sample.env"))
		add(d.p.Layout.EnvExample)
	}
	return list
}

type loaded struct {
	model *compose.Model
	err   error
}

func (d *discovery) load(s *stacking) (*compose.Model, error) { return d.p.resolve(s) }

// With is the model of the environment when Compose is given these env files, as its callers call it otherwise.
func (p *Project) With(e *Environment, envFiles []string) (*compose.Model, error) {
	s := &stacking{files: e.Files, envFiles: envFiles, callerDir: ".", standIns: e.StandIns}
	for _, c := range e.Calls {
		if c.ProjectDir != "" || c.ProjectName != "" {
			s.projectDir, s.projectName = c.ProjectDir, c.ProjectName
		}
	}
	return p.resolve(s)
}

// As is the model of the environment when Compose is given these env files from a shell with these variables: what
// it would run, on this machine. Missing values and files are left out of it and listed in it.
func (p *Project) As(e *Environment, envFiles []string, shell map[string]string) (*compose.Model, error) {
	r := compose.Request{Files: slices.Clone(e.Files), Read: p.Files.Read, Env: shell, EnvFiles: envFiles, RootName: p.Name, CallerDir: ".", AllowMissing: true, StandIns: e.StandIns}
	for _, c := range e.Calls {
		if c.ProjectDir != "" || c.ProjectName != "" {
			r.ProjectDir, r.ProjectName = c.ProjectDir, c.ProjectName
		}
	}
	return compose.Load(context.Background(), r)
}

// uninterpolated is what can be said of the files of a stacking that Compose can't resolve, nil when nothing can.
func (p *Project) uninterpolated(s *stacking) *compose.Raw {
	key := fmt.Sprintf("raw %q %q %t %q %q %q %q", s.files, s.envFiles, s.envFiles == nil, s.projectDir, s.projectName, s.callerDir, p.Name)
	return traced(p.cache, p.Files, key, func(read func(string) ([]byte, error)) *compose.Raw {
		raw, err := compose.LoadRaw(context.Background(), compose.Request{
			Files: slices.Clone(s.files), Read: read, EnvFiles: s.envFiles, ProjectDir: s.projectDir,
			ProjectName: s.projectName, RootName: p.Name, CallerDir: s.callerDir, AllowMissing: true,
		})
		if err != nil {
			return nil
		}
		return raw
	})
}

// resolve loads the files of a stacking, from the cache when nothing that was read for it has changed.
func (p *Project) resolve(s *stacking) (*compose.Model, error) {
	key := fmt.Sprintf("%q %q %t %q %q %q %q %q", s.files, s.envFiles, s.envFiles == nil, s.projectDir, s.projectName, s.callerDir, p.Name, s.standIns)
	result := traced(p.cache, p.Files, key, func(read func(string) ([]byte, error)) loaded {
		r := compose.Request{
			Files: slices.Clone(s.files), Read: read, EnvFiles: s.envFiles, ProjectDir: s.projectDir,
			ProjectName: s.projectName, RootName: p.Name, CallerDir: s.callerDir, AllowMissing: true,
			StandIns: s.standIns, First: p.cache.first(s.files[0]),
		}
		if m := p.renamed(key, r); m != nil {
			return loaded{m, nil}
		}
		m, err := compose.Load(context.Background(), r)
		return loaded{m, err}
	})
	return result.model, result.err
}

// named turns stackings into environments, sorted.
func (d *discovery) named(stackings []*stacking) []*Environment {
	var environments []*Environment
	for _, s := range stackings {
		e := &Environment{
			Name: envOfStacking(s), Files: s.files, Model: s.model, Err: s.err, Raw: s.raw, EnvFiles: s.envFiles, Calls: s.calls, StandIns: s.standIns,
			Dir: path.Dir(s.files[0]), dirGiven: s.projectDir != "",
		}
		if e.dirGiven {
			e.Dir = s.projectDir
		}
		if p := path.Join(e.Dir, ".env"); e.EnvFiles == nil && d.p.Files.Has(p) {
			e.EnvFiles = []string{p}
		}
		if s.model != nil {
			e.ProjectVia = via[s.model.NameOrigin]
		}
		var problem *source.Problem
		if s.err != nil && errors.As(s.err, &problem) {
			d.problem(problem)
		}
		environments = append(environments, e)
	}
	slices.SortStableFunc(environments, func(a, b *Environment) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.Files, b.Files))
	})
	return environments
}

// via are the origins of a project's name in the words of Environment.ProjectVia.
var via = map[compose.Origin]string{
	compose.OriginFlag: "-p", compose.OriginEnvironment: "COMPOSE_PROJECT_NAME", compose.OriginFile: "name", compose.OriginFolder: "folder",
}

// envOfStacking is the environment's name: by the last file that names one, else by its env file.
func envOfStacking(s *stacking) string {
	if env := envOfFiles(s.files); env != "" {
		return env
	}
	return envOfFiles(s.envFiles)
}

// envOfPath is the environment that a file's name or folder tells, "" when none.
func envOfPath(p string) string {
	env, _ := compose.EnvironmentOf(p)
	return env
}
