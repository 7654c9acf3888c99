//go:build unix

// Package engine_test runs the sample on a real Docker Engine, before and after its refit. Each test is a
// scenario that reads as a specification: what a person does, and what they see.
//
// `make e2e` runs them. `go test ./...` does not: they need an engine (`make lab`) and some minutes.
package engine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// refit is the program under test, built from this tree; "" where scenarios are not asked for.
var refit string

func TestMain(m *testing.M) {
	if os.Getenv("REFIT_ENGINE") != "1" {
		os.Exit(m.Run()) // every scenario says that it is skipped
	}
	for _, name := range []string{"MAKEFLAGS", "MFLAGS", "MAKELEVEL"} {
		os.Unsetenv(name)
	}
	os.Exit(prepared(m))
}

// prepared builds refit, unless REFIT_PROGRAM names one that is built.
func prepared(m *testing.M) int {
	if out, err := exec.Command("docker", "version", "--format", "{{.Server.Version}}").CombinedOutput(); err != nil {
		fmt.Printf("no Docker Engine answers, so no scenario can run; start one, or let `make lab` do it\n%s", out)
		return 1
	}
	folder, err := os.MkdirTemp("", "refit-e2e-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(folder)
	_ = os.Chmod(folder, 0o755) // the ordinary user runs what is in it
	if refit = os.Getenv("REFIT_PROGRAM"); refit != "" {
		return alone(m)
	}
	refit = filepath.Join(folder, "refit")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", refit, "../../cmd/refit").CombinedOutput(); err != nil {
		fmt.Printf("go build: %v\n%s", err, out)
		return 1
	}
	return alone(m)
}

// alone waits until no other scenarios use this machine: some of the sample's ports are fixed.
func alone(m *testing.M) int {
	lock, err := os.OpenFile(filepath.Join(os.TempDir(), "refit-e2e-engine.lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		fmt.Println(err)
		return 1
	}
	return m.Run()
}

// engineAddress is where the user's client finds the engine: accounts without their contexts need to be told.
func engineAddress() string {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		return host
	}
	out, err := exec.Command("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
