// Package json reads JSON as editors and package managers write it (comments, trailing commas, a byte
// order mark) into nodes that know their exact bytes, and changes them by byte patches: devcontainer.json,
// .vscode/tasks.json, package.json, renovate.json.
package json

import (
	"strconv"
	"strings"

	"refit/internal/source"
)

// Kind is what a value is.
type Kind int

// The kinds of values.
const (
	Object Kind = iota + 1
	Array
	String
	Number
	Bool
	Null
)

// Node is one value. It must not be changed.
type Node struct {
	Kind Kind
	// Value is the decoded text of a string; the text as written of a number, a boolean and null.
	Value string
	// Span is the value as written, quotes, braces and brackets included.
	Span    source.Span
	Parent  *Node
	Entries []Entry // of an object
	Items   []*Node // of an array

	file *File
}

// Entry is one "key": value of an object.
type Entry struct {
	Key     string
	KeySpan source.Span // with its quotes
	Value   *Node
}

// File is one parsed JSON file.
type File struct {
	Path string
	Text []byte
	Root *Node
	// Comments are the spans of all comments, "//" up to the line end and "/* */", in order.
	Comments []source.Span

	lines *source.Lines
}

// Position is the line and column of a byte offset.
func (f *File) Position(offset int) source.Position { return f.lines.Position(offset) }

// Get walks down by keys, or for an array by indexes in decimal. It is nil when there is no such node.
// Of a key that is written twice, the last counts, as in every JSON reader.
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
	if n.Kind == Array {
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.Items) {
			return n.Items[i]
		}
		return nil
	}
	for i := len(n.Entries) - 1; i >= 0; i-- {
		if n.Entries[i].Key == key {
			return n.Entries[i].Value
		}
	}
	return nil
}

// Walk calls visit for the node and everything below it, in the order of the file. Returning false
// skips what is below a node.
func (n *Node) Walk(visit func(*Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	for _, e := range n.Entries {
		e.Value.Walk(visit)
	}
	for _, i := range n.Items {
		i.Walk(visit)
	}
}

// Strings calls visit for every string value with its path, in the order of the file. Keys are not visited.
func (f *File) Strings(visit func(path []string, n *Node)) {
	f.Root.Walk(func(n *Node) bool {
		if n.Kind == String {
			visit(n.Path(), n)
		}
		return true
	})
}

// Path is the way from the root to the node: keys, and indexes in decimal.
func (n *Node) Path() []string {
	if n.Parent == nil {
		return nil
	}
	path := n.Parent.Path()
	for _, e := range n.Parent.Entries {
		if e.Value == n {
			return append(path, e.Key)
		}
	}
	for i, item := range n.Parent.Items {
		if item == n {
			return append(path, strconv.Itoa(i))
		}
	}
	return path
}

// At is the offset in the file of the byte at an offset of a string's Value; it is false for a byte
// that is written as an escape.
func (n *Node) At(offset int) (int, bool) {
	if s, ok := n.Sub(offset, offset+1); ok {
		return s.Start, true
	}
	return 0, false
}

// Sub is the span in the file of Value[from:to] of a string. It is false unless the file holds just
// these bytes in one piece. An empty range is where an insertion into the value would go.
func (n *Node) Sub(from, to int) (source.Span, bool) {
	if n.Kind != String || from < 0 || from > to || to > len(n.Value) {
		return source.Span{}, false
	}
	text := n.Span.Of(n.file.Text)
	file, value := 1, 0 // offsets in text and in Value that belong together
	for value < from {
		w, v := step(text[file:])
		if w == 0 || value+v > from {
			return source.Span{}, false
		}
		file, value = file+w, value+v
	}
	start := file
	for value < to {
		w, _ := step(text[file:])
		if w != 1 {
			return source.Span{}, false
		}
		file, value = file+1, value+1
	}
	return source.Span{Start: start, End: file}.Shift(n.Span.Start), true
}

// step is how many bytes the next character of a string takes in the file and in the value. A byte of
// a character that is written as such counts as one.
func step(text []byte) (file, value int) {
	if len(text) == 0 {
		return 0, 0
	}
	if text[0] != '\\' {
		return 1, 1
	}
	s, w := unescape(text)
	return w, len(s)
}

// address is the dotted path of a node.
func (n *Node) address(suffix ...string) string {
	if path := strings.Join(append(n.Path(), suffix...), "."); path != "" {
		return path
	}
	return "$"
}
