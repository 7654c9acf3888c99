package stack

import (
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Locked is a package as a lock has it.
type Locked struct {
	Name, Version string
	Marker        string // where it is installed, when it isn't everywhere; "" also when the lock doesn't say
}

// PoetryLocked reads the versions that a poetry.lock holds, those from folders, repositories and URLs left out. A
// package that it has in several versions is left out too, unless the lock says for each where it is for;
// several are their names.
func PoetryLocked(text []byte) (list []Locked, several []string, err error) {
	var lock struct {
		Package []struct {
			Name    string         `toml:"name"`
			Version string         `toml:"version"`
			Markers any            `toml:"markers"`
			Source  map[string]any `toml:"source"`
		} `toml:"package"`
	}
	if err := toml.Unmarshal(slices.Clone(text), &lock); err != nil {
		return nil, nil, err
	}
	times, unmarked := map[string]int{}, map[string]bool{}
	for _, p := range lock.Package {
		times[p.Name]++
		if _, ok := p.Markers.(string); !ok {
			unmarked[p.Name] = true
		}
	}
	for _, p := range lock.Package {
		if kind, _ := p.Source["type"].(string); kind != "" && kind != "legacy" {
			continue
		}
		if times[p.Name] > 1 && unmarked[p.Name] {
			if !slices.Contains(several, p.Name) {
				several = append(several, p.Name)
			}
			continue
		}
		one := Locked{Name: p.Name, Version: p.Version}
		if times[p.Name] > 1 {
			one.Marker, _ = p.Markers.(string)
		}
		list = append(list, one)
	}
	return list, several, nil
}

// PinnedRequirements reads the versions of a requirements file in which every line pins one, as pip freeze and pip-compile
// write it. ok is false for a file of any other kind.
func PinnedRequirements(text []byte) (list []Locked, ok bool) {
	for _, line := range logicalLines(string(text)) {
		if strings.HasPrefix(line, "--hash") {
			continue
		}
		if i := strings.Index(line, " --hash="); i >= 0 {
			line = strings.TrimSpace(line[:i])
		}
		spec, marker, _ := strings.Cut(line, ";")
		name, version, pinned := strings.Cut(strings.TrimSpace(spec), "==")
		name, _, _ = strings.Cut(name, "[")
		m := requirementName.FindString(name)
		if !pinned || m == "" || strings.TrimSpace(m) != strings.TrimSpace(name) || strings.ContainsAny(version, "*,<>=!~ ") {
			return nil, false
		}
		list = append(list, Locked{Name: strings.TrimSpace(name), Version: version, Marker: strings.TrimSpace(marker)})
	}
	return list, len(list) > 0
}
