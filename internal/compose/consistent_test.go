package compose

import (
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// consistency is what both say of one service "s" beside a sound one.
func consistency(service map[string]any) (plain bool, theirs error) {
	bind := func(skip bool) (*types.Project, error) {
		dict := map[string]any{"services": map[string]any{"s": clone(service), "db": map[string]any{"image": "i"}, "idle": map[string]any{"image": "i", "profiles": []any{"p"}}},
			"networks": map[string]any{"n": nil}, "volumes": map[string]any{"v": nil}, "secrets": map[string]any{"k": map[string]any{"file": "f"}}, "configs": map[string]any{"c": map[string]any{"file": "f"}}}
		details := types.ConfigDetails{Environment: types.Mapping{}}
		return loader.ModelToProject(dict, loader.ToOptions(&details, []func(*loader.Options){func(o *loader.Options) {
			o.SkipConsistencyCheck, o.SkipResolveEnvironment, o.SkipResolveLabels = skip, true, true
		}}), details)
	}
	p, err := bind(true)
	if err != nil {
		return false, err
	}
	_, theirs = bind(false)
	return plainlyConsistent(p), theirs
}

// What is taken for consistent compose-go takes too; what it refuses is never taken.
func TestPlainlyConsistent(t *testing.T) {
	mount := func(kind, source, target string) map[string]any {
		return map[string]any{"type": kind, "source": source, "target": target}
	}
	sound := map[string]map[string]any{
		"image": {}, "build": {"build": map[string]any{"context": ".", "target": "t"}}, "network": {"networks": map[string]any{"n": nil}}, "host": {"network_mode": "host"},
		"mounts":  {"volumes": []any{mount("volume", "v", "/a"), mount("bind", "/x", "/b"), mount("volume", "", "/c")}, "tmpfs": []any{"/d"}},
		"depends": {"depends_on": map[string]any{"db": map[string]any{"condition": "service_started", "required": true}}},
		"checked": {"healthcheck": map[string]any{"test": []any{"CMD-SHELL", "true"}}}, "secret": {"secrets": []any{map[string]any{"source": "k"}}}, "config": {"configs": []any{map[string]any{"source": "c"}}},
		"limits": {"deploy": map[string]any{"resources": map[string]any{"limits": map[string]any{"memory": "1gb"}}}}, "named": {"container_name": "x"}, "memory": {"mem_limit": "1gb"},
	}
	for name, s := range sound {
		s["image"] = "i"
		if plain, err := consistency(s); !plain || err != nil {
			t.Errorf("%s: %v, compose-go: %v", name, plain, err)
		}
	}
	for name, s := range map[string]map[string]any{
		"nothing to run": {}, "two Dockerfiles": {"build": map[string]any{"context": ".", "dockerfile": "d", "dockerfile_inline": "FROM a"}},
		"unknown context": {"build": map[string]any{"context": ".", "additional_contexts": map[string]any{"a": "service:none"}}}, "context that is not built": {"build": map[string]any{"context": ".", "additional_contexts": map[string]any{"a": "service:db"}}},
		"platforms": {"platform": "linux/arm64", "build": map[string]any{"context": ".", "platforms": []any{"linux/amd64"}}}, "build secret": {"build": map[string]any{"context": ".", "secrets": []any{map[string]any{"source": "none"}}}},
		"two networks": {"image": "i", "network_mode": "host", "networks": map[string]any{"n": nil}}, "unknown network": {"image": "i", "networks": map[string]any{"none": nil}},
		"odd check": {"image": "i", "healthcheck": map[string]any{"test": []any{"true"}}}, "depends on nothing": {"image": "i", "depends_on": map[string]any{"none": map[string]any{"condition": "service_started", "required": true}}},
		"depends on what is off": {"image": "i", "depends_on": map[string]any{"idle": map[string]any{"condition": "service_started", "required": true}}}, "depends on itself": {"image": "i", "depends_on": map[string]any{"s": map[string]any{"condition": "service_started", "required": true}}},
		"network of nothing": {"image": "i", "network_mode": "service:none"}, "unknown volume": {"image": "i", "volumes": []any{mount("volume", "none", "/a")}}, "unknown config": {"image": "i", "configs": []any{map[string]any{"source": "none"}}},
		"unknown secret": {"image": "i", "secrets": []any{map[string]any{"source": "none"}}}, "unknown model": {"image": "i", "models": map[string]any{"none": nil}}, "two scales": {"image": "i", "scale": 2, "deploy": map[string]any{"replicas": 3}},
		"negative scale": {"image": "i", "scale": -1}, "negative replicas": {"image": "i", "deploy": map[string]any{"replicas": -1}}, "two CPU limits": {"image": "i", "cpus": 1.5, "deploy": map[string]any{"resources": map[string]any{"limits": map[string]any{"cpus": "1"}}}},
		"two memory limits": {"image": "i", "mem_limit": "1gb", "deploy": map[string]any{"resources": map[string]any{"limits": map[string]any{"memory": "2gb"}}}}, "two reservations": {"image": "i", "mem_reservation": "1gb", "deploy": map[string]any{"resources": map[string]any{"reservations": map[string]any{"memory": "2gb"}}}},
		"two limits of processes": {"image": "i", "pids_limit": 5, "deploy": map[string]any{"resources": map[string]any{"limits": map[string]any{"pids": 6}}}}, "a name for several": {"image": "i", "container_name": "x", "scale": 2}, "a name for several replicas": {"image": "i", "container_name": "x", "deploy": map[string]any{"replicas": 2}},
		"watch without a target": {"image": "i", "develop": map[string]any{"watch": []any{map[string]any{"action": "sync", "path": "p"}}}}, "one place twice": {"image": "i", "volumes": []any{mount("bind", "/x", "/a"), mount("bind", "/y", "/a")}},
		"a mount on a tmpfs": {"image": "i", "tmpfs": []any{"/a:size=1"}, "volumes": []any{mount("bind", "/x", "/a")}}, "two tmpfs": {"image": "i", "tmpfs": []any{"/a", "/a:ro"}},
	} {
		if plain, err := consistency(s); plain || err == nil {
			t.Errorf("%s: %v, compose-go: %v", name, plain, err)
		}
	}
}
