package layout

import (
	"path"
	"slices"
	"sort"

	"refit/internal/change"
	"refit/internal/project"
	"refit/internal/source"
)

// nameFor is the project name to write for an environment; ok is false when it is not known. No volume
// may lose its name: an environment with data keeps the name that it has now. One without data that
// shares its name gets one of its own, since Compose would take the two for one project.
func nameFor(p *project.Project, e *project.Environment) (name string, ok bool) {
	if e.Model == nil {
		return "", false
	}
	if c := p.Config; c != nil && c.Environments[e.Name].Name != "" {
		return c.Environments[e.Name].Name, true
	}
	if other, _ := otherName(p, e); other != "" {
		return "", false
	}
	old := e.Model.Name
	if old == "" || e.ProjectVia == "name" || e.Name == "" || ownsData(e) {
		return old, old != ""
	}
	sharers := sharing(p, e)
	if len(sharers) == 0 || sharers[0] == e && !slices.ContainsFunc(sharers, ownsData) {
		return old, true
	}
	own := old + "-" + e.Name
	for _, o := range p.Environments {
		if o != e && o.Model != nil && (o.Model.Name == own || o.Model.Name == old && o.Name == e.Name) {
			return old, true // taken, or another way to start the same environment
		}
	}
	return own, true
}

// sharing are the environments with the project name of e, e among them, those of the layout first
// and in its order; empty when e has its name for itself.
func sharing(p *project.Project, e *project.Environment) []*project.Environment {
	var list []*project.Environment
	for _, o := range p.Environments {
		if o.Model != nil && o.Model.Name == e.Model.Name {
			list = append(list, o)
		}
	}
	if len(list) < 2 {
		return nil
	}
	rank := func(o *project.Environment) int {
		if at := slices.Index(p.Layout.Environments, o.Name); at >= 0 {
			return at
		}
		return len(p.Layout.Environments)
	}
	sort.SliceStable(list, func(i, j int) bool { return rank(list[i]) < rank(list[j]) })
	return list
}

// ownsData says whether a service keeps data in a volume that is named after the project.
func ownsData(e *project.Environment) bool { return len(dataVolumes(e)) > 0 }

// dataVolumes are the real names of the volumes that services mount and that are named after the
// project, sorted.
func dataVolumes(e *project.Environment) []string {
	if e.Model == nil {
		return nil
	}
	var names []string
	for key, v := range e.Model.Volumes {
		if !v.External && v.Name == e.Model.Name+"_"+key && len(e.Model.VolumeUsers(key)) > 0 {
			names = append(names, v.Name)
		}
	}
	sort.Strings(names)
	return names
}

// renamed declares what another project name changes.
func renamed(e *project.Environment, old, name string) []change.Declared {
	why := "the project was called " + old + " like that of another environment, which owns the data; it becomes " + name
	list := []change.Declared{{Aspect: change.AspectCompose, Subject: e.Files[0], Addr: "name", Before: old, After: name, Why: why}}
	for _, addr := range []string{"volumes.*.name", "networks.*.name", "secrets.*.name", "configs.*.name"} {
		list = append(list, change.Declared{Aspect: change.AspectCompose, Subject: e.Files[0], Addr: addr, Before: old + "_*", After: name + "_*", Why: why})
	}
	return list
}

// position is "file:line" of an offset.
func position(p *project.Project, file string, offset int) string {
	text, err := p.Files.Read(file)
	if err != nil {
		return file
	}
	return file + ":" + itoa(source.NewLines(text).Position(offset).Line)
}

func atRoot(p string) bool { return path.Dir(p) == "." }

func regular(p *project.Project, at string) (*source.Entry, bool) {
	e, ok := p.Files.Entry(at)
	return e, ok && e.IsRegular()
}
