package compose

import (
	"reflect"
	"testing"
)

// A model that is taken from one that differs by its name only is the one that Load makes.
func TestRenamed(t *testing.T) {
	const services = "services:\n  app:\n    image: a:${TAG:-1}\n    volumes: [data:/data]\nvolumes:\n  data:\n"
	for name, c := range map[string]struct {
		before, after string
		same, kept    bool
	}{
		"named as its folder":     {services, "name: repo\n\n" + services, true, true},
		"normalized":              {services, "name: \"Repo\"\n" + services, true, true},
		"no longer named":         {"name: repo\n" + services, "# none\n" + services, true, true},
		"moved down":              {"name: repo\n" + services, services + "name: repo\n", true, true},
		"another name":            {services, "name: shop\n" + services, true, false},
		"a name from a variable":  {services, "name: ${NAME:-repo}\n" + services, false, false},
		"an anchor in the name":   {services, "name: &n repo\n" + services, false, false},
		"a name merged in":        {"x-a: &a {name: shop}\n<<: *a\n" + services, "x-a: &a {name: shop}\n<<: *a\nname: shop\n" + services, false, false},
		"no text":                 {services, "name:\n" + services, false, false},
		"another value":           {services, "name: repo\n" + services + "  more:\n", false, false},
		"another kind of a value": {"x-a: 1\n" + services, "x-a: \"1\"\n" + services, false, false},
		"another key":             {services, "version: \"3\"\n" + services, false, false},
	} {
		files := func(text string) Request {
			return Request{Files: []string{"compose.yml"}, Read: reader(map[string]string{"compose.yml": text}), RootName: "repo", AllowMissing: true}
		}
		a, errA := Parse("compose.yml", []byte(c.before))
		b, errB := Parse("compose.yml", []byte(c.after))
		if errA != nil || errB != nil {
			t.Fatal(name, errA, errB)
		}
		if got := SameButName(a, b); got != c.same {
			t.Errorf("%s: same but the name: %v", name, got)
		}
		if !c.same {
			continue
		}
		before, after := mustLoad(t, files(c.before)), mustLoad(t, files(c.after))
		got := Renamed(t.Context(), before, files(c.after), map[string]*File{"compose.yml": b})
		if (got != nil) != c.kept {
			t.Errorf("%s: kept: %v", name, got != nil)
		}
		if got == nil {
			continue
		}
		compareFlat(t, got.Flatten(), after.Flatten())
		if got.NameOrigin != after.NameOrigin || !reflect.DeepEqual(got.Services, after.Services) || !reflect.DeepEqual(got.Unset, after.Unset) || !reflect.DeepEqual(got.Volumes, after.Volumes) {
			t.Errorf("%s: %+v, loaded: %+v", name, got, after)
		}
	}
}
