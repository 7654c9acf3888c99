//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// program is a program of the Go module in lab/NAME.
type program struct {
	name string
	// module has the version, path is the package of the program.
	module, path string
	// version is the variable that the linker sets: Compose refuses a Buildx that can't say its version.
	version, tags string
}

// plugin is a plugin of the Docker client.
type plugin struct {
	program
	// least is the oldest version of the user's own that will do.
	least [2]int
}

var plugins = []plugin{
	// 2.24 is the first Compose with `env_file: {path, required}` and the `!override` tag.
	{program{"compose", "github.com/docker/compose/v5", "github.com/docker/compose/v5/cmd", "github.com/docker/compose/v5/internal.Version", ""}, [2]int{2, 24}},
	// Compose 5 builds with Buildx 0.17 or later only.
	{program{"buildx", "github.com/docker/buildx", "github.com/docker/buildx/cmd/buildx", "github.com/docker/buildx/version.Version", ""}, [2]int{0, 17}},
}

// frontendProgram is what BuildKit runs for a `# syntax=docker/dockerfile:1` line. The tag is the one that
// the published image is built with.
var frontendProgram = program{"frontend", "github.com/moby/buildkit", "github.com/moby/buildkit/frontend/dockerfile/cmd/dockerfile-frontend",
	"github.com/moby/buildkit/version.Version", "dfrunsecurity"}

// installPlugins builds the plugins that the client lacks, or that an earlier lab installed from another
// version. One of the user's own that is new enough stays.
func (l *lab) installPlugins() error {
	for _, p := range plugins {
		key, err := contentKey(filepath.Join("lab", p.name))
		if err != nil {
			return err
		}
		have := pluginVersion(p.name)
		mark, _ := os.ReadFile(l.path("plugin-" + p.name))
		if atLeast(have, p.least) && (len(mark) == 0 || string(mark) == key) {
			say("docker %s %s is there", p.name, have)
			continue
		}
		target := filepath.Join(pluginFolder(), "docker-"+p.name)
		say("building docker %s (found: %s)", p.name, have)
		if err := l.buildGo(p.program, target); err != nil {
			return err
		}
		if have := pluginVersion(p.name); !atLeast(have, p.least) {
			return fmt.Errorf("%s was built, but `docker %s version` says %s", target, p.name, have)
		}
		if err := os.WriteFile(l.path("plugin-"+p.name), []byte(key), 0o644); err != nil {
			return err
		}
		say("docker %s %s is in %s", p.name, pluginVersion(p.name), target)
	}
	return nil
}

// removePlugins removes the plugins that installPlugins put there.
func (l *lab) removePlugins() error {
	var failed []error
	for _, p := range plugins {
		if _, err := os.Stat(l.path("plugin-" + p.name)); err == nil {
			failed = append(failed, os.Remove(filepath.Join(pluginFolder(), "docker-"+p.name)), os.Remove(l.path("plugin-"+p.name)))
		}
	}
	return errors.Join(failed...)
}

// pluginFolder is where the client looks for plugins: for all accounts of the machine if we may write
// there, since scenarios run as an ordinary user, else for this user.
func pluginFolder() string {
	if os.Getuid() == 0 {
		return "/usr/local/lib/docker/cli-plugins"
	}
	if config := os.Getenv("DOCKER_CONFIG"); config != "" {
		return filepath.Join(config, "cli-plugins")
	}
	home, _ := os.UserHomeDir()
	return filepath.Join(home, ".docker", "cli-plugins")
}

func pluginVersion(name string) string {
	args := []string{name, "version"}
	if name == "compose" {
		args = append(args, "--short")
	}
	// Buildx says: github.com/docker/buildx v0.38.2 REVISION
	for word := range strings.FieldsSeq(ask(10*time.Second, "docker", args...)) {
		if word = strings.TrimPrefix(word, "v"); word[0] >= '0' && word[0] <= '9' {
			return word
		}
	}
	return "none"
}

func atLeast(version string, least [2]int) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (major > least[0] || major == least[0] && minor >= least[1])
}

// buildGo builds a program to target, with the version of its module in it.
func (l *lab) buildGo(p program, target string) error {
	list := exec.Command("go", "list", "-m", "-f", "{{.Version}}", p.module)
	list.Dir = filepath.Join("lab", p.name)
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("lab/%s: no version of %s: %w", p.name, p.module, err)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-tags", p.tags, "-o", target+".new",
		"-ldflags", "-s -w -X "+p.version+"="+strings.TrimSpace(string(out)), p.path)
	cmd.Dir = filepath.Join("lab", p.name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := l.logged("build-"+p.name, cmd); err != nil {
		return err
	}
	return os.Rename(target+".new", target)
}
