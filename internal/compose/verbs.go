package compose

import (
	"bytes"
	"fmt"
	"strings"

	"refit/internal/edit"
	"refit/internal/source"
	"refit/internal/yaml"
)

// ErrAmbiguous is returned by the edit verbs when the bytes to be edited are shared with other places
// through an anchor, an alias or a merge key, or when no way of writing the change leaves everything else
// as it is. The change is then one for a person.
//
// Every verb takes allUsers: true says that all places that share the bytes need the same change, so
// that it goes to the definition.
var ErrAmbiguous = yaml.ErrAmbiguous

func ambiguous(addr, format string, args ...any) error {
	return fmt.Errorf("%s: %w: %s", addr, ErrAmbiguous, fmt.Sprintf(format, args...))
}

// notFound is the error for an address that leads nowhere.
func (f *File) notFound(addr string) error {
	return fmt.Errorf("%s: there is no %s", f.Path, addr)
}

func options(addr string, allUsers bool, more ...yaml.Option) []yaml.Option {
	o := append([]yaml.Option{yaml.Addr(addr)}, more...)
	if allUsers {
		o = append(o, yaml.Shared())
	}
	return o
}

// split parts an address into that of the parent and the last key.
func split(addr string) (parent, key string) {
	keys := Keys(addr)
	if len(keys) == 0 {
		return "", ""
	}
	return Addr(keys[:len(keys)-1]...), keys[len(keys)-1]
}

// Set writes a value at an address of mappings: it replaces the one that is there or adds the key. The
// value is YAML text of any number of lines, its first at column 0. A key that only a merge brings is
// written into the mapping itself, where it wins, so that the anchor stays as it is.
func (f *File) Set(addr, value string, allUsers bool) ([]edit.Edit, error) {
	return f.SetAfter(addr, value, "", allUsers)
}

// SetAfter is Set; a key that has to be added goes behind the key named after, or to the end.
func (f *File) SetAfter(addr, value, after string, allUsers bool) ([]edit.Edit, error) {
	parentAddr, key := split(addr)
	parent, ok := f.Lookup(parentAddr)
	if !ok {
		return nil, f.notFound(parentAddr)
	}
	if parent.Shared && !allUsers {
		return nil, ambiguous(addr, "%s is shared through an anchor", parentAddr)
	}
	if parent.Node.Entry(key) != nil {
		return parent.Node.ReplaceEntryValue(key, value, options(addr, allUsers)...)
	}
	return parent.Node.AddEntry(key, value, options(addr, allUsers, yaml.After(after))...)
}

// AddServiceKey adds a key to a service: Set for a key that must not be there yet.
func (f *File) AddServiceKey(addr, value string, allUsers bool) ([]edit.Edit, error) {
	if _, ok := f.Lookup(addr); ok {
		return nil, fmt.Errorf("%s: %s is there already", f.Path, addr)
	}
	return f.Set(addr, value, allUsers)
}

// SetServiceValue is Set for a key that must be there.
func (f *File) SetServiceValue(addr, value string, allUsers bool) ([]edit.Edit, error) {
	if _, ok := f.Lookup(addr); !ok {
		return nil, f.notFound(addr)
	}
	return f.Set(addr, value, allUsers)
}

// RemoveServiceKey takes a key with its value away. The comments above it stay.
func (f *File) RemoveServiceKey(addr string, allUsers bool) ([]edit.Edit, error) {
	parentAddr, key := split(addr)
	parent, ok := f.Lookup(parentAddr)
	if !ok {
		return nil, f.notFound(parentAddr)
	}
	holder, err := f.holder(parent, addr, key, allUsers)
	if err != nil {
		return nil, err
	}
	return holder.RemoveEntry(key, options(addr, allUsers, yaml.OrEmpty())...)
}

// holder is the mapping whose bytes hold a key, when taking it from there takes it away.
func (f *File) holder(parent Value, addr, key string, allUsers bool) (*yaml.Node, error) {
	found := parent.Node.Lookup(key)
	if found.Entry == nil {
		return nil, f.notFound(addr)
	}
	holder := found.Entry.Key.Parent
	if (parent.Shared || holder != parent.Node) && !allUsers {
		return nil, ambiguous(addr, "it comes through an anchor")
	}
	for _, from := range holder.Merges() {
		if from.Lookup(key).Node != nil {
			return nil, ambiguous(addr, "a merge key would bring another value in its place")
		}
	}
	return holder, nil
}

// SetTopLevelName writes the project's name: at the top of the file, behind version: when there is one.
func (f *File) SetTopLevelName(name string) ([]edit.Edit, error) {
	root := f.YAML.Root()
	if root == nil {
		return nil, fmt.Errorf("%s: an empty file has no place for a name", f.Path)
	}
	if f.Name != nil {
		return f.Set("name", scalarText(name), false)
	}
	if root.Entry("version") != nil {
		return root.AddEntry("name", scalarText(name), yaml.Addr("name"), yaml.After("version"))
	}
	edits, err := root.AddEntry("name", scalarText(name), yaml.Addr("name"), yaml.First())
	if n := len(edits); err == nil && n > 0 && f.spaced(root, edits[n-1].End) {
		if eol := source.EOL(f.Text); strings.HasSuffix(edits[n-1].New, eol) {
			edits[n-1].New += eol
		}
	}
	return edits, err
}

// spaced says whether an entry before the first one of the mapping wants a blank line behind it: a comment
// follows, which would seem to be about it, or blank lines stand between the entries that are there.
func (f *File) spaced(root *yaml.Node, at int) bool {
	if next := bytes.TrimLeft(f.Text[at:], " \t"); bytes.HasPrefix(next, []byte("#")) {
		return true
	}
	for i := range len(root.Entries) - 1 {
		between := f.Text[root.Entries[i].Key.Span.End:root.Entries[i+1].Key.Span.Start]
		if bytes.Contains(between, []byte("\n\n")) || bytes.Contains(between, []byte("\n\r\n")) {
			return true
		}
	}
	return false
}

// RemoveVersion takes the obsolete version: away; no edits when there is none. Comments stay.
func (f *File) RemoveVersion() ([]edit.Edit, error) {
	if f.Version == nil {
		return nil, nil
	}
	return f.RemoveServiceKey("version", false)
}

// SetBuildTarget makes a service build the stage target. The short form of build becomes the long one.
func (f *File) SetBuildTarget(service, target string, allUsers bool) ([]edit.Edit, error) {
	d := f.Service(service)
	if d == nil || d.Build == nil {
		return nil, f.notFound(Addr("services", service, "build"))
	}
	addr := Addr("services", service, "build")
	if !d.Build.Short {
		return f.SetAfter(addr+".target", scalarText(target), "dockerfile", allUsers)
	}
	context := f.YAML.Slice(d.Build.Value.Span())
	return f.Set(addr, "context: "+context+"\ntarget: "+scalarText(target)+"\n", allUsers)
}

// AddEnvFile makes a service read one more env file, the last one, whose values win over those of the
// files before it. path is relative to the project directory. No edits when it reads the file already.
func (f *File) AddEnvFile(service, path string, allUsers bool) ([]edit.Edit, error) {
	addr := Addr("services", service, "env_file")
	d := f.Service(service)
	if d == nil {
		return nil, f.notFound(Addr("services", service))
	}
	for _, e := range d.EnvFiles {
		if e.Path.Text == path {
			return nil, nil
		}
	}
	v := d.Value.Child("env_file")
	item := scalarText(path)
	switch {
	case v == nil || v.IsNull():
		after := ""
		for _, key := range []string{"image", "build", "container_name"} {
			if d.Value.Node.Entry(key) != nil {
				after = key
			}
		}
		list := "- " + item + "\n"
		if d.Value.Node.Style == yaml.Flow { // {image: a, environment: {A: b}}
			list = "[" + item + "]"
		}
		return f.SetAfter(addr, list, after, allUsers)
	case v.Node.Kind == yaml.Sequence:
		if v.Shared && !allUsers {
			return nil, ambiguous(addr, "it comes through an anchor")
		}
		return v.Node.AddItem(item, options(addr, allUsers)...)
	case v.IsScalar():
		return f.Set(addr, "- "+f.YAML.Slice(v.Span())+"\n- "+item+"\n", allUsers)
	}
	return nil, ambiguous(addr, "neither a path nor a list")
}

// SetPortHostIP binds one published port, "services.db.ports.0", to an address of the host.
func (f *File) SetPortHostIP(addr, ip string, allUsers bool) ([]edit.Edit, error) {
	v, ok := f.Lookup(addr)
	if !ok {
		return nil, f.notFound(addr)
	}
	if v.Shared && !allUsers {
		return nil, ambiguous(addr, "it comes through an anchor")
	}
	if v.Node.Kind == yaml.Mapping {
		return f.Set(addr+".host_ip", scalarText(ip), allUsers)
	}
	if strings.Contains(ip, ":") && !strings.HasPrefix(ip, "[") {
		ip = "[" + ip + "]"
	}
	parts := splitColons(v.Text)
	old := source.Span{}
	text := ip + ":"
	switch len(parts) {
	case 1:
		if strings.HasPrefix(v.Text, "$") {
			return nil, ambiguous(addr, "a variable holds the whole port")
		}
		text += ":" // the engine goes on picking the host port
	case 2:
	default:
		old.End = parts[len(parts)-3].End
		text = ip
	}
	edits, err := v.Node.ReplaceInScalar(old.Start, old.End, text, options(addr, allUsers)...)
	if err != nil { // a number such as 8000 becomes a string
		return v.Node.Replace(`"`+text+v.Text[old.End:]+`"`, options(addr, allUsers)...)
	}
	return edits, nil
}
