package operate

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"

	"refit/internal/engine"
)

func obstacles(t *testing.T, o *Operation) string {
	t.Helper()
	found, err := o.Preflight(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, b := range found {
		text += fmt.Sprintf("%t %s\n", b.Warning, b)
	}
	return text
}

func TestPreflight(t *testing.T) {
	const head = "services:\n  app:\n    image: app\n"
	for name, tt := range map[string]struct{ compose, want string }{
		"nothing":         {head, ""},
		"env file":        {head + "    env_file: .env.dev\n", "false compose.yml:4:15: .env.dev is missing; app does not start without it; refit env init dev makes it"},
		"optional":        {head + "    env_file: [{path: .env.dev, required: false}]\n", ""},
		"value":           {head + "    environment:\n      TOKEN: ${TOKEN:?get one}\n", "false compose.yml:5:14: TOKEN has no value; Compose refuses"},
		"mounted file":    {head + "    volumes: [./init.sql:/docker-entrypoint-initdb.d/init.sql:ro]\n", "init.sql is missing; Docker would make a folder of root's in its place"},
		"folder of files": {head + "    volumes: [./conf.d:/etc/nginx/conf.d:ro]\n", ""},
		"certificates":    {head + "    volumes: [./certs:/app/certs:ro]\n", "certs is missing; app reads its certificate there; refit certs makes"},
		"folder":          {head + "    volumes: [./logs:/app/logs]\n", "true compose.yml:4:14: logs is missing; Docker makes the folder, and it will be root's"},
		"secret":          {head + "    secrets: [key]\nsecrets:\n  key: {file: certs/key.pem}\n", "false compose.yml:6:15: certs/key.pem is missing; services get it as one of their secrets; refit certs makes"},
		"unused secret":   {head + "secrets:\n  key: {file: certs/key.pem}\n", ""},
		"volume":          {head + "    volumes: [data:/data]\nvolumes:\n  data: {external: true, name: kept}\n", "the external volume kept does not exist; Compose does not make external ones; docker volume create kept"},
		"network":         {head + "    networks: [proxy]\nnetworks:\n  proxy: {external: true}\n", "docker network create proxy"},
		"platform":        {head + "    platform: linux/arm64\n", "true compose.yml:4:15: app asks for linux/arm64 and the engine is linux/x86_64"},
		"not started":     {head + "  tool:\n    image: x\n    profiles: [tools]\n    volumes: [./certs:/certs]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := operation(t, map[string]string{"compose.yml": "name: shop\n" + tt.compose})
			got := obstacles(t, o)
			// the first line is one that the cases do not count
			want := strings.NewReplacer("compose.yml:4", "compose.yml:5", "compose.yml:5", "compose.yml:6", "compose.yml:6", "compose.yml:7").Replace(tt.want)
			if tt.want == "" && got != "" || !strings.Contains(got, want) {
				t.Errorf("got %swant %s", got, want)
			}
		})
	}
}

// TestPreflightFindsWhatDockerLeft: a start by hand made empty folders where files were missing.
func TestPreflightFindsWhatDockerLeft(t *testing.T) {
	o, _ := operation(t, map[string]string{"compose.yml": "name: shop\nservices:\n  app:\n    image: app\n    env_file: .env.dev\n    volumes:\n      - ./.env:/app/.env\n      - ./init.sql:/init.sql\n      - ./conf.d:/etc/nginx/conf.d\n"})
	for _, dir := range []string{".env", ".env.dev", "init.sql", "conf.d"} {
		if err := os.Mkdir(filepath.Join(o.Env.Root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got := obstacles(t, o)
	for _, want := range []string{
		".env is an empty folder, as Docker makes one in the place of a mounted file that is missing; app gets a folder where it reads a file; rmdir .env, then refit env init dev makes it",
		".env.dev is an empty folder, as Docker makes one in the place of a mounted file that is missing; app does not start without it; rmdir .env.dev, then refit env init dev makes it",
		"init.sql is an empty folder, as Docker makes one in the place of a mounted file that is missing; app gets a folder where it reads a file; rmdir init.sql, then put it there",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got %swant %s", got, want)
		}
	}
	if strings.Contains(got, "conf.d") {
		t.Errorf("conf.d is meant to be a folder: %s", got)
	}
}

func TestPreflightPorts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	port := l.Addr().(*net.TCPAddr).Port
	o, b := operation(t, map[string]string{"compose.yml": fmt.Sprintf("name: shop\nservices:\n  app:\n    image: app\n    ports:\n      - \"127.0.0.1:%d:80\"\n", port)})
	if got := obstacles(t, o); !strings.HasPrefix(got, fmt.Sprintf("false compose.yml:6:9: port %d is taken by ", port)) {
		t.Errorf("a program: %s", got)
	}
	has := func(project, service string) {
		b.others = []engine.Container{{Name: "x", Project: project, Service: service, State: container.StateRunning,
			Ports: []container.PortSummary{{IP: netip.MustParseAddr("0.0.0.0"), PublicPort: uint16(port), Type: "tcp"}}}}
	}
	has("other", "app")
	if got := obstacles(t, o); !strings.Contains(got, "taken by the container x of the Compose project other; app can't be published there; docker compose -p other stop, or") {
		t.Errorf("a container: %s", got)
	}
	has("shop", "app")
	if got := obstacles(t, o); got != "" {
		t.Errorf("its own: %s", got)
	}
	o.At.Host = "ssh://far"
	b.others = nil
	if got := obstacles(t, o); !strings.Contains(got, "true the engine at ssh://far is on another machine") || strings.Contains(got, "taken") {
		t.Errorf("another machine: %s", got)
	}
}
