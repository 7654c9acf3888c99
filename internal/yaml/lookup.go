package yaml

import "strconv"

// maxDepth bounds the nesting of a document, maxMerges how many mappings are looked at for one key: each
// look-up goes through them again.
const (
	maxDepth  = 1000
	maxMerges = 100
)

// Found is the result of Lookup.
type Found struct {
	// Node is the value, aliases resolved; nil when there is none.
	Node *Node
	// Entry is the entry that holds the value when the last key was one of a mapping.
	Entry *Entry
	// Shared says that the value is not (only) written here: it was reached through an alias or a
	// merge, or it lies under an anchor that others refer to. An edit of it changes other places.
	Shared bool
	// Users are the aliases and merges that refer to the value or to something that holds it.
	Users []*Node
}

// Lookup walks down by keys (of a sequence: indexes in decimal) and follows aliases and merges ("<<")
// as a YAML reader does: a key written in a mapping wins over a merged one, and the first of several
// merged mappings over the later ones.
func (n *Node) Lookup(keys ...string) Found {
	f := Found{Node: n}
	budget := maxMerges
	step := func(key string) {
		if f.Node.Kind == Sequence {
			f.Entry = nil
			if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(f.Node.Items) {
				f.Node = f.Node.Items[i].Value
				return
			}
			f.Node = nil
			return
		}
		entry, merged := f.Node.merged(key, &budget)
		f.Entry = entry
		f.Shared = f.Shared || merged
		if entry == nil {
			f.Node = nil
			return
		}
		f.Node = entry.Value
	}
	for _, key := range keys {
		f.deref()
		if f.Node == nil {
			return Found{}
		}
		step(key)
	}
	f.deref()
	if f.Node == nil {
		return Found{}
	}
	f.Users = f.Node.AllUsers()
	f.Shared = f.Shared || len(f.Users) > 0
	return f
}

func (f *Found) deref() {
	if f.Node != nil && f.Node.Kind == Alias {
		f.Shared = true
		f.Node = f.Node.Resolve()
	}
}

// merged finds the entry of a key in a mapping or in what is merged into it; the second result says
// that it came from a merge.
func (n *Node) merged(key string, budget *int) (*Entry, bool) {
	if *budget--; *budget < 0 || n == nil || n.Kind != Mapping {
		return nil, false
	}
	if e := n.Entry(key); e != nil {
		return e, false
	}
	for _, from := range n.Merges() {
		if e, _ := from.merged(key, budget); e != nil {
			return e, true
		}
	}
	return nil, false
}

// Merges are the mappings merged into a mapping by "<<", aliases resolved, in order of precedence.
func (n *Node) Merges() []*Node {
	var from []*Node
	for i := range n.Entries {
		if n.Entries[i].Key.Tag != "!!merge" {
			continue
		}
		v := n.Entries[i].Value.Resolve()
		if v == nil {
			continue
		}
		if v.Kind == Mapping {
			from = append(from, v)
		}
		for _, item := range v.Items {
			if m := item.Value.Resolve(); m != nil && m.Kind == Mapping {
				from = append(from, m)
			}
		}
	}
	return from
}

// All are the entries of a mapping with the merged ones, each key once, the written ones first.
func (n *Node) All() []*Entry {
	var all []*Entry
	seen := map[string]bool{}
	budget := maxMerges
	var add func(*Node)
	add = func(m *Node) {
		if budget--; budget < 0 || m == nil || m.Kind != Mapping {
			return
		}
		for i := range m.Entries {
			e := &m.Entries[i]
			if k := e.Key; k.Kind == Scalar && k.Tag != "!!merge" && !seen[k.Value] {
				seen[k.Value] = true
				all = append(all, e)
			}
		}
		for _, from := range m.Merges() {
			add(from)
		}
	}
	add(n.Resolve())
	return all
}

// Keys are the keys of All.
func (n *Node) Keys() []string {
	var keys []string
	for _, e := range n.All() {
		keys = append(keys, e.Key.Value)
	}
	return keys
}
