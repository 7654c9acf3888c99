//go:build unix

package examples_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSampleRunsForReal shows that the sample works, before its refit and after: it is locked,
// installed, migrated, served over TLS, clicked through and tested, with PostgreSQL and Redis of
// this machine and without any container.
//
// It takes a minute and packages from the network, so it runs only with REFIT_LIVE=1. REFIT_LIVE_DIR
// names one more repository to run the same way, for instance the sample just refitted elsewhere.
func TestSampleRunsForReal(t *testing.T) {
	if os.Getenv("REFIT_LIVE") != "1" {
		t.Skip("set REFIT_LIVE=1 to install and run the sample with uv, PostgreSQL and Redis of this machine")
	}
	dirs := []string{"ledger"}
	if _, err := os.Stat("ledger-refitted"); err == nil {
		dirs = append(dirs, "ledger-refitted")
	}
	if extra := os.Getenv("REFIT_LIVE_DIR"); extra != "" {
		dirs = append(dirs, extra)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { runForReal(t, dir) })
	}
}

// runForReal copies the repository at dir and runs the copy: locks, certificates and caches must
// not land in the original. Everything the service needs comes from environment variables, which
// win over whatever env file is there.
func runForReal(t *testing.T, dir string) {
	for tool, install := range map[string]string{
		"uv":      "pip install uv==0.8.22",
		"make":    "apt-get install make",
		"openssl": "apt-get install openssl",
	} {
		needTool(t, tool, install)
	}
	repo := filepath.Join(t.TempDir(), "repo")
	if err := os.CopyFS(repo, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	database, redis := startPostgres(t), startRedis(t)
	app, callback := freePort(t), freePort(t)
	env := append(withoutMake(os.Environ()),
		"UV_PYTHON_DOWNLOADS=never",
		"UV_PROJECT_ENVIRONMENT="+filepath.Join(repo, ".venv"),
		"APP_ENV=live",
		"DEBUG=false",
		"DATABASE_URL="+database.url,
		"REDIS_URL="+redis,
		"SESSION_SECRET=made-up-live-session-secret",
		"CALLBACK_TOKEN=made-up-live-callback-token",
		fmt.Sprintf("APP_URL=https://localhost:%d", app),
		fmt.Sprintf("LISTEN_PORT=%d", callback),
	)

	run(t, repo, env, "uv", "lock")
	run(t, repo, env, "uv", "sync", "--locked")
	run(t, repo, env, "make", "certs")
	database.psql(t, "-f", filepath.Join(repo, "scripts", "init-db.sql"))
	run(t, repo, env, "uv", "run", "--locked", "alembic", "upgrade", "head")

	// The virtual environment's programs, not `uv run`: a signal must reach the server itself
	bin := filepath.Join(repo, ".venv", "bin")
	start(t, repo, env, nil, filepath.Join(bin, "uvicorn"), "ledger.main:app", "--host", "127.0.0.1",
		"--port", fmt.Sprint(app), "--ssl-certfile", "certs/cert.pem", "--ssl-keyfile", "certs/key.pem")
	start(t, repo, env, nil, filepath.Join(bin, "python"), "src/ledger/callback.py")
	linkAccount(t, fmt.Sprintf("https://localhost:%d", app), fmt.Sprintf("https://localhost:%d", callback))
	if _, err := os.Stat(filepath.Join(repo, "logs", "ledger.log")); err != nil {
		t.Errorf("the service wrote no log: %v", err)
	}

	summary := strings.Split(strings.TrimSpace(run(t, repo, env, "uv", "run", "--locked", "pytest")), "\n")
	t.Log(summary[len(summary)-1])
}

// linkAccount goes the way of a browser: sign in at the app, come back from the bank to the
// callback server, and see at the app that the code has arrived.
func linkAccount(t *testing.T, app, callback string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{
		Jar:     jar,
		Timeout: 10 * time.Second,
		// What `curl -k` does: the development certificate is nobody's but ours
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	health := eventually(t, browser, app+"/health")
	if want := `{"status":"ok","postgres":"ok","redis":"ok"}`; health != want {
		t.Fatalf("/health: %s, want %s", health, want)
	}
	eventually(t, browser, callback+"/health")

	fetch(t, browser, http.MethodPost, app+"/session", `{"owner": "ada"}`, http.StatusCreated)
	var login struct{ State string }
	answer := fetch(t, browser, http.MethodGet, app+"/oauth/login", "", http.StatusOK)
	if err := json.Unmarshal([]byte(answer), &login); err != nil || login.State == "" {
		t.Fatalf("/oauth/login: %s (%v)", answer, err)
	}
	fetch(t, browser, http.MethodGet, callback+"/callback?code=abc&state=guessed", "", http.StatusBadRequest)
	if got := fetch(t, browser, http.MethodGet, app+"/oauth/status", "", http.StatusOK); got != `{"linked":false}` {
		t.Fatalf("/oauth/status before the callback: %s", got)
	}
	fetch(t, browser, http.MethodGet, callback+"/callback?code=abc&state="+login.State, "", http.StatusOK)
	if got := fetch(t, browser, http.MethodGet, app+"/oauth/status", "", http.StatusOK); got != `{"linked":true}` {
		t.Fatalf("/oauth/status after the callback: %s", got)
	}
}

// eventually waits up to half a minute for url to answer 200, and returns the body.
func eventually(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	var last string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		response, err := client.Get(url)
		if err != nil {
			last = err.Error()
			continue
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err == nil && response.StatusCode == http.StatusOK {
			return string(body)
		}
		last = fmt.Sprintf("%s: %s", response.Status, body)
	}
	t.Fatalf("%s did not answer 200: %s", url, last)
	return ""
}

func fetch(t *testing.T, client *http.Client, method, url, body string, want int) string {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != want {
		t.Fatalf("%s %s: %s, want %d: %s", method, url, response.Status, want, answer)
	}
	return string(answer)
}

// run runs a command to its end and returns what it printed; the test ends when it fails.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	command := exec.Command(name, args...)
	command.Dir, command.Env = dir, env
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out.String())
	}
	return out.String()
}

// withoutMake drops what a surrounding `make test` leaves for a make below it: its job server and
// its options are not meant for the sample's Makefile.
func withoutMake(env []string) []string {
	var kept []string
	for _, variable := range env {
		name, _, _ := strings.Cut(variable, "=")
		if name != "MAKEFLAGS" && name != "MAKELEVEL" && name != "MFLAGS" && name != "MAKEOVERRIDES" && name != "VIRTUAL_ENV" {
			kept = append(kept, variable)
		}
	}
	return kept
}
