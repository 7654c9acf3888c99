package yaml

import "slices"

// Same says whether two nodes mean the same, wherever they stand: the entries of a mapping at the top that have the key
// except aside.
func Same(a, b *Node, except string) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.Value != b.Value || a.Tag != b.Tag || a.Anchor != b.Anchor {
		return false
	}
	items := func(x, y Item) bool { return Same(x.Value, y.Value, "") }
	entries := func(x, y Entry) bool { return Same(x.Key, y.Key, "") && Same(x.Value, y.Value, "") }
	return slices.EqualFunc(a.Items, b.Items, items) && slices.EqualFunc(a.without(except), b.without(except), entries)
}

// without are the entries that have another key.
func (n *Node) without(key string) []Entry {
	if key == "" {
		return n.Entries
	}
	return slices.DeleteFunc(slices.Clone(n.Entries), func(e Entry) bool { return e.Key.Value == key })
}
