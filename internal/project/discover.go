package project

import (
	"strings"
	"sync"

	"refit/internal/config"
	"refit/internal/gitrepo"
	"refit/internal/layout"
	"refit/internal/parallel"
	"refit/internal/source"
)

// Discover works out the project that files make. It is pure: previous gives what files can't tell
// (the repository's name, git's state, what the walk left out) and may be nil. c makes a second
// discovery cheap; results do not depend on it.
func Discover(files *source.Snapshot, previous *Project, c *Cache) *Project {
	return discover(files, previous, c, references)
}

// discover is Discover with the search for references outside of Compose files and Dockerfiles given.
func discover(files *source.Snapshot, previous *Project, c *Cache, search func(*Project, *Cache) ([]Reference, []Call)) *Project {
	p := &Project{Name: "project", Git: &gitrepo.State{}}
	if previous != nil {
		p = previous.describe()
		if previous.Files != nil {
			p.baseline = previous.Baseline()
		}
	}
	p.Files, p.cache = files, c
	d := &discovery{p: p, c: c}
	d.problems = append(d.problems, p.unlisted...)
	d.configure()
	d.parse(d.classify())
	parallel.Do(2, func(i int) { // neither asks for what the other finds
		if i == 0 {
			d.units()
		} else {
			p.References, p.Calls = search(p, c)
		}
	})
	sortCalls(p.Calls)
	p.Environments = d.environments()
	d.stackFiles()
	d.build()
	d.readers()
	p.References = append(p.References, d.composeReferences()...)
	p.References = append(p.References, d.dockerfileReferences()...)
	d.finish()
	return p
}

// discovery is one Discover under way.
type discovery struct {
	p        *Project
	c        *Cache
	mu       sync.Mutex
	problems []*source.Problem
	broken   map[string]bool          // files that did not parse
	resolved map[*ComposeFile][]field // paths in Compose files
	matched  map[[2]string][]string   // files by context and pattern of a COPY
}

func (d *discovery) problem(p *source.Problem) {
	if p == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.problems = append(d.problems, p)
}

// failed notes the error of a parser or of loading a file.
func (d *discovery) failed(p string, err error) {
	d.problem(unreadable(p, err))
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken == nil {
		d.broken = map[string]bool{}
	}
	d.broken[p] = true
}

func (d *discovery) configure() {
	p := d.p
	p.Config = config.Default()
	if e := regular(p.Files, config.Name); e != nil {
		cfg, err := parsedAs(d.c, e, "config", config.Parse)
		if err != nil {
			p.ConfigProblem = unreadable(config.Name, err)
			d.problem(p.ConfigProblem)
		} else {
			p.Config = cfg
		}
	}
	var err error
	if p.Layout, err = layout.For(p.Config.Layout); err != nil {
		place, _, _ := strings.Cut(err.Error(), ":") // "layout.env: ...", "layout.compose and layout.env both mean ..."
		place, _, _ = strings.Cut(place, " ")
		p.ConfigProblem = &source.Problem{Path: config.Name, At: p.Config.Position(place), What: err.Error(), Why: "refit would not know where things belong", Original: err}
		d.problem(p.ConfigProblem)
	}
	if p.mode != "" {
		p.Layout.Mode = p.mode
	}
}
