package verify

import (
	"context"
	_ "embed"
	"maps"
	"slices"

	"refit/internal/rule"
)

//go:embed r28_reachable_though_apart.md
var reachableThoughApartDoc string

// reachableThoughApart tries what the networks of the files do not allow: R28.
var reachableThoughApart = check("R28", "reachable-though-apart", Network, rule.Error, "a container is in a network, or reaches a service, that the files keep it from", reachableThoughApartDoc,
	func(ctx context.Context, p *pass) {
		for _, b := range p.boxes(nil) {
			if !b.runs() || b.service.model.NetworkMode != "" || b.info.NetworkSettings == nil {
				continue
			}
			p.looked[b.Service] = true
			if p.checkNetworks(b) {
				continue // what it reaches through a network too many is no second finding
			}
			for _, s := range p.services {
				if s.name != b.Service && apart(b.service, s) {
					p.checkApart(ctx, b, s)
				}
			}
		}
	})

// checkNetworks finds networks that a container is in without the files' leave.
func (p *pass) checkNetworks(b *box) (found bool) {
	allowed := map[string]bool{}
	for _, key := range b.service.model.Networks {
		allowed[p.env.Model.Networks[key].Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(b.info.NetworkSettings.Networks)) {
		if !allowed[name] {
			found = true
			p.find(report{service: b.Service, subject: "networks", at: []string{"services." + b.Service + ".networks"}, next: "docker network disconnect " + name + " " + b.Name},
				"container %s is in the network %s, and the files don't put it there; it reaches whatever is in it", b.Name, name)
		}
	}
	return found
}

// apart says whether the files give two services no network in common.
func apart(a, b *service) bool {
	if b.model.NetworkMode != "" || a.model.NetworkMode != "" {
		return false
	}
	return !slices.ContainsFunc(a.model.Networks, func(n string) bool { return slices.Contains(b.model.Networks, n) })
}

// checkApart tries to reach a service by its name and by its addresses.
func (p *pass) checkApart(ctx context.Context, b *box, s *service) {
	for _, other := range s.containers {
		if !other.runs() || other.info.NetworkSettings == nil {
			continue
		}
		hosts := []string{s.name}
		for _, name := range slices.Sorted(maps.Keys(other.info.NetworkSettings.Networks)) {
			if n := other.info.NetworkSettings.Networks[name]; n.IPAddress.IsValid() {
				hosts = append(hosts, n.IPAddress.String())
			}
		}
		for _, port := range s.listens() {
			for _, host := range hosts {
				code, err := p.dial(ctx, b, host, port)
				if err != nil {
					p.notShown(b.Service, "%v", err)
					return
				}
				if code == dialed {
					p.find(report{service: b.Service, subject: "networks." + s.name, at: []string{"services." + b.Service + ".networks"}, next: "look at docker network inspect, and at the engine's firewall rules"},
						"container %s reaches %s at %s:%d, and the files put the two into separate networks", b.Name, s.name, host, port)
					return
				}
			}
		}
	}
}
