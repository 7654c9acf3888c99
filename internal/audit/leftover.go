package audit

import (
	"slices"
	"sync"

	"refit/internal/layout"
	"refit/internal/project"
	"refit/internal/rule"
)

// leftovers are the files with findings that are copies which somebody keeps, by path.
type leftovers struct {
	used func() map[string]bool // files that something in use builds, starts or names; few repositories make anybody ask
}

func newLeftovers(p *project.Project) leftovers {
	return leftovers{sync.OnceValue(func() map[string]bool { return inUse(p) })}
}

func inUse(p *project.Project) map[string]bool {
	used := map[string]bool{}
	for _, r := range p.References {
		if r.Kind != project.RefDocs && r.Kind != project.RefIgnore && r.Kind != project.RefEditor && !layout.Leftover(r.From) {
			used[r.To] = true
		}
	}
	for _, d := range p.Dockerfiles {
		if slices.ContainsFunc(d.Builds, func(b project.Build) bool { return !layout.Leftover(b.By) }) {
			used[d.Path] = true
		}
	}
	return used
}

// weaken makes a finding in a leftover one that is only worth knowing: nobody wants old copies repaired. A secret
// is known to whoever reads it, wherever it lies.
func (l leftovers) weaken(f *rule.Finding) {
	if !layout.Leftover(f.At.Path) || l.used()[f.At.Path] || f.Meta.Theme == rule.Env && f.Severity == rule.Error {
		return
	}
	f.Severity, f.Fixes = rule.Info, nil
	f.Message += " (by its name the file is a copy that is kept; refit leaves it as it is)"
}
