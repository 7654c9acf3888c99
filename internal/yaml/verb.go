package yaml

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
)

// ErrAmbiguous says that an edit can't be made with certainty: the text is shared with other places by
// an anchor, or no way of writing the change leaves everything else as it was. The change is then one
// for a person.
var ErrAmbiguous = errors.New("can't be edited with certainty")

func ambiguous(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrAmbiguous, fmt.Sprintf(format, args...))
}

// Option refines an edit verb.
type Option func(*options)

type options struct {
	addr         string
	after        string
	first        bool
	withComments bool
	empty        bool
	shared       bool
}

// Addr names what the edits write; without it, the dotted path of the node.
func Addr(addr string) Option { return func(o *options) { o.addr = addr } }

// After puts a new entry behind the entry with this key, or a new item behind the item with this index
// (in decimal). Without it, or when there is no such entry, it goes to the end.
func After(key string) Option { return func(o *options) { o.after = key } }

// First puts a new entry or item before all others.
func First() Option { return func(o *options) { o.first = true } }

// WithComments removes the comments that belong to an entry together with it: Lead and Trail. Without
// it they stay; a comment at the end of a removed line goes with the line in any case.
func WithComments() Option { return func(o *options) { o.withComments = true } }

// OrEmpty lets the removal of the only entry or item leave "{}" or "[]"; without it, that is an error.
func OrEmpty() Option { return func(o *options) { o.empty = true } }

// Shared lets a verb edit what others refer to by an anchor: the caller has made sure that all of them
// (Node.AllUsers) need the same change. Without it, that is ErrAmbiguous.
func Shared() Option { return func(o *options) { o.shared = true } }

// verb is one edit in the making. Its ways of writing the change are tried in turn; the first whose
// result parses to exactly the wanted change is taken.
type verb struct {
	file *File
	options
	target *Node
	tries  [][]edit.Edit
	// want judges the node that stands where the target stood.
	want func(c *comparison, after *Node) error
	// loses says that comments inside of the edited bytes may go.
	loses bool
	added []string // comments that the new text brings along
}

func (n *Node) verb(opts []Option, suffix ...string) *verb {
	v := &verb{file: n.file, target: n}
	for _, o := range opts {
		o(&v.options)
	}
	if v.addr == "" {
		v.addr = strings.Join(append(n.address(), suffix...), ".")
	}
	if v.addr == "" {
		v.addr = "$" // the root
	}
	return v
}

// address is the path of a node, with the number of its document before it when that is not the first.
func (n *Node) address() []string {
	path := n.Path()
	root := n
	for root.Parent != nil {
		root = root.Parent
	}
	for i, doc := range n.file.Docs {
		if doc == root && i > 0 {
			path = append([]string{"doc" + strconv.Itoa(i+1)}, path...)
		}
	}
	return path
}

// try adds a way of writing the change.
func (v *verb) try(edits ...edit.Edit) {
	kept := make([]edit.Edit, 0, len(edits))
	for _, e := range edits {
		if e.Start != e.End || e.New != "" {
			kept = append(kept, e)
		}
	}
	v.tries = append(v.tries, kept)
}

func (v *verb) replace(s source.Span, text string) edit.Edit { return edit.Replace(s, text, v.addr) }
func (v *verb) insert(at int, text string) edit.Edit         { return edit.Insert(at, text, v.addr) }
func (v *verb) remove(from, to int) edit.Edit {
	return edit.Delete(source.Span{Start: from, End: to}, v.addr)
}

// done is the first way of writing the change that leaves everything else as it was.
func (v *verb) done() ([]edit.Edit, error) {
	if !v.shared {
		if users := v.target.AllUsers(); len(users) > 0 {
			return nil, ambiguous("%s is also used at %s through the anchor &%s", v.addr,
				v.file.Position(users[0].Span.Start), users[0].Value)
		}
	}
	if text := v.file.Text; len(text) > 0 && text[len(text)-1] != '\n' {
		// The last resort for a block scalar at the very end: its value needs the final line end.
		for _, edits := range v.tries {
			v.tries = append(v.tries, append(edits[:len(edits):len(edits)], v.insert(len(text), v.file.eol())))
		}
	}
	err := error(nil)
	for _, edits := range v.tries {
		e := v.verify(edits)
		if e == nil {
			return edits, nil
		}
		if err == nil {
			err = e
		}
	}
	if err == nil {
		err = errors.New("no way to write it here")
	}
	return nil, ambiguous("%s: %v", v.addr, err)
}
