package yaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	yamllib "go.yaml.in/yaml/v4"

	"refit/internal/source"
)

// samples are texts of every construct that matters for spans; the fuzz targets start from them.
var samples = []string{
	"", "# only\n# comments\n", "---\n", "---\n...\n", "--- a\n---\nb\n...\n# end\n", "%YAML 1.1\n---\na\n...\n",
	"a:\nb: ~\nc: # none\n  # nested\nd:\n", "&m\n&k a: &v\n  b\n", "- \n-\n- a: b\n  c: d\n- - x\n  - y\n",
	"? a\n: b\n? c\n", "{a, b: , \"c\":d, e: [x: y, z, {q: r}: s], }\n", "a: |\n  b", "a: |\n  b\n\n", "\ufeff# c\na: 1\n",
	"a: ! b\nc: !x\n  d: e\nf: !!str\n&g h: !reset\n", "x: &x {a: 1}\ny:\n  <<: *x\n  b: 2\nz: [*x, *x ]\n",
	"&a : b\n", "- &a\n- !!str\n- ! \n", "[? a : b, ? c, : d]\n", "a: &x\n- b\n- c\n", "a: |4\n\n     b\n    c\nd: e\n",
	"a: é # ü\nbé: 'ä''ö'\nc: \"\\u00e9é\\n\"\n", "a: b c\n  d\n\n  e # f\ng: \"h\n  i\\\n  j\n\n  k\"\nl: 'm\n\n\n n'\n",
	"a: >\n  b\n  c\n\n  d\n    e\n  f\n\ng: >-\n  h\n\n\ni: |+\n  j\n\n\nk: l\n", "a: >2\n    b\n   c\n\n     \nd: e\n",
	"a: b\r\nc: |\r\n  d\r\n  e\r\nf:\r\n- g # h\r\n- i\r\n", "a: |\n   \n  \n   b\n# c\nd: |-\n    \nx: 1\n",
	"run: | # why\n  a\n   # not a comment\n  b\n # a comment\nc: d\n", "a: |+\n\n", "a: |+\n  x\n\n  ", "a: |\n  x\n     ",
	"a:\n  # lead\n  b: c # line\n    # trail\n  # not\n\n  # lead of d\n  d:\n  - e\n  # lead f\n  - f\n    # trail\n# top\ng: h\n",
	"- |\n a\n- >\n b\n-  - |2\n     c\n", "--- |\n a\nb\n", "--- >1\n  a\n", "a: 'it''s'\nb: \"q\\\"\\x41\\t\"\nc: \"\\\n  x\"\n",
	"a: [\n  b, # c\n  # d\n  e\n]\nf: {\n  g: h,\n  i: j # k\n  }\n", "a: b\u2028c: d\n", "a: 1\r b: 2\n", "a:\t# x\n  b:\tc\t# y\n",
	"? |\n  a\n: - b\n  - c\n? - k\n: v\n", "a: !<tag:x> b\nc: !!map {d: e}\n", "{? a, b}\n", "[a, [b, {c: d}], \"e\": f]\n",
	"key: http://x:80/a#b\nt: 08:00\n\"q\" : 'r' \n", "a: *b\n", "a: 1\na: 2\n", "a: [1\n", "\t- a\n", "services:\n  web:\n    image: nginx\n    ports: [\"80:80\"]\n",
	"x: &a\n  - &b c\n  - *b\ny: *a\n", "a: &a [*a]\n", "a : b\n* c: d\n", "!!map\na: b\n", "!!str a: b\n", "&x !!map\n!!str &y a: b\n", "a:\n  - b\n -c\n",
	"a: \"x \\\n   \n   y\"\n", "a: x\u0085  y\n", "a:\n  ! {b: c}\n", "! [a]\n", "! \na: b\n", "a: !\nb: c\n", "? \n::", "&0\n!0 0: !0\n0: 0000", "! &a\n!b &c d: e\n", ": ? \n:", "|\n0\r", "0::", "\ufeff--- # x\n\ufeffa: b\n",
}

// check verifies everything that must hold of a parsed file.
func check(t *testing.T, f *File) {
	t.Helper()
	for _, c := range f.Comments {
		if s := f.Slice(c.Span); !strings.HasPrefix(s, "#") || strings.ContainsAny(s, "\r\n") {
			t.Fatalf("%q: comment %q", f.Text, s)
		}
	}
	for _, doc := range f.Docs {
		doc.Walk(func(n *Node) bool {
			if n.Full.Start > n.Span.Start || n.Full.End != n.Span.End || n.Span.Start > n.Span.End || n.Span.End > len(f.Text) {
				t.Fatalf("%q: spans %v %v", f.Text, n.Full, n.Span)
			}
			if n.Kind == Scalar {
				checkScalar(t, f, n)
			}
			if p := n.Parent; p != nil && (n.Full.Start < p.Span.Start || n.Full.End > p.Span.End) {
				t.Fatalf("%q: %q %v outside of its parent %v", f.Text, n.Value, n.Full, p.Span)
			}
			last := n.Span.Start
			inOrder := func(s, v source.Span) {
				if s.Start < last || s.End != v.End {
					t.Fatalf("%q: entry %v out of order", f.Text, s)
				}
				last = s.End
			}
			for _, e := range n.Entries {
				inOrder(e.Span, e.Value.Full)
			}
			for _, i := range n.Items {
				inOrder(i.Span, i.Value.Full)
			}
			return true
		})
	}
}

// checkScalar re-parses a scalar's own bytes, and reads its value through its byte map.
func checkScalar(t *testing.T, f *File, n *Node) {
	t.Helper()
	for i := range n.Value {
		if at, ok := n.At(i); ok && f.Text[at] != n.Value[i] {
			t.Fatalf("%q: %q[%d] mapped to %d", f.Text, n.Value, i, at)
		}
	}
	runs := ""
	for i, r := range n.Runs() {
		if r.From != len(runs) || r.To <= r.From || r.Verbatim && f.Slice(r.Span) != n.Value[r.From:r.To] ||
			r.Span.Start > r.Span.End || i > 0 && r.Span.Start < n.Runs()[i-1].Span.End {
			t.Fatalf("%q: run %v of %q", f.Text, r, n.Value)
		}
		runs += n.Value[r.From:r.To]
	}
	if runs != n.Value {
		t.Fatalf("%q: runs %q of %q", f.Text, runs, n.Value)
	}
	text := f.Slice(n.Span)
	switch n.Style {
	case SingleQuoted, DoubleQuoted:
		if a, b := text[0], text[len(text)-1]; a != b || (a != '\'' && a != '"') {
			t.Fatalf("%q: quoted scalar is %q", f.Text, text)
		}
	case Literal, Folded:
		return // its indentation depends on what is around it: checked on its way through the decoder
	}
	if text == "" {
		if n.Value != "" {
			t.Fatalf("%q: no text for %q", f.Text, n.Value)
		}
		return
	}
	// What ends a plain scalar depends on what is around it, so one of these surroundings has to give
	// the same value. Continuation lines may be indented too little for all but the root.
	for _, around := range []string{"- %s\n", "[%s\n]\n", "%s\n", "{%s\n: x}\n", "--- %s\n", "%s: x\n", "[%s, x]\n"} {
		var got yamllib.Node
		if err := yamllib.Load([]byte(fmt.Sprintf(around, text)), &got); err != nil {
			continue
		}
		v := &got
		for len(v.Content) > 0 {
			v = v.Content[0]
		}
		if v.Value == n.Value {
			return
		}
	}
	t.Fatalf("%q: slice %q does not read as %q", f.Text, text, n.Value)
}

// accepts says whether the library parses the text.
func accepts(text []byte) bool {
	l, err := yamllib.NewLoader(bytes.NewReader(text))
	for err == nil {
		var n yamllib.Node
		err = l.Load(&n)
	}
	return errors.Is(err, io.EOF)
}

func TestSamples(t *testing.T) {
	for _, s := range samples {
		f, err := Parse("f.yml", []byte(s))
		if err != nil {
			if accepts([]byte(s)) && !strings.Contains(err.Error(), "twice") {
				t.Errorf("%q: %v", s, err)
			}
			var p *source.Problem
			if !errors.As(err, &p) || p.At.Line == 0 {
				t.Errorf("%q: not a problem at a place: %v", s, err)
			}
			continue
		}
		check(t, f)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse("f.yml", text)
		if err != nil {
			var p *source.Problem
			if !errors.As(err, &p) {
				t.Fatalf("%T %v", err, err)
			}
			// A byte order mark inside of the text is content to the library, or not, depending on its buffer.
			inner := bytes.Contains(text[min(1, len(text)):], []byte(bom))
			if strings.Contains(p.What, "byte by byte") && !inner {
				t.Fatalf("lost in %q", text)
			}
			return
		}
		check(t, file)
	})
}

func outline(f *File) string {
	var b strings.Builder
	for _, doc := range f.Docs {
		doc.Walk(func(n *Node) bool {
			if n.Kind != Mapping && n.Kind != Sequence {
				fmt.Fprintf(&b, "%s=%q ", strings.Join(n.Path(), "."), f.Slice(n.Full))
			}
			return true
		})
	}
	return b.String()
}

func TestSpans(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"a: &x 'b' # c\n", `a="a" a="&x 'b'" `},
		{"a:\n- x: |\n    l1\n    l2\n\n  y: 1\n", `a="a" a.0.x="x" a.0.x="|\n    l1\n    l2" a.0.y="y" a.0.y="1" `},
		{"a: b\n  c\nd:\n", `a="a" a="b\n  c" d="d" d="" `},
	} {
		f, err := Parse("", []byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := outline(f); got != tt.want {
			t.Errorf("%q:\n%s\nwant\n%s", tt.text, got, tt.want)
		}
	}
}

func TestProblems(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"a: 1\nb:\n  c: 1\n  \"c\": 2\n", `f.yml:4:3: key "c" is defined twice, first at 3:3; only one of the two values can count; remove one`},
		{"a: [b\n", "f.yml:2:1: not valid YAML: "},
		{"a: *x\n", "f.yml:1:4: not valid YAML: unknown anchor 'x' referenced"},
		{"\xff\xfea\x00", "f.yml:1:1: the file is UTF-16"},
		{strings.Repeat("[", 5000), "f.yml:1:"},
	} {
		_, err := Parse("f.yml", []byte(tt.text))
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%.20q: %v, want %s", tt.text, err, tt.want)
		}
	}
}

func TestComments(t *testing.T) {
	text := "# a\nservices:\n  # lead 1\n  # lead 2\n  web:\n    image: x # line\n    # trail of web\n\n  # far\n\n  db: {} # l\n# b\n"
	f, err := Parse("", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Comments) != 8 || !f.Comments[1].Alone || f.Comments[3].Alone {
		t.Errorf("%v", f.Comments)
	}
	s := f.Root().Get("services")
	if got := f.Slice(s.Entries[0].Lead); got != "# lead 1\n  # lead 2" {
		t.Errorf("lead %q", got)
	}
	if got := f.Slice(s.Entries[0].Trail); got != "# trail of web" {
		t.Errorf("trail %q", got)
	}
	if got := f.Slice(s.Entries[1].Lead); got != "" {
		t.Errorf("lead of db %q", got)
	}
}

func TestLookup(t *testing.T) {
	text := "x-base: &base\n  image: a\n  env: &env {A: 1}\nservices:\n  web:\n    <<: *base\n    build: .\n  db:\n    <<: [*base]\n    image: b\n    env: *env\n"
	f, err := Parse("", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path   string
		value  string
		shared bool
		users  int
	}{
		{"services web image", "a", true, 2},
		{"services web build", ".", false, 0},
		{"services db image", "b", false, 0},
		{"services db env A", "1", true, 3},
		{"x-base image", "a", true, 2},
		{"services web none", "", false, 0},
	} {
		got := f.Root().Lookup(strings.Fields(tt.path)...)
		value := ""
		if got.Node != nil {
			value = got.Node.Value
		}
		if value != tt.value || got.Shared != tt.shared || len(got.Users) != tt.users {
			t.Errorf("%s: %q shared %v users %d", tt.path, value, got.Shared, len(got.Users))
		}
	}
	if got := strings.Join(f.Root().Get("services", "web").Keys(), " "); got != "build image env" {
		t.Error(got)
	}
}

func TestSub(t *testing.T) {
	text := "a: \"./data:/var/\\x41\"\nrun: |\r\n  cd x\r\n    make y\r\nf: >\n  one\n  two\np: 'it''s'\n"
	f, err := Parse("", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key, part, want string
	}{
		{"a", "./data", "./data"}, {"a", "A", ""}, {"run", "make y", "make y"}, {"run", "x\n", ""},
		{"f", "two", "two"}, {"f", "one two", ""}, {"p", "t's", ""}, {"p", "'s", ""}, {"p", "s", "s"}, {"p", "it", "it"},
	} {
		n := f.Root().Get(tt.key)
		i := strings.Index(n.Value, tt.part)
		s, ok := n.Sub(i, i+len(tt.part))
		if got := f.Slice(s); ok != (tt.want != "") || ok && got != tt.want {
			t.Errorf("%s %q: %q %v", tt.key, tt.part, got, ok)
		}
	}
}

// TestHostile reads texts that are made to be slow; a quadratic step anywhere would take minutes.
func TestHostile(t *testing.T) {
	for name, text := range map[string]string{
		"one long line": "a: [" + strings.Repeat("[b, {c: d}], ", 40_000) + "]\n",
		"many comments": strings.Repeat("#\n", 200_000) + "a: b\n" + strings.Repeat(" #\n", 200_000),
		"many keys":     strings.Repeat("- {a: 1, b: 2}\n", 30_000),
		"long scalar":   "a: \"" + strings.Repeat("\\n ", 200_000) + "\"\n",
		"deep":          strings.Repeat("- ", 900) + "a\n",
		"merges": "a: &a0 {k: v}\n" + func() string {
			var b strings.Builder
			for i := 1; i < 200; i++ {
				fmt.Fprintf(&b, "a%d: &a%d {<<: [%s]}\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 20), ", "))
			}
			return b.String()
		}(),
	} {
		f, err := Parse("f.yml", []byte(text))
		if err != nil {
			t.Fatalf("%s: %.200v", name, err)
		}
		f.Root().Lookup("a199", "none")
		f.Root().Get("a199").All()
	}
}
