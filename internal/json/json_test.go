package json

import (
	stdjson "encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"refit/internal/edit"
	"refit/internal/source"
)

const devcontainer = `// For format details, see https://example.com
{
	"name": "demo", // the name
	"dockerComposeFile": ["../docker-compose.yml", "compose.dev.yml",],
	/* where */ "service": "web",
	"build": {
		"context": "..",
		"dockerfile": "../Docker\u0066ile",
		"args": {}
	},
	"forwardPorts": [
		8000, // app
		5432
	],
	"runArgs": [],
}
`

var samples = []string{devcontainer, strings.ReplaceAll(devcontainer, "\n", "\r\n"), "{}", "[]", "\xef\xbb\xbf{\"a\":1}\n", `{"a":{"b":[1,-2.5e+3,true,null,"x\n\"\\\/é\ud83d\ude00"]}}`,
	"[1,2,\n3 // x\n]", "{ // c\n}", "[\n]", `{"a": 1 /* x */, "a": 2}`, `"x"`, "[/**/]", "{\"a\":1//\n}", "[1 //x\n,2 //y\n]", `["\ud800"]`}

// strict turns JSON with comments into JSON: the oracle's reading.
func strict(f *File) string {
	text := []byte(strings.TrimPrefix(string(f.Text), "\xef\xbb\xbf"))
	shift := len(f.Text) - len(text)
	for _, c := range f.Comments {
		for i := c.Start; i < c.End; i++ {
			text[i-shift] = ' '
		}
	}
	f.Root.Walk(func(n *Node) bool {
		last := -1
		for _, e := range n.Entries {
			last = e.Value.Span.End
		}
		for _, i := range n.Items {
			last = i.Span.End
		}
		if last >= 0 {
			if rest := strings.TrimLeft(string(text[last-shift:]), " \t\r\n"); rest[0] == ',' {
				if end := strings.TrimLeft(rest[1:], " \t\r\n"); end[0] == '}' || end[0] == ']' {
					text[len(text)-len(rest)] = ' '
				}
			}
		}
		return true
	})
	return string(text)
}

// decode reads a file with encoding/json.
func decode(t *testing.T, f *File) any {
	t.Helper()
	var v any
	if err := stdjson.Unmarshal([]byte(strict(f)), &v); err != nil {
		if strings.Contains(err.Error(), "cannot unmarshal number") {
			t.Skip("a number beyond float64")
		}
		t.Fatalf("%q is not JSON to encoding/json: %v", f.Text, err)
	}
	return v
}

func check(t *testing.T, f *File) {
	t.Helper()
	var plain func(n *Node) any
	plain = func(n *Node) any {
		if n.Parent != nil && (n.Span.Start < n.Parent.Span.Start || n.Span.End > n.Parent.Span.End) {
			t.Fatalf("%q: span outside of parent", f.Text)
		}
		var v any
		switch n.Kind {
		case Object:
			m := map[string]any{}
			for _, e := range n.Entries {
				m[e.Key] = plain(e.Value)
			}
			return m
		case Array:
			a := []any{}
			for _, i := range n.Items {
				a = append(a, plain(i))
			}
			return a
		default:
			if err := stdjson.Unmarshal(n.Span.Of(f.Text), &v); err != nil {
				t.Skip(err)
			}
			if s, ok := v.(string); ok != (n.Kind == String) || ok && s != n.Value {
				t.Fatalf("%q: %q is not %q", f.Text, n.Value, s)
			}
		}
		for i := range n.Value {
			if at, ok := n.At(i); ok && f.Text[at] != n.Value[i] {
				t.Fatalf("%q: byte %d of %q", f.Text, i, n.Value)
			}
		}
		return v
	}
	if got, want := plain(f.Root), decode(t, f); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q: %v, want %v", f.Text, got, want)
	}
}

func TestSamples(t *testing.T) {
	for _, s := range samples {
		f, err := Parse("x.json", []byte(s))
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		check(t, f)
	}
}

func TestProblems(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "x.json:1:1: not valid JSON: a value is missing",
		"{\n  \"a\" 1}":           "x.json:2:7: not valid JSON: the colon behind a key is missing",
		"[1 2]":                   "x.json:1:4: not valid JSON: a comma or ] is missing",
		"{a: 1}":                  "x.json:1:2: not valid JSON: a key in double quotes is missing",
		"[\"a\n\"]":               "x.json:1:4: not valid JSON: a string is not closed on its line",
		"{} x":                    "x.json:1:4: not valid JSON: text behind the end of the JSON value; remove it",
		"[01]":                    "x.json:1:2: not valid JSON: a value is missing",
		"/* ":                     "x.json:1:1: not valid JSON: a comment is not closed; close it with */",
		`["\x"]`:                  "x.json:1:3: not valid JSON: an unknown escape in a string",
		"[,]":                     "x.json:1:2: not valid JSON: a value is missing",
		"{{name}}":                "x.json:1:2: not valid JSON: a key in double quotes is missing",
		strings.Repeat("[", 3000): "x.json:1:1002: not valid JSON: nested deeper than 1000",
	} {
		_, err := Parse("x.json", []byte(text))
		var p *source.Problem
		if err == nil || err.Error() != want || !errors.As(err, &p) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func TestStrings(t *testing.T) {
	f, _ := Parse("", []byte(devcontainer))
	var got []string
	f.Strings(func(path []string, n *Node) { got = append(got, strings.Join(path, ".")+"="+n.Value) })
	want := "name=demo dockerComposeFile.0=../docker-compose.yml dockerComposeFile.1=compose.dev.yml service=web build.context=.. build.dockerfile=../Dockerfile"
	if strings.Join(got, " ") != want {
		t.Error(got)
	}
	n := f.Root.Get("build", "dockerfile")
	if _, ok := n.Sub(3, 13); ok {
		t.Error("an escape is not verbatim")
	}
	if s, ok := n.Sub(0, 2); !ok || string(s.Of(f.Text)) != ".." {
		t.Error(s, ok)
	}
	if s, ok := n.Sub(10, 13); !ok || string(s.Of(f.Text)) != "ile" {
		t.Error(s, ok)
	}
}

func TestEdits(t *testing.T) {
	for _, tt := range []struct {
		text, path string
		verb       func(n *Node) ([]edit.Edit, error)
		want       string
	}{
		{devcontainer, "name", func(n *Node) ([]edit.Edit, error) { return n.SetString("a\"b/é") }, `"name": "a\"b/é", // the name`},
		{devcontainer, "dockerComposeFile 0", func(n *Node) ([]edit.Edit, error) { return n.ReplaceInString(0, 3, "../compose/") }, `"../compose/docker-compose.yml",`},
		{devcontainer, "build dockerfile", func(n *Node) ([]edit.Edit, error) { return n.ReplaceInString(0, 3, "../x/") }, "\"../x/Docker\\u0066ile\""},
		{devcontainer, "build dockerfile", func(n *Node) ([]edit.Edit, error) { return n.ReplaceInString(9, 10, "F") }, "\"../DockerFile\""},
		{devcontainer, "", func(n *Node) ([]edit.Edit, error) { return n.AddEntry("x", "{\n\t\"y\": 1\n}") }, "\t\"runArgs\": [],\n\t\"x\": {\n\t\t\"y\": 1\n\t},\n}\n"},
		{devcontainer, "build args", func(n *Node) ([]edit.Edit, error) { return n.AddEntry("x", "1") }, `"args": {"x": 1}`},
		{devcontainer, "forwardPorts", func(n *Node) ([]edit.Edit, error) { return n.AddItem("80") }, "\t\t5432,\n\t\t80\n\t],"},
		{devcontainer, "dockerComposeFile", func(n *Node) ([]edit.Edit, error) { return n.AddItem(`"x"`) }, `"compose.dev.yml", "x",]`},
		{"[\r\n  1 // one\r\n]", "", func(n *Node) ([]edit.Edit, error) { return n.AddItem("2") }, "[\r\n  1, // one\r\n  2\r\n]"},
		{"{\n    \"a\": {\n    }\n}\n", "a", func(n *Node) ([]edit.Edit, error) { return n.AddEntry("b", "1") }, "\"a\": {\n        \"b\": 1\n    }"},
		{"[ // c\n]", "", func(n *Node) ([]edit.Edit, error) { return n.AddItem("2") }, "[ // c\n  2\n]"},
	} {
		f, err := Parse("", []byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		edits, err := tt.verb(f.Root.Get(strings.Fields(tt.path)...))
		if err != nil {
			t.Errorf("%s: %v", tt.path, err)
			continue
		}
		got, err := edit.Patch(f.Text, edits)
		if err != nil || !strings.Contains(string(got), tt.want) {
			t.Errorf("%s: %v\n%s\nwant\n%s", tt.path, err, got, tt.want)
		}
	}
	f, _ := Parse("", []byte(`{"a": 1}`))
	if _, err := f.Root.AddEntry("a", "2"); err == nil {
		t.Error("a key is added twice")
	}
	if _, err := f.Root.AddEntry("b", "x"); err == nil {
		t.Error("the value is not JSON")
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s), "x\n")
	}
	f.Fuzz(func(t *testing.T, text []byte, value string) {
		file, err := Parse("x.json", text)
		if err != nil {
			var p *source.Problem
			if !errors.As(err, &p) {
				t.Fatal(err)
			}
			if stdjson.Valid(text) && utf8.Valid(text) && !strings.Contains(p.What, "deeper") {
				t.Fatalf("%q is JSON: %v", text, err)
			}
			return
		}
		check(t, file)
		if !utf8.ValidString(value) {
			return
		}
		file.Root.Walk(func(n *Node) bool {
			var edits []edit.Edit
			var err error
			switch n.Kind {
			case String:
				edits, err = n.SetString(value)
			case Array:
				edits, err = n.AddItem(Quote(value))
			case Object:
				if n.child(value) != nil {
					return true
				}
				edits, err = n.AddEntry(value, "[\n]")
			default:
				return true
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := edit.Patch(text, edits)
			if err != nil {
				t.Fatal(err)
			}
			after, err := Parse("x.json", got)
			if err != nil {
				t.Fatalf("%q -> %q: %v", text, got, err)
			}
			if len(after.Comments) != len(file.Comments) {
				t.Fatalf("%q -> %q: comments", text, got)
			}
			check(t, after)
			m := after.Root.Get(n.Path()...)
			ok := m != nil && m.Kind == n.Kind
			switch {
			case !ok:
			case n.Kind == String:
				ok = m.Value == value
			case n.Kind == Array:
				ok = len(m.Items) == len(n.Items)+1 && m.Items[len(n.Items)].Value == value
			case n.Kind == Object:
				ok = len(m.Entries) == len(n.Entries)+1 && m.Entries[len(n.Entries)].Key == value
			}
			if !ok && !twice(file.Root) {
				t.Fatalf("%q -> %q at %v", text, got, n.Path())
			}
			return true
		})
	})
}

// twice says whether a key is written twice somewhere: paths are not unique then.
func twice(n *Node) bool {
	found := false
	n.Walk(func(n *Node) bool {
		seen := map[string]bool{}
		for _, e := range n.Entries {
			found = found || seen[e.Key]
			seen[e.Key] = true
		}
		return true
	})
	return found
}
