package operate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/api/types/volume"

	"refit/internal/engine"
	"refit/internal/project"
)

// bench is an engine and a docker compose that do as told.
type bench struct {
	mu         sync.Mutex
	containers map[string]*container.InspectResponse // by name, which is the service's
	others     []engine.Container
	logs       map[string][]string
	volumes    []string
	changed    chan struct{}
	looks      int
	version    string                   // the engine's
	gone       bool                     // does not answer
	onLook     func(b *bench, look int) // called with the lock held
	compose    func(ctx context.Context, b *bench, args []string, s engine.Streams) int
	calls      [][]string
}

func (b *bench) Containers(context.Context, string) ([]engine.Container, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gone {
		return nil, errdefs.ErrUnavailable
	}
	if b.looks++; b.onLook != nil {
		b.onLook(b, b.looks)
	}
	var list []engine.Container
	for name := range b.containers {
		list = append(list, engine.Container{ID: name, Name: "shop-" + name + "-1", Service: name, Project: "shop", Number: 1})
	}
	return list, nil
}

func (b *bench) AllContainers(context.Context) ([]engine.Container, error) { return b.others, nil }

func (b *bench) Inspect(_ context.Context, id string) (container.InspectResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.containers[id]; c != nil {
		return *c, nil
	}
	return container.InspectResponse{}, errdefs.ErrNotFound
}

func (b *bench) Logs(_ context.Context, id string, _ engine.LogOptions) ([]engine.LogLine, error) {
	var lines []engine.LogLine
	for _, text := range b.logs[id] {
		lines = append(lines, engine.LogLine{Text: text})
	}
	return lines, nil
}

func (b *bench) Changes(context.Context, string) <-chan struct{} { return b.changed }

func (b *bench) Info(context.Context) (system.Info, error) {
	return system.Info{OSType: "linux", Architecture: "x86_64", Name: "elsewhere", ServerVersion: b.version}, nil
}

func (b *bench) Volume(_ context.Context, name string) (volume.Volume, error) {
	for _, v := range b.volumes {
		if v == name {
			return volume.Volume{Name: name}, nil
		}
	}
	return volume.Volume{}, errdefs.ErrNotFound
}

func (b *bench) Volumes(context.Context, string) ([]volume.Volume, error) {
	var list []volume.Volume
	for _, v := range b.volumes {
		list = append(list, volume.Volume{Name: v})
	}
	return list, nil
}

func (b *bench) Network(context.Context, string) (network.Inspect, error) {
	return network.Inspect{}, errdefs.ErrNotFound
}

func (b *bench) Run(ctx context.Context, s engine.Streams, args ...string) (int, error) {
	b.calls = append(b.calls, args)
	if b.compose == nil {
		return 0, nil
	}
	return b.compose(ctx, b, args, s), nil
}

func (b *bench) Attach(ctx context.Context, s engine.Streams, args ...string) (int, error) {
	return b.Run(ctx, s, args...)
}

func (b *bench) Words(args ...string) []string { return append([]string{"docker", "compose"}, args...) }

// set puts a container of a service there.
func (b *bench) set(service string, state container.State) {
	if state.StartedAt == "" {
		state.StartedAt = time.Now().Add(-time.Minute).Format(time.RFC3339Nano)
	}
	b.containers[service] = &container.InspectResponse{State: &state, HostConfig: &container.HostConfig{}}
}

func healthy(status container.HealthStatus, output string) *container.Health {
	h := &container.Health{Status: status}
	if output != "" {
		h.Log = []*container.HealthcheckResult{{ExitCode: 0, Output: "once well"}, {ExitCode: 7, Output: output}}
	}
	return h
}

// operation is one on a repository of these files, its environment called dev.
func operation(t *testing.T, files map[string]string) (*Operation, *bench) {
	t.Helper()
	root := t.TempDir()
	for at, text := range files {
		on := filepath.Join(root, filepath.FromSlash(at))
		if err := os.MkdirAll(filepath.Dir(on), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(on, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Open(root, project.NewCache())
	if err != nil {
		t.Fatal(err)
	}
	e := p.Environments[0]
	m, err := p.As(e, e.EnvFiles, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{containers: map[string]*container.InspectResponse{}, logs: map[string][]string{}, changed: make(chan struct{})}
	return &Operation{Env: Environment{Name: "dev", Project: p, Source: e, Model: m, EnvFiles: e.EnvFiles, Root: root}, Engine: b, Compose: b,
		At: engine.Endpoint{Host: "unix:///var/run/docker.sock"}, Mask: func(s string) string { return s },
		Log: Journal{File: filepath.Join(root, ".state", "dev.json")}}, b
}

func describe(list []Service) string {
	text := ""
	for _, s := range list {
		text += fmt.Sprintf("%s=%s ", s.Service, s.State)
	}
	return text
}
