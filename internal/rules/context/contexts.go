package context

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/dockerignore"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
	"refit/internal/stack"
)

// buildContext is one folder that is sent to a builder, with the Dockerfiles that are built in it.
type buildContext struct {
	dir         string
	dockerfiles []*project.Dockerfile
	memo        source.Memo // what is worked out of it more than once
}

// contexts lists the build contexts of a project, sorted. A Dockerfile that nothing builds counts where
// its own folder has what it copies.
func contexts(p *project.Project) []*buildContext {
	return source.Recall(&p.Memo, contextsKey{}, func() []*buildContext { return findContexts(p) })
}

type contextsKey struct{}

func findContexts(p *project.Project) []*buildContext {
	byDir := map[string]*buildContext{}
	var list []*buildContext
	for _, d := range p.Dockerfiles {
		for _, dir := range d.Contexts() {
			if len(d.Builds) == 0 && !standsIn(p, d, dir) || strings.HasPrefix(dir, "..") || path.IsAbs(dir) {
				continue
			}
			c := byDir[dir]
			if c == nil {
				c = &buildContext{dir: dir}
				byDir[dir] = c
				list = append(list, c)
			}
			c.dockerfiles = append(c.dockerfiles, d)
		}
	}
	slices.SortFunc(list, func(a, b *buildContext) int { return strings.Compare(a.dir, b.dir) })
	return list
}

// standsIn says whether a Dockerfile that nothing builds is one to build in the folder: all that it copies by
// name is there. One below the root that names nothing may as well be built from the root.
func standsIn(p *project.Project, d *project.Dockerfile, dir string) bool {
	named := false
	for _, s := range sources(d) {
		if s.broad() || s.pattern() {
			continue
		}
		named = true
		if !p.Files.Has(path.Join(dir, s.path)) && !p.Files.IsDir(path.Join(dir, s.path)) {
			return false
		}
	}
	return named || dir == "."
}

// rootFile is the ignore file that every builder reads.
func (c *buildContext) rootFile() string { return path.Join(c.dir, ".dockerignore") }

// inside is a repo-relative path as the context has it; ok is false for one outside.
func (c *buildContext) inside(p string) (string, bool) {
	if c.dir == "." {
		return p, true
	}
	rest, ok := strings.CutPrefix(p, c.dir+"/")
	return rest, ok
}

// source is one path of the context that a Dockerfile takes in.
type copied struct {
	path string // relative to the context, clean
	at   rule.Location
}

func (s copied) broad() bool   { return s.path == "." }
func (s copied) pattern() bool { return strings.ContainsAny(s.path, "*?[") }

// sources lists what COPY, ADD and bind mounts take from the context. Names with variables are left out. The caller must
// not change it.
func sources(d *project.Dockerfile) []copied {
	return source.Recall(&d.File.Memo, sourcesKey{d.Path}, func() []copied { return findSources(d) })
}

// sourcesKey is the key of what the file at a path copies.
type sourcesKey struct{ path string }

func findSources(d *project.Dockerfile) []copied {
	var list []copied
	add := func(p string, at rule.Location) {
		if strings.Contains(p, "$") {
			return
		}
		p = path.Clean(strings.TrimLeft(p, "/"))
		if p == "" {
			p = "."
		}
		list = append(list, copied{p, at})
	}
	for _, in := range d.File.Instructions {
		at := rule.Location{Path: d.Path, Span: in.Span}
		if c, ok := in.Copy(); ok && c.From == "" {
			for _, s := range c.Sources {
				if s.Heredoc == nil && !s.IsRemote() {
					add(s.Value, at)
				}
			}
		}
		if in.Keyword == "RUN" {
			for _, m := range bindMount.FindAllStringSubmatch(string(in.Span.Of(d.File.Text)), -1) {
				if strings.Contains(m[0], "type=bind") && !strings.Contains(m[0], "from=") {
					if s := mountSource.FindStringSubmatch(m[0]); s != nil {
						add(s[1], at)
					} else {
						add(".", at)
					}
				}
			}
		}
	}
	return list
}

var (
	bindMount   = regexp.MustCompile(`--mount=\S+`)
	mountSource = regexp.MustCompile(`(?:source|src)=([^,\s]+)`)
)

// copiesAll says whether an image of the context takes in all that is sent.
func (c *buildContext) copiesAll() bool {
	for _, d := range c.dockerfiles {
		for _, s := range sources(d) {
			if s.broad() {
				return true
			}
		}
	}
	return false
}

// takes says whether any Dockerfile takes anything from the context.
func (c *buildContext) takes() bool {
	for _, d := range c.dockerfiles {
		if len(sources(d)) > 0 {
			return true
		}
	}
	return false
}

// runs says whether a RUN of the context's Dockerfiles matches.
func (c *buildContext) runs(pattern *regexp.Regexp) bool {
	for _, d := range c.dockerfiles {
		for _, in := range d.File.Instructions {
			if in.Keyword == "RUN" && pattern.Match(in.Span.Of(d.File.Text)) {
				return true
			}
		}
	}
	return false
}

// says is runs for a plain text.
func (c *buildContext) says(text string) bool {
	for _, d := range c.dockerfiles {
		for _, in := range d.File.Instructions {
			if in.Keyword == "RUN" && bytes.Contains(in.Span.Of(d.File.Text), []byte(text)) {
				return true
			}
		}
	}
	return false
}

// parsed is an ignore file of the project; nil when it is not there or can't be read.
func parsed(p *project.Project, at string) *dockerignore.File {
	return source.Recall(&p.Memo, parsedKey{at}, func() *dockerignore.File { return parse(p, at) })
}

type parsedKey struct{ at string }

func parse(p *project.Project, at string) *dockerignore.File {
	if !p.Files.Has(at) {
		return nil
	}
	text, err := p.Files.Read(at)
	if err != nil {
		return nil
	}
	return dockerignore.Parse(at, text)
}

// matches lists the files of the context that a source of a Dockerfile means, relative to the context.
func (c *buildContext) matches(p *project.Project, s copied) []string {
	var list []string
	for _, f := range p.Files.Under(c.dir) {
		in, ok := c.inside(f)
		if !ok {
			continue
		}
		hit := in == s.path || strings.HasPrefix(in, s.path+"/") || s.broad()
		if s.pattern() && !hit {
			for dir := in; dir != "." && !hit; dir = path.Dir(dir) {
				hit, _ = path.Match(s.path, dir)
			}
		}
		if hit {
			list = append(list, in)
		}
	}
	return list
}

// broken is the first source that a Dockerfile names, of which something is sent under the ignore file before
// and nothing under the one after.
func (c *buildContext) broken(p *project.Project, before, after *dockerignore.File) (copied, bool) {
	was, is := before.Matcher(), after.Matcher()
	for _, d := range c.dockerfiles {
		for _, s := range sources(d) {
			files := c.matches(p, s)
			had := slices.ContainsFunc(files, func(f string) bool { return !was.Ignored(f) })
			if !s.broad() && had && !slices.ContainsFunc(files, func(f string) bool { return !is.Ignored(f) }) {
				return s, true
			}
		}
	}
	return copied{}, false
}

// keep lists the files that a Dockerfile names one by one and those that installing needs, relative to the context.
func (c *buildContext) keep(p *project.Project) []string {
	var list []string
	for _, d := range c.dockerfiles {
		for _, s := range sources(d) {
			if p.Files.Has(path.Join(c.dir, s.path)) {
				list = append(list, s.path)
			}
		}
	}
	return append(list, c.installs(p)...)
}

// installs lists the files that installing the units of the context reads.
func (c *buildContext) installs(p *project.Project) []string {
	return source.Recall(&c.memo, installsKey{}, func() []string { return c.findInstalls(p) })
}

type installsKey struct{}

func (c *buildContext) findInstalls(p *project.Project) []string {
	var list, members []string
	for _, u := range p.Units {
		if u.Dir == c.dir {
			members = append(members, u.Members...)
		}
	}
	for i, files := range unitFiles(p) {
		if !slices.ContainsFunc(files, func(f string) bool { _, ok := c.inside(f); return ok }) || !c.installing(p.Units[i], members) {
			continue
		}
		for _, f := range files {
			if in, ok := c.inside(f); ok && !slices.Contains(list, in) {
				list = append(list, in)
			}
		}
	}
	return list
}

// unitFiles are the files that are there of those that installing a unit reads, unit by unit.
func unitFiles(p *project.Project) [][]string {
	return source.Recall(&p.Memo, unitFilesKey{}, func() [][]string {
		all := make([][]string, len(p.Units))
		for i, u := range p.Units {
			files := append(slices.Clone(u.Manifests), u.Extra...)
			if u.LockPresent {
				files = append(files, u.Lock)
			}
			if u.Package {
				files = append(append(files, u.ReadmeFile), u.BuildFiles...)
			}
			all[i] = slices.DeleteFunc(files, func(f string) bool { return f == "" || !p.Files.Has(f) })
		}
		return all
	})
}

type unitFilesKey struct{}

// units are those whose folder is the context's or below it.
func (c *buildContext) units(p *project.Project) []*stack.Unit {
	return source.Recall(&c.memo, unitsKey{}, func() []*stack.Unit {
		var list []*stack.Unit
		for _, u := range p.Units {
			if _, ok := c.inside(u.Dir); ok || u.Dir == c.dir {
				list = append(list, u)
			}
		}
		return list
	})
}

type unitsKey struct{}

// installing says whether a build of the context has to do with the unit: it is the context's own, a member
// of that one's workspace, or a Dockerfile names its folder. Another program below the folder, which the
// context's ignore file keeps out, is built elsewhere.
func (c *buildContext) installing(u *stack.Unit, members []string) bool {
	if u.Dir == c.dir || slices.Contains(members, u.Dir) {
		return true
	}
	return slices.ContainsFunc(c.dockerfiles, func(d *project.Dockerfile) bool {
		return bytes.Contains(d.File.Text, []byte(path.Base(u.Dir)))
	})
}

// ignoreFiles lists the ignore files that count for the context: the root's, and those beside Dockerfiles.
func (c *buildContext) ignoreFiles(p *project.Project) []string {
	var list []string
	if p.Files.Has(c.rootFile()) {
		list = append(list, c.rootFile())
	}
	for _, d := range c.dockerfiles {
		if at, kind := dockerfile.IgnoreFor(d.Path, c.dir, p.Files.Has); kind == dockerfile.IgnoreBeside && !slices.Contains(list, at) {
			list = append(list, at)
		}
	}
	return list
}

func declared(dir, addr, why string) change.Declared {
	return change.Declared{Aspect: change.AspectContext, Subject: dir, Addr: addr, Why: why}
}

func place(p string) rule.Location { return rule.Location{Path: p} }
