package compose

import (
	"maps"
	"slices"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/transform"
	"github.com/compose-spec/compose-go/v2/validation"
)

// The passes of compose-go ask up to seventy patterns of each value of a tree, and most attributes of most services
// concern none of them: those are left out of its sight. What each pass looks at is as of v2.16.2 (transform, override,
// validation, loader/omitEmpty.go); tests hold every attribute against it.

// plainKeys are attributes of a service that have one form only, whatever stands in them: compose-go brings nothing in
// them into another.
var plainKeys = setOf(
	"annotations", "cap_add", "cap_drop", "command", "container_name", "cpus", "deploy", "entrypoint", "environment", "expose", "extra_hosts",
	"healthcheck", "hostname", "image", "init", "labels", "logging", "mem_limit", "network_mode", "platform", "privileged", "profiles",
	"pull_policy", "read_only", "restart", "security_opt", "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "sysctls", "tmpfs", "tty",
	"user", "working_dir",
)

// lists are the attributes of services with lists in which nothing may occur twice.
var lists = setOf(
	"annotations", "build", "cap_add", "cap_drop", "configs", "deploy", "devices", "dns", "dns_opt", "dns_search", "env_file", "environment", "expose",
	"labels", "links", "networks", "ports", "profiles", "secrets", "sysctls", "tmpfs", "volumes",
)

var (
	defaulted = setOf("build", "deploy", "gpus", "ports", "secrets", "volumes")
	validated = setOf("deploy", "develop", "gpus", "ports")
)

func setOf(keys ...string) map[string]bool {
	set := make(map[string]bool, len(keys))
	for _, k := range keys {
		set[k] = true
	}
	return set
}

// canonical is transform.Canonical.
func canonical(dict map[string]any, ignoreParseError bool) (map[string]any, error) {
	return pass(dict, hasForms, func(d map[string]any) (map[string]any, error) { return transform.Canonical(d, ignoreParseError) })
}

func hasForms(key string, value any) bool {
	if build, ok := value.(map[string]any); ok && key == "build" {
		return slices.ContainsFunc([]string{"additional_contexts", "provenance", "sbom", "secrets", "ssh", "ulimits"}, func(k string) bool { _, ok := build[k]; return ok })
	}
	return !plainKeys[key]
}

// withDefaults is transform.SetDefaultValues.
func withDefaults(dict map[string]any) (map[string]any, error) {
	return pass(dict, func(key string, _ any) bool { return defaulted[key] }, transform.SetDefaultValues)
}

// distinct is override.EnforceUnicity.
func distinct(dict map[string]any) (map[string]any, error) {
	return pass(dict, func(key string, value any) bool { return lists[key] && hasList(value) }, override.EnforceUnicity)
}

func hasList(v any) bool {
	switch v := v.(type) {
	case []any:
		return true
	case map[string]any:
		for _, e := range v {
			if hasList(e) {
				return true
			}
		}
	}
	return false
}

// withoutEmpty is loader.OmitEmpty.
func withoutEmpty(dict map[string]any) (map[string]any, error) {
	return pass(dict, func(key string, _ any) bool { return key == "dns" }, func(d map[string]any) (map[string]any, error) { return loader.OmitEmpty(d), nil })
}

// validate is validation.Validate.
func validate(dict map[string]any) error {
	_, err := pass(dict, func(key string, _ any) bool { return validated[key] }, func(d map[string]any) (map[string]any, error) { return d, validation.Validate(d) })
	return err
}

// pass runs a pass of compose-go over the tree, in which it sees those attributes of services that it looks at.
func pass(dict map[string]any, looksAt func(key string, value any) bool, run func(map[string]any) (map[string]any, error)) (map[string]any, error) {
	put := setAside(dict, looksAt)
	out, err := run(dict)
	if err != nil {
		put(dict)
		return out, err
	}
	put(out)
	return out, nil
}

// setAside takes attributes out of the services, except those to look at. put puts them back into what became of the tree.
func setAside(dict map[string]any, looksAt func(key string, value any) bool) (put func(map[string]any)) {
	aside := map[string]map[string]any{}
	for name, s := range mapping(dict["services"]) {
		service, kept := mapping(s), map[string]any{}
		for key, v := range service {
			if !looksAt(key, v) {
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
