//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// machine is how this machine reaches package registries. Builds inside of the stand-ins have to reach
// them the same way; nothing of it enters the project's files.
type machine struct {
	// env are variables, NAME=VALUE.
	env []string
	// files are put into the base image, by path.
	files map[string][]byte
}

// passedOn name addresses of registries and proxies. Variables with paths of this machine are not among them.
var passedOn = []string{
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST",
	"UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INSECURE_HOST",
	"NPM_CONFIG_REGISTRY", "npm_config_registry",
}

var (
	pipLine = regexp.MustCompile(`^\s*(index-url|extra-index-url|trusted-host|proxy)\s*=`)
	aptLine = regexp.MustCompile(`^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date|Retries)\b`)
)

// readMachine collects the certificates, variables and settings of pip, uv and apt.
func readMachine() machine {
	m := machine{files: map[string][]byte{}}
	authorities, _ := filepath.Glob("/usr/local/share/ca-certificates/*.crt")
	for _, file := range authorities {
		m.copyFile(file, file, nil)
	}
	if len(authorities) > 0 {
		const bundle = "/etc/ssl/certs/ca-certificates.crt"
		m.env = append(m.env, "SSL_CERT_FILE="+bundle, "REQUESTS_CA_BUNDLE="+bundle, "NODE_EXTRA_CA_CERTS="+bundle)
	}
	for _, name := range passedOn {
		if value := os.Getenv(name); value != "" {
			m.env = append(m.env, name+"="+value)
		}
	}
	home, _ := os.UserHomeDir()
	for _, file := range []string{"/etc/pip.conf", home + "/.pip/pip.conf", home + "/.config/pip/pip.conf"} {
		m.copyFile(file, "/etc/pip.conf", pipLine)
	}
	for _, file := range []string{"/etc/uv/uv.toml", home + "/.config/uv/uv.toml"} {
		m.copyFile(file, "/etc/uv/uv.toml", nil)
	}
	var apt bytes.Buffer
	for line := range strings.Lines(ask(10*time.Second, "apt-config", "dump")) {
		if aptLine.MatchString(line) {
			fmt.Fprintln(&apt, strings.TrimSpace(line))
		}
	}
	if apt.Len() > 0 {
		m.files["/etc/apt/apt.conf.d/90machine"] = apt.Bytes()
	}
	return m
}

// copyFile takes a file of this machine along: whole, or as a [global] section of the lines that match.
// A later file wins over an earlier one.
func (m *machine) copyFile(from, to string, only *regexp.Regexp) {
	text, err := os.ReadFile(from)
	if err != nil {
		return
	}
	if only == nil {
		m.files[to] = text
		return
	}
	kept := []byte("[global]\n")
	for line := range bytes.Lines(text) {
		if only.Match(line) {
			kept = append(append(kept, bytes.TrimSpace(line)...), '\n')
		}
	}
	if bytes.Count(kept, []byte("\n")) > 1 {
		m.files[to] = kept
	}
}

func (m machine) key() string {
	sum := sha256.New()
	fmt.Fprintln(sum, m.env)
	names := make([]string, 0, len(m.files))
	for name := range m.files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(sum, "%s\x00%s\x00", name, m.files[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// putInto writes the files below a root folder and lets its own tools take the certificates in.
func (m machine) putInto(root string) error {
	for name, text := range m.files {
		target := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, text, 0o644); err != nil {
			return err
		}
	}
	if out, err := exec.Command("chroot", root, "update-ca-certificates").CombinedOutput(); err != nil {
		return fmt.Errorf("update-ca-certificates: %w\n%s", err, out)
	}
	return nil
}

// debianMirror is where apt on a Debian machine gets its packages; "" leaves it to debootstrap.
func debianMirror() string {
	for line := range strings.Lines(ask(10*time.Second, "apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages", "Component: main")) {
		if origin, address, ok := strings.Cut(strings.TrimSpace(line), " "); ok && origin == "Debian" && !strings.Contains(address, "security") {
			return address
		}
	}
	return ""
}
