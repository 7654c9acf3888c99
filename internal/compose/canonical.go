package compose

import (
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/transform"
)

// plainKeys are attributes of a service that have one form only, whatever stands in them: compose-go brings nothing in
// them into another (transform/canonical.go of v2.16.2; a test holds every one against it). It asks some seventy
// patterns about each value, so these, the bulk of most files, are left out of its sight.
var plainKeys = []string{
	"annotations", "cap_add", "cap_drop", "command", "container_name", "cpus", "deploy", "entrypoint", "environment", "expose", "extra_hosts",
	"healthcheck", "hostname", "image", "init", "labels", "logging", "mem_limit", "network_mode", "platform", "privileged", "profiles",
	"pull_policy", "read_only", "restart", "security_opt", "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "sysctls", "tmpfs", "tty",
	"user", "working_dir",
}

// canonical is transform.Canonical.
func canonical(dict map[string]any, ignoreParseError bool) (map[string]any, error) {
	put := setAside(dict)
	out, err := transform.Canonical(dict, ignoreParseError)
	if err != nil {
		put(dict)
		return out, err
	}
	put(out)
	return out, nil
}

// withDefaults is transform.SetDefaultValues, which has defaults for none of the plain attributes but a part of deploy.
func withDefaults(dict map[string]any) (map[string]any, error) {
	put := setAside(dict, "deploy")
	out, err := transform.SetDefaultValues(dict)
	if err != nil {
		put(dict)
		return out, err
	}
	put(out)
	return out, nil
}

// setAside takes the plain attributes out of the services, except some of them. put puts them back into what became of
// the tree.
func setAside(dict map[string]any, except ...string) (put func(map[string]any)) {
	aside := map[string]map[string]any{}
	for name, s := range mapping(dict["services"]) {
		service := mapping(s)
		kept := map[string]any{}
		for _, key := range plainKeys {
			if v, ok := service[key]; ok && !slices.Contains(except, key) {
				kept[key] = v
				delete(service, key)
			}
		}
		aside[name] = kept
	}
	return func(tree map[string]any) {
		services := mapping(tree["services"])
		for name, kept := range aside {
			if service := mapping(services[name]); service != nil {
				maps.Copy(service, kept)
			}
		}
	}
}
