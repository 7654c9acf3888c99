package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"refit/internal/edit"
	"refit/internal/environment/certs"
	"refit/internal/project"
	"refit/internal/source"
)

const compose = `services:
  app:
    build: .
    command: uvicorn app:app --ssl-certfile /srv/tls/site.pem --ssl-keyfile=/srv/tls/site.key
    volumes: [./tls:/srv/tls:ro]
  under_score: {build: .}
  db: {image: postgres}
`

func repository(files map[string]string) *project.Project {
	var entries []*source.Entry
	for at, text := range files {
		entries = append(entries, source.NewText(at, 0o644, []byte(text)))
	}
	return project.Discover(source.NewSnapshot(entries, nil), nil, project.NewCache())
}

// carried is the project after a result.
func carried(t *testing.T, p *project.Project, r *certs.Result) *project.Project {
	t.Helper()
	files := p.Files
	for _, f := range r.Set.Files {
		var ops []edit.Op
		if files.Has(f.Path) {
			ops = append(ops, edit.Remove(f.Path))
		}
		var err error
		if files, err = edit.Apply(files, ops); err != nil {
			t.Fatal(err)
		}
		if files, err = edit.Apply(files, []edit.Op{edit.Create(f.Path, string(f.Text), f.Mode)}); err != nil {
			t.Fatal(err)
		}
	}
	return project.Discover(files, p, project.NewCache())
}

func TestServesHTTPS(t *testing.T) {
	now := time.Now()
	a, err := certs.NewAuthority(now)
	if err != nil {
		t.Fatal(err)
	}
	p := repository(map[string]string{"compose.yml": compose})
	r, err := certs.Make(p, a, certs.Options{Now: now, UID: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if want := []certs.Pair{{Certificate: "tls/site.pem", Key: "tls/site.key"}}; !slices.Equal(r.Made, want) {
		t.Fatalf("made %v", r.Made)
	}
	if want := []string{"localhost", "127.0.0.1", "::1", "app"}; !slices.Equal(r.Names, want) {
		t.Errorf("names %v", r.Names)
	}
	text := map[string][]byte{}
	for _, f := range r.Set.Files {
		text[f.Path] = f.Text
		if want := map[string]fs.FileMode{"tls/site.key": 0o640}[f.Path]; want != 0 && f.Mode != want {
			t.Errorf("%s: mode %v", f.Path, f.Mode)
		}
	}
	pair, err := tls.X509KeyPair(text["tls/site.pem"], text["tls/site.key"])
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text["tls/ca.pem"]) {
		t.Fatal("no authority beside the certificate")
	}
	for _, name := range r.Names {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: name}}}
		response, err := client.Get(server.URL)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		response.Body.Close()
	}
	block, _ := pem.Decode(text["tls/site.pem"])
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil || c.NotAfter.Sub(c.NotBefore) > 825*24*time.Hour || c.PublicKeyAlgorithm != x509.ECDSA {
		t.Errorf("%v %v %v", err, c.NotAfter.Sub(c.NotBefore), c.PublicKeyAlgorithm)
	}
}

func TestRenewal(t *testing.T) {
	now := time.Now()
	a, _ := certs.NewAuthority(now)
	other, _ := certs.NewAuthority(now)
	p := repository(map[string]string{"compose.yml": compose})
	r, err := certs.Make(p, a, certs.Options{Now: now, UID: 501})
	if err != nil {
		t.Fatal(err)
	}
	p = carried(t, p, r)
	for _, c := range []struct {
		name  string
		a     *certs.Authority
		later time.Duration
		force bool
		made  int
	}{
		{"good", a, 24 * time.Hour, false, 0},
		{"asked for", a, 24 * time.Hour, true, 1},
		{"ends soon", a, certs.Lifetime - 20*24*time.Hour, false, 1},
		{"ended", a, certs.Lifetime + time.Hour, false, 1},
		{"somebody else's", other, 24 * time.Hour, false, 0},
		{"somebody else's, soon", other, certs.Lifetime - 20*24*time.Hour, false, 0},
		{"somebody else's, ended", other, certs.Lifetime + time.Hour, false, 1},
	} {
		r, err := certs.Make(p, c.a, certs.Options{Now: now.Add(c.later), UID: 501, Force: c.force})
		if err != nil || len(r.Made) != c.made {
			t.Errorf("%s: %v, made %v", c.name, err, r.Made)
		}
	}
	half := repository(map[string]string{"compose.yml": compose, "tls/site.pem": "x"})
	if _, err := certs.Make(half, a, certs.Options{Now: now}); err == nil {
		t.Error("half of a pair is overwritten")
	}
}

func TestUsualPlace(t *testing.T) {
	if got := certs.Places(repository(nil)); len(got) != 1 || got[0].Key != "certs/key.pem" {
		t.Error(got)
	}
	escape := "services:\n  a:\n    image: x\n    command: x --certfile ../../c.pem --keyfile ../../k.pem\n"
	if got := certs.Places(repository(map[string]string{"compose.yml": escape})); got[0].Key != "certs/key.pem" {
		t.Error("leaves the repository:", got)
	}
}

func TestAuthorityIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	now := time.Now()
	first, made, err := certs.OpenAuthority(dir, now)
	if err != nil || !made {
		t.Fatal(err, made)
	}
	second, made, err := certs.OpenAuthority(dir, now)
	if err != nil || made || !second.Certificate.Equal(first.Certificate) {
		t.Fatal(err, made)
	}
	if runtime.GOOS == "windows" {
		return
	}
	key := filepath.Join(dir, "ca-key.pem")
	if info, _ := os.Stat(key); info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := certs.OpenAuthority(dir, now); err == nil {
		t.Error("a key that others can read is used")
	}
}
