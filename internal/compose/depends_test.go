package compose

import (
	"testing"

	"refit/internal/edit"
)

// TestDependsOnKeepsComments: the long form has the comments of the short one, wherever they stand.
func TestDependsOnKeepsComments(t *testing.T) {
	const long = "  a:\n    depends_on:\n      db:"
	for list, want := range map[string]string{
		"\n      - db # why\n#      - redis\n      - cache\n#      - last\n":                              long + " # why\n        condition: service_healthy\n      #      - redis\n      cache:\n        condition: service_started\n#      - last\n",
		" [\n      # top\n      db,   # why\n      # - redis\n      cache # two\n      # - last\n    ]\n": "  a:\n    depends_on:\n      # top\n      db: # why\n        condition: service_healthy\n      # - redis\n      cache: # two\n        condition: service_started\n      # - last\n",
		" [db, cache] # both\n": "  a:\n    depends_on: # both\n      db:\n        condition: service_healthy\n      cache:\n        condition: service_started\n",
	} {
		f := mustParse(t, "services:\n  a:\n    depends_on:"+list+"  db: {image: a}\n  cache: {image: a}\n")
		edits, err := f.SetDependsOn("a", map[string]string{"db": "service_healthy"}, false)
		if err != nil {
			t.Errorf("%q: %v", list, err)
			continue
		}
		got, err := edit.Patch(f.Text, edits)
		if err != nil {
			t.Fatal(err)
		}
		if want := "services:\n" + want + "  db: {image: a}\n  cache: {image: a}\n"; string(got) != want {
			t.Errorf("%q becomes\n%s\nwant\n%s", list, got, want)
		}
	}
}
