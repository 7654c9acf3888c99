package compose

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// What needs no variable reads the same with and without interpolation.
func TestRawAgreesWithTheModel(t *testing.T) {
	files, err := filepath.Glob("testdata/load/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	compared, built := 0, 0
	for _, file := range files {
		s := readScenario(t, file)
		m, err := Load(context.Background(), s.request())
		if err != nil {
			continue
		}
		raw, err := LoadRaw(context.Background(), s.request())
		if err != nil {
			if !strings.Contains(err.Error(), "$") { // the name of a file may take a variable
				t.Logf("%s: %v", file, err)
			}
			continue
		}
		for key, value := range m.Flatten() {
			path := strings.HasSuffix(key, ".build.context") || strings.HasSuffix(key, ".build.dockerfile")
			written, ok := raw.Values[key]
			if !path && !strings.HasSuffix(key, ".image") || strings.Contains(key, ".pre_start.") || // images of hooks are their service's by default
				!strings.HasPrefix(key, "services.") || ok && strings.Contains(written, "$") {
				continue
			}
			if compared++; path {
				built++
			}
			if written != value {
				t.Errorf("%s: %s is %q without interpolation, %q with it", file, key, written, value)
			}
		}
	}
	if compared < 20 || built < 5 {
		t.Errorf("only %d values compared, %d of them of builds", compared, built)
	}
}

func TestRawOfWhatComposeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		open bool
		want map[string]string
	}{
		"no interpolation": {"services:\n  a:\n    image: x:${TAG:1}\n    env_file: ./a.env\n    volumes: ['./data:/data']\n", false,
			map[string]string{"services.a.image": "x:${TAG:1}", "services.a.env_file.0.path": "up/a.env", "services.a.volumes.0.source": "up/data", "name": "up"}},
		"no image":      {"name: n\nservices:\n  a:\n    build: {context: ../src}\n  b:\n    command: x\n", false, map[string]string{"services.a.build.context": "src", "services.a.build.dockerfile": "src/Dockerfile", "name": "n"}},
		"an open mount": {"services:\n  a:\n    volumes: ['${DATA}:/data']\n", true, map[string]string{"name": "up"}},
	} {
		r := Request{Files: []string{"up/compose.yml"}, Read: reader(map[string]string{"up/compose.yml": c.text})}
		if _, err := Load(context.Background(), r); err == nil {
			t.Errorf("%s: Compose takes it", name)
		}
		raw, err := LoadRaw(context.Background(), r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if raw.Open != c.open {
			t.Errorf("%s: open %t", name, raw.Open)
		}
		for key, value := range c.want {
			if raw.Values[key] != value {
				t.Errorf("%s: %s is %q, want %q", name, key, raw.Values[key], value)
			}
			if path := strings.HasPrefix(value, "up/") || strings.HasPrefix(value, "src"); raw.Paths[key] != path {
				t.Errorf("%s: %s a path: %t", name, key, !path)
			}
		}
	}
}

// Variables in a file that is extended stay as they are written, too.
func TestLoadRawOfExtendedFiles(t *testing.T) {
	raw, err := LoadRaw(t.Context(), Request{Files: []string{"compose.yml"}, RootName: "repo", Read: reader(map[string]string{
		"compose.yml": "services:\n  app:\n    extends: {file: common.yml, service: base}\n",
		"common.yml":  "services:\n  base:\n    image: a\n    ports: ['${PORT}:80']\n",
	})})
	if err != nil || raw.Values["services.app.ports.0"] != "${PORT}:80" {
		t.Errorf("%v, %v", raw, err)
	}
}
