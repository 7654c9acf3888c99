package yaml

import (
	"errors"
	"fmt"

	"refit/internal/edit"
	"refit/internal/source"
)

// comparison walks two versions of a file and finds the first difference that is not wanted.
type comparison struct {
	target  *Node
	want    func(c *comparison, after *Node) error
	pairs   map[*Node]*Node
	aliases [][2]*Node
}

// verify applies the edits and checks that nothing but the wanted change came of it: every other node
// has its kind, tag, value and anchor, every alias still points to the same node, and no comment is lost.
func (v *verb) verify(edits []edit.Edit) error {
	for _, w := range v.target.windows() {
		if w.verify(v, edits) {
			if doubt != nil {
				doubt(v, edits)
			}
			return nil
		}
	}
	return v.verifyAll(edits)
}

// doubt is told of every edit that was judged by a part of its file; tests judge it again by the whole.
var doubt func(v *verb, edits []edit.Edit)

// verifyAll is verify by the whole file.
func (v *verb) verifyAll(edits []edit.Edit) error {
	text, err := edit.Patch(v.file.Text, edits)
	if err != nil {
		return err
	}
	after, err := Parse(v.file.Path, text)
	if err != nil {
		return fmt.Errorf("the result does not parse: %w", err)
	}
	c := &comparison{target: v.target, want: v.want, pairs: map[*Node]*Node{}}
	if len(after.Docs) != len(v.file.Docs) {
		return errors.New("the number of documents would change")
	}
	for i, doc := range v.file.Docs {
		if err := c.same(doc, after.Docs[i]); err != nil {
			return err
		}
	}
	for _, a := range c.aliases {
		if c.pairs[a[0].Alias] != a[1].Alias {
			return fmt.Errorf("the alias *%s would point elsewhere", a[0].Value)
		}
	}
	return v.comments(edits, source.Span{End: len(v.file.Text)}, after)
}

// same checks that a node is unchanged, or changed as wanted.
func (c *comparison) same(before, after *Node) error {
	if before == c.target {
		c.target = nil
		c.pairs[before] = after
		return c.want(c, after)
	}
	if err := c.shallow(before, after); err != nil {
		return err
	}
	if len(before.Entries) != len(after.Entries) || len(before.Items) != len(after.Items) {
		return changed(before)
	}
	for i := range before.Entries {
		if err := c.entry(before.Entries[i], after.Entries[i]); err != nil {
			return err
		}
	}
	for i := range before.Items {
		if err := c.same(before.Items[i].Value, after.Items[i].Value); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) entry(before, after Entry) error {
	if err := c.same(before.Key, after.Key); err != nil {
		return err
	}
	return c.same(before.Value, after.Value)
}

// shallow compares two nodes without what is below them.
func (c *comparison) shallow(before, after *Node) error {
	c.pairs[before] = after
	if before.Kind != after.Kind || before.Tag != after.Tag || before.Tagged != after.Tagged ||
		before.Value != after.Value || before.Anchor != after.Anchor {
		return changed(before)
	}
	if before.Kind == Alias {
		c.aliases = append(c.aliases, [2]*Node{before, after})
	}
	return nil
}

// without checks the children of a collection that has gained (skipAfter >= 0) or lost (skipBefore >= 0) one.
func (c *comparison) without(before, after *Node, skipBefore, skipAfter int) error {
	if after.Kind != before.Kind || after.Tagged != before.Tagged || after.Anchor != before.Anchor {
		return changed(before)
	}
	b, a := before.children(skipBefore), after.children(skipAfter)
	if len(b) != len(a) {
		return changed(before)
	}
	for i := range b {
		if err := c.same(b[i], a[i]); err != nil {
			return err
		}
	}
	return nil
}

// children are the values of a sequence, or the keys and values of a mapping, but the one at skip.
func (n *Node) children(skip int) []*Node {
	var out []*Node
	for i := range n.Entries {
		if i != skip {
			out = append(out, n.Entries[i].Key, n.Entries[i].Value)
		}
	}
	for i := range n.Items {
		if i != skip {
			out = append(out, n.Items[i].Value)
		}
	}
	return out
}

func changed(n *Node) error {
	return fmt.Errorf("the value at %s would change too", n.file.Position(n.Span.Start))
}

// equal says whether two values of different files are the same.
func equal(a, b *Node) bool {
	c := &comparison{pairs: map[*Node]*Node{}}
	return c.same(a, b) == nil
}

// comments checks that the comments of the result are those of before, less the ones inside of removed
// bytes, with the ones of the new text. Those in part of the file are looked at; after is that part.
func (v *verb) comments(edits []edit.Edit, part source.Span, after *File) error {
	count := map[string]int{}
	for _, c := range after.Comments {
		count[after.Slice(c.Span)]++
	}
	for _, c := range v.file.Comments[v.file.commentAfter(part.Start):v.file.commentAfter(part.End)] {
		gone := false
		for _, e := range edits {
			gone = gone || c.Span.Start < e.End && e.Start < c.Span.End
		}
		if gone && !v.loses {
			return fmt.Errorf("the comment at %s would be lost", v.file.Position(c.Span.Start))
		}
		if !gone {
			count[v.file.Slice(c.Span)]--
		}
	}
	for _, text := range v.added {
		count[text]--
	}
	for _, n := range count {
		if n != 0 {
			return errors.New("a comment would change")
		}
	}
	return nil
}
