package toml

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

const sample = "# top\na = 1 # tail\n\n# lead of x\n[tool.\"x\"]  # h\n\n# of b\nb = [ # c1\n  \"x\", # c2\n  # c3\n]\nc = {a=\"x\", b = [1]} # t\n# rest of x\n\n# y\n[[z.y]]\nq = '''x\n'''\nf.'g h' = true\n# end\n"

func TestDocument(t *testing.T) {
	d, err := Parse([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Tables) != 3 {
		t.Fatalf("%d tables", len(d.Tables))
	}
	x := d.Table("tool", "x")
	for _, c := range []struct{ what, got, want string }{
		{"lead of the table", string(x.Lead.Of(d.Text)), "# lead of x\n"},
		{"header", string(x.Header.Of(d.Text)), "[tool.\"x\"]  # h"},
		{"lead of b", string(x.Entry("b").Lead.Of(d.Text)), "\n# of b\n"},
		{"value of b", string(x.Entry("b").ValueAt.Of(d.Text)), "[ # c1\n  \"x\", # c2\n  # c3\n]"},
		{"element of b", string(x.Entry("b").Elements[0].Of(d.Text)), `"x"`},
		{"tail of c", string(x.Entry("c").Tail.Of(d.Text)), "# t"},
		{"line of c", string(x.Entry("c").Line.Of(d.Text)), "c = {a=\"x\", b = [1]} # t\n"},
		{"rest", string(x.Rest.Of(d.Text)), "# rest of x\n\n"},
		{"tail of a", string(d.Tables[0].Entry("a").Tail.Of(d.Text)), "# tail"},
		{"rest of the last", string(d.Tables[2].Rest.Of(d.Text)), "# end\n"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	if v, ok := x.Entry("c").Value.(map[string]any); !ok || v["a"] != "x" {
		t.Errorf("value of c: %v", x.Entry("c").Value)
	}
	if e := d.Tables[2].Entry("f", "g h"); e == nil || e.Value != true || !d.Tables[2].Array {
		t.Errorf("the dotted key: %v", e)
	}
	if _, err := Parse([]byte("a = 1\na = 2\n")); err == nil {
		t.Error("a key twice is no TOML")
	}
}

// TestQuote asks the library to read what is written.
func TestQuote(t *testing.T) {
	for _, s := range []string{"", "a", `a"b`, `a\b`, "it's", "a\nb", "\x01", `'"\`, "ü", "a\tb", "a#b"} {
		var v map[string]string
		if err := toml.Unmarshal([]byte(Key(s)+" = "+String(s)), &v); err != nil || v[s] != s {
			t.Errorf("%q: %s = %s: %v %v", s, Key(s), String(s), v, err)
		}
	}
}

// FuzzParse: the parts of a file that parses are its bytes, once each and in order.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("a=1"))
	f.Add([]byte("\ufeff[a]\r\nb = 1\r\n"))
	more, _ := filepath.Glob("../../examples/*/*.toml")
	for _, p := range more {
		if text, err := os.ReadFile(p); err == nil {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		var all []byte
		for _, table := range d.Tables {
			all = append(all, table.Lead.Of(text)...)
			if table.Key != nil {
				all = append(all, text[table.Span.Start:table.start()]...)
			}
			for _, e := range table.Entries {
				all = append(all, e.Lead.Of(text)...)
				all = append(all, e.Line.Of(text)...)
				if e.ValueAt.Len() == 0 || e.ValueAt.Of(text) == nil {
					t.Fatalf("no value for %v", e.Key)
				}
			}
			all = append(all, table.Rest.Of(text)...)
		}
		if string(all) != string(text) {
			t.Fatalf("the parts are not the file:\n%q\n%q", all, text)
		}
	})
}

// start is where what stands below the header begins.
func (t *Table) start() int {
	if len(t.Entries) > 0 {
		return t.Entries[0].Lead.Start
	}
	return t.Rest.Start
}
