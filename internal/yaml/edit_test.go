package yaml

import (
	"errors"
	"strings"
	"testing"

	"refit/internal/edit"
	"refit/internal/source"
)

// script runs one verb, given as a small command, on a text.
func script(t *testing.T, text, path string, verb func(n *Node) ([]edit.Edit, error)) (string, error) {
	t.Helper()
	f, err := Parse("f.yml", []byte(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	n := f.Root().Get(strings.Fields(path)...)
	if n == nil {
		t.Fatalf("%q has no %s", text, path)
	}
	edits, err := verb(n)
	if err != nil {
		return "", err
	}
	for _, e := range edits {
		if e.Addr == "" {
			t.Errorf("%q: edit without an address", text)
		}
	}
	got, err := edit.Patch([]byte(text), edits)
	if err != nil {
		t.Fatal(err)
	}
	return string(got), nil
}

type table []struct{ text, path, want string }

func (tt table) run(t *testing.T, verb func(n *Node) ([]edit.Edit, error)) {
	t.Helper()
	for _, tc := range tt {
		got, err := script(t, tc.text, tc.path, verb)
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != tc.want {
			t.Errorf("%q %s:\n%q\nwant\n%q", tc.text, tc.path, got, tc.want)
		}
	}
}

func set(value string) func(n *Node) ([]edit.Edit, error) {
	return func(n *Node) ([]edit.Edit, error) { return n.SetScalar(value) }
}

func TestSetScalar(t *testing.T) {
	table{
		{"a: b # c\n", "a", "a: \"x: y\" # c\n"},
		{"a: 'b'\n", "a", "a: 'x: y'\n"},
		{"a: \"b\"\r\n", "a", "a: \"x: y\"\r\n"},
		{"a:\nb: c", "a", "a: \"x: y\"\nb: c"},
		{"a: # c\n", "a", "a: \"x: y\" # c\n"},
		{"- a\n-\n", "1", "- a\n- \"x: y\"\n"},
		{"[a, b]", "1", "[a, \"x: y\"]"},
		{"a: |\n  b\n", "a", "a: |-\n  x: y\n"},
		{"a: &k b\nc: *k\n", "a", "error: can't be edited with certainty: a is also used at 2:4 through the anchor &k"},
	}.run(t, set("x: y"))
	table{
		{"a: b\n", "a", "a: \"80\"\n"},
		{"a: 443\n", "a", "a: 80\n"},
		{"a: 443", "a", "a: 80"},
		{"a: ~\n", "a", "a: \"80\"\n"},
		{"a: '1'\n", "a", "a: '80'\n"},
	}.run(t, set("80"))
	table{
		{"run: |\r\n    a\r\n    b\r\nx: y\r\n", "run", "run: |\r\n    cd x\r\n\r\n      make\r\nx: y\r\n"},
		{"run: | # why\n    a\nx: y\n", "run", "run: | # why\n    cd x\n\n      make\nx: y\n"},
		{"run: |-\n  a", "run", "run: \"cd x\\n\\n  make\\n\""},
		{"run: a\n", "run", "run: \"cd x\\n\\n  make\\n\"\n"},
	}.run(t, set("cd x\n\n  make\n"))
	table{{"a: b\n", "a", "a: 'x \"y\" #'\n"}, {"a: 'b'\n", "a", "a: 'x \"y\" #'\n"}, {"a: \"b\"\n", "a", "a: \"x \\\"y\\\" #\"\n"}}.run(t, set(`x "y" #`))
	table{{"a: b\n", "a", "a: \"\"\n"}, {"a: 'b'\n", "a", "a: ''\n"}, {"a: 3\n", "a", "a: \"\"\n"}}.run(t, set(""))
}

func TestReplaceInScalar(t *testing.T) {
	verb := func(n *Node) ([]edit.Edit, error) {
		i := strings.Index(n.Value, "./data")
		return n.ReplaceInScalar(i, i+len("./data"), "../data")
	}
	table{
		{"v:\n- './data:/var/lib' # x\n", "v 0", "v:\n- '../data:/var/lib' # x\n"},
		{"v: [\"a\\t./data:/x\"]\n", "v 0", "v: [\"a\\t../data:/x\"]\n"},
		{"run: >-\n  cp\n  -r\n  ./data x\n", "run", "run: >-\n  cp\n  -r\n  ../data x\n"},
		{"run: |\r\n  cd ./data\r\n  make\r\n", "run", "run: |\r\n  cd ../data\r\n  make\r\n"},
	}.run(t, verb)
	table{{"run: |\n  a\n  ./data\n", "run", "run: |\n  a\n  x\n  y\n"}}.run(t, func(n *Node) ([]edit.Edit, error) {
		return n.ReplaceInScalar(2, 8, "x\ny")
	})
}

func TestAddEntry(t *testing.T) {
	add := func(value string, opts ...Option) func(n *Node) ([]edit.Edit, error) {
		return func(n *Node) ([]edit.Edit, error) { return n.AddEntry("new", value, opts...) }
	}
	table{
		{"a: b\n", "", "a: b\nnew: x\n"},
		{"a: b", "", "a: b\nnew: x"},
		{"a:\r\n    b: c # d\r\n    # trail\r\n\r\ne: f\r\n", "a", "a:\r\n    b: c # d\r\n    # trail\r\n    new: x\r\n\r\ne: f\r\n"},
		{"s:\n  a:\n    b: c\n\n  d:\n    e: f\n", "s", "s:\n  a:\n    b: c\n\n  d:\n    e: f\n\n  new: x\n"},
		{"a: {b: c}\n", "a", "a: {b: c, new: x}\n"},
		{"a: {} # c\n", "a", "a: {new: x} # c\n"},
		{"a: {\n  b: c, # d\n}\n", "a", "a: {\n  b: c, # d\n  new: x,\n}\n"},
		{"a: {\n  b: c # d\n}\n", "a", "a: {\n  b: c, # d\n  new: x\n}\n"},
		{"a: # c\nb: d\n", "a", "a: # c\n  new: x\nb: d\n"},
		{"a:", "a", "a:\n  new: x"},
		{"a: [~]\n", "a 0", "a: [{new: x}]\n"},
		{"- name: a\n  run: b\n", "0", "- name: a\n  run: b\n  new: x\n"},
		{"a: |\n  b", "", "error: can't be edited with certainty: new: the value at 1:4 would change too"},
		{"x: &k {a: b}\ny: *k\n", "x", "error: can't be edited with certainty: x.new is also used at 2:4 through the anchor &k"},
		{"new: 1\n", "", "error: new is there already"},
	}.run(t, add("x"))
	table{
		{"s:\n    a:\n        b: c\n", "s", "s:\n    a:\n        b: c\n    new:\n        # why\n        i: x\n        p:\n            - 80\n"},
		{"s: {}\n", "s", "s:\n  new:\n    # why\n    i: x\n    p:\n      - 80\n"},
		{"s: {a: b}\n", "s", "error: can't be edited with certainty: s.new: no way to write it here"},
	}.run(t, add("# why\ni: x\np:\n  - 80\n"))
	table{
		{"s: { a: b } # c\n", "s", "s: { a: b, new: { i: x, p: [80, \"a, b\"] } } # c\n"},
		{"s: {}\n", "s", "s:\n  new:\n    i: x\n    p:\n      - 80\n      - \"a, b\"\n"},
		{"x: [{s: {a: b,\n     c: d}}]\n", "x 0 s", "x: [{s: {a: b,\n     c: d, new: {i: x, p: [80, \"a, b\"]}}}]\n"},
	}.run(t, add("i: x\np:\n  - 80\n  - \"a, b\"\n"))
	table{
		{"s: {a: b}\n", "s", "error: can't be edited with certainty: s.new: no way to write it here"},
	}.run(t, add("i: x, y\nj: z\n"))
	table{
		{"a:\n- b\nc:\n  d:\n  - e\n", "c", "a:\n- b\nc:\n  d:\n  - e\n  new:\n  - y\n  - z\n"},
		{"a:\n  - b\n", "", "a:\n  - b\nnew:\n  - y\n  - z\n"},
	}.run(t, add("- y\n- z"))
	table{{"a: 1\nb: 2\n", "", "new: |\n  l1\n\n  l2\na: 1\nb: 2\n"}}.run(t, add("|\n  l1\n\n  l2\n", First()))
	table{{"a: 1\n# lead\nb: 2\n", "", "a: 1\nnew: x\n# lead\nb: 2\n"}}.run(t, add("x", After("a")))
	table{{"# top\n\n# lead\na: 1\n", "", "# top\n\nnew: x\n# lead\na: 1\n"}, {"- a: 1\n  b: 2\n", "0", "- new: x\n  a: 1\n  b: 2\n"}}.run(t, add("x", First()))
}

func TestAddItem(t *testing.T) {
	add := func(n *Node) ([]edit.Edit, error) { return n.AddItem("x") }
	table{
		{"a:\n- b # c\nd: e\n", "a", "a:\n- b # c\n- x\nd: e\n"},
		{"a: [b]\n", "a", "a: [b, x]\n"},
		{"a: []", "a", "a: [x]"},
		{"a:\n", "a", "a:\n  - x\n"},
		{"b:\n- c\na:\n", "a", "b:\n- c\na:\n- x\n"},
		{"a: [\n  b\n]\n", "a", "a: [\n  b,\n  x\n]\n"},
	}.run(t, add)
	table{{"a:\n  - b: c\n", "a", "a:\n  - b: c\n  - d: e\n    f:\n      - g\n"}}.run(t, func(n *Node) ([]edit.Edit, error) {
		return n.AddItem("d: e\nf:\n  - g\n")
	})
}

func TestRemove(t *testing.T) {
	remove := func(opts ...Option) func(n *Node) ([]edit.Edit, error) {
		return func(n *Node) ([]edit.Edit, error) { return n.RemoveEntry("x", opts...) }
	}
	table{
		{"a: b\nx: c # d\ne: f\n", "", "a: b\ne: f\n"},
		{"a: b\n# lead\nx:\n  c: d\n  # trail\ne: f\n", "", "a: b\n# lead\n  # trail\ne: f\n"},
		{"a: b\nx: y", "", "a: b"},
		{"a: b\r\n\r\nx: y\r\n\r\nc: d\r\n", "", "a: b\r\n\r\nc: d\r\n"},
		{"- x: 1 # c\n  # d\n  y: 2\n", "0", "- # d\n  y: 2\n"},
		{"x: 1\n", "", "error: x is the only one: without it, the mapping would be empty"},
		{"a: {x: 1, b: 2}\n", "a", "a: {b: 2}\n"},
		{"a: {b: 2, x: 1}\n", "a", "a: {b: 2}\n"},
		{"a: {\n  b: 2, # c\n  x: 1 # d\n}\n", "a", "a: {\n  b: 2, # c\n}\n"},
		{"x: &k 1\ny: *k\n", "", "error: can't be edited with certainty: x: the result does not parse: f.yml:1:4: not valid YAML: unknown anchor 'k' referenced; nothing in the file can be relied on; mend the syntax at or just before this place"},
		{"x: &k 1\nz: &k 1\nx2: 1\n", "", "z: &k 1\nx2: 1\n"},
		{"z: &k 0\nx: &k 1\ny: *k\n", "", "error: can't be edited with certainty: x: the alias *k would point elsewhere"},
	}.run(t, remove())
	table{
		{"a: b\n# lead\nx:\n  c: d\n  # trail\ne: f\n", "", "a: b\ne: f\n"},
		{"a: b\n# far\n\n# lead\nx: 1\n# next\ne: f\n", "", "a: b\n# far\n\n# next\ne: f\n"},
	}.run(t, remove(WithComments()))
	table{
		{"a:\n  # lead\n  x: 1 # l\nb: c\n", "a", "a: {}\n  # lead\nb: c\n"},
		{"a: {x: 1}\n", "a", "a: {}\n"},
		{"x: 1\n", "", "{}\n"},
		{"- x: 1\n", "0", "- {}\n"},
	}.run(t, remove(OrEmpty()))
	item := func(n *Node) ([]edit.Edit, error) { return n.RemoveItem(0, OrEmpty()) }
	table{
		{"a:\n- b\n- c\n", "a", "a:\n- c\n"}, {"a: [b, c]\n", "a", "a: [c]\n"}, {"a:\n- b # x\n", "a", "a: []\n"},
		{"- - a\n  - b\n", "0", "- - b\n"},
	}.run(t, item)
}

func TestReplace(t *testing.T) {
	replace := func(value string) func(n *Node) ([]edit.Edit, error) {
		return func(n *Node) ([]edit.Edit, error) { return n.Replace(value) }
	}
	table{
		{"a: b # c\n", "a", "a: # c\n  x: 1\n  y: 2\n"},
		{"a: # c\n  # d\n  b: 1\ne: f\n", "a", "a: # c\n  # d\n  x: 1\n  y: 2\ne: f\n"},
		{"a:\n- b\nc: d", "a", "a:\n  x: 1\n  y: 2\nc: d"},
		{"a: |\n  b\nc: d", "a", "a:\n  x: 1\n  y: 2\nc: d"},
		{"a:\nc: d", "a", "a:\n  x: 1\n  y: 2\nc: d"},
		{"- a\n- b\n", "1", "- a\n- x: 1\n  y: 2\n"},
		{"a: b\n", "", "x: 1\ny: 2\n"},
		{"a: {b: c}\n", "a b", "a: {b: {x: 1, y: 2}}\n"},
	}.run(t, replace("x: 1\ny: 2\n"))
	table{
		{"a:\n    b: [c, d]\n    e: f\n", "a b", "a:\n    b:\n        c:\n            x: 1\n            y: 2\n    e: f\n"},
		{"a:\n  b: [c, d]\n", "a b", "a:\n  b:\n    c:\n      x: 1\n      y: 2\n"},
	}.run(t, replace("c:\n  x: 1\n  y: 2\n"))
	table{
		{"a:\n    b: [c, d]\n", "a b", "a:\n    b:\n        - x: 1\n          y: 2\n"},
	}.run(t, replace("- x: 1\n  y: 2\n"))
	table{
		{"a: # c\n  # d\n  b: 1\ne: f\n", "a", "a: [\"x\"] # c\n  # d\ne: f\n"},
		{"a: b # c\n", "a", "a: [\"x\"] # c\n"},
		{"a:\n", "a", "a: [\"x\"]\n"},
		{"a: &k 1\n", "a", "error: can't be edited with certainty: a has an anchor or a tag of its own"},
	}.run(t, replace(`["x"]`))
	table{{"a:\n  run: b\n", "a run", "a:\n  run: |\n    x\n      y\n"}}.run(t, replace("|\n  x\n    y\n"))
}

func TestRenameKey(t *testing.T) {
	table{
		{"a: 1 # c\n'b': 2\n", "", "new: 1 # c\n'b': 2\n"},
		{"a: 1\nnew: 2\n", "", "error: a can't be renamed: the key \"new\" is taken"},
	}.run(t, func(n *Node) ([]edit.Edit, error) { return n.RenameKey("a", "new") })
}

func TestSharedNeedsConsent(t *testing.T) {
	text := "x: &k\n  a: 1\ny:\n  <<: *k\n"
	_, err := script(t, text, "x a", set("2"))
	if !errors.Is(err, ErrAmbiguous) {
		t.Error(err)
	}
	got, err := script(t, text, "x a", func(n *Node) ([]edit.Edit, error) { return n.SetScalar("2", Shared(), Addr("z")) })
	if err != nil || got != "x: &k\n  a: 2\ny:\n  <<: *k\n" {
		t.Error(got, err)
	}
}

func TestReplaceSpan(t *testing.T) {
	text := "run: >\n  cat a\n  b\nx: 'it''s'\n"
	f, err := Parse("", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(text, "a\n  b")
	edits, err := f.ReplaceSpan(source.Span{Start: at, End: at + 1}, "../a")
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := edit.Patch(f.Text, edits); string(got) != "run: >\n  cat ../a\n  b\nx: 'it''s'\n" {
		t.Errorf("%q", got)
	}
	at = strings.Index(text, "''")
	if _, err := f.ReplaceSpan(source.Span{Start: at, End: at + 1}, "x"); !errors.Is(err, ErrAmbiguous) {
		t.Error(err)
	}
}
