package compose

import (
	"strconv"
	"strings"

	"refit/internal/source"
	"refit/internal/yaml"
)

// File is one Compose file as written: nothing is merged, filled in or resolved, and every value
// knows its bytes. Anchors and merge keys are followed when it is read; see Value.Shared.
type File struct {
	Path     string
	Text     []byte
	YAML     *yaml.File
	Name     *Value // top-level name:, nil when there is none
	Version  *Value // the obsolete version:
	Services []*Definition
	Volumes  []Resourced // top-level volumes:
	Networks []Resourced
	Secrets  []Resourced
	Configs  []Resourced
	Includes []Include
	// Extensions are the top-level x-* values.
	Extensions []Value
}

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

// IsScalar says whether the value is neither a mapping nor a sequence nor null.
func (v Value) IsScalar() bool { return v.Node.Kind == yaml.Scalar && !v.Node.IsNull() }

// Resourced is one entry of a top-level mapping: a volume, network, secret or config.
type Resourced struct {
	Key      string
	Value    Value // a null when nothing is written behind the key
	Name     *Value
	External bool // external: true, or the old external: {name: ...}
	File     *Value
}

// Include is one entry of include:.
type Include struct {
	Value      Value
	Paths      []Value
	ProjectDir *Value
	EnvFiles   []Value
}

// Parse reads one Compose file. The error is a *source.Problem: text that is not YAML (a Jinja or Go
// template is called so), or whose top level is no mapping. What Docker Compose would refuse beyond
// that is not checked here; Load does.
func Parse(path string, text []byte) (*File, error) {
	y, err := yaml.Parse(path, text)
	if err != nil {
		if sign := templateSign(text); sign != "" {
			return nil, &source.Problem{
				Path: path, What: "is a template, not YAML (it holds " + sign + ")", Original: err,
				Advice: "render it first; refit reads only what Docker Compose reads",
			}
		}
		return nil, err
	}
	f := &File{Path: path, Text: text, YAML: y}
	for _, doc := range y.Docs {
		if doc.IsNull() {
			continue
		}
		if doc.Resolve().Kind != yaml.Mapping {
			return nil, &source.Problem{Path: path, At: y.Position(doc.Span.Start), What: "the top level is no mapping", Why: "a Compose file is one", Advice: "correct it or exclude the file"}
		}
		f.readDocument(Value{Node: doc})
	}
	return f, nil
}

func (f *File) readDocument(top Value) {
	if v, ok := top.Get("name"); ok {
		f.Name = &v
	}
	if v, ok := top.Get("version"); ok {
		f.Version = &v
	}
	for _, s := range top.Child("services").Entries() {
		f.Services = append(f.Services, newDefinition(s.Key, s.Value))
	}
	f.Volumes = append(f.Volumes, resources(top.Child("volumes"))...)
	f.Networks = append(f.Networks, resources(top.Child("networks"))...)
	f.Secrets = append(f.Secrets, resources(top.Child("secrets"))...)
	f.Configs = append(f.Configs, resources(top.Child("configs"))...)
	for _, v := range top.Child("include").Items() {
		f.Includes = append(f.Includes, newInclude(v))
	}
	for _, e := range top.Entries() {
		if strings.HasPrefix(e.Key, "x-") {
			f.Extensions = append(f.Extensions, e.Value)
		}
	}
}

func resources(v *Value) []Resourced {
	var found []Resourced
	for _, e := range v.Entries() {
		r := Resourced{Key: e.Key, Value: e.Value, Name: e.Value.Child("name"), File: e.Value.Child("file")}
		if external := e.Value.Child("external"); external != nil {
			r.External = external.Text == "true" || external.Node.Kind == yaml.Mapping
			if r.Name == nil {
				r.Name = external.Child("name")
			}
		}
		found = append(found, r)
	}
	return found
}

func newInclude(v Value) Include {
	i := Include{Value: v, ProjectDir: v.Child("project_directory")}
	if v.IsScalar() {
		i.Paths = []Value{v}
		return i
	}
	i.Paths = v.Child("path").OneOrMore()
	i.EnvFiles = v.Child("env_file").OneOrMore()
	return i
}

// Service is the first service of that name, or nil.
func (f *File) Service(name string) *Definition {
	for _, s := range f.Services {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Lookup is the value at an address, aliases and merges followed; the first document that has it counts.
func (f *File) Lookup(addr string) (Value, bool) {
	keys := Keys(addr)
	for _, doc := range f.YAML.Docs {
		v, ok := Value{Node: doc}, true
		for _, k := range keys {
			if v, ok = v.Get(k); !ok {
				break
			}
		}
		if ok {
			return v, true
		}
	}
	return Value{}, false
}

// Standalone says whether the file can be used by itself: each of its services has an image, a build
// or something it extends. A file that can't is an overlay of another one. A file of includes only stands alone.
func (f *File) Standalone() bool {
	for _, s := range f.Services {
		if s.Image == nil && s.Build == nil && s.Extends == nil && s.Value.Child("provider") == nil {
			return false
		}
	}
	return len(f.Services) > 0 || len(f.Includes) > 0
}

// Position is the line and column of a byte offset.
func (f *File) Position(offset int) source.Position { return f.YAML.Position(offset) }

// Addr joins keys to an address: "services.app.ports.0". A dot or backslash inside a key is written
// with a backslash before it. Indexes of lists are decimal numbers from 0.
func Addr(keys ...string) string {
	escaped := make([]string, len(keys))
	for i, k := range keys {
		escaped[i] = strings.NewReplacer(`\`, `\\`, `.`, `\.`).Replace(k)
	}
	return strings.Join(escaped, ".")
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
		return Addr(key)
	}
	return addr + "." + Addr(key)
}

// Get is the value behind a key of a mapping, or at an index of a sequence.
func (v Value) Get(key string) (Value, bool) {
	found := v.Node.Lookup(key)
	if found.Node == nil {
		return Value{}, false
	}
	return newValue(below(v.Addr, key), found.Node, v.Shared || found.Shared), true
}

func newValue(addr string, n *yaml.Node, shared bool) Value {
	v := Value{Addr: addr, Node: n, Shared: shared}
	if n.Kind == yaml.Scalar && !n.IsNull() {
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
	if v == nil || v.Node.Kind != yaml.Mapping {
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
	if v == nil || v.Node.Kind != yaml.Sequence {
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
