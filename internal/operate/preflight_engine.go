package operate

import (
	"cmp"
	"context"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/system"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/machine"
)

// externals are volumes and networks that somebody else makes.
func (p *preflight) externals(ctx context.Context) error {
	for _, key := range slices.Sorted(maps.Keys(p.Env.Model.Volumes)) {
		v := p.Env.Model.Volumes[key]
		if !v.External || !p.uses(func(s *compose.Service) bool {
			return slices.ContainsFunc(s.Mounts, func(m compose.Mount) bool { return m.Type == "volume" && m.Source == key })
		}) {
			continue
		}
		if _, err := p.Engine.Volume(ctx, v.Name); engine.IsNotFound(err) {
			p.stop(ObstacleExternal, "volumes."+key, p.place("volumes."+key), "the external volume %s does not exist; Compose does not make external ones; docker volume create %s", v.Name, v.Name)
		} else if err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.Env.Model.Networks)) {
		n := p.Env.Model.Networks[key]
		if !n.External || !p.uses(func(s *compose.Service) bool { return slices.Contains(s.Networks, key) }) {
			continue
		}
		if _, err := p.Engine.Network(ctx, n.Name); engine.IsNotFound(err) {
			p.stop(ObstacleExternal, "networks."+key, p.place("networks."+key), "the external network %s does not exist; Compose does not make external ones; docker network create %s", n.Name, n.Name)
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (p *preflight) uses(by func(*compose.Service) bool) bool {
	return slices.ContainsFunc(p.started(), by)
}

// The space on the engine's disk, in bytes, below which nothing can be started, and below which a build may fail.
const (
	noSpace     = 100 << 20
	littleSpace = 1 << 30
)

// machine looks at the engine's disk and platform.
func (p *preflight) machine(ctx context.Context) error {
	info, err := p.Engine.Info(ctx)
	if err != nil {
		return err
	}
	for _, s := range p.started() {
		platform := p.Env.Model.Project.Services[s.Name].Platform
		if platform != "" && !runsOn(platform, info.OSType, info.Architecture) {
			p.warn(ObstaclePlatform, "services."+s.Name, p.place("services."+s.Name+".platform", "services."+s.Name), "%s asks for %s and the engine is %s/%s; it is emulated, slowly, or does not start (exec format error); leave platform out where the image has both",
				s.Name, platform, info.OSType, info.Architecture)
		}
	}
	free, ok := p.diskFree(info)
	switch {
	case ok && free < noSpace:
		p.stop(ObstacleDisk, "disk", "", "the engine's disk (%s) has %d MB left; nothing can be built or started; docker system df says what takes it, docker system prune frees some", info.DockerRootDir, free>>20)
	case ok && free < littleSpace:
		p.warn(ObstacleDisk, "disk", "", "the engine's disk (%s) has %d MB left; a build or a database may fill it; docker system df says what takes it", info.DockerRootDir, free>>20)
	}
	return nil
}

// diskFree is the space on the engine's disk, where that is one of this machine: that of Docker Desktop is a virtual
// machine's.
func (o *Operation) diskFree(info system.Info) (free uint64, ok bool) {
	if host, _ := os.Hostname(); !o.At.Local() || info.Name != host {
		return 0, false
	}
	return machine.DiskFree(info.DockerRootDir)
}

// architectures are the kernel's names of what platforms call otherwise (containerd/platforms, database.go).
var architectures = map[string]string{"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i386": "386", "i686": "386"}

func runsOn(platform, system, architecture string) bool {
	parts := strings.Split(platform, "/")
	if len(parts) < 2 {
		return true
	}
	known := cmp.Or(architectures[architecture], architecture)
	return parts[0] == system && (parts[1] == known || parts[1] == "386" && known == "amd64")
}
