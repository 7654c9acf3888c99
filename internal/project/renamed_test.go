package project

import (
	"testing"

	"refit/internal/source"
)

// What a stack is made of decides whether it is resolved again: neither the mode of a file nor the name that the project
// has anyway does.
func TestModelsAreKept(t *testing.T) {
	const named = "name: shop\n" + web
	base := map[string]string{"compose.yml": web, "more.yml": "services:\n  web:\n    env_file: web.env\n", ".env": "A=1\n", "web.env": "B=2\n"}
	for name, c := range map[string]struct {
		change func(files map[string]*source.Entry)
		kept   bool
	}{
		"nothing":  {func(map[string]*source.Entry) {}, true},
		"the mode": {func(f map[string]*source.Entry) { f[".env"] = source.NewText(".env", 0o600, []byte("A=1\n")) }, true},
		"the name it has": {func(f map[string]*source.Entry) {
			f["compose.yml"] = source.NewText("compose.yml", 0o644, []byte(named))
		}, true},
		"an env file":         {func(f map[string]*source.Entry) { f["web.env"] = source.NewText("web.env", 0o644, []byte("B=3\n")) }, false},
		"an env file is gone": {func(f map[string]*source.Entry) { delete(f, ".env") }, false},
		"the name and the env file": {func(f map[string]*source.Entry) {
			f["compose.yml"], f["web.env"] = source.NewText("compose.yml", 0o644, []byte(named)), source.NewText("web.env", 0o644, []byte("B=4\n"))
		}, false},
		"another name": {func(f map[string]*source.Entry) {
			f["compose.yml"] = source.NewText("compose.yml", 0o644, []byte("name: other\n"+web))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]*source.Entry{}
			for at, text := range base {
				files[at] = source.NewText(at, 0o644, []byte(text))
			}
			p := &Project{Name: "shop", cache: NewCache(), Files: snapshotOf(files)}
			s := &stacking{files: []string{"compose.yml", "more.yml"}, callerDir: "."}
			before, err := p.resolve(s)
			if err != nil {
				t.Fatal(err)
			}
			c.change(files)
			p.Files = snapshotOf(files)
			after, err := p.resolve(s)
			if err != nil {
				t.Fatal(err)
			}
			if kept := before.Project == after.Project; kept != c.kept {
				t.Errorf("kept: %v", kept)
			}
			fresh, err := (&Project{Name: "shop", cache: NewCache(), Files: p.Files}).resolve(s)
			if err != nil || fresh.Name != after.Name || fresh.NameOrigin != after.NameOrigin || fresh.Services["web"].Environment["B"] != after.Services["web"].Environment["B"] {
				t.Errorf("%+v, a fresh one: %+v, %v", after, fresh, err)
			}
			if again, err := p.resolve(s); err != nil || again != after {
				t.Errorf("%+v is made again: %+v, %v", after, again, err)
			}
		})
	}
}

func snapshotOf(files map[string]*source.Entry) *source.Snapshot {
	var list []*source.Entry
	for _, e := range files {
		list = append(list, e)
	}
	return source.NewSnapshot(list, nil)
}
