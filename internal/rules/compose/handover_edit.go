package compose

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	format "refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/yaml"
)

// errNothing says that nothing is left to hand over.
var errNothing = errors.New("nothing is left to hand over")

// disturbance is a service that the env file as a whole would change in unwanted ways.
type disturbance struct{ service, why string }

// build makes the operations and the declarations for what is to move.
func (h *handover) build() (*disturbance, error) {
	h.ops, h.declares, h.readers = nil, nil, map[string]bool{}
	h.keepConflicting()
	h.keepTogether()
	edits, comments, err := h.composeEdits()
	if err != nil {
		return nil, err
	}
	if len(edits) == 0 {
		return nil, errNothing
	}
	composeText, err := edit.Patch(h.file.File.Text, edits)
	if err != nil {
		return nil, fmt.Errorf("the places lie too close together: %w", err)
	}
	if _, err := format.Parse(h.file.Path, composeText); err != nil {
		return nil, err
	}
	envOp, envText, err := h.envEdits(comments)
	if err != nil {
		return nil, err
	}
	h.ops = []edit.Op{edit.Text(h.file.Path, edits...)}
	if envOp != nil {
		h.ops = append(h.ops, *envOp)
	}
	if h.unignored {
		ignore, err := h.ignoreTarget()
		if err != nil {
			return nil, err
		}
		h.ops = append(h.ops, ignore)
	}
	return h.compare(map[string][]byte{h.file.Path: composeText, h.target: envText})
}

// moving are the literals that move.
func (h *handover) moving() []*literal {
	return slices.DeleteFunc(slices.Clone(h.literals), func(l *literal) bool { return l.keep != "" })
}

// keepConflicting keeps the literals whose key has another value in the env file that somebody reads.
func (h *handover) keepConflicting() {
	if h.dot == nil {
		return
	}
	values, _ := h.dot.Values(nil)
	for _, l := range h.moving() {
		had, ok := values[l.pair.Key]
		if !ok || had == l.value {
			continue
		}
		if why := h.readElsewhere(l.pair.Key); why != "" {
			h.keepAll(l.pair.Key, h.target+" has another value of "+l.pair.Key+", "+why)
		}
	}
}

// keepTogether keeps the literals whose value another one, which stays, has in it: a database and its user
// would come apart with the first env file that has another password.
func (h *handover) keepTogether() {
	for range h.literals {
		changed := false
		for _, l := range h.moving() {
			for _, o := range h.literals {
				if o.keep != "" && l.keep == "" && l.service != o.service && l.pair.Text != "" && strings.Contains(o.pair.Text, l.pair.Text) {
					l.keep, changed = "service "+o.service+" has the same value in "+o.pair.Key+", which stays: "+o.keep, true
				}
			}
		}
		if !changed {
			return
		}
	}
}

// readElsewhere says who gets the env file's own value of a key today.
func (h *handover) readElsewhere(key string) string {
	literalIn := map[string]bool{}
	for _, l := range h.literals {
		if l.pair.Key == key {
			literalIn[l.service] = true
		}
	}
	for _, v := range format.Variables(h.file.File) {
		if v.Name == key {
			return "which ${" + key + "} takes in"
		}
	}
	if e := h.p.EnvFile(h.target); e != nil {
		for _, r := range e.Readers {
			switch {
			case r.Mechanism == project.ByShell:
				return "which " + r.By + " reads"
			case r.Service != "" && !literalIn[r.Service]:
				return "which service " + r.Service + " reads"
			}
		}
	}
	return ""
}

// composeEdits takes literals and mounts out and adds env_file. comments are those that the removed
// lines carried, by key.
func (h *handover) composeEdits() (edits []edit.Edit, comments map[string][]string, err error) {
	f := h.file.File
	comments = map[string][]string{}
	byHolder := map[*yaml.Node][]*literal{}
	var holders []*yaml.Node
	for _, l := range h.moving() {
		if l.inPlace {
			e, err := h.variable(l)
			if err != nil {
				return nil, nil, err
			}
			edits = append(edits, e...)
			continue
		}
		h.readers[l.service] = true
		if l.twin {
			continue
		}
		holder := l.pair.Entry.Node.Parent
		if byHolder[holder] == nil {
			holders = append(holders, holder)
		}
		byHolder[holder] = append(byHolder[holder], l)
	}
	for _, holder := range holders {
		e, err := h.removal(holder, byHolder[holder], comments)
		if err != nil {
			return nil, nil, err
		}
		edits = append(edits, e...)
	}
	for _, d := range f.Services {
		var indexes []int
		for _, m := range h.mounts {
			if m.service == d.Name && m.keep == "" {
				indexes = append(indexes, m.index)
			}
		}
		if len(indexes) == 0 {
			continue
		}
		h.readers[d.Name] = true
		e, err := f.RemoveItems(format.Addr("services", d.Name, "volumes"), indexes, false)
		if err != nil {
			return nil, nil, err
		}
		h.lost(e, nil, comments)
		edits = append(edits, e...)
	}
	for _, d := range f.Services {
		if !h.readers[d.Name] {
			continue
		}
		e, err := f.AddEnvFile(d.Name, h.written(), false)
		if err != nil {
			return nil, nil, err
		}
		edits = append(edits, e...)
	}
	return edits, comments, nil
}

// variable puts a variable that must be set in the place of the value.
func (h *handover) variable(l *literal) ([]edit.Edit, error) {
	if l.twin {
		return nil, nil
	}
	n, from := l.pair.Entry.Node, 0
	if n.Parent.Kind == yaml.Sequence {
		from = len(l.pair.Key) + len("=")
	}
	return n.ReplaceInScalar(from, len(n.Value), "${"+l.pair.Key+":?set it in "+path.Base(h.target)+"}", yaml.Shared())
}

// written is the env file's path as the Compose file writes it.
func (h *handover) written() string {
	for _, d := range h.file.File.Services {
		for _, e := range d.EnvFiles {
			if e.Path != nil && path.Join(h.dir(), e.Path.Text) == h.target {
				return e.Path.Text
			}
		}
	}
	return project.RelativePath(h.dir(), h.target)
}

// removal takes entries out of the mapping or list that holds them, and the whole environment when
// nothing else is in it.
func (h *handover) removal(holder *yaml.Node, list []*literal, comments map[string][]string) ([]edit.Edit, error) {
	first := list[0]
	d := h.file.File.Service(first.service)
	if env := d.Value.Child("environment"); env != nil && env.Node == holder && !env.Shared && len(list) == max(len(holder.Entries), len(holder.Items)) {
		e, err := h.file.File.RemoveServiceKey(env.Addr, false)
		h.lost(e, list, comments)
		return e, err
	}
	var edits []edit.Edit
	for _, l := range list {
		options := []yaml.Option{yaml.Addr(l.pair.Addr), yaml.WithComments(), yaml.OrEmpty(), yaml.Shared()}
		var e []edit.Edit
		var err error
		if holder.Kind == yaml.Sequence {
			e, err = holder.RemoveItem(slices.IndexFunc(holder.Items, func(i yaml.Item) bool { return i.Value == l.pair.Entry.Node }), options...)
		} else {
			e, err = holder.RemoveEntry(l.pair.Key, options...)
		}
		if err != nil {
			return nil, err
		}
		h.lost(e, []*literal{l}, comments)
		edits = append(edits, e...)
	}
	return edits, nil
}

// lost notes the comments that edits take away, by the key of the literal whose line they are at.
func (h *handover) lost(edits []edit.Edit, list []*literal, comments map[string][]string) {
	f := h.file.File
	for _, c := range f.YAML.Comments {
		gone := slices.ContainsFunc(edits, func(e edit.Edit) bool {
			return e.Start <= c.Span.Start && c.Span.End <= e.End && !strings.Contains(e.New, f.YAML.Slice(c.Span))
		})
		if !gone {
			continue
		}
		key := ""
		for _, l := range list {
			line := f.Position(l.pair.Entry.Span().End).Line
			if key == "" || f.Position(c.Span.Start).Line > line-1 {
				key = l.pair.Key
			}
			if f.Position(c.Span.Start).Line <= line {
				key = l.pair.Key
				break
			}
		}
		comments[key] = append(comments[key], strings.TrimPrefix(strings.TrimLeft(f.YAML.Slice(c.Span), "#"), " "))
	}
}
