package compose

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/transform"
)

// Whatever stands in a plain key, compose-go leaves it as it is.
func TestPlainKeys(t *testing.T) {
	text, nested := "80:80", map[string]any{"a": []any{"b=c", map[string]any{"source": "d", "target": "e"}}}
	values := []any{text, 3, true, nil, []any{text, "a=b"}, []any{nested}, nested,
		map[string]any{"resources": map[string]any{"limits": map[string]any{"cpus": "1"}, "reservations": map[string]any{"devices": []any{map[string]any{"capabilities": []any{"gpu"}}}}},
			"placement": map[string]any{"constraints": []any{"a==b"}}, "update_config": map[string]any{"delay": "1s"}, "labels": []any{"a=b"}, "test": text, "options": nested}}
	for _, key := range plainKeys {
		for i, v := range values {
			dict := map[string]any{"services": map[string]any{"s": map[string]any{key: clone(v)}}}
			out, err := transform.Canonical(dict, false)
			if err != nil || !reflect.DeepEqual(mapping(mapping(out["services"])["s"])[key], v) {
				t.Errorf("%s is not plain: value %d becomes %v, %v", key, i, out, err)
			}
		}
	}
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

// Of the plain keys compose-go has defaults for a part of deploy alone.
func TestPlainKeysHaveNoDefaults(t *testing.T) {
	for pattern := range transform.DefaultValues {
		parts := pattern.Parts()
		if parts[0] == "services" && len(parts) > 2 && parts[2] != "deploy" && (parts[2] == "*" || slices.Contains(plainKeys, parts[2])) {
			t.Errorf("%s has a default", pattern)
		}
	}
}
