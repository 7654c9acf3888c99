//go:build unix

package engine_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// browser is somebody who uses the sample over HTTPS and keeps its cookie.
type browser struct {
	s      *scenario
	client *http.Client
	base   string
}

// visit waits until /health of the sample answers that all is well, and opens a browser on it.
func (s *scenario) visit(envFile string) browser {
	s.t.Helper()
	jar, _ := cookiejar.New(nil)
	b := browser{s: s, base: "https://localhost:" + s.setting(envFile, "APP_PORT"), client: &http.Client{
		Jar:     jar,
		Timeout: 10 * time.Second,
		// What `curl -k` does: nobody but us made the development certificate
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
	}}
	const well = `{"status":"ok","postgres":"ok","redis":"ok"}`
	s.eventually(3*time.Minute, "curl -sk "+b.base+"/health", well)
	return b
}

// setting is a value of an env file.
func (s *scenario) setting(envFile, name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, envFile))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			return value
		}
	}
	s.t.Fatalf("%s has no %s", envFile, name)
	return ""
}

func (b browser) post(path, body string) { b.ask(http.MethodPost, path, body, http.StatusCreated) }

func (b browser) get(path string) output {
	b.s.t.Helper()
	return output{b.s.t, "GET " + path, b.ask(http.MethodGet, path, "", http.StatusOK)}
}

func (b browser) ask(method, path, body string, want int) string {
	b.s.t.Helper()
	request, err := http.NewRequest(method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := b.client.Do(request)
	if err != nil {
		b.s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != want {
		b.s.t.Fatalf("%s %s: %s %v\n%s%s", method, path, answer.Status, err, text, b.s.lastWords())
	}
	return string(text)
}
