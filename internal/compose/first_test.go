package compose

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
)

// Stacks that begin with the same file share what it comes to, and come to what each of them comes to alone.
func TestFirst(t *testing.T) {
	const base = "services:\n  app:\n    image: a:${TAG:-1}\n    environment: [\"A=${A}\", \"N=${COMPOSE_PROJECT_NAME}\"]\n    ports: [\"${PORT:?}:80\"]\n    profiles: [\"${P:-}\"]\n"
	bases := map[string]string{
		"plain":     base,
		"named":     "name: ${NAME:-shop}\n" + base,
		"include":   "include: [part.yml]\n" + base,
		"extends":   base + "  more:\n    extends: {file: part.yml, service: part}\n",
		"reset":     base + "    labels: !reset {}\n",
		"anchors":   "x-a: &a {A: 1}\nservices:\n  app: {image: b, environment: *a}\n",
		"documents": base + "---\nservices: {two: {image: b}}\n",
		"broken":    base + "    nosuch: ${A}\n",
		"empty":     "",
	}
	overlays := []string{"", "services: {app: {image: c, environment: {B: \"${A}\"}}}\n", "name: other\nservices: {app: {ports: !reset []}}\n"}
	envs := []string{"", "A=1\nPORT=80\n", "A=2\nPORT=80\nTAG=\n", "PORT=81\nNAME=x\nCOMPOSE_PROJECT_NAME=y\n"}
	shared, taken := &First{}, 0
	for name, text := range bases {
		for _, overlay := range overlays {
			for _, env := range envs {
				for _, missing := range []bool{true, false} {
					files := map[string]string{"compose.yml": text, "part.yml": "services: {part: {image: \"p:${TAG}\"}}\n", "over.yml": overlay, ".env": env, "stand.in": "A=stand\nPORT=9\n"}
					r := Request{Files: []string{"compose.yml"}, Read: reader(files), RootName: "repo", AllowMissing: missing}
					if overlay != "" {
						r.Files = append(r.Files, "over.yml")
					}
					if env == "" {
						r.StandIns = []string{"stand.in"}
					}
					alone, errAlone := Load(t.Context(), r)
					before := slices.Clone(shared.readings)
					r.First = shared
					got, err := Load(t.Context(), r)
					if err == nil && name != "include" && name != "extends" && slices.Equal(before, shared.readings) {
						taken++
					}
					if where := fmt.Sprintf("%s, overlay %q, env %q, missing %v", name, overlay, env, missing); fmt.Sprint(err) != fmt.Sprint(errAlone) {
						t.Errorf("%s: %v, alone: %v", where, err, errAlone)
					} else if err == nil && (!maps.Equal(got.Flatten(), alone.Flatten()) || !reflect.DeepEqual(got.Unset, alone.Unset) || !reflect.DeepEqual(got.Missing, alone.Missing) || !reflect.DeepEqual(got.Files, alone.Files) || got.NameOrigin != alone.NameOrigin) {
						t.Errorf("%s: %+v, alone: %+v", where, got, alone)
					}
				}
			}
		}
	}
	if taken < 25 {
		t.Errorf("what is kept was taken %d times", taken)
	}
}
