package stack

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestProbeAsksForReal runs each probe whose program this machine has against real servers.
func TestProbeAsksForReal(t *testing.T) {
	// A route for GET alone, as FastAPI declares them: HEAD is refused.
	route := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodGet:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case r.URL.Path != "/health":
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	plain := httptest.NewServer(route)
	defer plain.Close()
	secure := httptest.NewTLSServer(route)
	defer secure.Close()
	gone := httptest.NewServer(route)
	gone.Close()

	for _, program := range []string{"curl", "wget", "python3", "node"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Logf("%s is not on this machine", program)
			continue
		}
		img := Image{Programs: map[string]string{program: "/usr/bin/" + program}}
		for _, c := range []struct {
			server  *httptest.Server
			path    string
			healthy bool
		}{
			{plain, "/health", true}, {plain, "/broken", false},
			{secure, "/health", true}, {secure, "/broken", false},
			{gone, "/health", false},
		} {
			u, err := url.Parse(c.server.URL)
			if err != nil {
				t.Fatal(err)
			}
			port, _ := strconv.Atoi(u.Port())
			words, err := Probe(img, "", ProbeURL{Scheme: u.Scheme, Port: port, Path: c.path})
			if err != nil {
				t.Fatal(err)
			}
			if words[0] != program {
				t.Errorf("the probe calls %s, which the image lacks", words[0])
			}
			cmd := exec.Command(words[0], words[1:]...)
			cmd.Env = append(cmd.Environ(), "http_proxy=", "https_proxy=", "HTTP_PROXY=", "HTTPS_PROXY=")
			out, err := cmd.CombinedOutput()
			if (err == nil) != c.healthy {
				t.Errorf("%v: healthy is %v, want %v\n%s", words, err == nil, c.healthy, out)
			}
		}
	}
}

func TestProbeChooses(t *testing.T) {
	cases := []struct{ image, python, scheme, want string }{
		{"python:3.13", "", "http", "curl -fsS -o /dev/null http://127.0.0.1:8000/health"},
		{"python:3.13", "", "https", "curl -fsSk -o /dev/null https://127.0.0.1:8000/health"},
		{"python:3.13-slim", "", "http", "python -c import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=3)"},
		{"python:3.13-slim", "/opt/venv/bin/python", "https", "/opt/venv/bin/python -c import ssl, urllib.request as r; r.urlopen('https://127.0.0.1:8000/health', timeout=3, context=ssl._create_unverified_context())"},
		{"python:3.13-alpine", "", "https", "wget -q -O /dev/null --no-check-certificate https://127.0.0.1:8000/health"},
		{"node:22-slim", "", "http", "node -e require('http').get('http://127.0.0.1:8000/health',r=>process.exit(r.statusCode<400?0:1)).on('error',()=>process.exit(1))"},
		{"gcr.io/distroless/nodejs22-debian12", "", "http", "/nodejs/bin/node -e require('http').get('http://127.0.0.1:8000/health',r=>process.exit(r.statusCode<400?0:1)).on('error',()=>process.exit(1))"},
	}
	for _, c := range cases {
		img, known := Lookup(c.image)
		if !known {
			t.Fatalf("%s is not known", c.image)
		}
		got, err := Probe(img, c.python, ProbeURL{Scheme: c.scheme, Port: 8000, Path: "/health"})
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s %s:\n got %q, %v\nwant %q", c.image, c.scheme, strings.Join(got, " "), err, c.want)
		}
	}
	slim, _ := Lookup("debian:bookworm-slim")
	if got, err := Probe(slim, "", ProbeURL{Scheme: "http", Port: 80}); !errors.Is(err, ErrNoProbe) {
		t.Errorf("debian:bookworm-slim has nothing to ask with, got %v, %v", got, err)
	}
	if got, err := Probe(slim.With("curl"), "", ProbeURL{Scheme: "http", Port: 80}); err != nil || got[0] != "curl" {
		t.Errorf("after apt-get install curl: %v, %v", got, err)
	}
	if slim.Has("curl") {
		t.Error("With changed the image that it was called on")
	}
	for _, bad := range []ProbeURL{{Scheme: "ftp"}, {Scheme: "http", Path: "/a'b"}, {Scheme: "http", Host: "$(id)"}} {
		if got, err := Probe(slim.With("curl"), "", bad); err == nil {
			t.Errorf("%v gave %v", bad, got)
		}
	}
}

func TestProbeURL(t *testing.T) {
	for want, u := range map[string]ProbeURL{
		"http://127.0.0.1:8000/":      {Scheme: "http", Port: 8000},
		"https://127.0.0.1/health":    {Scheme: "https", Host: "0.0.0.0", Path: "health"},
		"http://[::1]:80/x":           {Scheme: "http", Host: "::1", Port: 80, Path: "/x"},
		"http://app.internal:1/a?b=c": {Scheme: "http", Host: "app.internal", Port: 1, Path: "/a?b=c"},
	} {
		if got := u.String(); got != want {
			t.Errorf("%+v: got %s, want %s", u, got, want)
		}
	}
}
