package compose

import (
	"reflect"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/types"
)

// asWritten is generic for a struct of compose-go's: what is common is read off its fields, and only fields of other
// types are written as YAML and read back.
func asWritten(v any) any { return writtenStruct(reflect.ValueOf(v)) }

func writtenStruct(v reflect.Value) any {
	if e := v.FieldByName("Extensions"); e.IsValid() && e.Len() > 0 {
		return generic(v.Interface())
	}
	tree := map[string]any{}
	odd := reflect.New(v.Type()).Elem()
	hasOdd := false
	for _, f := range writtenFields(v.Type()) {
		field := v.FieldByIndex(f.index)
		if f.omitEmpty && field.IsZero() {
			continue
		}
		plain, ok := writtenField(field, f.omitEmpty)
		switch {
		case !ok:
			odd.FieldByIndex(f.index).Set(field)
			hasOdd = true
		case plain != nil:
			tree[f.name] = plain
		}
	}
	if !hasOdd {
		return tree
	}
	whole, ok := generic(odd.Interface()).(map[string]any)
	if !ok {
		return generic(v.Interface())
	}
	for key, value := range tree {
		whole[key] = value
	}
	return whole
}

// writtenField is a field of a common type, nil when it is left out; ok is false for other types.
func writtenField(field reflect.Value, omitEmpty bool) (plain any, ok bool) {
	switch t := field.Type(); {
	case t == reflect.TypeFor[string](), t == reflect.TypeFor[bool](), t == reflect.TypeFor[uint32]():
		return field.Interface(), true
	case t == reflect.TypeFor[[]string]() && (omitEmpty || field.Len() > 0):
		if field.Len() == 0 {
			return nil, true
		}
		items := make([]any, field.Len())
		for i := range items {
			items[i] = field.Index(i).String()
		}
		return items, true
	case t.Kind() == reflect.Pointer && byAttribute[t.Elem()] && !field.IsNil():
		return writtenStruct(field.Elem()), true
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && field.Len() > 0:
		return writtenMap(field)
	}
	return nil, false
}

// writtenMap is a map of common structs, or of names alone.
func writtenMap(field reflect.Value) (plain any, ok bool) {
	entries := make(map[string]any, field.Len())
	for iter := field.MapRange(); iter.Next(); {
		switch value := iter.Value(); {
		case byAttribute[value.Type()]:
			entries[iter.Key().String()] = writtenStruct(value)
		case value.Kind() == reflect.Pointer && value.IsNil() && value.Type() == reflect.TypeFor[*types.ServiceNetworkConfig]():
			entries[iter.Key().String()] = nil
		default:
			return nil, false
		}
	}
	return entries, true
}

// asField is how YAML writes a field.
type asField struct {
	name      string
	index     []int
	omitEmpty bool
}

func writtenFields(t reflect.Type) []asField {
	if known, ok := writtenOf.Load(t); ok {
		return known.([]asField)
	}
	var fields []asField
	for name, index := range attributeFields(t) {
		if t == reflect.TypeFor[types.ServiceConfig]() && name == "name" { // is the key
			continue
		}
		fields = append(fields, asField{name, index, strings.Contains(t.FieldByIndex(index).Tag.Get("yaml"), ",omitempty")})
	}
	writtenOf.Store(t, fields)
	return fields
}

var writtenOf sync.Map
