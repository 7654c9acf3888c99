package yaml

import (
	"bytes"

	"refit/internal/edit"
	"refit/internal/source"
)

// window is the part of a file in which an edit takes place, when that part can be judged by itself: the
// lines of one entry of nested block mappings, up to the line of the next key. Such lines read the same
// whatever stands around them: they begin where a key is expected, what follows is no deeper than their key, and
// nothing in them is named from outside. To parse them again is to parse a service, not the file.
type window struct {
	file  *File
	entry *Entry
	source.Span
}

// windows are those that hold the node, the smallest first.
func (n *Node) windows() []window {
	var chain []*Node // from the node up to the root
	for at := n; at != nil; at = at.Parent {
		chain = append(chain, at)
	}
	f := n.file
	if len(f.Docs) != 1 || chain[len(chain)-1] != f.Docs[0] {
		return nil
	}
	var list []window
	end := len(f.Text)
	for i := len(chain) - 1; i > 0; i-- {
		holder, value := chain[i], chain[i-1]
		at := holder.entryOf(value)
		if at < 0 || !f.startsLine(&holder.Entries[at]) {
			break
		}
		if at+1 < len(holder.Entries) {
			if !f.startsLine(&holder.Entries[at+1]) {
				break
			}
			end = f.lineStart(holder.Entries[at+1].Span.Start)
		}
		e := &holder.Entries[at]
		list = append([]window{{f, e, source.Span{Start: f.lineStart(e.Span.Start), End: end}}}, list...)
	}
	return list
}

// entryOf is the index of the entry of a block mapping whose value this is, -1 when there is none.
func (n *Node) entryOf(value *Node) int {
	if n.Kind == Mapping && n.Style == Block {
		for i := range n.Entries {
			if n.Entries[i].Value == value {
				return i
			}
		}
	}
	return -1
}

// startsLine says whether an entry begins its line, with a plain or quoted key.
func (f *File) startsLine(e *Entry) bool {
	if f.indentOf(e.Span.Start) < 0 || e.Key.Kind != Scalar || e.Key.Span.Len() == 0 || e.Key.Full.Start != e.Span.Start {
		return false
	}
	switch f.Text[e.Span.Start] {
	case '?', ':', '-', '&', '!':
		return false
	}
	return true
}

// hold says whether all edits lie behind the window's key.
func (w window) hold(edits []edit.Edit) bool {
	for _, e := range edits {
		if e.Start < w.entry.Key.Span.End || e.End > w.End {
			return false
		}
	}
	return true
}

// closed says whether the lines can be judged by themselves: no anchor or alias ties them to others, and nothing in
// them can end the document.
func (w window) closed(text []byte, entry *Entry) bool {
	if bytes.IndexByte(text, 0) >= 0 {
		return false
	}
	for _, marker := range []string{"---", "...", "%"} {
		if bytes.HasPrefix(text, []byte(marker)) || bytes.Contains(text, []byte("\n"+marker)) || bytes.Contains(text, []byte("\r"+marker)) {
			return false
		}
	}
	free := true
	entry.Value.Walk(func(n *Node) bool {
		free = free && n.Anchor == "" && n.Kind != Alias
		return free
	})
	return free
}

// verify is verb.verify with the window in the place of the file.
func (w window) verify(v *verb, edits []edit.Edit) bool {
	before := w.Of(w.file.Text)
	if !w.hold(edits) || !w.closed(before, w.entry) {
		return false
	}
	shifted := make([]edit.Edit, len(edits))
	for i, e := range edits {
		e.Start, e.End = e.Start-w.Start, e.End-w.Start
		shifted[i] = e
	}
	text, err := edit.Patch(before, shifted)
	if err != nil {
		return false
	}
	after, err := Parse(w.file.Path, text)
	if err != nil || len(after.Docs) != 1 || after.Docs[0].Kind != Mapping || len(after.Docs[0].Entries) != 1 {
		return false
	}
	now := &after.Docs[0].Entries[0]
	if !w.closed(text, now) || w.End < len(w.file.Text) && !bytes.HasSuffix(text, []byte("\n")) {
		return false
	}
	c := &comparison{target: v.target, want: v.want, pairs: map[*Node]*Node{}}
	return c.entry(*w.entry, *now) == nil && v.comments(edits, w.Span, after) == nil
}
