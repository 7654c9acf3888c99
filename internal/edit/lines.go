package edit

import (
	"bytes"
	"slices"
)

// match is a run of n equal lines: a[i:i+n] == b[j:j+n].
type match struct{ i, j, n int }

// maxSteps bounds the differences that the exact search looks for in one gap between two anchors:
// its time and memory grow with their square. A gap with more is shown as replaced whole.
const maxSteps = 600

// splitLines cuts text behind each "\n"; the last line may lack one.
func splitLines(text []byte) [][]byte {
	var lines [][]byte
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 {
			end = len(text)
		}
		lines = append(lines, text[:end])
		text = text[end:]
	}
	return lines
}

// matchLines finds the lines that two texts share, in order. Lines that occur once in both are
// anchors (patience diff, which keeps blocks together as a person would); between anchors the
// shortest edit script is searched for (Myers), within bounds.
func matchLines(a, b [][]byte) []match {
	ids := map[string]int{}
	m := &matcher{a: number(a, ids), b: number(b, ids)}
	m.between(0, len(a), 0, len(b), 0)
	return m.joined()
}

func number(lines [][]byte, ids map[string]int) []int {
	numbers := make([]int, len(lines))
	for i, line := range lines {
		id, ok := ids[string(line)]
		if !ok {
			id = len(ids)
			ids[string(line)] = id
		}
		numbers[i] = id
	}
	return numbers
}

type matcher struct {
	a, b  []int
	found []match
}

func (m *matcher) add(i, j, n int) {
	if n > 0 {
		m.found = append(m.found, match{i, j, n})
	}
}

// joined is what was found, with runs that touch made one.
func (m *matcher) joined() []match {
	var out []match
	for _, f := range m.found {
		if k := len(out) - 1; k >= 0 && out[k].i+out[k].n == f.i && out[k].j+out[k].n == f.j {
			out[k].n += f.n
		} else {
			out = append(out, f)
		}
	}
	return out
}

// between matches a[i:iEnd] with b[j:jEnd].
func (m *matcher) between(i, iEnd, j, jEnd, depth int) {
	head := 0
	for i+head < iEnd && j+head < jEnd && m.a[i+head] == m.b[j+head] {
		head++
	}
	m.add(i, j, head)
	i, j = i+head, j+head
	tail := 0
	for iEnd-tail > i && jEnd-tail > j && m.a[iEnd-tail-1] == m.b[jEnd-tail-1] {
		tail++
	}
	iEnd, jEnd = iEnd-tail, jEnd-tail
	if i < iEnd && j < jEnd {
		anchors := m.anchors(i, iEnd, j, jEnd)
		if len(anchors) > 0 && depth < 32 {
			for _, at := range anchors {
				m.between(i, at.i, j, at.j, depth+1)
				m.add(at.i, at.j, 1)
				i, j = at.i+1, at.j+1
			}
			m.between(i, iEnd, j, jEnd, depth+1)
		} else {
			m.shortest(i, iEnd, j, jEnd)
		}
	}
	m.add(iEnd, jEnd, tail)
}

// anchors are the lines that occur exactly once on both sides, thinned out to the longest sequence
// that is in order on both.
func (m *matcher) anchors(i, iEnd, j, jEnd int) []match {
	type count struct{ inA, inB, i, j int }
	counts := make(map[int]*count, iEnd-i)
	for k := i; k < iEnd; k++ {
		c := counts[m.a[k]]
		if c == nil {
			c = &count{}
			counts[m.a[k]] = c
		}
		c.inA, c.i = c.inA+1, k
	}
	for k := j; k < jEnd; k++ {
		if c := counts[m.b[k]]; c != nil {
			c.inB, c.j = c.inB+1, k
		}
	}
	var unique []match
	for k := i; k < iEnd; k++ {
		if c := counts[m.a[k]]; c.inA == 1 && c.inB == 1 {
			unique = append(unique, match{c.i, c.j, 1})
		}
	}
	return increasing(unique)
}

// increasing is the longest subsequence of matches (sorted by i) whose j increase too.
func increasing(all []match) []match {
	var tops []int // index of the smallest last element of a sequence of each length
	previous := make([]int, len(all))
	for k, one := range all {
		at, _ := slices.BinarySearchFunc(tops, one.j, func(t, j int) int { return all[t].j - j })
		previous[k] = -1
		if at > 0 {
			previous[k] = tops[at-1]
		}
		if at == len(tops) {
			tops = append(tops, k)
		} else {
			tops[at] = k
		}
	}
	out := make([]match, len(tops))
	if len(tops) > 0 {
		for k, at := tops[len(tops)-1], len(out)-1; k >= 0; k, at = previous[k], at-1 {
			out[at] = all[k]
		}
	}
	return out
}

// shortest is Myers' greedy search for the shortest edit script of a gap (E. W. Myers, "An O(ND)
// Difference Algorithm and Its Variations", 1986). It gives up beyond maxSteps.
func (m *matcher) shortest(i, iEnd, j, jEnd int) {
	a, b := m.a[i:iEnd], m.b[j:jEnd]
	limit := min(len(a)+len(b), maxSteps)
	reach := make([]int, 2*limit+2) // furthest x on diagonal k, at k+limit
	var trace [][]int
	for d := 0; d <= limit; d++ {
		trace = append(trace, slices.Clone(reach[limit-d:limit+d+1]))
		for k := -d; k <= d; k += 2 {
			x := 0
			if k == -d || (k != d && reach[limit+k-1] < reach[limit+k+1]) {
				if limit+k+1 < len(reach) {
					x = reach[limit+k+1]
				}
			} else {
				x = reach[limit+k-1] + 1
			}
			for x < len(a) && x-k < len(b) && x-k >= 0 && a[x] == b[x-k] {
				x++
			}
			reach[limit+k] = x
			if x >= len(a) && x-k >= len(b) {
				m.backtrack(trace, i, j, len(a), len(b))
				return
			}
		}
	}
}

// backtrack walks the trace of the search from its end and adds the matches in order.
func (m *matcher) backtrack(trace [][]int, i, j, x, y int) {
	var back []match
	for d := len(trace) - 1; d > 0; d-- {
		k := x - y
		at := func(diagonal int) int { return trace[d][diagonal+d] }
		from := k - 1
		if k == -d || (k != d && at(k-1) < at(k+1)) {
			from = k + 1
		}
		px := at(from)
		py := px - from
		n := y - py - 1
		if from == k-1 {
			n = x - px - 1
		}
		back = append(back, match{i + x - n, j + y - n, n})
		x, y = px, py
	}
	back = append(back, match{i, j, min(x, y)})
	slices.Reverse(back)
	for _, one := range back {
		m.add(one.i, one.j, one.n)
	}
}
