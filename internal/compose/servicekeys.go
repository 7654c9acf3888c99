package compose

import (
	"reflect"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// serviceKeys are the keys that a service may have, as compose-go's own type of a service names them.
var serviceKeys = keysOf(reflect.TypeFor[types.ServiceConfig]())

func keysOf(t reflect.Type) map[string]bool {
	keys := map[string]bool{}
	for field := range t.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case strings.Contains(options, "inline") && field.Type.Kind() == reflect.Struct:
			for k := range keysOf(field.Type) {
				keys[k] = true
			}
		case name != "" && name != "-" && name[0] != '#' && name != "name":
			keys[name] = true
		}
	}
	return keys
}
