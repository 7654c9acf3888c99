package compose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"refit/internal/edit"
	"refit/internal/yaml"
)

// RemoveEnvironment takes entries out of a service's environment, in its map or list form. When none is
// left, `environment` itself goes. Names that are not there are an error.
func (f *File) RemoveEnvironment(service string, names []string, allUsers bool) ([]edit.Edit, error) {
	addr := Addr("services", service, "environment")
	env, ok := f.Lookup(addr)
	if !ok {
		return nil, f.notFound(addr)
	}
	if env.Node.Kind == yaml.Sequence {
		return f.removeFromList(env, names, allUsers)
	}
	written := 0
	for _, name := range names {
		if env.Node.Lookup(name).Node == nil {
			return nil, f.notFound(below(addr, name))
		}
		if env.Node.Entry(name) != nil {
			written++
		}
	}
	if written == len(env.Node.Entries) && written == len(names) {
		return f.RemoveServiceKey(addr, allUsers)
	}
	var edits []edit.Edit
	for _, name := range names {
		e, err := f.RemoveServiceKey(below(addr, name), allUsers)
		if err != nil {
			return nil, err
		}
		edits = append(edits, e...)
	}
	return f.checked(edits)
}

func (f *File) removeFromList(env Value, names []string, allUsers bool) ([]edit.Edit, error) {
	all := pairs(&env)
	var indexes []int
	for _, name := range names {
		found := false
		for _, p := range all {
			if p.Key == name {
				found = true
				_, last := split(p.Entry.Addr)
				index, err := strconv.Atoi(last)
				if err != nil {
					return nil, ambiguous(p.Addr, "it is no item of a list")
				}
				indexes = append(indexes, index)
			}
		}
		if !found {
			return nil, f.notFound(below(env.Addr, name))
		}
	}
	return f.RemoveItems(env.Addr, indexes, allUsers)
}

// RemoveItems takes items, counted from 0, out of a list such as "services.app.volumes". When none is
// left, the key of the list goes with it.
func (f *File) RemoveItems(addr string, indexes []int, allUsers bool) ([]edit.Edit, error) {
	v, ok := f.Lookup(addr)
	if !ok || v.Node.Kind != yaml.Sequence {
		return nil, f.notFound(addr)
	}
	if v.Shared && !allUsers {
		return nil, ambiguous(addr, "it comes through an anchor")
	}
	indexes = slices.Compact(slices.Sorted(slices.Values(indexes)))
	if len(indexes) == len(v.Node.Items) {
		return f.RemoveServiceKey(addr, allUsers)
	}
	var edits []edit.Edit
	for _, i := range indexes {
		if i < 0 || i >= len(v.Node.Items) {
			return nil, f.notFound(below(addr, strconv.Itoa(i)))
		}
		e, err := v.Node.RemoveItem(i, options(below(addr, strconv.Itoa(i)), allUsers)...)
		if err != nil {
			return nil, err
		}
		edits = append(edits, e...)
	}
	return f.checked(edits)
}

// RemoveVolume takes one entry, counted from 0, out of a service's volumes.
func (f *File) RemoveVolume(service string, index int, allUsers bool) ([]edit.Edit, error) {
	return f.RemoveItems(Addr("services", service, "volumes"), []int{index}, allUsers)
}

// checked makes sure that edits which are right one by one are so together.
func (f *File) checked(edits []edit.Edit) ([]edit.Edit, error) {
	text, err := edit.Patch(f.Text, edits)
	if err == nil {
		_, err = Parse(f.Path, text)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: together: %w", ErrAmbiguous, err)
	}
	return edits, nil
}

// SetDependsOn gives the dependencies of a service their conditions (service_healthy and so on), by the
// name of the dependency. The short form becomes the long one, comments kept; a dependency that conditions
// doesn't name keeps its condition, one that is not there yet is an error.
func (f *File) SetDependsOn(service string, conditions map[string]string, allUsers bool) ([]edit.Edit, error) {
	addr := Addr("services", service, "depends_on")
	v, ok := f.Lookup(addr)
	if !ok {
		return nil, f.notFound(addr)
	}
	defs := dependsDefs(&v)
	for name := range conditions {
		if !slices.ContainsFunc(defs, func(d DependsDef) bool { return d.Service == name }) {
			return nil, f.notFound(below(addr, name))
		}
	}
	if v.Node.Kind == yaml.Sequence {
		return f.Set(addr, f.longDependsOn(v, conditions), allUsers)
	}
	var edits []edit.Edit
	for _, d := range defs {
		condition, ok := conditions[d.Service]
		if !ok || condition == d.Condition {
			continue
		}
		e, err := f.Set(below(addr, d.Service)+".condition", condition, allUsers)
		if err != nil {
			return nil, err
		}
		edits = append(edits, e...)
	}
	return f.checked(edits)
}

// longDependsOn writes a list of dependencies as a mapping, with the comments that stand in the list.
func (f *File) longDependsOn(list Value, conditions map[string]string) string {
	var b strings.Builder
	from := list.Node.Span.Start // what stands above the first one of a block stays where it is
	for i, item := range list.Node.Items {
		b.WriteString(f.linesOfComments(from, item.Span.Start))
		from = item.Span.End
		name := list.Items()[i].Text
		comment := f.commentBehind(item.Span.End, list.Node.Span.End)
		b.WriteString(scalarText(name) + ":" + comment + "\n")
		condition := conditions[name]
		if condition == "" {
			condition = "service_started"
		}
		b.WriteString("  condition: " + condition + "\n")
	}
	b.WriteString(f.linesOfComments(from, list.Node.Span.End))
	return b.String()
}

// linesOfComments are the comments on lines of their own between two places, however far in they stand: those that editors
// write to take a line out stand at its beginning.
func (f *File) linesOfComments(from, to int) string {
	text := ""
	for _, c := range f.YAML.Comments {
		if c.Alone && c.Span.Start >= from && c.Span.End <= to {
			text += f.YAML.Slice(c.Span) + "\n"
		}
	}
	return text
}

// commentBehind is the comment at the end of the line of an offset, with a space before it; "" for one behind the end of
// the list, which stays.
func (f *File) commentBehind(offset, end int) string {
	for _, c := range f.YAML.Comments {
		if c.Span.Start >= offset && !c.Alone {
			if c.Span.End > end || strings.Trim(string(f.Text[offset:c.Span.Start]), " \t\"',") != "" { // a line end, or another item of [a, b]
				return ""
			}
			return " " + f.YAML.Slice(c.Span)
		}
	}
	return ""
}
