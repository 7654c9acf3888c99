package compose

import (
	"maps"
	"slices"
)

// steady is what is wrong with a tree by a check that stops at the first service with a fault, in the order of a Go
// map: the first by name. Two runs would name different services otherwise.
func steady(dict map[string]any, check func(map[string]any) error) error {
	err := check(clone(dict).(map[string]any))
	if err == nil {
		return nil
	}
	services := mapping(dict["services"])
	for _, name := range slices.Sorted(maps.Keys(services)) {
		alone := soleService(dict, name)
		found := check(clone(alone).(map[string]any))
		if found == nil {
			continue
		}
		for _, key := range []string{"depends_on", "environment", "labels", "models", "networks"} {
			entries := mapping(mapping(services[name])[key])
			for _, k := range slices.Sorted(maps.Keys(entries)) {
				service := maps.Clone(mapping(services[name]))
				service[key] = map[string]any{k: entries[k]}
				mapping(alone["services"])[name] = service
				for _, other := range []string{"depends_on", "environment", "labels", "models", "networks"} {
					if other != key {
						delete(service, other)
					}
				}
				if one := check(clone(alone).(map[string]any)); one != nil {
					return one
				}
			}
		}
		return found
	}
	return err
}

// soleService is the tree with stand-ins for all services but one: nothing can be wrong with them.
func soleService(dict map[string]any, name string) map[string]any {
	out, services := maps.Clone(dict), map[string]any{}
	for other, s := range mapping(dict["services"]) {
		stub := map[string]any{"image": "scratch"}
		for _, key := range []string{"build", "profiles"} { // others may need that it is built, or is left out
			if v, ok := mapping(s)[key]; ok {
				stub[key] = v
			}
		}
		if m, ok := stub["build"].(map[string]any); ok {
			stub["build"] = map[string]any{"context": m["context"]}
		}
		services[other] = stub
	}
	services[name] = mapping(dict["services"])[name]
	out["services"] = services
	return out
}
