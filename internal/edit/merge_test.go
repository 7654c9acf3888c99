package edit

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"

	"refit/internal/source"
)

func TestMergePairs(t *testing.T) {
	const p = "compose.yml"
	text := func(edits ...Edit) []Op { return []Op{Text(p, edits...)} }
	ins := func(at int, s, addr string) []Op { return text(Insert(at, s, addr)) }
	rep := func(start, end int, s, addr string) []Op {
		return text(Replace(source.Span{Start: start, End: end}, s, addr))
	}
	tests := []struct {
		name  string
		a, b  []Op
		clash bool
	}{
		{"apart", rep(0, 3, "x", "a"), rep(5, 6, "y", "b"), false},
		{"adjacent", rep(0, 3, "x", "a"), rep(3, 6, "y", "b"), false},
		{"overlapping", rep(0, 4, "x", "a"), rep(3, 6, "y", "b"), true},
		{"same range, other text", rep(0, 4, "x", ""), rep(0, 4, "y", ""), true},
		{"identical", rep(0, 4, "x", "a"), rep(0, 4, "x", "a"), false},
		{"identical replacement under two addresses", rep(0, 4, "x", "a"), rep(0, 4, "x", "b"), false},
		{"insertion inside a replacement", rep(0, 4, "x", "a"), ins(2, "y", "b"), true},
		{"insertion inside a deletion", rep(0, 4, "", "a"), ins(2, "y", "b"), true},
		{"insertion at the start of a replacement", rep(2, 4, "x", "a"), ins(2, "y", "b"), false},
		{"insertion at the end of a replacement", rep(2, 4, "x", "a"), ins(4, "y", "b"), false},
		{"insertions at one point, no address", ins(2, "x", ""), ins(2, "y", ""), true},
		{"insertions at one point, one address", ins(2, "x", "a"), ins(2, "y", ""), true},
		{"insertions at one point, two addresses", ins(2, "x", "a"), ins(2, "y", "b"), false},
		{"insertions at one point, identical", ins(2, "x", ""), ins(2, "x", ""), false},
		{"one address, two places", rep(0, 1, "x", "services.db"), rep(5, 6, "x", "services.db"), true},
		{"address inside another", rep(0, 1, "x", "services.db"), rep(5, 6, "x", "services.db.user"), true},
		{"address inside another, slash", rep(0, 1, "x", "stage:a"), ins(5, "x", "stage:a/USER"), true},
		{"address inside another, index", rep(0, 1, "x", "s.ports"), ins(5, "x", "s.ports[0]"), true},
		{"address is only a text prefix", rep(0, 1, "x", "services.db"), ins(5, "x", "services.db2"), false},
		{"one address in two files", ins(0, "x", "env:A"), []Op{Text("other", Insert(0, "x", "env:A"))}, false},
		{"rename and edit", []Op{Rename(p, "q")}, rep(0, 1, "x", "a"), false},
		{"rename and chmod", []Op{Rename(p, "q")}, []Op{Chmod(p, 0o600)}, false},
		{"one rename twice", []Op{Rename(p, "q")}, []Op{Rename(p, "q")}, false},
		{"two renames", []Op{Rename(p, "q")}, []Op{Rename(p, "r")}, true},
		{"two files to one place", []Op{Rename(p, "q")}, []Op{Rename("other", "q")}, true},
		{"rename onto a created file", []Op{Rename(p, "q")}, []Op{Create("q", "", 0)}, true},
		{"rename onto an edited file", []Op{Rename("other", p)}, rep(0, 1, "x", "a"), true},
		{"delete and edit", []Op{Remove(p)}, rep(0, 1, "x", "a"), true},
		{"delete and rename", []Op{Remove(p)}, []Op{Rename(p, "q")}, true},
		{"delete twice", []Op{Remove(p)}, []Op{Remove(p)}, false},
		{"delete and create", []Op{Remove(p)}, []Op{Create(p, "", 0)}, true},
		{"create alike", []Op{Create(p, "x", 0)}, []Op{Create(p, "x", 0)}, false},
		{"create differently", []Op{Create(p, "x", 0)}, []Op{Create(p, "y", 0)}, true},
		{"create with two modes", []Op{Create(p, "x", 0o644)}, []Op{Create(p, "x", 0o600)}, true},
		{"create and edit", []Op{Create(p, "x", 0)}, rep(0, 0, "x", ""), true},
		{"two modes", []Op{Chmod(p, 0o644)}, []Op{Chmod(p, 0o600)}, true},
		{"file and folder of one name", []Op{Create("env", "x", 0)}, []Op{Create("env/a", "x", 0)}, true},
		{"names that differ in case", []Op{Create("Makefile", "x", 0)}, []Op{Create("makefile", "y", 0)}, true},
		{"neighbours", []Op{Create("env/a", "x", 0)}, []Op{Create("env/b", "x", 0)}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, fixes := range [][][]Op{{tt.a, tt.b}, {tt.b, tt.a}} {
				accepted, rejected := Merge(fixes)
				if tt.clash != (len(rejected) == 1) || accepted[0] != 0 {
					t.Fatalf("accepted %v, rejected %v; want clash %v", accepted, rejected, tt.clash)
				}
				if tt.clash && (rejected[0].Fix != 1 || rejected[0].With != 0 || rejected[0].Why == "") {
					t.Fatalf("rejected %+v", rejected)
				}
			}
		})
	}
}

func TestMergeRejectsAFixThatContradictsItself(t *testing.T) {
	for name, ops := range map[string][]Op{
		"overlap":         {Text("a", Edit{0, 4, "x", ""}, Edit{2, 6, "y", ""})},
		"malformed":       {Text("a", Edit{4, 2, "x", ""})},
		"negative":        {Text("a", Edit{-1, 2, "x", ""})},
		"edit and delete": {Text("a", Edit{0, 4, "x", ""}), Remove("a")},
		"two renames":     {Rename("a", "b"), Rename("a", "c")},
		"one target":      {Rename("a", "c"), Rename("b", "c")},
		"target made":     {Rename("a", "c"), Create("c", "", 0)},
		"unknown kind":    {{Kind: "copy", Path: "a"}},
	} {
		accepted, rejected := Merge([][]Op{ops, {Create("z", "", 0)}})
		if !slices.Equal(accepted, []int{1}) || len(rejected) != 1 || rejected[0].With != 0 {
			t.Errorf("%s: accepted %v, rejected %v", name, accepted, rejected)
		}
	}
}

// world is a small snapshot and random fixes over it, most of which apply on their own.
func world(r *rand.Rand) (*source.Snapshot, [][]Op) {
	names := []string{"a", "b", "d/a", "d/b"}
	var entries []*source.Entry
	for _, n := range names {
		entries = append(entries, source.NewText(n, 0o644, []byte("0123456789")))
	}
	entries = append(entries, source.NewLink("link", "d/a"))
	targets := append([]string{"n", "N", "n/x", "d", "e/a", "link"}, names...)
	pick := func(s []string) string { return s[r.IntN(len(s))] }
	addrs := []string{"", "", "p", "p.q", "p/r", "s"}
	fixes := make([][]Op, 1+r.IntN(7))
	for i := range fixes {
		for range 1 + r.IntN(2) {
			switch r.IntN(7) {
			case 0:
				fixes[i] = append(fixes[i], Rename(pick(names), pick(targets)))
			case 1:
				fixes[i] = append(fixes[i], Create(pick(targets), pick(addrs), 0o644))
			case 2:
				fixes[i] = append(fixes[i], Remove(pick(names)))
			case 3:
				fixes[i] = append(fixes[i], Chmod(pick(names), []fs.FileMode{0o600, 0o755}[r.IntN(2)]))
			default:
				start := r.IntN(10)
				end := start + r.IntN(3)*r.IntN(2)
				fixes[i] = append(fixes[i], Text(pick(append(names, "link")), Edit{start, min(end, 10), []string{"", "X", "YY"}[r.IntN(3)], pick(addrs)}))
			}
		}
	}
	return source.NewSnapshot(entries, nil), fixes
}

func joined(fixes [][]Op, which []int) []Op {
	var ops []Op
	for _, i := range which {
		ops = append(ops, fixes[i]...)
	}
	return ops
}

func TestMergeProperties(t *testing.T) {
	rejections, applied := 0, 0
	for seed := range uint64(12000) {
		r := rand.New(rand.NewPCG(seed, 1))
		snap, all := world(r)
		clashes := func(a, b []Op) bool { _, rejected := Merge([][]Op{a, b}); return len(rejected) > 0 }
		var fixes [][]Op // those that are fine alone
		for _, f := range all {
			if _, err := Apply(snap, f); err == nil && !clashes(f, nil) {
				fixes = append(fixes, f)
			}
		}
		for _, a := range fixes {
			if clashes(a, a) {
				t.Fatalf("seed %d: a fix clashes with itself: %v", seed, a)
			}
			for _, b := range fixes {
				if clashes(a, b) != clashes(b, a) {
					t.Fatalf("seed %d: not symmetric: %v and %v", seed, a, b)
				}
			}
		}
		accepted, rejected := Merge(fixes)
		if len(accepted)+len(rejected) != len(fixes) {
			t.Fatalf("seed %d: fixes lost", seed)
		}
		for _, c := range rejected { // exactly those that clash with an earlier accepted one, and only for that reason
			if !slices.Contains(accepted, c.With) || c.With >= c.Fix || !clashes(fixes[c.Fix], fixes[c.With]) {
				t.Fatalf("seed %d: %+v is not justified", seed, c)
			}
		}
		for n, i := range accepted {
			for _, j := range accepted[:n] {
				if clashes(fixes[i], fixes[j]) {
					t.Fatalf("seed %d: %d and %d clash, both accepted", seed, i, j)
				}
			}
		}
		rejections += len(rejected)
		applied += len(accepted)
		if throughLink(fixes) {
			continue // what a link points to only Apply knows; its error is the safety net
		}
		if _, err := Apply(snap, joined(fixes, accepted)); err != nil {
			t.Fatalf("seed %d: accepted fixes don't apply together: %v\n%v", seed, err, joined(fixes, accepted))
		}
	}
	if rejections < 1000 || applied < 1000 {
		t.Fatalf("the generator is too tame: %d rejected, %d accepted", rejections, applied)
	}
}

func throughLink(fixes [][]Op) bool {
	return slices.ContainsFunc(fixes, func(ops []Op) bool {
		return slices.ContainsFunc(ops, func(op Op) bool { return op.Path == "link" })
	})
}

func BenchmarkMerge(b *testing.B) {
	var fixes [][]Op
	for i := range 500 {
		fixes = append(fixes, []Op{
			Text(fmt.Sprint("f", i%40), Insert(i*10, "x", fmt.Sprint("a", i))),
			Text(fmt.Sprint("f", i%7), Edit{i * 10, i*10 + 5, "y", fmt.Sprint("b", i)}),
		})
	}
	for b.Loop() {
		Merge(fixes)
	}
}

func FuzzMerge(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Add(uint64(77), uint64(12345))
	f.Fuzz(func(t *testing.T, x, y uint64) {
		snap, fixes := world(rand.New(rand.NewPCG(x, y)))
		accepted, _ := Merge(fixes)
		after, err := Apply(snap, joined(fixes, accepted))
		if err != nil {
			return // a fix that doesn't apply even alone
		}
		if _, err := Compact(snap, after, Renames(nil, joined(fixes, accepted))); err != nil {
			t.Fatal(err)
		}
	})
}

// TestCompactOntoAnother: a file that takes the place of another is an edit of that one, so that its old
// bytes are known and can be brought back.
func TestCompactOntoAnother(t *testing.T) {
	before := source.NewSnapshot([]*source.Entry{
		source.NewText("a", 0o644, []byte("A")), source.NewText("b", 0o600, []byte("B")), source.NewText("c", 0o644, []byte("C")),
	}, nil)
	ops := []Op{Remove("c"), Rename("b", "c"), Rename("a", "b")}
	after, err := Apply(before, ops)
	if err != nil {
		t.Fatal(err)
	}
	deltas, err := Compact(before, after, Renames(nil, ops))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range deltas {
		got = append(got, fmt.Sprintf("%s %s<%s %s->%s", d.Op, d.Path, d.From, d.Old, d.New))
	}
	if want := []string{"delete a< A->", "edit b< B->A", "edit c< C->B"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
