package compose

import (
	"strconv"
	"strings"

	"refit/internal/source"
	"refit/internal/yaml"
)

// Value is one value of a Compose file.
type Value struct {
	// Addr is where the value stands, as "services.app.ports.0"; see Addr.
	Addr string
	// Text is the decoded text of a scalar; empty for mappings, sequences and nulls.
	Text string
	Node *yaml.Node // aliases resolved; never nil
	// Shared says that the value is written elsewhere or used from elsewhere too: through an anchor,
	// an alias or a merge key. An edit of its bytes changes those places as well.
	Shared bool
}

// Span is the bytes of the value as written, quotes included.
func (v Value) Span() source.Span { return v.Node.Span }

// IsNull says whether the value is a null or one that "!reset" takes away, whatever stands behind the tag.
func (v Value) IsNull() bool { return v.Node.IsNull() || v.Node.Tag == "!reset" }

// IsScalar says whether the value is neither a mapping nor a sequence nor null.
func (v Value) IsScalar() bool { return v.Node.Kind == yaml.Scalar && !v.IsNull() }

// Addr joins keys to an address: "services.app.ports.0". A dot or backslash inside a key is written
// with a backslash before it. Indexes of lists are decimal numbers from 0.
func Addr(keys ...string) string {
	escaped := make([]string, len(keys))
	for i, k := range keys {
		escaped[i] = escapeKey(k)
	}
	return strings.Join(escaped, ".")
}

var keyEscapes = strings.NewReplacer(`\`, `\\`, `.`, `\.`)

func escapeKey(k string) string {
	if !strings.ContainsAny(k, `\.`) {
		return k
	}
	return keyEscapes.Replace(k)
}

// Keys splits an address into its keys; the reverse of Addr.
func Keys(addr string) []string {
	if addr == "" {
		return nil
	}
	var keys []string
	var key strings.Builder
	for i := 0; i < len(addr); i++ {
		switch {
		case addr[i] == '\\' && i+1 < len(addr):
			i++
			key.WriteByte(addr[i])
		case addr[i] == '.':
			keys = append(keys, key.String())
			key.Reset()
		default:
			key.WriteByte(addr[i])
		}
	}
	return append(keys, key.String())
}

func below(addr, key string) string {
	if addr == "" {
		return escapeKey(key)
	}
	return addr + "." + escapeKey(key)
}

// Get is the value behind a key of a mapping, or at an index of a sequence.
func (v Value) Get(key string) (Value, bool) {
	found := v.Node.Lookup(key)
	if found.Node == nil || v.IsNull() {
		return Value{}, false
	}
	return newValue(below(v.Addr, key), found.Node, v.Shared || found.Shared), true
}

func newValue(addr string, n *yaml.Node, shared bool) Value {
	v := Value{Addr: addr, Node: n, Shared: shared}
	if v.IsScalar() {
		v.Text = n.Value
	}
	return v
}

// Child is Get as a pointer, nil when there is nothing. It may be called on nil.
func (v *Value) Child(keys ...string) *Value {
	if v == nil {
		return nil
	}
	at := *v
	for _, k := range keys {
		next, ok := at.Get(k)
		if !ok {
			return nil
		}
		at = next
	}
	return &at
}

// Keyed is one entry of a mapping.
type Keyed struct {
	Key   string
	Value Value
	// KeySpan is the key as written; for an entry that a merge key brings, there where it is written.
	KeySpan source.Span
}

// Entries are the entries of a mapping, those of merge keys included. It may be called on nil.
func (v *Value) Entries() []Keyed {
	if v == nil || v.Node.Kind != yaml.Mapping || v.IsNull() {
		return nil
	}
	var entries []Keyed
	for _, key := range v.Node.Keys() {
		found := v.Node.Lookup(key)
		if found.Node == nil || found.Entry == nil {
			continue
		}
		value := newValue(below(v.Addr, key), found.Node, v.Shared || found.Shared)
		entries = append(entries, Keyed{Key: key, Value: value, KeySpan: found.Entry.Key.Span})
	}
	return entries
}

// Items are the elements of a sequence. It may be called on nil.
func (v *Value) Items() []Value {
	if v == nil || v.Node.Kind != yaml.Sequence || v.IsNull() {
		return nil
	}
	var items []Value
	for i := range v.Node.Items {
		if item, ok := v.Get(strconv.Itoa(i)); ok {
			items = append(items, item)
		}
	}
	return items
}

// OneOrMore are the scalars of a field that is a string or a list of strings. It may be called on nil.
func (v *Value) OneOrMore() []Value {
	if v == nil {
		return nil
	}
	if v.IsScalar() {
		return []Value{*v}
	}
	var scalars []Value
	for _, item := range v.Items() {
		if item.IsScalar() {
			scalars = append(scalars, item)
		}
	}
	return scalars
}
