package make

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/makefile"
	"refit/internal/project"
	"refit/internal/shell"
)

// owned is what the user's own makefiles offer: nothing of it may be defined a second time.
type owned struct {
	targets   map[string]makefile.Target // written out in the Makefile itself, outside of the block
	elsewhere map[string]bool            // written out in files that it includes
	patterns  []string                   // with "%" for what is open: "%-up"
	// unknown says why there may be targets that refit can't see; "" when there are none.
	unknown string
}

// has says whether a target of the name is there.
func (o *owned) has(name string) bool {
	if _, ok := o.targets[name]; ok || o.elsewhere[name] {
		return true
	}
	return slices.ContainsFunc(o.patterns, func(pattern string) bool {
		before, after, _ := strings.Cut(pattern, "%")
		return len(name) > len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
	})
}

// madeTargets are the ways to make rules at run time.
var madeTargets = regexp.MustCompile(`\$[({]eval\s+\$[({](?:call\b|[A-Za-z_][A-Za-z0-9_.-]*[)}])`)

// ownedBy reads the Makefile and what it includes.
func ownedBy(p *project.Project) *owned {
	o := &owned{targets: map[string]makefile.Target{}, elsewhere: map[string]bool{}}
	m := p.Makefile
	if m == nil {
		return o
	}
	for _, t := range m.File.Targets() {
		if slices.ContainsFunc(t.Rules, func(r *makefile.Rule) bool { return !m.File.InBlock(r) }) {
			o.targets[t.Name] = t
		}
	}
	o.open(p, m.File)
	o.include(p, m.File, map[string]bool{m.Path: true})
	return o
}

// open notes the targets whose names are not all known.
func (o *owned) open(p *project.Project, f *makefile.File) {
	for _, r := range f.Rules {
		for _, w := range r.Targets {
			pattern := strings.ReplaceAll(w.Value, shell.Unknown, "%")
			if strings.Count(pattern, "%") == 1 && strings.Trim(pattern, "%-_.") != "" {
				o.patterns = append(o.patterns, pattern)
			}
		}
	}
	if text, err := p.Files.Read(f.Path); err == nil && madeTargets.Match(text) {
		o.unknown = f.Path + " makes rules by $(eval ...), whose targets only a run knows"
	}
}

func (o *owned) include(p *project.Project, f *makefile.File, seen map[string]bool) {
	for _, inc := range f.Includes {
		for _, w := range inc.Files {
			if !w.Constant {
				if !inc.Optional {
					o.unknown = f.Path + " includes a file whose name only a run knows"
				}
				continue
			}
			pattern := path.Join(f.Dir, strings.ReplaceAll(w.Value, shell.Root, "."))
			for _, at := range p.Files.Paths() {
				if ok, err := path.Match(pattern, at); err != nil || !ok || seen[at] {
					continue
				}
				text, err := p.Files.Read(at)
				if err != nil {
					continue
				}
				seen[at] = true
				in := makefile.Parse(at, text)
				in.Dir = f.Dir
				for _, t := range in.Targets() {
					o.elsewhere[t.Name] = true
				}
				o.open(p, in)
				o.include(p, in, seen)
			}
		}
	}
}
