package yaml

import (
	"sort"

	"refit/internal/source"
)

// At is the offset in the file of the byte at an offset of a scalar's Value. It is false when that byte
// is not written as such: an escape, a folded line end, "\r\n" read as "\n".
func (n *Node) At(offset int) (int, bool) {
	if s, ok := n.segment(offset); ok {
		return s.file + offset - s.value, true
	}
	return 0, false
}

// Sub is the span in the file of Value[from:to]. It is false unless the file holds just these bytes in
// one piece; an empty range is where an insertion into the value would go.
func (n *Node) Sub(from, to int) (source.Span, bool) {
	if from < 0 || from > to || to > len(n.Value) {
		return source.Span{}, false
	}
	if from == to {
		return n.point(from)
	}
	s, ok := n.segment(from)
	if !ok || to > s.value+s.n {
		return source.Span{}, false
	}
	start := s.file + from - s.value
	return source.Span{Start: start, End: start + to - from}, true
}

// Inner is the span of the whole value without its quotes, when the file holds the value verbatim.
func (n *Node) Inner() (source.Span, bool) { return n.Sub(0, len(n.Value)) }

// ValueOffset is the offset in Value of the byte of the file at offset; the reverse of At.
func (n *Node) ValueOffset(offset int) (int, bool) {
	for _, s := range n.segs {
		if s.file <= offset && offset < s.file+s.n {
			return s.value + offset - s.file, true
		}
	}
	return 0, false
}

// Run is a stretch of a scalar's value and where it comes from.
type Run struct {
	From, To int         // the bytes Value[From:To]
	Span     source.Span // the bytes of the file that they are read from
	Verbatim bool        // whether the two are equal; false for an escape or a folded line end
}

// Runs are the stretches that make up the whole value of a scalar, in order.
func (n *Node) Runs() []Run {
	if n.Kind != Scalar {
		return nil
	}
	start, end := n.Span.Start, n.Span.End
	if n.Style == SingleQuoted || n.Style == DoubleQuoted {
		start, end = start+1, end-1
	}
	var runs []Run
	value, file := 0, start
	gap := func(v, f int) {
		if v > value {
			runs = append(runs, Run{From: value, To: v, Span: source.Span{Start: file, End: f}})
		}
	}
	for _, s := range n.segs {
		gap(s.value, s.file)
		value, file = s.value+s.n, s.file+s.n
		runs = append(runs, Run{s.value, value, source.Span{Start: s.file, End: file}, true})
	}
	gap(len(n.Value), max(file, end))
	return runs
}

// segment is the verbatim piece that holds the byte of the value at offset.
func (n *Node) segment(offset int) (seg, bool) {
	i := sort.Search(len(n.segs), func(i int) bool { return n.segs[i].value > offset }) - 1
	if i < 0 || offset >= n.segs[i].value+n.segs[i].n || offset < 0 {
		return seg{}, false
	}
	return n.segs[i], true
}

// point is the empty span at an offset of the value.
func (n *Node) point(offset int) (source.Span, bool) {
	at, ok := n.At(offset)
	if !ok && offset > 0 {
		at, ok = n.At(offset - 1)
		at++
	}
	if !ok && n.Value == "" && n.Style != Literal && n.Style != Folded {
		at, ok = n.Span.Start, true
		if n.Style != Plain {
			at++
		}
	}
	return source.Span{Start: at, End: at}, ok
}
