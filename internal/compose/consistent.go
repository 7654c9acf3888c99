package compose

import (
	"strings"

	"github.com/compose-spec/compose-go/v2/graph"
	"github.com/compose-spec/compose-go/v2/types"
)

// plainlyConsistent says that compose-go's check of what refers to what (loader/validate.go of v2.16.2, which can't be
// called by itself) would find nothing. It knows common services only: where it says no, nothing is known, and
// compose-go has to be asked.
func plainlyConsistent(p *types.Project) bool {
	if len(p.Jobs)+len(p.DisabledJobs) > 0 {
		return false
	}
	for _, s := range p.Services {
		if !plainService(&s) || !plainBuild(&s) || !distinctMounts(&s) || !refersToKnown(&s, p) {
			return false
		}
	}
	return graph.CheckCycle(p) == nil
}

// plainService says that a service is fine, its build and its references aside.
func plainService(s *types.ServiceConfig) bool {
	if s.Image == "" && s.Build == nil || s.Scale != nil || s.Develop != nil || len(s.PreStart) > 0 {
		return false
	}
	if s.NetworkMode != "" && (len(s.Networks) > 0 || strings.HasPrefix(s.NetworkMode, types.ServicePrefix)) {
		return false
	}
	if h := s.HealthCheck; h != nil && len(h.Test) > 0 && h.Test[0] != "CMD" && h.Test[0] != "CMD-SHELL" && h.Test[0] != "NONE" {
		return false
	}
	if s.Deploy == nil {
		return true
	}
	limited := s.CPUS != 0 || s.MemLimit != 0 || s.MemReservation != 0 || s.PidsLimit != 0
	return !limited && (s.Deploy.Replicas == nil || *s.Deploy.Replicas == 1)
}

func plainBuild(s *types.ServiceConfig) bool {
	b := s.Build
	return b == nil || b.DockerfileInline == "" && len(b.AdditionalContexts) == 0 && len(b.Platforms) == 0 && len(b.Secrets) == 0
}

func distinctMounts(s *types.ServiceConfig) bool {
	seen := make(map[string]bool, len(s.Tmpfs)+len(s.Volumes))
	taken := func(target string) bool {
		known := seen[target]
		seen[target] = true
		return known
	}
	for _, t := range s.Tmpfs {
		target, _, _ := strings.Cut(t, ":")
		if taken(target) {
			return false
		}
	}
	for _, v := range s.Volumes {
		if taken(v.Target) {
			return false
		}
	}
	return true
}

// refersToKnown says that everything which the service names is there.
func refersToKnown(s *types.ServiceConfig, p *types.Project) bool {
	for name := range s.Networks {
		if _, ok := p.Networks[name]; !ok {
			return false
		}
	}
	for name := range s.DependsOn {
		if _, ok := p.Services[name]; !ok {
			return false
		}
	}
	for _, v := range s.Volumes {
		if _, ok := p.Volumes[v.Source]; !ok && v.Type == types.VolumeTypeVolume && v.Source != "" {
			return false
		}
	}
	for _, c := range s.Configs {
		if _, ok := p.Configs[c.Source]; !ok {
			return false
		}
	}
	for _, c := range s.Secrets {
		if _, ok := p.Secrets[c.Source]; !ok {
			return false
		}
	}
	return len(s.Models) == 0
}
