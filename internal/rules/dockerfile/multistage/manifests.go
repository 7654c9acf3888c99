package multistage

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/shell"
	"refit/internal/stack"
)

// foreign says why pip's installs of the stage are not those of the unit, nil when they are: the split
// replaces them by the unit's, so that what they install from another file, or besides, would be lost.
func (s *Split) foreign() error {
	if s.Unit.Manager != stack.Pip {
		return nil
	}
	own := slices.Concat(s.Unit.Requirements, s.Unit.DevRequirements)
	for _, in := range s.Stage.Find("RUN") {
		list, _ := commands(in)
		for _, c := range list {
			i, ok := shell.Installs(c)
			if !ok || i.Action != shell.ActionAdd && i.Action != shell.ActionRestore || i.Manager != "pip" && i.Manager != "pip3" && i.Manager != "uv" {
				continue
			}
			for _, r := range i.Requirements {
				if file := s.requirementsFile(r.Value); !slices.Contains(own, file) {
					return fmt.Errorf("line %d installs from %s, and the project's requirements are %s", in.Line, file, strings.Join(own, ", "))
				}
			}
			for _, o := range i.Options {
				if (o.Name == "-e" || o.Name == "--editable") && !here(o.Value.Value) {
					return fmt.Errorf("line %d installs %s besides the project's requirements", in.Line, o.Value.Value)
				}
			}
			for _, p := range i.Packages {
				if !here(p.Value) && !onlyTools([]shell.Word{p}) {
					return fmt.Errorf("line %d installs %s besides the project's requirements", in.Line, p.Value)
				}
			}
		}
	}
	return nil
}

// developmentLists are the lists of requirements for development that the stage installs from, by their names in the
// image. Production gets them no more.
func (s *Split) developmentLists() []string {
	var names []string
	for _, in := range s.Stage.Find("RUN") {
		list, _ := commands(in)
		for _, c := range list {
			i, ok := shell.Installs(c)
			if !ok {
				continue
			}
			for _, r := range i.Requirements {
				if slices.Contains(s.Unit.DevRequirements, s.requirementsFile(r.Value)) {
					names = append(names, r.Value)
				}
			}
		}
	}
	return names
}

// here says whether a word of pip install is the project itself: ".", ".[extra]".
func here(word string) bool { return word == "." || word == "./" || strings.HasPrefix(word, ".[") }

// requirementsFile is the file of the repository that stands in the image under the name: the one that a
// COPY names, else the one at the same place in the build context.
func (s *Split) requirementsFile(name string) string {
	if path.IsAbs(name) {
		name = strings.TrimPrefix(strings.TrimPrefix(name, s.workdir), "/")
	}
	for _, in := range s.Stage.Find("COPY") {
		if c, ok := in.Copy(); ok && c.From == "" {
			for _, source := range c.Sources {
				if path.Base(source.Value) == path.Base(name) {
					return path.Join(s.contextDir, source.Value)
				}
			}
		}
	}
	return path.Join(s.contextDir, name)
}
