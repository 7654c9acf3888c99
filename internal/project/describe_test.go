package project

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// describe writes everything that a project says, so that two can be compared.
func describe(t *testing.T, p *Project) string {
	t.Helper()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("name %s config %+v layout %+v problem %v", p.Name, *p.Config, p.Layout, p.ConfigProblem)
	for _, at := range p.Files.Paths() {
		e, _ := p.Files.Entry(at)
		line("file %q %v %d %q", at, e.Mode, e.Size, e.Target)
	}
	for _, e := range p.Environments {
		line("environment %s %v env=%v dir=%s via=%s err=%v calls=%d", e.Name, e.Files, e.EnvFiles, e.Dir, e.ProjectVia, e.Err, len(e.Calls))
		if e.Model == nil {
			continue
		}
		flat := e.Model.Flatten()
		for _, k := range slices.Sorted(maps.Keys(flat)) {
			line("   %s=%s", k, flat[k])
		}
		line("   missing %v unset %v files %v", e.Model.Missing, e.Model.Unset, e.Model.Files)
	}
	for _, d := range p.Dockerfiles {
		line("dockerfile %s ignore=%q stages=%d builds %+v", d.Path, d.Ignore, len(d.File.Stages), d.Builds)
	}
	for _, c := range p.Compose {
		line("compose %s env=%q role=%s first=%s", c.Path, c.Env, c.Role, c.First)
	}
	for _, f := range p.EnvFiles {
		line("env %s env=%q example=%t tracked=%t ignored=%t keys=%v readers %+v", f.Path, f.Env, f.Example, f.Tracked, f.Ignored, f.File.Keys(), f.Readers)
	}
	for _, w := range p.Workflows {
		line("workflow %s", w.Path)
	}
	for _, s := range p.Scripts {
		line("script %s %d", s.Path, len(s.Text))
	}
	if p.Makefile != nil {
		line("makefile %s", p.Makefile.Path)
	}
	for _, u := range p.Units {
		line("unit %+v", *u)
	}
	for _, r := range p.References {
		line("reference %+v", r)
	}
	for _, c := range p.Calls {
		line("call %+v", c)
	}
	for _, h := range p.Hidden() {
		line("hidden %+v", h)
	}
	for _, problem := range p.Problems {
		line("problem %s", problem.Error())
	}
	return b.String()
}

// same fails with the first lines that differ.
func same(t *testing.T, want, got string) {
	t.Helper()
	if want == got {
		return
	}
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	shown := 0
	for i := range max(len(a), len(b)) {
		x, y := "(nothing)", "(nothing)"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			t.Errorf("line %d:\nwant %s\ngot  %s", i, x, y)
			if shown++; shown > 4 {
				return
			}
		}
	}
}
