package edit

import (
	"bytes"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"refit/internal/source"
)

func TestValidPath(t *testing.T) {
	for _, p := range []string{"a", "a/b", ".github/workflows/x.yml", ".gitignore", ".gitattributes", "env/.env.dev", "a b/ü", "..a/b", "x.git/y"} {
		if err := ValidPath(p); err != nil {
			t.Error(err)
		}
	}
	for _, p := range []string{"", ".", "..", "../a", "/a", "a/../b", "a//b", "./a", "a/", ".git", ".git/config", "sub/.git/hooks/x", ".GIT/x",
		"git~1/x", ".git./x", ".git /x", ".git::$INDEX_ALLOCATION/x", ".g\u200cit/x", `C:\x`, "c:/x", `\\host\x`, `..\x`, `a\..\..\x`, `.git\x`, "a\x00b", "a\xffb",
		strings.Repeat("a", 5000)} {
		if ValidPath(p) == nil {
			t.Errorf("%q is accepted", p)
		}
	}
}

func snapshot(files map[string]string) *source.Snapshot {
	var entries []*source.Entry
	for p, text := range files {
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			entries = append(entries, source.NewLink(p, target))
		} else {
			entries = append(entries, source.NewText(p, 0o644, []byte(text)))
		}
	}
	return source.NewSnapshot(entries, nil)
}

func contents(t *testing.T, s *source.Snapshot) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, p := range s.Paths() {
		e, _ := s.Entry(p)
		if e.IsLink() {
			out[p] = "-> " + e.Target
			continue
		}
		text, err := e.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		out[p] = string(text)
	}
	return out
}

func TestApply(t *testing.T) {
	tests := []struct {
		name   string
		before map[string]string
		ops    []Op
		after  map[string]string
		err    string
	}{
		{"edit and rename in either order", map[string]string{"a": "xyz"},
			[]Op{Rename("a", "d/b"), Text("a", Edit{1, 2, "Y", ""})}, map[string]string{"d/b": "xYz"}, ""},
		{"one edit twice is made once", map[string]string{"a": "xyz"},
			[]Op{Text("a", Insert(0, "1", "p")), Text("a", Insert(0, "1", "p"))}, map[string]string{"a": "1xyz"}, ""},
		{"insertions keep their order", map[string]string{"a": "x"},
			[]Op{Text("a", Insert(0, "1", "p")), Text("a", Insert(0, "2", "q"))}, map[string]string{"a": "12x"}, ""},
		{"create and delete", map[string]string{"a": "x"}, []Op{Remove("a"), Create("b", "y", 0)}, map[string]string{"b": "y"}, ""},
		{"swap", map[string]string{"a": "x", "b": "y"}, []Op{Rename("a", "b"), Rename("b", "a")}, map[string]string{"a": "y", "b": "x"}, ""},
		{"letter case", map[string]string{"dockerfile": "x"}, []Op{Rename("dockerfile", "Dockerfile")}, map[string]string{"Dockerfile": "x"}, ""},
		{"something new where the moved file was", map[string]string{"a": "x"},
			[]Op{Rename("a", "b"), Create("a", "see b", 0)}, map[string]string{"a": "see b", "b": "x"}, ""},
		{"a relative link that moves", map[string]string{"a": "x", "l": "-> ./a", "abs": "-> /etc/x"},
			[]Op{Rename("l", "d/e/l"), Rename("abs", "d/abs")}, map[string]string{"a": "x", "d/e/l": "-> ../../a", "d/abs": "-> /etc/x"}, ""},
		{"a link whose file moves", map[string]string{"a": "x", "l": "-> a", "d/l": "-> ../a", "m": "-> ./other"},
			[]Op{Rename("a", "d/b")}, map[string]string{"d/b": "x", "l": "-> d/b", "d/l": "-> b", "m": "-> ./other"}, ""},
		{"a link that moves with its file", map[string]string{"a": "x", "l": "-> a"},
			[]Op{Rename("a", "d/a"), Rename("l", "d/l")}, map[string]string{"d/a": "x", "d/l": "-> a"}, ""},
		{"a link out of the repository that moves", map[string]string{"l": "-> ../x"},
			[]Op{Rename("l", "d/l")}, map[string]string{"d/l": "-> ../../x"}, ""},
		{"an edit through a link", map[string]string{"d/a": "x", "l": "-> d/a"},
			[]Op{Text("l", Insert(1, "y", ""))}, map[string]string{"d/a": "xy", "l": "-> d/a"}, ""},
		{"an edit through a linked folder", map[string]string{"d/a": "x", "l": "-> d"},
			[]Op{Text("l/a", Insert(1, "y", ""))}, map[string]string{"d/a": "xy", "l": "-> d"}, ""},

		{"create over a file", map[string]string{"a": "x"}, []Op{Create("a", "y", 0)}, nil, "a file stands there"},
		{"create over a folder", map[string]string{"d/a": "x"}, []Op{Create("d", "y", 0)}, nil, "a folder stands there"},
		{"create below a file", map[string]string{"d": "x"}, []Op{Create("d/a", "y", 0)}, nil, "d is a file"},
		{"create below a link", map[string]string{"d/a": "x", "l": "-> d"}, []Op{Create("l/b", "y", 0)}, nil, "symbolic link"},
		{"rename over a file", map[string]string{"a": "x", "b": "y"}, []Op{Rename("a", "b")}, nil, "a file stands there"},
		{"missing file", map[string]string{"a": "x"}, []Op{Text("b", Insert(0, "x", ""))}, nil, "no such file"},
		{"missing rename", map[string]string{"a": "x"}, []Op{Rename("b", "c")}, nil, "no such file"},
		{"missing delete", map[string]string{"a": "x"}, []Op{Remove("b")}, nil, "no such file"},
		{"edit outside", map[string]string{"a": "x"}, []Op{Text("a", Insert(5, "x", ""))}, nil, "outside"},
		{"edit of what leaves", map[string]string{"l": "-> ../x"}, []Op{Text("l", Insert(0, "x", ""))}, nil, "leaves"},
		{"link into git's folder", map[string]string{"l": "-> .git/config", ".git/config": ""}, []Op{Text("l", Insert(0, "x", ""))}, nil, "git's own folder"},
		{"bad path", map[string]string{}, []Op{Create("../x", "", 0)}, nil, "leaves the repository"},
		{"bad target", map[string]string{"a": "x"}, []Op{Rename("a", "")}, nil, "names no file"},
		{"setuid", map[string]string{"a": "x"}, []Op{Chmod("a", fs.ModeSetuid|0o755)}, nil, "can't set mode"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := snapshot(tt.before)
			after, err := Apply(before, tt.ops)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := contents(t, after); !sameFiles(got, tt.after) {
				t.Errorf("got %v, want %v", got, tt.after)
			}
			if !sameFiles(contents(t, before), tt.before) {
				t.Error("the snapshot was changed")
			}
			rebuild(t, before, after, Renames(nil, tt.ops))
		})
	}
}

func sameFiles(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || v != w {
			return false
		}
	}
	return true
}

// rebuild checks that the deltas alone turn before into after.
func rebuild(t *testing.T, before, after *source.Snapshot, renames map[string]string) {
	t.Helper()
	deltas, err := Compact(before, after, renames)
	if err != nil {
		t.Fatal(err)
	}
	files := contents(t, before)
	for _, d := range deltas {
		if s := d.Source(); s != "" {
			delete(files, s)
		}
	}
	for _, d := range deltas {
		if d.Op == KindDelete {
			continue
		}
		files[d.Path] = string(d.New)
		if d.Mode&fs.ModeSymlink != 0 {
			files[d.Path] = "-> " + string(d.New)
		}
	}
	if want := contents(t, after); !sameFiles(files, want) {
		t.Errorf("deltas %+v give %v, want %v", deltas, files, want)
	}
}

func TestCompact(t *testing.T) {
	before := source.NewSnapshot([]*source.Entry{
		source.NewText("same", 0o644, []byte("s")), source.NewText("edited", 0o644, []byte("e")),
		source.NewText("moved", 0o644, []byte("m")), source.NewText("gone", 0o644, []byte("g")),
		source.NewText("mode", 0o644, []byte("o")), source.NewText("undone", 0o644, []byte("u")),
	}, nil)
	first := []Op{Rename("moved", "d/one"), Text("edited", Insert(0, "1", "")), Remove("gone"), Text("undone", Insert(0, "1", "")), Create("brief", "", 0)}
	one, err := Apply(before, first)
	if err != nil {
		t.Fatal(err)
	}
	second := []Op{Rename("d/one", "d/two"), Text("edited", Insert(0, "2", "")), Chmod("mode", 0o755),
		Text("undone", Delete(source.Span{Start: 0, End: 1}, "")), Remove("brief"), Create("moved", "new", 0o600)}
	two, err := Apply(one, second)
	if err != nil {
		t.Fatal(err)
	}
	deltas, err := Compact(before, two, Renames(Renames(nil, first), second))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range deltas {
		got = append(got, strings.TrimSpace(string(d.Op)+" "+d.Path+" "+d.From))
	}
	want := "rename d/two moved,edit edited,delete gone,chmod mode,create moved"
	if strings.Join(got, ",") != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestUndoIsTheInverse(t *testing.T) {
	for seed := range uint64(5000) {
		checkUndo(t, rand.New(rand.NewPCG(seed, 9)))
	}
}

func checkUndo(t *testing.T, r *rand.Rand) {
	t.Helper()
	text := []byte("0123456789abcdef")[:r.IntN(17)]
	var edits []Edit
	for range r.IntN(6) {
		start := r.IntN(len(text) + 1)
		edits = append(edits, Edit{start, start + r.IntN(len(text)-start+1), strings.Repeat("X", r.IntN(4)), ""})
	}
	patched, err := Patch(text, edits)
	if err != nil {
		return
	}
	inverse, err := Undo(text, edits)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Patch(patched, inverse)
	if err != nil || !bytes.Equal(back, text) {
		t.Fatalf("%q -> %q -> %q (%v) by %+v and %+v", text, patched, back, err, edits, inverse)
	}
}

func FuzzUndo(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, x, y uint64) { checkUndo(t, rand.New(rand.NewPCG(x, y))) })
}
