package edit

import (
	"bytes"
	"fmt"
	"strings"
)

// Unified is the difference of two texts as a unified diff, as `patch` and `git apply` take it, with
// up to context unchanged lines around each change. It is empty when the texts are equal. The names
// are written as given; "/dev/null" stands for no file. Bytes of the texts are kept as they are,
// carriage returns included; a missing final newline is marked as usual.
func Unified(a, b []byte, oldName, newName string, context int) string {
	if bytes.Equal(a, b) {
		return ""
	}
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", oldName, newName)
	oldLines, newLines := splitLines(a), splitLines(b)
	for _, h := range hunks(matchLines(oldLines, newLines), len(oldLines), len(newLines), max(context, 0)) {
		h.write(&out, oldLines, newLines)
	}
	return out.String()
}

// step is a run of lines: n of them equal, or some removed and some added.
type step struct {
	equal            bool
	i, iEnd, j, jEnd int
}

// hunk is a group of steps that are close enough to be shown together.
type hunk []step

// hunks groups the changes between matches, with context lines of what is equal around them.
func hunks(matches []match, lenA, lenB, context int) []hunk {
	var all []hunk
	var open hunk
	i, j := 0, 0
	closeHunk := func() {
		if open != nil {
			all = append(all, open)
			open = nil
		}
	}
	change := func(iEnd, jEnd int) {
		if i == iEnd && j == jEnd {
			return
		}
		if open == nil {
			lead := min(context, i, j)
			open = hunk{{equal: true, i: i - lead, iEnd: i, j: j - lead, jEnd: j}}
		}
		open = append(open, step{i: i, iEnd: iEnd, j: j, jEnd: jEnd})
	}
	for _, m := range matches {
		change(m.i, m.j)
		i, j = m.i+m.n, m.j+m.n
		if open == nil {
			continue
		}
		if m.n > 2*context || (i == lenA && j == lenB) {
			n := min(m.n, context)
			open = append(open, step{equal: true, i: m.i, iEnd: m.i + n, j: m.j, jEnd: m.j + n})
			closeHunk()
		} else {
			open = append(open, step{equal: true, i: m.i, iEnd: i, j: m.j, jEnd: j})
		}
	}
	change(lenA, lenB)
	closeHunk()
	return all
}

func (h hunk) write(out *strings.Builder, a, b [][]byte) {
	first, last := h[0], h[len(h)-1]
	fmt.Fprintf(out, "@@ -%s +%s @@\n", lineRange(first.i, last.iEnd), lineRange(first.j, last.jEnd))
	for _, s := range h {
		if s.equal {
			writeLines(out, ' ', a[s.i:s.iEnd])
			continue
		}
		writeLines(out, '-', a[s.i:s.iEnd])
		writeLines(out, '+', b[s.j:s.jEnd])
	}
}

// lineRange is "START,COUNT" with lines counted from 1; the start of an empty range is the line before it.
func lineRange(start, end int) string {
	switch n := end - start; n {
	case 0:
		return fmt.Sprintf("%d,0", start)
	case 1:
		return fmt.Sprint(start + 1)
	default:
		return fmt.Sprintf("%d,%d", start+1, n)
	}
}

func writeLines(out *strings.Builder, mark byte, lines [][]byte) {
	for _, line := range lines {
		out.WriteByte(mark)
		out.Write(line)
		if line[len(line)-1] != '\n' {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
}
