package buildgraph

import (
	"fmt"
	"slices"
	"strings"
)

// Equal says whether BuildKit would do the same for both.
func Equal(a, b *Graph) bool { return a.Digest == b.Digest && slices.Equal(a.Image, b.Image) }

// Diff says what differs between two graphs, one line each, in the order of the build: "- " only a
// does it, "+ " only b does, "~ " both do, with other settings or on other inputs. It is empty when and
// only when the graphs are equal. Commands stand in it as they do in the file; values of variables don't.
func Diff(a, b *Graph) []string {
	if Equal(a, b) {
		return nil
	}
	var out []string
	if a.Digest != b.Digest {
		out = diffOps(a.Ops, b.Ops)
		if len(out) == 0 {
			out = []string{"~ the operations are the same, their order or their inputs are not"}
		}
	}
	for _, l := range a.Image {
		if !slices.Contains(b.Image, l) {
			out = append(out, "- image "+l)
		}
	}
	for _, l := range b.Image {
		if !slices.Contains(a.Image, l) {
			out = append(out, "+ image "+l)
		}
	}
	return out
}

func diffOps(a, b []Op) []string {
	pairs := align(texts(a), texts(b))
	toB := map[int]int{}
	inB := map[int]bool{}
	for _, p := range pairs {
		toB[p[0]], inB[p[1]] = p[1], true
	}
	// An operation that is left over on both sides under one title changed its settings.
	changed := map[int]int{}
	for i, o := range a {
		if _, ok := toB[i]; ok {
			continue
		}
		for j, p := range b {
			if !inB[j] && o.Kind == p.Kind && o.Title == p.Title {
				changed[i], toB[i], inB[j] = j, j, true
				break
			}
		}
	}
	var out []string
	for i, o := range a {
		j, ok := toB[i]
		if !ok {
			out = append(out, "- "+name(o))
			continue
		}
		if _, ok := changed[i]; ok {
			out = append(out, "~ "+name(o)+": "+strings.Join(diffAttrs(o.Attrs, b[j].Attrs), ", "))
		}
		if l := diffInputs(a, b, i, j, toB, inB); l != "" {
			out = append(out, l)
		}
	}
	for j, o := range b {
		if !inB[j] {
			out = append(out, "+ "+name(o))
		}
	}
	return out
}

// diffInputs says whether two matched operations work on inputs that are matched with others. An
// input that was added or removed in between is reported on its own.
func diffInputs(a, b []Op, i, j int, toB map[int]int, inB map[int]bool) string {
	x, y := a[i].Inputs, b[j].Inputs
	if len(x) != len(y) {
		return fmt.Sprintf("~ %s: %d inputs, now %d", name(a[i]), len(x), len(y))
	}
	for n := range x {
		if k, ok := toB[x[n]]; ok && k != y[n] && inB[y[n]] {
			return fmt.Sprintf("~ %s: works on the result of %q, no more on that of %q", name(a[i]), name(b[y[n]]), name(a[x[n]]))
		}
	}
	return ""
}

func diffAttrs(a, b []string) []string {
	var out []string
	for _, l := range a {
		if !slices.Contains(b, l) {
			out = append(out, "no longer "+l)
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			out = append(out, "now "+l)
		}
	}
	if len(out) == 0 {
		out = []string{"other order of settings"}
	}
	return out
}

// name is an operation on one line.
func name(o Op) string {
	title, rest, more := strings.Cut(strings.TrimSpace(o.Title), "\n")
	if more && rest != "" {
		title += " ..."
	}
	return strings.TrimSpace(o.Kind + " " + title)
}

func texts(ops []Op) []string {
	out := make([]string, len(ops))
	for i, o := range ops {
		out[i] = o.text()
	}
	return out
}

// maxCells bounds the table of align; beyond it the middle is not aligned at all.
const maxCells = 1 << 22

// align pairs equal texts of a and b, in order, as many as possible (the longest common subsequence).
func align(a, b []string) [][2]int {
	var pairs [][2]int
	lo := 0
	for lo < len(a) && lo < len(b) && a[lo] == b[lo] {
		pairs = append(pairs, [2]int{lo, lo})
		lo++
	}
	hi := 0
	for hi < len(a)-lo && hi < len(b)-lo && a[len(a)-1-hi] == b[len(b)-1-hi] {
		hi++
		pairs = append(pairs, [2]int{len(a) - hi, len(b) - hi})
	}
	x, y := a[lo:len(a)-hi], b[lo:len(b)-hi]
	if len(x)*len(y) > maxCells {
		return pairs
	}
	table := make([][]int, len(x)+1)
	for i := range table {
		table[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i] == y[j]:
			pairs = append(pairs, [2]int{lo + i, lo + j})
			i, j = i+1, j+1
		case table[i+1][j] >= table[i][j+1]:
			i++
		default:
			j++
		}
	}
	return pairs
}
