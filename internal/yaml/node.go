// Package yaml reads YAML into nodes that know the exact bytes they were written with, and changes
// them by byte patches. The structure comes from go.yaml.in/yaml/v4; the spans are found by walking
// the text along that structure, and every scalar is decoded a second time from its own bytes and
// compared, so that a span is either right or the file is refused.
package yaml

import (
	"strconv"

	"refit/internal/source"
)

// Kind is what a node is.
type Kind int

// The kinds of nodes.
const (
	Scalar Kind = iota + 1
	Mapping
	Sequence
	Alias // a "*name"; Node.Alias is what it points to
)

func (k Kind) String() string {
	return [...]string{"nothing", "scalar", "mapping", "sequence", "alias"}[k]
}

// Style is how a node is written.
type Style int

// The styles: the first five are for scalars, Block and Flow for mappings and sequences.
const (
	Plain Style = iota
	SingleQuoted
	DoubleQuoted
	Literal // |
	Folded  // >
	Block
	Flow // {a: b}, [a, b]
)

// Node is one value of a YAML document. It must not be changed.
type Node struct {
	Kind  Kind
	Style Style
	// Value is the decoded text of a scalar, and the anchor's name for an alias.
	Value string
	// Tag is the resolved short tag: "!!str", "!!int", "!!null", "!!map", "!reset".
	Tag string
	// Tagged says whether the tag is written in the file.
	Tagged bool
	// Anchor is the name behind "&", empty when there is none.
	Anchor string
	// Alias is the node that an alias points to.
	Alias *Node
	// Users are the aliases that point to this node, in the order of the file.
	Users []*Node
	// Span is the value as written: with its quotes; from the header of a block scalar to the end of
	// its last line (line end excluded); from the first key to the end of the last value of a block
	// mapping. Anchor and tag are not part of it. A value that is not written ("key:") has an empty
	// span where it would begin.
	Span source.Span
	// Full is Span together with the anchor and the tag before it.
	Full source.Span
	// Parent is the mapping or sequence that holds the node; nil for the root of a document.
	Parent  *Node
	Entries []Entry // of a mapping
	Items   []Item  // of a sequence

	head   int   // where the value could begin: behind the colon or dash, or the anchor and tag
	column int   // of a block mapping or sequence: the column of its keys or dashes, from 0
	segs   []seg // how the bytes of Value lie in the file
	file   *File
	braced bool // a flow mapping in braces; false for the pair in [a: b]
}

// Entry is one "key: value" of a mapping.
type Entry struct {
	Key, Value *Node
	// Span reaches from the key (its anchor, tag or "?") to the end of the value, without a line end.
	Span source.Span
	// Lead is the block of comment lines directly above, which start in the column of the key; empty
	// (but placed) when there is none. It has no line end at its end.
	Lead source.Span
	// Trail is the comment lines below the value that are indented deeper than the key and therefore
	// belong to it, up to the next key; empty when there is none.
	Trail source.Span
}

// Item is one element of a sequence.
type Item struct {
	Value *Node
	// Span reaches from the dash (in flow style: from the value) to the end of the value.
	Span source.Span
	// Lead and Trail are the comments that belong to the item; see Entry.
	Lead, Trail source.Span
}

// IsNull says whether the node is a null: "~", "null" or a value that is not written.
func (n *Node) IsNull() bool { return n != nil && n.Kind == Scalar && n.Tag == "!!null" }

// IsString says whether the node is a scalar that YAML reads as a string.
func (n *Node) IsString() bool { return n != nil && n.Kind == Scalar && n.Tag == "!!str" }

// Entry is the entry of a mapping whose key has this value, or nil. Aliases and merges are not followed.
func (n *Node) Entry(key string) *Entry {
	if n == nil || n.Kind != Mapping {
		return nil
	}
	for i := range n.Entries {
		if k := n.Entries[i].Key; k.Kind == Scalar && k.Value == key && k.Tag != "!!merge" {
			return &n.Entries[i]
		}
	}
	return nil
}

// Get walks down by keys (of a sequence: indexes from 0, in decimal) as the nodes are written: it
// follows neither aliases nor merges. It is nil when there is no such node.
func (n *Node) Get(keys ...string) *Node {
	for _, key := range keys {
		n = n.child(key)
	}
	return n
}

func (n *Node) child(key string) *Node {
	if n == nil {
		return nil
	}
	if n.Kind == Sequence {
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= len(n.Items) {
			return nil
		}
		return n.Items[i].Value
	}
	if e := n.Entry(key); e != nil {
		return e.Value
	}
	return nil
}

// Resolve is the node itself, or what it points to when it is an alias.
func (n *Node) Resolve() *Node {
	for i := 0; n != nil && n.Kind == Alias && i < maxDepth; i++ {
		n = n.Alias
	}
	return n
}

// Walk calls visit for the node and everything written below it, keys before values, in the order of
// the file. Aliases are visited, not followed. Returning false skips what is below a node.
func (n *Node) Walk(visit func(*Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	for i := range n.Entries {
		n.Entries[i].Key.Walk(visit)
		n.Entries[i].Value.Walk(visit)
	}
	for i := range n.Items {
		n.Items[i].Value.Walk(visit)
	}
}

// Path is the way from the root of the document to the node: keys, and indexes in decimal.
// The path of a key is the path of its value.
func (n *Node) Path() []string {
	if n.Parent == nil {
		return nil
	}
	path := n.Parent.Path()
	for i := range n.Parent.Entries {
		if e := &n.Parent.Entries[i]; e.Value == n || e.Key == n {
			return append(path, e.Key.Value)
		}
	}
	for i := range n.Parent.Items {
		if n.Parent.Items[i].Value == n {
			return append(path, strconv.Itoa(i))
		}
	}
	return path
}

// Shared says whether the node is used from elsewhere too: it, or something that holds it, has an
// anchor that an alias or a merge refers to. Changing it would change those places as well.
func (n *Node) Shared() bool { return len(n.AllUsers()) > 0 }

// AllUsers are the aliases through which the node is used from elsewhere.
func (n *Node) AllUsers() []*Node {
	var users []*Node
	for ; n != nil; n = n.Parent {
		users = append(users, n.Users...)
	}
	return users
}
