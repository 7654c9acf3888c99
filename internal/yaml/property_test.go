package yaml

import (
	"bytes"
	"errors"
	"io"
	"math/rand"
	"reflect"
	"strconv"
	"strings"
	"testing"

	yamllib "go.yaml.in/yaml/v4"

	"refit/internal/edit"
)

// usual is what files of this kind look like; every verb has to work at every place of it.
const usual = `# The stack.
name: demo

services:
  # the web server
  web:
    image: "nginx:1.27"  # pinned
    command: ["nginx", "-g", 'daemon off;']
    ports:
      - "80:80"
      - 443:443   # tls
    environment:
      A: 1
      B: 'it''s'
      C:
      D: "x\ty"
    # volumes:
    #   - ./x:/x
    healthcheck: {test: [CMD, "true"], interval: 5s}

  db:
    image: postgres
    command: >
      postgres
      -c a=b

      -c d=e
    entrypoint: |
      set -e
        exec x
    labels: {
      a: b, # first
      c: d
    }
volumes:
  data: {}
  # the cache
  cache:
steps:
- name: a
  run: |-
    make
- run: b # c
- - x
  - y
`

// decode is the library's own reading of a text, as plain values: the oracle of the edit verbs.
func decode(t *testing.T, text []byte) ([]any, bool) {
	t.Helper()
	var docs []any
	l, err := yamllib.NewLoader(bytes.NewReader(text), yamllib.WithUniqueKeys(false))
	for err == nil {
		var v any
		if err = l.Load(&v); err == nil {
			docs = append(docs, v)
		}
	}
	return docs, errors.Is(err, io.EOF)
}

// at replaces the value at a path by what change makes of it.
func at(v any, path []string, change func(any) any) any {
	if len(path) == 0 {
		return change(v)
	}
	switch v := v.(type) {
	case map[string]any:
		v[path[0]] = at(v[path[0]], path[1:], change)
	case map[any]any:
		for k := range v {
			if s, ok := k.(string); ok && s == path[0] {
				v[k] = at(v[k], path[1:], change)
			}
		}
	case []any:
		i, _ := strconv.Atoi(path[0])
		v[i] = at(v[i], path[1:], change)
	}
	return v
}

// plain says whether the way to the node is one of string keys, and nothing in the file is an alias,
// so that the oracle can follow.
func plain(f *File, n *Node) bool {
	for _, doc := range f.Docs {
		ok := true
		doc.Walk(func(n *Node) bool { ok = ok && n.Kind != Alias && n.Tag != "!!merge"; return ok })
		if !ok {
			return false
		}
	}
	for p := n; p.Parent != nil; p = p.Parent {
		for _, e := range p.Parent.Entries {
			if e.Key == p || e.Value == p && e.Key.Tag != "!!str" {
				return false
			}
		}
	}
	return true
}

// change is one verb with what it ought to do to the decoded value of its node.
type change struct {
	name   string
	verb   func(n *Node) ([]edit.Edit, error)
	effect func(any) any
}

// changes are the verbs that make sense for a node.
func changes(n *Node, r *rand.Rand) []change {
	texts := []string{"x", "", "80", "true", "a: b", "- x", "#c", "a #c", " s", "l1\nl2\n", "it's", `"q"`, "é\t\\", "{", "~", "*a", "a\n\n b\n\n", "x:"}
	value := texts[r.Intn(len(texts))]
	fragments := []struct {
		text  string
		value any
	}{
		{"x", "x"}, {`["a", b]`, []any{"a", "b"}}, {"k: v\nl:\n  - 1\n", map[string]any{"k": "v", "l": []any{1}}},
		{"|\n  a\n   b\n", "a\n b\n"}, {"", nil}, {"- a\n- b: c\n", []any{"a", map[string]any{"b": "c"}}}, {"'it''s' # c", "it's"},
	}
	fr := fragments[r.Intn(len(fragments))]
	var opts []Option
	if r.Intn(2) == 0 {
		opts = append(opts, WithComments())
	}
	out := []change{{"replace " + fr.text, func(n *Node) ([]edit.Edit, error) { return n.Replace(fr.text) }, func(any) any { return fr.value }}}
	switch n.Kind {
	case Scalar:
		if n.Tag == "!!str" { // other types may stay numbers
			out = append(out, change{"set " + value, func(n *Node) ([]edit.Edit, error) { return n.SetScalar(value) }, func(any) any { return value }})
			if n.Value != "" {
				i := r.Intn(len(n.Value))
				out = append(out, change{"part " + value, func(n *Node) ([]edit.Edit, error) { return n.ReplaceInScalar(i, i+1, value) },
					func(any) any { return n.Value[:i] + value + n.Value[i+1:] }})
			}
		}
	case Mapping:
		place := []Option{}
		if len(n.Entries) > 0 {
			place = append(place, After(n.Entries[r.Intn(len(n.Entries))].Key.Value))
		}
		if r.Intn(4) == 0 {
			place = append(place, First())
		}
		out = append(out, change{"add " + fr.text, func(n *Node) ([]edit.Edit, error) { return n.AddEntry("zz", fr.text, place...) },
			func(v any) any { return with(v, "zz", fr.value) }})
		if len(n.Entries) > 0 {
			key := n.Entries[r.Intn(len(n.Entries))].Key
			if key.Tag != "!!str" || twice(n, key.Value) {
				break // the oracle knows keys by their text only
			}
			out = append(out, change{"remove " + key.Value, func(n *Node) ([]edit.Edit, error) {
				return n.RemoveEntry(key.Value, append(opts, OrEmpty())...)
			}, func(v any) any { return drop(v, key.Value) }})
		}
	case Sequence:
		out = append(out, change{"item " + fr.text, func(n *Node) ([]edit.Edit, error) { return n.AddItem(fr.text) },
			func(v any) any { return append(v.([]any), fr.value) }})
		if len(n.Items) > 0 {
			i := r.Intn(len(n.Items))
			out = append(out, change{"remove " + strconv.Itoa(i), func(n *Node) ([]edit.Edit, error) { return n.RemoveItem(i, append(opts, OrEmpty())...) },
				func(v any) any { return append(append([]any{}, v.([]any)[:i]...), v.([]any)[i+1:]...) }})
		}
	}
	return out
}

// twice says whether two keys of a mapping have one text, as "" and a null, or 1 and "1".
func twice(n *Node, text string) bool {
	count := 0
	for _, e := range n.Entries {
		if e.Key.Value == text {
			count++
		}
	}
	return count > 1
}

func with(v any, key string, value any) any {
	switch m := v.(type) {
	case map[string]any:
		m[key] = value
	case map[any]any:
		m[key] = value
	}
	return v
}

func drop(v any, key string) any {
	switch m := v.(type) {
	case map[string]any:
		delete(m, key)
	case map[any]any:
		delete(m, key)
	}
	return v
}

// tryChange runs one change and compares the result with the oracle; it says whether the verb agreed to do it.
func tryChange(t *testing.T, f *File, doc int, n *Node, c change) error {
	t.Helper()
	edits, err := c.verb(n)
	if err != nil {
		return err
	}
	got, err := edit.Patch(f.Text, edits)
	if err != nil {
		t.Fatalf("%q: %s at %v: %v", f.Text, c.name, n.Path(), err)
	}
	if bytes.Contains(f.Text, []byte("\r\n")) && bytes.Count(f.Text, []byte("\n")) == bytes.Count(f.Text, []byte("\r\n")) &&
		bytes.Count(got, []byte("\n")) != bytes.Count(got, []byte("\r\n")) {
		t.Fatalf("%q: %s at %v: line ends mixed in %q", f.Text, c.name, n.Path(), got)
	}
	want, ok := decode(t, f.Text)
	if !ok || !plain(f, n) {
		return nil
	}
	want[doc] = at(want[doc], n.Path(), c.effect)
	have, ok := decode(t, got)
	if !ok || !reflect.DeepEqual(normal(want), normal(have)) {
		t.Fatalf("%q: %s at %v gives\n%q\n%v\nwant\n%v", f.Text, c.name, n.Path(), got, have, want)
	}
	return nil
}

// normal makes maps of any key type comparable.
func normal(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = normal(v[i])
		}
		return out
	case map[string]any:
		out := map[any]any{}
		for k, e := range v {
			out[k] = normal(e)
		}
		return out
	case map[any]any:
		out := map[any]any{}
		for k, e := range v {
			out[k] = normal(e)
		}
		return out
	}
	return v
}

func TestEveryVerbEverywhere(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, text := range []string{usual, strings.ReplaceAll(usual, "\n", "\r\n"), bom + usual, strings.TrimSuffix(usual, "\n")} {
		f, err := Parse("f.yml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		done, refused := 0, map[string]int{}
		for range 3 {
			f.Root().Walk(func(n *Node) bool {
				for _, c := range changes(n, r) {
					err := tryChange(t, f, 0, n, c)
					if err == nil {
						done++
						continue
					}
					inFlow := false
					for p := n; p != nil; p = p.Parent {
						inFlow = inFlow || p.Style == Flow
					}
					// One line has room for one comment, and a document can't be replaced by nothing.
					impossible := strings.HasSuffix(c.name, "# c") && strings.Contains(err.Error(), "a comment would change") ||
						n.Parent == nil && c.name == "replace "
					if !inFlow && !impossible && !strings.Contains(err.Error(), "is a key") {
						refused[err.Error()+" "+c.name]++
					}
				}
				return true
			})
		}
		for what, n := range refused {
			t.Logf("%d times: %s", n, what)
		}
		if len(refused) > 0 {
			t.Errorf("%d kinds of edits of an ordinary file refused, %d done", len(refused), done)
		}
	}
}

func FuzzVerbs(f *testing.F) {
	for i, s := range samples {
		f.Add([]byte(s), int64(i))
	}
	f.Add([]byte(usual), int64(7))
	f.Fuzz(func(t *testing.T, text []byte, seed int64) {
		file, err := Parse("f.yml", text)
		if err != nil || len(text) > 2000 {
			return
		}
		r := rand.New(rand.NewSource(seed))
		for i, doc := range file.Docs {
			var nodes []*Node
			doc.Walk(func(n *Node) bool { nodes = append(nodes, n); return true })
			for range 5 {
				n := nodes[r.Intn(len(nodes))]
				for _, c := range changes(n, r) {
					if err := tryChange(t, file, i, n, c); err != nil && errors.Is(err, ErrAmbiguous) && n.Kind == Alias {
						continue
					}
				}
			}
		}
	})
}
