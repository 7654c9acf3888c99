package dockerfile

import (
	"cmp"
	_ "embed"
	"path"
	"slices"
	"strings"

	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/source"
)

//go:embed d58_missing_source.md
var missingSourceDoc string

// MissingSource finds COPY sources that are not in the build context: D58.
var MissingSource = rule.Rule{
	Meta: rule.Meta{ID: "D58", Name: "copy-source-missing", Theme: rule.Dockerfile, Severity: rule.Error, Since: "0.1.0",
		Summary: "COPY or ADD names a path that is not in the build context", Doc: missingSourceDoc},
	Check: checkMissingSource,
}

func checkMissingSource(pass *rule.Pass) {
	p := pass.Project
	ignore := p.GitIgnore()
	type name struct{ from, raw string }
	names := map[name]bool{}
	wrong := wrongContexts{}
	for _, r := range p.References {
		d := p.Dockerfile(r.From)
		if d == nil || r.Kind != project.RefDockerfile || !r.Missing || r.Unsure != "" && r.Unsure != "a pattern names it" {
			continue
		}
		if _, hidden := p.InHidden(r.To); hidden || isLock(p, r.To) || names[name{r.From, r.Raw}] {
			continue
		}
		pattern := strings.ContainsAny(r.Raw, "*?[")
		if pattern && severalSources(d, r) {
			continue // "what may be there as well": lock files, optional settings
		}
		names[name{r.From, r.Raw}] = true
		f := rule.Finding{At: rule.Location{Path: r.From, Span: r.Span}, Subject: "source " + r.Raw,
			Message: r.Raw + " is copied and is not in the build context (" + r.Base + "); the build fails there; name a path that exists"}
		ignored, _ := ignore.Match(r.To, false)
		why := "nothing stands at " + r.To
		switch {
		case pattern: // https://github.com/moby/buildkit: AllowEmptyWildcard
			f.Severity = rule.Warning
			f.Message = r.Raw + " is copied and matches nothing in the build context (" + r.Base + "); the build goes on without it; name what exists, or drop it"
		case ignored:
			f.Severity = rule.Info
			f.Message = r.Raw + " is copied and is not in the repository: git ignores it, so a fresh clone can't build; make it before the build, or in a stage"
			why += ", which git ignores; make it in an earlier stage and copy it from there"
		case foundElsewhere(p, r):
			wrong.add(r)
			continue
		case len(d.Builds) == 0:
			f.Severity = rule.Warning
			f.Message = r.Raw + " is copied and is not in " + r.Base + ", the folder that is taken for the build context; the build fails when it is; name a path that exists"
			why += "; nothing in the repository says which folder is the build context"
		}
		if found := sameName(p, r); found != "" {
			why += "; a file of that name is " + found
		}
		f.Fixes = rule.Manual("Name a path that exists", why)
		pass.Report(f)
	}
	wrong.report(pass)
}

// wrongContexts are the sources that are in another context of their Dockerfile, by Dockerfile and context:
// what is wrong there is the context, once.
type wrongContexts struct{ list []wrongContext }

type wrongContext struct {
	file, dir string
	sources   []project.Reference
}

func (w *wrongContexts) add(r project.Reference) {
	for i := range w.list {
		if c := &w.list[i]; c.file == r.From && c.dir == r.Base {
			c.sources = append(c.sources, r)
			return
		}
	}
	w.list = append(w.list, wrongContext{r.From, r.Base, []project.Reference{r}})
}

func (w *wrongContexts) report(pass *rule.Pass) {
	for _, c := range w.list {
		var raw, by, right []string
		for _, r := range c.sources {
			raw = append(raw, r.Raw)
		}
		f := rule.Finding{At: rule.Location{Path: c.file, Span: c.sources[0].Span}, Subject: "context " + c.dir, Severity: rule.Warning}
		for _, b := range pass.Project.Dockerfile(c.file).Builds {
			if b.Context != c.dir {
				if !slices.Contains(right, b.Context) {
					right = append(right, b.Context)
				}
				continue
			}
			if !slices.Contains(by, b.By) {
				by = append(by, b.By)
			}
			f.Related = append(f.Related, rule.Related{At: rule.Location{Path: b.By, Span: b.Span}, Message: "builds in " + c.dir})
		}
		f.Message = "the build context " + c.dir + " (of " + rule.Listed(by) + ") has no " + rule.Listed(raw) + "; that build fails, and others take " + rule.Listed(right) + "; give all of them one context"
		f.Fixes = rule.Manual("Build in one context", "which one is meant can't be told: in "+rule.Listed(by)+" build in "+rule.Listed(right)+", or change the paths of the COPY lines")
		pass.Report(f)
	}
}

// severalSources says whether the instruction that names the source names others.
func severalSources(d *project.Dockerfile, r project.Reference) bool {
	for _, in := range d.File.Instructions {
		if c, ok := in.Copy(); ok && in.Span.Start <= r.Span.Start && r.Span.End <= in.Span.End {
			return len(c.Sources) > 1
		}
	}
	return false
}

// foundElsewhere says whether the source is there in another context of the Dockerfile.
func foundElsewhere(p *project.Project, r project.Reference) bool {
	from, _ := slices.BinarySearchFunc(p.References, r.From, func(other project.Reference, from string) int { return cmp.Compare(other.From, from) })
	for ; from < len(p.References) && p.References[from].From == r.From; from++ {
		if other := p.References[from]; other.Kind == r.Kind && other.Span == r.Span && !other.Missing {
			return true
		}
	}
	return false
}

// isLock says whether the path is where a unit's lock belongs: that it is missing is D60.
func isLock(p *project.Project, at string) bool {
	for _, u := range p.Units {
		if u.Lock == at {
			return true
		}
	}
	return false
}

// sameName is the only file with the name of the missing one, "" when there is none.
func sameName(p *project.Project, r project.Reference) string {
	named := source.Recall(&p.Memo, namedKey{}, func() map[string][]string { return byName(p.Files) })
	if same := named[path.Base(r.To)]; len(same) == 1 && !strings.ContainsAny(r.To, "*?[") {
		return same[0]
	}
	return ""
}

type namedKey struct{}

// byName are the paths of all files by their base names.
func byName(files *source.Snapshot) map[string][]string {
	named := map[string][]string{}
	for _, file := range files.Paths() {
		named[path.Base(file)] = append(named[path.Base(file)], file)
	}
	return named
}
