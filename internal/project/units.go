package project

import (
	"bytes"
	"regexp"
	"slices"

	"refit/internal/stack"
)

// units finds the language units. Which package manager a folder uses is sometimes only said by who
// calls it, so the programs in Dockerfiles, the Makefile, workflows and scripts are handed on.
func (d *discovery) units() {
	d.p.Units = stack.Detect(d.p.Files, stack.Hints{Programs: d.programs()})
	for _, u := range d.p.Units {
		for _, p := range u.Problems {
			d.problem(p)
		}
	}
}

// programs are the package managers that the repository's commands call, sorted.
func (d *discovery) programs() []string {
	var called []string
	for _, f := range d.p.Dockerfiles {
		called = append(called, d.programsIn(f.Path)...)
	}
	for _, w := range d.p.Workflows {
		called = append(called, d.programsIn(w.Path)...)
	}
	for _, s := range d.p.Scripts {
		called = append(called, d.programsIn(s.Path)...)
	}
	if d.p.Makefile != nil {
		called = append(called, d.programsIn(d.p.Makefile.Path)...)
	}
	slices.Sort(called)
	return slices.Compact(called)
}

var (
	managerNames = bytes.Fields([]byte("uv poetry pipenv pdm hatch rye conda pip npm yarn pnpm bun bundle composer mvn gradle cargo dotnet"))
	managers     = regexp.MustCompile(`(?:^|[\s;&|("'@/])(` + string(bytes.Join(managerNames, []byte("|"))) + `)\s+[a-z-]`)
)

// programsIn are the package managers that one file calls, comments left out.
func (d *discovery) programsIn(at string) []string {
	found, _ := parsedAs(d.c, d.entry(at), "programs", func(_ string, text []byte) ([]string, error) {
		var found []string
		for line := range bytes.Lines(text) {
			if h := hash(line, anywhere); h >= 0 {
				line = line[:h]
			}
			if !slices.ContainsFunc(managerNames, func(name []byte) bool { return bytes.Contains(line, name) }) {
				continue
			}
			for _, m := range managers.FindAllSubmatch(line, -1) {
				found = append(found, string(m[1]))
			}
		}
		return found, nil
	})
	return found
}
