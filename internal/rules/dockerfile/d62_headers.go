package dockerfile

import (
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/rule"
	"refit/internal/rules/dockerfile/multistage"
	"refit/internal/shell"
)

// runtimeOnly is the fix of a final stage that builds nothing and yet installs headers (what was built comes
// from another stage): the run-time libraries take their place. ok is false where something may be built in
// it, or a package has no counterpart for certain.
func (r *running) runtimeOnly(names []string) (fix rule.Fix, ok bool) {
	if r.stage.Parent(r.args) != nil || len(r.children()) > 0 || !r.known {
		return fix, false
	}
	var edits []edit.Edit
	var declares []change.Declared
	have := r.packages()
	for _, in := range r.stage.Find("RUN") {
		asks := installs(in)
		for n, c := range commands(in) {
			i := asks[n]
			switch {
			case i != nil && systemManagers[i.Manager]:
			case i != nil && i.Action == shell.ActionClean, i == nil && !multistage.MayCompile(c.Unwrapped()):
				continue
			default:
				return fix, false
			}
			for _, w := range i.Packages {
				if !slices.Contains(names, w.Value) {
					continue
				}
				libraries, known := r.image.Counterpart(w.Value)
				if !known || len(libraries) == 0 || !w.Constant || slices.ContainsFunc(libraries, func(l string) bool { return slices.Contains(have, l) }) {
					return fix, false
				}
				edits = append(edits, edit.Replace(w.Span, strings.Join(libraries, " "), in.Addr()+"/packages/"+w.Value))
				declares = append(declares, declaredEverywhere(r.d, "packages."+w.Value, "only building needs it, and nothing is built in the stage"))
				for _, l := range libraries {
					declares = append(declares, declaredEverywhere(r.d, "packages."+l, "the run-time library takes the place of its headers"))
				}
				have = append(have, libraries...)
			}
		}
	}
	if len(edits) != len(names) {
		return fix, false
	}
	return rule.Fix{Title: "Install the run-time libraries in the place of " + rule.Listed(names), Safety: change.Behaviour, Declares: declares,
		Ops: []edit.Op{edit.Text(r.d.Path, edits...)}}, true
}
