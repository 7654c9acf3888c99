package invocation

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/layout"
	"refit/internal/project"
)

// DefaultName is what an environment without a name is called: that of a bare compose.yml.
const DefaultName = "default"

// NameOf is the name by which a person calls an environment.
func NameOf(e *project.Environment) string {
	if e.Name == "" {
		return DefaultName
	}
	return e.Name
}

// Unknown is the error for a word that means no environment, or several.
type Unknown struct {
	Word  string
	Known []string // names
	Files []string // the first files of the environments that the word may mean; empty when it means none
}

func (u *Unknown) Error() string {
	switch {
	case len(u.Files) > 0:
		return fmt.Sprintf("%s may be the environment of %s; say which by the file in place of the name", u.Word, strings.Join(u.Files, " or "))
	case len(u.Known) == 0:
		return "there is no Compose file in this repository: nothing to run"
	}
	return fmt.Sprintf("%s: no environment of this repository that can be run is called so; it has %s", u.Word, strings.Join(u.Known, ", "))
}

// Find is the environment that a word of the command line means: a name ("dev", "production"), "default" for
// what has no name, or the path of its first Compose file. "dev" means the default one where there is no other.
func Find(p *project.Project, word string) (*project.Environment, error) {
	name, _ := layout.Canonical(word)
	unknown := &Unknown{Word: word}
	var found []*project.Environment
	for _, e := range p.Environments {
		if strings.Contains(e.Files[0], "{{") { // a template of a template engine: what it makes is started elsewhere
			continue
		}
		unknown.Known = append(unknown.Known, NameOf(e))
		if e.Files[0] == path.Clean(word) || e.Name == name || e.Name == "" && name == DefaultName {
			found = append(found, e)
		}
	}
	slices.Sort(unknown.Known)
	unknown.Known = slices.Compact(unknown.Known)
	if len(found) == 0 && name == "dev" && slices.Contains(unknown.Known, DefaultName) {
		return Find(p, DefaultName)
	}
	if len(found) == 0 {
		return nil, unknown
	}
	if best := preferred(p, name, found); best != nil {
		return best, nil
	}
	for _, e := range found {
		unknown.Files = append(unknown.Files, e.Files[0])
	}
	return nil, unknown
}

// preferred is the environment that is meant where several have the name: the one in the layout's place, else the
// only one whose files are at the root; nil when neither decides.
func preferred(p *project.Project, name string, found []*project.Environment) *project.Environment {
	if len(found) == 1 {
		return found[0]
	}
	var atRoot []*project.Environment
	for _, e := range found {
		if e.Files[0] == p.Layout.ComposePath(name) {
			return e
		}
		if path.Dir(e.Files[0]) == "." {
			atRoot = append(atRoot, e)
		}
	}
	if len(atRoot) == 1 {
		return atRoot[0]
	}
	return nil
}
