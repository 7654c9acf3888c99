package compose

import (
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

	variables source.Slot[[]Variable]
}

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
	return Read(path, text, func() (*yaml.File, error) { return yaml.Parse(path, text) })
}

// Read is Parse for a caller who parses the YAML by itself.
func Read(path string, text []byte, parse func() (*yaml.File, error)) (*File, error) {
	y, err := parse()
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
		d := newDefinition(s.Key, s.Value)
		d.KeySpan = s.KeySpan
		f.Services = append(f.Services, d)
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
