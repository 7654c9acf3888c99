//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAtLeast(t *testing.T) {
	for version, want := range map[string]bool{"2.24.0": true, "2.23.9": false, "5.6.0": true, "1.29.2": false, "none": false, "2.40.3-desktop.1": true} {
		if got := atLeast(version, [2]int{2, 24}); got != want {
			t.Errorf("%s: %v, want %v", version, got, want)
		}
	}
}

// TestKeysFollowContents shows that a changed recipe, or a changed one below it, makes an image anew.
func TestKeysFollowContents(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, i := range images {
		write(t, filepath.Join("lab", "images", i.folder, "Dockerfile"), i.folder)
	}
	write(t, filepath.Join("lab", "frontend", "go.mod"), "module frontend")
	before := keys(t)
	seen := map[string]string{}
	for name, key := range before {
		if other := seen[key]; other != "" {
			t.Errorf("%s and %s have one key", name, other)
		}
		seen[key] = name
	}
	write(t, filepath.Join("lab", "images", "python", "Dockerfile"), "changed")
	after := keys(t)
	for name, key := range after {
		onPython := name == "python:3.13-slim" || imageNamed(name).base == "python:3.13-slim"
		if (key != before[name]) != onPython {
			t.Errorf("%s: key changed: %v, built on Python: %v", name, key != before[name], onPython)
		}
	}
}

// TestOnlyAddressesArePassedOn keeps paths of this machine out of the stand-ins.
func TestOnlyAddressesArePassedOn(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "pip.conf")
	write(t, conf, "[global]\nindex-url = https://index.example/simple\ncert = /some/where\n[install]\nfind-links = /wheels\n")
	m := machine{files: map[string][]byte{}}
	m.copyFile(conf, "/etc/pip.conf", pipLine)
	if got, want := string(m.files["/etc/pip.conf"]), "[global]\nindex-url = https://index.example/simple\n"; got != want {
		t.Errorf("pip.conf:\n%s\nwant:\n%s", got, want)
	}
	write(t, conf, "[global]\ncert = /some/where\n")
	m = machine{files: map[string][]byte{}}
	if m.copyFile(conf, "/etc/pip.conf", pipLine); len(m.files) > 0 {
		t.Errorf("a pip.conf with nothing to pass on is passed on: %q", m.files)
	}
}

func keys(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, i := range images {
		key, err := i.key()
		if err != nil {
			t.Fatal(err)
		}
		all[i.names[0]] = key
	}
	return all
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
