package compose

import (
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// theirServices are what compose-go decodes of the services, unchecked.
func theirServices(services map[string]any) (types.Services, error) {
	details := types.ConfigDetails{Environment: types.Mapping{}}
	p, err := loader.ModelToProject(map[string]any{"services": clone(services)}, loader.ToOptions(&details, []func(*loader.Options){func(o *loader.Options) {
		o.SkipConsistencyCheck, o.SkipResolveEnvironment, o.SkipResolveLabels, o.Profiles = true, true, true, []string{"*"}
	}}), details)
	if err != nil {
		return nil, err
	}
	return p.Services, nil
}

// attributeValues are values of many shapes: what fits which attribute, compose-go knows.
func attributeValues() []any {
	nested := map[string]any{"a": "b", "c": "3"}
	return []any{
		"", "text", "1", "10s", "1gb", "true", 1, 0, 1.5, true, false, nil, []any{}, []any{"a"}, []any{"a=b", "c"}, []any{1, "2"}, []any{nested}, []any{nil},
		map[string]any{}, nested, map[string]any{"a": nil}, map[string]any{"a": map[string]any{}}, map[string]any{"a": nested},
		map[string]any{"context": "c", "dockerfile": "d", "args": map[string]any{"A": "1", "B": nil}, "target": "t", "cache_from": []any{"i"}, "no_cache": true, "shm_size": "1mb", "labels": nested, "ssh": map[string]any{"default": ""}, "network": "host"},
		map[string]any{"test": []any{"CMD", "true"}, "interval": "5s", "timeout": "1m", "retries": 3, "start_period": "2s", "start_interval": "1s", "disable": false},
		map[string]any{"db": map[string]any{"condition": "service_healthy", "required": true, "restart": true}},
		[]any{map[string]any{"path": "p", "required": true, "format": "raw"}},
		[]any{map[string]any{"mode": "ingress", "target": 80, "published": "8080", "protocol": "tcp", "host_ip": "127.0.0.1", "name": "n", "app_protocol": "http"}, map[string]any{"target": uint32(81)}},
		[]any{map[string]any{"type": "bind", "source": "s", "target": "/t", "read_only": true, "bind": map[string]any{"create_host_path": true, "selinux": "z"}, "consistency": "cached"},
			map[string]any{"type": "volume", "target": "/u", "volume": map[string]any{"nocopy": true}}, map[string]any{"type": "tmpfs", "target": "/v", "tmpfs": map[string]any{"size": "1mb", "mode": 511}}},
		map[string]any{"replicas": 2, "resources": map[string]any{"limits": map[string]any{"cpus": "0.5", "memory": "1gb"}}, "labels": nested, "restart_policy": map[string]any{"condition": "any", "delay": "1s"}},
		map[string]any{"driver": "d", "options": nested}, map[string]any{"nofile": map[string]any{"soft": 1, "hard": 2}, "nproc": 3},
		map[string]any{"watch": []any{map[string]any{"action": "sync", "path": "p", "target": "/t"}}}, map[string]any{"service": "s", "file": "f"},
		map[string]any{"type": "x", "options": map[string]any{"a": []any{"b"}}}, map[string]any{"n": map[string]any{"aliases": []any{"a"}, "priority": 1}, "m": nil},
	}
}

// decodedSafely is decodeServices for values of types that the schema would have refused: compose-go panics at some.
func decodedSafely(services map[string]any) (got types.Services, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return decodeServices(clone(services).(map[string]any))
}

// Every attribute with every value becomes what compose-go makes of it, or is left to compose-go.
func TestAttributesAreDecodedAsComposeGoDoes(t *testing.T) {
	for _, key := range slices.Sorted(maps.Keys(attributeFields(reflect.TypeFor[types.ServiceConfig]()))) {
		if key == "name" {
			continue // the name of the service
		}
		taken := 0
		for i, v := range attributeValues() {
			services := map[string]any{"s": map[string]any{"image": "i", key: v}}
			got, ok := decodedSafely(services)
			if !ok {
				continue
			}
			want, err := theirServices(services)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s, value %d: %+v, compose-go: %+v, %v", key, i, got, want, err)
			}
			if !reflect.DeepEqual(got["s"], types.ServiceConfig{Name: "s", ContainerSpec: types.ContainerSpec{Image: "i"}}) {
				taken++
			}
		}
		if taken == 0 {
			t.Errorf("%s is never decoded", key)
		}
	}
}

// What compose-go reads in its own ways is left to it.
func TestOddServicesAreLeftToComposeGo(t *testing.T) {
	for name, service := range map[string]any{
		"no mapping": []any{"a"}, "nothing": nil, "extension": map[string]any{"x-a": "b"}, "unknown": map[string]any{"images": "i"}, "another case": map[string]any{"Image": "i"},
		"extension inside": map[string]any{"build": map[string]any{"context": ".", "x-a": "b"}}, "extension in a list": map[string]any{"ports": []any{map[string]any{"x-a": "b"}}},
		"unknown inside": map[string]any{"build": map[string]any{"contexts": "."}}, "wrong type": map[string]any{"init": []any{"a"}}, "wrong type inside": map[string]any{"ports": []any{"80:80"}},
	} {
		if _, ok := decodeServices(map[string]any{"s": service}); ok {
			t.Error(name, "is decoded")
		}
	}
}

// The services of the scenarios, resolved, are decoded as compose-go does, and most of them by attributes.
func TestScenariosAreDecodedAsComposeGoDoes(t *testing.T) {
	files, _ := filepath.Glob("testdata/load/*.txtar")
	taken := 0
	for _, file := range files {
		s := readScenario(t, file)
		if s.fails != "" {
			continue
		}
		l, err := newLoading(t.Context(), s.request())
		if err != nil {
			t.Fatal(err)
		}
		dict, err := l.model(scope{dir: l.dir, env: l.env}, l.Files)
		if err != nil {
			t.Fatal(err)
		}
		dict["name"] = "n"
		if dict, err = loader.Normalize(dict, l.env); err != nil {
			t.Fatal(err)
		}
		services := mapping(dict["services"])
		got, ok := decodeServices(clone(services).(map[string]any))
		if !ok {
			continue
		}
		taken++
		if want, err := theirServices(services); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, compose-go: %+v, %v", strings.TrimSuffix(file, ".txtar"), got, want, err)
		}
	}
	if taken < len(files)/2 {
		t.Errorf("only %d of %d are decoded by attributes", taken, len(files))
	}
}

// What is read off the fields of a service is what compose-go's own YAML says, for every attribute and value.
func TestServicesAreWrittenAsComposeGoDoes(t *testing.T) {
	odd := []any{"0x1F", "a: b", "#a", "- a", " a ", "a\nb\n", "~", "null", "yes", "1e3", "2001-01-01", "\"a'", "\ttab", "\r", "\u00e9\u2028", "!!str a", "&a", "*a", "|", "%", "@", "`"}
	values := append(attributeValues(), odd...)
	values = append(values, odd, map[string]any{"context": " x: y", "args": map[string]any{"A": "#", "B": "0o7"}}, map[string]any{"a": "~", "b": " "})
	for _, key := range slices.Sorted(maps.Keys(attributeFields(reflect.TypeFor[types.ServiceConfig]()))) {
		for i, v := range values {
			services, ok := decodedSafely(map[string]any{"s": map[string]any{key: v}})
			if key == "name" || !ok {
				continue
			}
			got, want := flat{values: map[string]string{}}, flat{values: map[string]string{}}
			got.add("s", asWritten(services["s"]))
			want.add("s", generic(services["s"]))
			if !maps.Equal(got.values, want.values) {
				t.Errorf("%s, value %d: %v, compose-go: %v", key, i, got.values, want.values)
			}
		}
	}
}
