package compose

import (
	"reflect"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// attributeFields are the fields of one of compose-go's types by the attributes that they are decoded from.
func attributeFields(t reflect.Type) map[string][]int {
	if known, ok := fieldsOf.Load(t); ok {
		return known.(map[string][]int)
	}
	fields := map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if f.IsExported() && !f.Anonymous && name != "" && name != "-" && name != "#extensions" {
			fields[name] = f.Index
		}
	}
	fieldsOf.Store(t, fields)
	return fields
}

var fieldsOf sync.Map

// decodeServices makes compose-go's services of a tree that Normalize has seen. Its own decoder looks for each of the
// hundred attributes that a service may have, by several spellings; here it is asked for those that are there. ok is false
// when the services have to take compose-go's way: for extensions, unknown attributes, or an error to report.
func decodeServices(services map[string]any) (decoded types.Services, ok bool) {
	decoded = make(types.Services, len(services))
	for name, s := range services {
		attributes, isMapping := s.(map[string]any)
		if !isMapping || hasExtension(attributes) {
			return nil, false
		}
		config := types.ServiceConfig{}
		if !decodeAttributes(reflect.ValueOf(&config).Elem(), attributes) {
			return nil, false
		}
		config.Name = name
		decoded[name] = config
	}
	return decoded, true
}

func decodeAttributes(into reflect.Value, attributes map[string]any) bool {
	fields := attributeFields(into.Type())
	for key, value := range attributes {
		field, known := fields[key]
		if !known || !decodeAttribute(into.FieldByIndex(field), value) {
			return false
		}
	}
	return true
}

// byAttribute are the types of attributes that are mappings of attributes themselves, and common.
var byAttribute = map[reflect.Type]bool{
	reflect.TypeFor[types.BuildConfig](): true, reflect.TypeFor[types.HealthCheckConfig](): true, reflect.TypeFor[types.EnvFile](): true,
	reflect.TypeFor[types.ServicePortConfig](): true, reflect.TypeFor[types.ServiceVolumeConfig](): true, reflect.TypeFor[types.ServiceDependency](): true,
}

// decodeAttribute does by itself what is common and goes by attributes too; compose-go's decoder does the rest.
func decodeAttribute(field reflect.Value, value any) bool {
	switch value := value.(type) {
	case string:
		if field.Type() == reflect.TypeFor[string]() {
			field.SetString(value)
			return true
		}
	case map[string]any:
		if t := field.Type(); t.Kind() == reflect.Pointer && byAttribute[t.Elem()] {
			field.Set(reflect.New(t.Elem()))
			return decodeAttributes(field.Elem(), value)
		} else if t.Kind() == reflect.Map && byAttribute[t.Elem()] {
			return decodeEntries(field, value)
		}
	case []any:
		if t := field.Type(); t.Kind() == reflect.Slice && byAttribute[t.Elem()] {
			return decodeItems(field, value)
		}
	}
	return loader.Transform(value, field.Addr().Interface()) == nil
}

func decodeEntries(field reflect.Value, entries map[string]any) bool {
	field.Set(reflect.MakeMapWithSize(field.Type(), len(entries)))
	for key, value := range entries {
		attributes, isMapping := value.(map[string]any)
		one := reflect.New(field.Type().Elem()).Elem()
		if !isMapping || !decodeAttributes(one, attributes) {
			return false
		}
		field.SetMapIndex(reflect.ValueOf(key), one)
	}
	return true
}

func decodeItems(field reflect.Value, items []any) bool {
	field.Set(reflect.MakeSlice(field.Type(), len(items), len(items)))
	for i, value := range items {
		attributes, isMapping := value.(map[string]any)
		if !isMapping || !decodeAttributes(field.Index(i), attributes) {
			return false
		}
	}
	return true
}

// hasExtension says whether a key below starts with x-: compose-go puts those aside before it decodes.
func hasExtension(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			if strings.HasPrefix(key, "x-") || hasExtension(e) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if hasExtension(e) {
				return true
			}
		}
	}
	return false
}
