package compose

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/transform"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/compose-spec/compose-go/v2/validation"
)

// Whatever stands in whichever attribute, alone or beside others: each pass makes of it what compose-go's makes.
func TestPasses(t *testing.T) {
	passes := map[string]struct {
		ours, theirs func(map[string]any) (map[string]any, error)
	}{
		"canonical": {func(d map[string]any) (map[string]any, error) { return canonical(d, false) }, func(d map[string]any) (map[string]any, error) { return transform.Canonical(d, false) }},
		"defaults":  {withDefaults, transform.SetDefaultValues},
		"distinct":  {distinct, override.EnforceUnicity},
		"empty":     {withoutEmpty, func(d map[string]any) (map[string]any, error) { return loader.OmitEmpty(d), nil }},
		"valid":     {func(d map[string]any) (map[string]any, error) { return d, validate(d) }, func(d map[string]any) (map[string]any, error) { return d, validation.Validate(d) }},
	}
	values := append(attributeValues(), []any{"a=b", "a=c", "", "a=b"}, []any{"80:80", "8080:80", "80:80"}, []any{"./a:/b", "c:/b"}, map[string]any{"reservations": []any{"a", "a"}},
		map[string]any{"resources": map[string]any{"reservations": map[string]any{"devices": []any{map[string]any{"capabilities": []any{"gpu"}, "count": 1, "device_ids": []any{"0"}}}}}},
		map[string]any{"resources": map[string]any{"reservations": map[string]any{"devices": []any{map[string]any{"capabilities": []any{"gpu"}}}}}}, []any{map[string]any{"host_ip": "no", "target": 1}},
		[]any{map[string]any{"count": 1, "device_ids": []any{"0"}}}, map[string]any{"watch": []any{map[string]any{"path": "", "ignore": "a"}}}, map[string]any{"labels": []any{"a=b", "a=c"}},
		map[string]any{"tags": []any{"a", "a"}, "secrets": []any{"s"}}, map[string]any{"provenance": true, "sbom": false}, map[string]any{"args": []any{"A=1", "A=2"}}, map[string]any{"ssh": []any{"default"}}, map[string]any{"ulimits": map[string]any{"n": 1}},
		map[string]any{"n": map[string]any{"aliases": []any{"a", "a"}}})
	keys := append(slices.Collect(maps.Keys(attributeFields(reflect.TypeFor[types.ServiceConfig]()))), "x-a", "unknown")
	for name, pass := range passes {
		for _, key := range keys {
			for i, v := range values {
				dict := map[string]any{"services": map[string]any{"s": map[string]any{"image": "i", key: v}, "n": nil}, "volumes": map[string]any{"v": nil}}
				want, wantErr := safely(pass.theirs, dict)
				got, err := safely(pass.ours, dict)
				if (err == nil) != (wantErr == nil) || !reflect.DeepEqual(got, want) {
					t.Errorf("%s of %s, value %d: %v, %v; compose-go: %v, %v", name, key, i, got, err, want, wantErr)
				}
			}
		}
	}
}

// safely takes a panic for an error: compose-go panics at values that its schema refuses.
func safely(run func(map[string]any) (map[string]any, error), dict map[string]any) (out map[string]any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			out, err = nil, fmt.Errorf("panic: %v", cause)
		}
	}()
	if out, err = run(clone(dict).(map[string]any)); err != nil {
		return nil, err // which of several faults it names differs from run to run
	}
	return out, nil
}

// What is left in compose-go's sight comes out as it does without leaving anything out.
func TestCanonical(t *testing.T) {
	service := map[string]any{"image": "i", "command": "c", "env_file": "e", "ports": []any{"80:81", 82}, "build": ".", "networks": []any{"n"},
		"volumes": []any{"./a:/b:ro", "v:/c"}, "depends_on": []any{"t"}, "dns": "1.1.1.1", "environment": []any{"A=b"}, "ulimits": map[string]any{"nofile": 3}}
	for name, services := range map[string]any{
		"services": map[string]any{"s": service, "t": map[string]any{"image": "i", "extends": "s"}, "n": nil},
		"odd":      []any{"s"},
	} {
		dict := map[string]any{"services": services, "networks": map[string]any{"n": nil}, "volumes": map[string]any{"v": map[string]any{"external": map[string]any{"name": "x"}}}}
		want, wantErr := transform.Canonical(clone(dict).(map[string]any), false)
		got, err := canonical(clone(dict).(map[string]any), false)
		if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("%s: %v, %v; compose-go has %v, %v", name, got, err, want, wantErr)
		}
	}
	broken := map[string]any{"services": map[string]any{"s": map[string]any{"image": "i", "ports": []any{"a:b:c:d"}}}}
	before := maps.Clone(mapping(mapping(broken["services"])["s"]))
	if _, err := canonical(broken, false); err == nil {
		t.Error("a port that is none is taken")
	}
	if s := mapping(mapping(broken["services"])["s"]); s["image"] != before["image"] {
		t.Error("what was left out of a tree that does not hold is not put back")
	}
}

// A default that is new in compose-go has to be looked at.
func TestDefaultsAreKnown(t *testing.T) {
	for pattern := range transform.DefaultValues {
		if parts := pattern.Parts(); parts[0] == "services" && (len(parts) < 3 || !defaulted[parts[2]]) {
			t.Errorf("%s has a default", pattern)
		}
	}
}
