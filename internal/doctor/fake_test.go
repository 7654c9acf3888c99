package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/api/types/volume"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"refit/internal/audit"
	"refit/internal/engine"
	"refit/internal/invocation"
	"refit/internal/project"
	"refit/internal/rules"
)

// bench is an engine that is as told.
type bench struct {
	containers []engine.Container
	infos      map[string]container.InspectResponse
	logs       map[string][]string
	ends       map[string][]engine.End
	users      map[string]string // of images, by name
	info       system.Info
	volumes    []volume.Volume
	sizes      map[string]int64
	exec       func(id string, words []string) engine.Output
	run        func(o engine.RunOptions) (engine.Output, error)
	broken     error
}

func (b *bench) AllContainers(context.Context) ([]engine.Container, error) {
	return b.containers, b.broken
}
func (b *bench) Inspect(_ context.Context, id string) (container.InspectResponse, error) {
	if i, ok := b.infos[id]; ok {
		return i, nil
	}
	return container.InspectResponse{}, errdefs.ErrNotFound
}

func (b *bench) Logs(_ context.Context, id string, _ engine.LogOptions) ([]engine.LogLine, error) {
	var list []engine.LogLine
	for _, l := range b.logs[id] {
		list = append(list, engine.LogLine{Text: l})
	}
	return list, nil
}

func (b *bench) Ends(_ context.Context, id string, _ time.Time) ([]engine.End, error) {
	return b.ends[id], nil
}

func (b *bench) Image(_ context.Context, ref string) (image.InspectResponse, error) {
	user, ok := b.users[ref]
	if !ok {
		return image.InspectResponse{}, errdefs.ErrNotFound
	}
	return image.InspectResponse{Config: &dockerspec.DockerOCIImageConfig{ImageConfig: ocispec.ImageConfig{User: user}}}, nil
}
func (b *bench) Info(context.Context) (system.Info, error)             { return b.info, nil }
func (b *bench) AllVolumes(context.Context) ([]volume.Volume, error)   { return b.volumes, nil }
func (b *bench) VolumeSizes(context.Context) (map[string]int64, error) { return b.sizes, nil }
func (b *bench) Exec(_ context.Context, id string, o engine.ExecOptions) (engine.Output, error) {
	if b.exec == nil {
		return engine.Output{Code: 127}, nil
	}
	return b.exec(id, o.Command), nil
}

func (b *bench) Run(_ context.Context, o engine.RunOptions) (engine.Output, error) {
	if b.run == nil {
		return engine.Output{}, errors.New("no such image")
	}
	return b.run(o)
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// set puts a container of a service there.
func (c *clinic) set(service string, change func(*engine.Container, *container.InspectResponse)) {
	m := c.Patients[0].Model
	id := "id-" + service
	one := engine.Container{ID: id, Name: m.Name + "-" + service + "-1", Project: m.Name, Service: service, Number: 1, Image: m.Name + "-" + service, ImageID: m.Name + "-" + service,
		State: container.StateRunning, Status: "Up", Created: now.Add(-time.Hour), WorkingDir: c.Root, Labels: map[string]string{}}
	for _, f := range c.Patients[0].Source.Files {
		one.ConfigFiles = append(one.ConfigFiles, filepath.Join(c.Root, f))
	}
	info := container.InspectResponse{ID: id, State: &container.State{Status: container.StateRunning, Running: true, StartedAt: now.Add(-time.Hour).Format(time.RFC3339Nano)},
		HostConfig: &container.HostConfig{}, Config: &container.Config{}}
	if s := m.Services[service]; s != nil {
		info.Config.User = s.User
		for name, value := range s.Environment {
			info.Config.Env = append(info.Config.Env, name+"="+value)
		}
	}
	if change != nil {
		change(&one, &info)
	}
	c.bench.containers = append(c.bench.containers, one)
	c.bench.infos[id] = info
}

// clinic is a case on files of a test.
type clinic struct {
	Case
	bench *bench
}

// admit makes a case of these files, its environment asked for by name, on an engine with nothing on it.
func admit(t *testing.T, files map[string]string) *clinic {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
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
	b := &bench{infos: map[string]container.InspectResponse{}, logs: map[string][]string{}, ends: map[string][]engine.End{}, users: map[string]string{},
		info: system.Info{Name: "here", SystemTime: now.Format(time.RFC3339Nano), DockerRootDir: "/var/lib/docker"}}
	c := &clinic{bench: b, Case: Case{Root: root, Project: p, Audit: audit.Run(p, rules.All()).Findings, Engine: b, Mask: func(s string) string { return strings.ReplaceAll(s, "hunter2", "***") },
		Docker: Docker{At: engine.Endpoint{Host: "unix:///var/run/docker.sock"}},
		Machine: Machine{UID: 1000, GID: 1000, System: "linux", Host: "here", Now: func() time.Time { return now },
			Program:  func(context.Context, string) (string, bool) { return "99.0", true },
			DiskFree: func(string) (uint64, bool) { return 1 << 40, true },
			Owner:    func(string) (int, int, bool) { return 1000, 1000, true },
			OwnedBy:  func(string, int, int) ([]string, bool) { return nil, true },
			Watches:  func() (int, int) { return 1 << 20, 1 << 10 },
			Silent:   func(string) string { return "" }, Speaks: func(string) string { return "" },
			Alive: func(int) bool { return false }, Env: func(string) string { return "" }}}}
	for _, e := range p.Environments {
		m, err := p.As(e, e.EnvFiles, nil)
		if err != nil {
			t.Fatal(err)
		}
		options := invocation.Options(e, nil)
		c.Patients = append(c.Patients, Patient{Name: invocation.NameOf(e), Source: e, Model: m, Plain: m, Asked: true,
			Words: func(args ...string) []string {
				return append(append([]string{"docker", "compose"}, options...), args...)
			}})
	}
	return c
}

// examine says what was found: "error M15 volume shop_data" a line.
func (c *clinic) examine(t *testing.T) (string, Result) {
	t.Helper()
	r, err := Examine(t.Context(), &c.Case)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range r.Findings {
		lines = append(lines, string(f.Severity)+" "+f.Meta.ID+" "+f.Subject)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), r
}

// only wants one finding, and returns it.
func (c *clinic) only(t *testing.T, want string) Diagnosis {
	t.Helper()
	got, r := c.examine(t)
	if got != want {
		text := ""
		for _, f := range r.Findings {
			text += f.Meta.ID + ": " + f.Message + "\n"
		}
		t.Fatalf("found\n%s\nwant\n%s\n%s%s", got, want, text, strings.Join(r.Notes, "\n"))
	}
	if len(r.Findings) == 0 {
		return Diagnosis{}
	}
	return r.Findings[0]
}

func has(t *testing.T, d Diagnosis, words ...string) {
	t.Helper()
	text := strings.Join(append(append([]string{d.Message, d.Cure.Title}, d.Evidence...), d.Cure.Commands...), "\n")
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s does not say %q:\n%s", d.Meta.ID, w, text)
		}
	}
}
