package compose

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"refit/internal/source"
)

// finish resolves environments and labels and builds the Model.
func (l *loading) finish(p *types.Project, origin Origin) (*Model, error) {
	for _, set := range []types.Services{p.Services, p.DisabledServices} {
		for _, name := range slices.Sorted(maps.Keys(set)) {
			s := set[name]
			if err := l.finishService(name, &s, p); err != nil {
				return nil, err
			}
			set[name] = s
		}
	}
	m := &Model{
		Name: p.Name, NameOrigin: origin, Dir: l.dir, Files: l.files, Project: p, Missing: l.missing,
		Services: map[string]*Service{}, Volumes: map[string]Resource{}, Networks: map[string]Resource{},
		Secrets: map[string]FileObject{}, Configs: map[string]FileObject{}, memo: &source.Memo{},
	}
	for _, name := range slices.Sorted(maps.Keys(l.unset)) {
		m.Unset = append(m.Unset, l.unset[name])
	}
	for name, s := range p.Services {
		m.Services[name] = newService(name, s, true, l.dir)
	}
	for name, s := range p.DisabledServices {
		m.Services[name] = newService(name, s, false, l.dir)
	}
	for k, v := range p.Volumes {
		m.Volumes[k] = Resource{Name: v.Name, External: bool(v.External), Driver: v.Driver}
	}
	for k, v := range p.Networks {
		m.Networks[k] = Resource{Name: v.Name, External: bool(v.External), Driver: v.Driver}
	}
	for k, v := range p.Secrets {
		m.Secrets[k] = FileObject{Name: v.Name, File: v.File, Environment: v.Environment, External: bool(v.External)}
	}
	for k, v := range p.Configs {
		m.Configs[k] = FileObject{Name: v.Name, File: v.File, Environment: v.Environment, External: bool(v.External)}
	}
	return m, nil
}

func (l *loading) finishService(name string, s *types.ServiceConfig, p *types.Project) error {
	_, enabled := p.Services[name]
	containers := []*types.ContainerSpec{&s.ContainerSpec}
	for i := range s.PreStart {
		containers = append(containers, &s.PreStart[i].ContainerSpec)
	}
	for _, c := range containers {
		if err := l.resolveEnvironment(name, enabled, c); err != nil {
			return err
		}
		if err := l.resolveLabels(name, enabled, c); err != nil {
			return err
		}
	}
	return nil
}

func newService(name string, c types.ServiceConfig, enabled bool, dir string) *Service {
	s := &Service{
		Name: name, Enabled: enabled, Profiles: c.Profiles, Image: c.Image, Build: newBuild(c.Build, dir),
		ContainerName: c.ContainerName, Environment: map[string]string{}, NetworkMode: c.NetworkMode,
		Restart: c.Restart, User: c.User, Command: c.Command, Entrypoint: c.Entrypoint, Labels: c.Labels,
		Networks: slices.Sorted(maps.Keys(c.Networks)), DependsOn: map[string]Dependency{},
		Healthcheck: newHealthcheck(c.HealthCheck), Replicas: c.GetScale(),
	}
	for k, v := range c.Environment {
		if v == nil {
			s.PassedThrough = append(s.PassedThrough, k)
		} else {
			s.Environment[k] = *v
		}
	}
	slices.Sort(s.PassedThrough)
	for _, f := range c.EnvFiles {
		s.EnvFiles = append(s.EnvFiles, EnvFile{Path: f.Path, Required: bool(f.Required), Format: f.Format})
	}
	for _, p := range c.Ports {
		s.Ports = append(s.Ports, Port{HostIP: p.HostIP, Published: p.Published, Target: p.Target, Protocol: cmp.Or(p.Protocol, "tcp"), Name: p.Name})
	}
	for _, v := range c.Volumes {
		s.Mounts = append(s.Mounts, Mount{Type: v.Type, Source: v.Source, Target: v.Target, ReadOnly: v.ReadOnly})
	}
	for k, d := range c.DependsOn {
		s.DependsOn[k] = Dependency{Condition: d.Condition, Required: d.Required, Restart: d.Restart}
	}
	s.Limits = Resources{CPUs: float64(c.CPUS), Memory: int64(c.MemLimit), PIDs: c.PidsLimit}
	s.Reservations = Resources{Memory: int64(c.MemReservation)}
	if c.Deploy != nil {
		s.Limits.add(c.Deploy.Resources.Limits)
		s.Reservations.add(c.Deploy.Resources.Reservations)
	}
	return s
}

func (r *Resources) add(from *types.Resource) {
	if from == nil {
		return
	}
	r.CPUs = cmp.Or(r.CPUs, float64(from.NanoCPUs))
	r.Memory = cmp.Or(r.Memory, int64(from.MemoryBytes))
	r.PIDs = cmp.Or(r.PIDs, from.Pids)
}

// newBuild reads a build; an empty context stands for the project directory.
func newBuild(c *types.BuildConfig, dir string) *Build {
	if c == nil {
		return nil
	}
	context := cmp.Or(c.Context, dir)
	b := &Build{Context: context, Dockerfile: c.Dockerfile, Inline: c.DockerfileInline != "", Target: c.Target, Args: c.Args.ToMapping(), Contexts: c.AdditionalContexts}
	b.Remote = remoteContext(c.Context)
	if c.Dockerfile != "" && !b.Remote {
		b.Dockerfile = inContext(context, c.Dockerfile)
	}
	return b
}

func newHealthcheck(c *types.HealthCheckConfig) *Healthcheck {
	if c == nil {
		return nil
	}
	h := &Healthcheck{Disabled: c.Disable || len(c.Test) > 0 && c.Test[0] == "NONE", Test: c.Test}
	for to, from := range map[*time.Duration]*types.Duration{&h.Interval: c.Interval, &h.Timeout: c.Timeout, &h.Start: c.StartPeriod} {
		if from != nil {
			*to = time.Duration(*from)
		}
	}
	if c.Retries != nil {
		h.Retries = int(min(*c.Retries, 1<<31-1))
	}
	return h
}
