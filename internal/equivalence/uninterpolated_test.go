package equivalence_test

import (
	"strings"
	"testing"

	"refit/internal/change"
	"refit/internal/equivalence"
	"refit/internal/project"
	"refit/internal/source"
)

func discovered(files map[string]string) *project.Project {
	var entries []*source.Entry
	for at, text := range files {
		entries = append(entries, source.NewText(at, 0o644, []byte(text)))
	}
	return project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
}

// A file that Compose can't resolve may move when its text means the same with the paths mapped, and in no other case.
func TestUninterpolated(t *testing.T) {
	const broken = "name: n\nservices:\n  a:\n    image: x:${TAG:1}\n    env_file: ./a.env\n    volumes: ['./data:/data']\n"
	const moved = "name: n\nservices:\n  a:\n    image: x:${TAG:1}\n    env_file: ../a.env\n    volumes: ['../data:/data']\n"
	for name, c := range map[string]struct {
		before, after string
		also          map[string]string
		same          bool
	}{
		"paths rewritten":       {broken, moved, nil, true},
		"version gone":          {"version: '3'\n" + broken, moved, nil, true},
		"a path forgotten":      {broken, strings.Replace(moved, "../data", "./data", 1), nil, false},
		"another value":         {broken, strings.Replace(moved, "TAG:1", "TAG:2", 1), nil, false},
		"another project":       {broken, strings.Replace(moved, "name: n", "name: m", 1), nil, false},
		"a service more":        {broken, moved + "  b:\n    image: y\n", nil, false},
		"a mount by a variable": {strings.Replace(broken, "./data", "${DATA}", 1), strings.Replace(moved, "../data", "${DATA}", 1), nil, false},
		"a .env left behind":    {broken, moved, map[string]string{".env": "TAG=1\n"}, false},
	} {
		before, after := map[string]string{"docker-compose.dev.yml": c.before}, map[string]string{"compose/docker-compose.dev.yml": c.after}
		for at, text := range c.also {
			before[at], after[at] = text, text
		}
		compared := equivalence.Compare(discovered(before), discovered(after), map[string]string{"docker-compose.dev.yml": "compose/docker-compose.dev.yml"}, nil)
		same, blocks := false, false
		for _, x := range compared.Preserved {
			same = same || x.Aspect == change.AspectCompose && strings.Contains(x.What, "compared without interpolation")
		}
		for _, d := range compared.Unproven {
			blocks = blocks || d.Blocks
		}
		if same != c.same || blocks == c.same {
			t.Errorf("%s: same %t, blocks %t: %+v", name, same, blocks, compared)
		}
	}
}
