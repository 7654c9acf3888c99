package compose

import (
	"strings"
	"testing"
)

func TestProductOf(t *testing.T) {
	for image, want := range map[string]string{
		"postgres": "postgres", "postgres:17-alpine": "postgres", "docker.io/library/postgres:16@sha256:0": "postgres",
		"postgis/postgis:16": "postgres", "bitnami/postgresql": "postgres", "localhost:5000/own/redis": "redis",
		"ghcr.io/valkey-io/valkey:8": "valkey", "mcr.microsoft.com/mssql/server:2022-latest": "mssql",
		"redis:${REDIS_VERSION:-7}": "redis", "confluentinc/cp-kafka:7.0": "kafka", "docker.elastic.co/elasticsearch/elasticsearch:8.1": "elasticsearch",
		"example/app": "", "": "", "${IMAGE}": "", "postgres-exporter": "", "mysql/mysql-server:8": "mysql",
	} {
		got := ""
		if p := ProductOf(image); p != nil {
			got = p.Name
		}
		if got != want {
			t.Errorf("%q: %q, want %q", image, got, want)
		}
	}
}

func TestProductsAreComplete(t *testing.T) {
	names := map[string]bool{}
	images := map[string]string{}
	for _, p := range products {
		if names[p.Name] || p.Name == "" || p.Kind == "" || len(p.Ports) == 0 || len(p.Images) == 0 {
			t.Errorf("%q is incomplete or there twice", p.Name)
		}
		names[p.Name] = true
		for _, i := range p.Images {
			if images[i] != "" {
				t.Errorf("%s: %s and %s", i, p.Name, images[i])
			}
			images[i] = p.Name
			if found := ProductOf(i + ":1"); found == nil || found.Name != p.Name {
				t.Errorf("%s is not found as %s", i, p.Name)
			}
		}
		if len(p.Test) > 0 && (p.Test[0] != "CMD" && p.Test[0] != "CMD-SHELL" || p.Test[0] == "CMD-SHELL" && len(p.Test) != 2) {
			t.Errorf("%s: test %q", p.Name, p.Test)
		}
		for _, d := range p.Data {
			if !strings.HasPrefix(d, "/") {
				t.Errorf("%s: data %q", p.Name, d)
			}
		}
	}
}

// TestComposeTestReachesTheShell writes the tests into a Compose file and looks at what Compose makes of them.
func TestComposeTestReachesTheShell(t *testing.T) {
	for _, p := range products {
		if p.Test == nil {
			continue
		}
		var b strings.Builder
		b.WriteString("services:\n  s:\n    image: x\n    healthcheck:\n      test:\n")
		for _, word := range p.ComposeTest() {
			b.WriteString("        - '" + strings.ReplaceAll(word, "'", "''") + "'\n")
		}
		m, err := Load(t.Context(), Request{Files: []string{"compose.yml"}, RootName: "r", Read: reader(map[string]string{"compose.yml": b.String()})})
		if err != nil {
			t.Fatal(p.Name, err)
		}
		if got := strings.Join(m.Services["s"].Healthcheck.Test, "|"); got != strings.Join(p.Test, "|") {
			t.Errorf("%s: %q", p.Name, got)
		}
	}
}

func TestImageParts(t *testing.T) {
	for image, want := range map[string][2]string{
		"a": {"a", ""}, "a:1": {"a", "1"}, "h:5000/a": {"a", ""}, "h:5000/o/a:2@sha256:x": {"o/a", "2"}, "o/a@sha256:x": {"o/a", ""},
	} {
		if got := [2]string{ImageName(image), ImageTag(image)}; got != want {
			t.Errorf("%s: %q", image, got)
		}
	}
}
