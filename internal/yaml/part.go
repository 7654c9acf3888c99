package yaml

import "refit/internal/source"

// part is an entry or an item: what adding and removing need to know of either.
type part struct{ span, lead, trail source.Span }

// end is the end of the part with the comments that trail it.
func (p part) end() int { return max(p.span.End, p.trail.End) }

// parts are the children of a collection.
func (n *Node) parts() []part {
	var out []part
	for _, e := range n.Entries {
		out = append(out, part{e.Span, e.Lead, e.Trail})
	}
	for _, i := range n.Items {
		out = append(out, part{i.Span, i.Lead, i.Trail})
	}
	return out
}

// blankBetween says whether an empty line lies between the line of offset from and offset to.
func (f *File) blankBetween(from, to int) bool {
	for at := f.nextLine(from); at < to; at = f.nextLine(at) {
		if onlyBlanks(f.Text[at:f.lineEnd(at)]) {
			return true
		}
		if f.nextLine(at) == at {
			break
		}
	}
	return false
}
