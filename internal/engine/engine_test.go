package engine

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// wire is an engine as far as its API goes: it answers GET requests, by their path without the version.
func wire(t *testing.T, api string, answers map[string]any) Endpoint {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("API-Version", api)
		path := r.URL.Path
		if strings.HasPrefix(path, "/v1.") {
			path = path[strings.Index(path[1:], "/")+1:]
		}
		answer, ok := answers[path]
		if r.URL.Path == "/_ping" {
			return
		}
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			_ = json.NewEncoder(w).Encode(map[string]string{"message": "no such thing: " + path})
			return
		}
		if f, ok := answer.(func(http.ResponseWriter, *http.Request)); ok {
			f(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return Endpoint{Context: "default", Host: "tcp://" + strings.TrimPrefix(server.URL, "http://")}
}

func dial(t *testing.T, at Endpoint) *Client {
	t.Helper()
	c, err := connect(t.Context(), at, client.WithHost(at.Host))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAgreesOnAVersion(t *testing.T) {
	for _, tt := range []struct{ offered, spoken string }{{"1.41", "1.41"}, {"1.51", "1.51"}, {"1.99", client.MaxAPIVersion}} {
		c := dial(t, wire(t, tt.offered, map[string]any{"/version": map[string]string{"Version": "20.10.24"}}))
		if version, api, err := c.Version(t.Context()); err != nil || version != "20.10.24" || api != tt.spoken {
			t.Errorf("%s: %s, API %s, %v", tt.offered, version, api, err)
		}
	}
}

func TestProblemsOfTheMachine(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	sealed := filepath.Join(t.TempDir(), "no.sock")
	for name, tt := range map[string]struct {
		at   Endpoint
		kind Kind
		want string
	}{
		"old":       {wire(t, "1.38", nil), EngineTooOld, "speaks API 1.38"},
		"nobody":    {Endpoint{Context: "default", Host: "tcp://" + strings.TrimPrefix(closed.URL, "http://")}, NotAnswering, "start Docker"},
		"no socket": {Endpoint{Context: "far", Host: "unix://" + sealed}, NotAnswering, "context far"},
		"nonsense":  {Endpoint{Host: "nonsense"}, BadContext, "no address"},
	} {
		_, err := connect(t.Context(), tt.at, client.WithHost(tt.at.Host))
		if !IsKind(err, tt.kind) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := unreachable(Endpoint{Host: "unix:///s"}, fmt.Errorf("dial: %w", os.ErrPermission)); !IsKind(err, NoPermission) {
		t.Errorf("permission: %v", err)
	}
}

func TestEndpoint(t *testing.T) {
	for _, tt := range []struct {
		out          string
		host         string
		plain, local bool
	}{
		{`[{"Name":"default","Endpoints":{"docker":{"Host":"unix:///var/run/docker.sock","SkipTLSVerify":false}},"TLSMaterial":{}}]`, "unix:///var/run/docker.sock", true, true},
		{`[{"Name":"far","Endpoints":{"docker":{"Host":"ssh://me@far"}},"TLSMaterial":{}}]`, "ssh://me@far", false, false},
		{`[{"Name":"tls","Endpoints":{"docker":{"Host":"tcp://127.0.0.1:2376"}},"TLSMaterial":{"docker":["ca.pem"]}}]`, "tcp://127.0.0.1:2376", false, true},
		{`[{"Name":"default","Endpoints":{"docker":{"Host":"tcp://10.0.0.5:2375"}}}]`, "tcp://10.0.0.5:2375", false, false},
	} {
		at, err := endpointIn([]byte(tt.out))
		if err != nil || at.Host != tt.host || at.plain() != tt.plain || at.Local() != tt.local {
			t.Errorf("%s: %+v plain=%t local=%t %v", tt.out, at, at.plain(), at.Local(), err)
		}
	}
	if _, err := endpointIn([]byte("[]")); !IsKind(err, BadContext) {
		t.Errorf("nothing printed: %v", err)
	}
}

func TestContainers(t *testing.T) {
	c := dial(t, wire(t, "1.41", map[string]any{"/containers/json": func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Get("filters"); !strings.Contains(got, `"com.docker.compose.project=shop":true`) || r.URL.Query().Get("all") != "1" {
			t.Errorf("asked for %s", r.URL.RawQuery)
		}
		fmt.Fprint(w, `[{"Id":"b","Names":["/shop-web-2"],"State":"running","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web","com.docker.compose.container-number":"2","com.docker.compose.oneoff":"False"}},
			{"Id":"a","Names":["/shop-app-run-1"],"State":"exited","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"app","com.docker.compose.oneoff":"True","com.docker.compose.project.config_files":"/x/a.yml,/x/b.yml"}}]`)
	}}))
	list, err := c.Containers(t.Context(), "shop")
	if err != nil || len(list) != 2 {
		t.Fatalf("%v %v", list, err)
	}
	if a := list[0]; a.Name != "shop-app-run-1" || !a.OneOff || len(a.ConfigFiles) != 2 || a.State != "exited" {
		t.Errorf("%+v", a)
	}
	if b := list[1]; b.Service != "web" || b.Number != 2 || b.OneOff {
		t.Errorf("%+v", b)
	}
}

func TestLogsAndProcesses(t *testing.T) {
	frame := func(kind stdcopy.StdType, text string) string {
		return string([]byte{byte(kind), 0, 0, 0, 0, 0, byte(len(text) >> 8), byte(len(text))}) + text
	}
	c := dial(t, wire(t, "1.41", map[string]any{
		"/containers/a/json": map[string]any{"Config": map[string]any{"Tty": false}},
		"/containers/a/logs": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("tail") != "3" {
				t.Errorf("asked for %s", r.URL.RawQuery)
			}
			fmt.Fprint(w, frame(stdcopy.Stdout, "2026-01-02T03:04:05.000000006Z one\n2026-01-02T03:04:06Z two")+frame(stdcopy.Stdout, " halves\n")+frame(stdcopy.Stderr, "2026-01-02T03:04:07Z bad\r\n"))
		},
		"/containers/a/top": map[string]any{"Titles": []string{"PID", "UID", "COMMAND"}, "Processes": [][]string{{"12", "1000", "uvicorn a:b"}}},
	}))
	lines, err := c.Logs(t.Context(), "a", LogOptions{Tail: 3})
	if err != nil || len(lines) != 3 || lines[1].Text != "two halves" || lines[2].Text != "bad" || !lines[2].Stderr || lines[0].Time.Nanosecond() != 6 {
		t.Errorf("%+v %v", lines, err)
	}
	if list, err := c.Processes(t.Context(), "a"); err != nil || len(list) != 1 || list[0] != (Process{12, 1000, "uvicorn a:b"}) {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := c.Image(t.Context(), "gone"); !IsNotFound(err) {
		t.Errorf("a missing image: %v", err)
	}
}

func TestVolumeSizesWaitForTheCountOfSomebodyElse(t *testing.T) {
	asked := 0
	c := dial(t, wire(t, "1.41", map[string]any{"/system/df": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"message": "a disk usage operation is already running"}`)
			return
		}
		fmt.Fprint(w, `{"Volumes": [{"Name": "rows", "UsageData": {"Size": 7, "RefCount": 1}}]}`)
	}}))
	if sizes, err := c.VolumeSizes(t.Context()); err != nil || sizes["rows"] != 7 || asked != 2 {
		t.Errorf("%v %v, asked %d times", sizes, err, asked)
	}
}
