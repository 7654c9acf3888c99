package project

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/dockerfile"
	"refit/internal/source"
)

// build finds who builds each Dockerfile: the services of every environment, and the command lines
// that run docker build. A Dockerfile that only its builder's word makes one is read here.
func (d *discovery) build() {
	for _, e := range d.p.Environments {
		if e.Model == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(e.Model.Services)) {
			b := e.Model.Services[name].Build
			if b == nil || b.Remote || b.Inline {
				continue
			}
			by, span := d.asksToBuild(e, name)
			d.built(defaultDockerfile(d.p.Files, b.Dockerfile), Build{By: by, Service: name, Env: e.Name, Context: b.Context, Target: b.Target, Args: b.Args, Span: span})
		}
	}
	var told []Call // by documents, which don't say from which folder they are followed
	for _, c := range d.p.Calls {
		switch {
		case c.Kind != CallBuild || c.Dockerfile == "":
		case IsDocument(c.From):
			told = append(told, c)
		default:
			d.built(c.Dockerfile, Build{By: c.From, Context: c.Context, Target: c.Stage, Span: c.Span})
		}
	}
	d.builtAsTold(told)
	slices.SortFunc(d.p.Dockerfiles, func(a, b *Dockerfile) int { return cmp.Compare(a.Path, b.Path) })
	for _, f := range d.p.Dockerfiles {
		f.Ignore, _ = dockerfile.IgnoreFor(f.Path, f.Context(), d.p.Files.Has)
	}
}

// builtAsTold adds the builds of documents, but for those in another context than what really builds the
// Dockerfile: a reader of service/README.md may as well stand at the root.
func (d *discovery) builtAsTold(calls []Call) {
	really := map[string][]string{}
	for _, c := range calls {
		if f := d.p.Dockerfile(c.Dockerfile); f != nil && len(f.Builds) > 0 && really[f.Path] == nil {
			really[f.Path] = f.Contexts()
		}
	}
	for _, c := range calls {
		if contexts := really[c.Dockerfile]; contexts == nil || slices.Contains(contexts, c.Context) {
			d.built(c.Dockerfile, Build{By: c.From, Context: c.Context, Target: c.Stage, Span: c.Span})
		}
	}
}

// IsDocument says whether a file is for people to read.
func IsDocument(at string) bool {
	switch strings.ToLower(path.Ext(at)) {
	case ".md", ".mdx", ".markdown", ".rst", ".adoc", ".txt":
		return true
	}
	return false
}

// asksToBuild is the last file of the environment that writes the service's build, with its place.
func (d *discovery) asksToBuild(e *Environment, service string) (string, source.Span) {
	for _, at := range slices.Concat(reversed(e.Files), e.Model.Files) {
		c := d.p.ComposeFile(at)
		if c == nil {
			continue
		}
		if s := c.File.Service(service); s != nil && s.Build != nil {
			return at, s.Build.Value.Span()
		}
	}
	return e.Files[0], source.Span{}
}

func reversed(list []string) []string {
	list = slices.Clone(list)
	slices.Reverse(list)
	return list
}

func (d *discovery) built(at string, b Build) {
	f := d.p.Dockerfile(at)
	if f == nil {
		e := regular(d.p.Files, at)
		if e == nil {
			return
		}
		if f = d.p.Dockerfile(e.Path); f == nil {
			if f = d.parseDockerfile(e); f == nil {
				return
			}
			d.p.Dockerfiles = placed(d.p.Dockerfiles, f, (*Dockerfile).path)
		}
	}
	f.Builds = append(f.Builds, b)
}

// defaultDockerfile is the file that a build which names none takes: BuildKit looks for Dockerfile, then
// for dockerfile (https://github.com/moby/moby/issues/10858).
func defaultDockerfile(files *source.Snapshot, at string) string {
	if lower := path.Join(path.Dir(at), "dockerfile"); path.Base(at) == "Dockerfile" && !files.Has(at) && files.Has(lower) {
		return lower
	}
	return at
}

// Context is the folder of the first build's context. For a Dockerfile that nothing builds it is
// the folder that `docker build` would be called for most likely: the Dockerfile's own.
func (f *Dockerfile) Context() string {
	if len(f.Builds) > 0 {
		return f.Builds[0].Context
	}
	return path.Dir(f.Path)
}

// Contexts are the folders of all builds' contexts, sorted, each once; the guess of Context when
// there are no builds.
func (f *Dockerfile) Contexts() []string {
	if len(f.Builds) == 0 {
		return []string{f.Context()}
	}
	if first := f.Builds[0].Context; !slices.ContainsFunc(f.Builds, func(b Build) bool { return b.Context != first }) {
		return []string{first}
	}
	var all []string
	for _, b := range f.Builds {
		all = append(all, b.Context)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// stackFiles says of each Compose file which part it plays in the environments.
func (d *discovery) stackFiles() {
	for _, c := range d.p.Compose {
		d.stackFile(c)
	}
}

func (d *discovery) stackFile(c *ComposeFile) {
	names := map[string]bool{}
	first, included := "", false
	for _, e := range d.p.Environments {
		switch {
		case slices.Contains(e.Files, c.Path):
			names[e.Name] = true
			if first == "" || e.Files[0] == c.Path {
				first = e.Files[0]
			}
		case e.Model != nil && slices.Contains(e.Model.Files, c.Path):
			included = true
		}
	}
	if first != "" {
		c.First = first
	}
	c.Env, c.Role = compose.RoleOf(c.File)
	if c.Env == "" && len(names) == 1 {
		c.Env = slices.Collect(maps.Keys(names))[0]
	}
	switch {
	case first == "" && included:
		c.Role = compose.RoleIncluded
	case first == c.Path && c.Role == compose.RoleOverlay:
		c.Role = compose.RoleMain // a base that others complete
	case first != "" && first != c.Path && c.Role != compose.RoleOverride:
		c.Role = compose.RoleOverlay
	}
}
