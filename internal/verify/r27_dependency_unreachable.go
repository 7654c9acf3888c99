package verify

import (
	"context"
	_ "embed"
	"maps"
	"net/url"
	"slices"

	"github.com/moby/moby/api/types/network"

	"refit/internal/rule"
)

//go:embed r27_dependency_unreachable.md
var dependencyUnreachableDoc string

// dependencyUnreachable connects from each container to the services that it depends on: R27.
var dependencyUnreachable = check("R27", "dependency-unreachable", Network, rule.Error, "a container does not reach a service that it depends on by its name", dependencyUnreachableDoc,
	func(ctx context.Context, p *pass) {
		for _, b := range p.boxes(nil) {
			if b.runs() {
				p.checkDependencies(ctx, b)
			}
		}
	})

func (p *pass) checkDependencies(ctx context.Context, b *box) {
	var targets []string
	of := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(b.service.model.DependsOn)) {
		other := p.service(name)
		if other == nil || len(other.containers) == 0 || !other.containers[0].runs() {
			continue // it has ended as it should, or R20 tells
		}
		for _, port := range p.portsOf(b.service, other) {
			target := name + ":" + itoa(port)
			targets, of[target] = append(targets, target), name
		}
	}
	if len(targets) == 0 {
		return
	}
	p.looked[b.Service] = true
	codes, err := p.dial(ctx, b, targets)
	if err != nil {
		p.notShown(b.Service, "%v", err)
	}
	for _, target := range targets {
		name := of[target]
		r := report{service: b.Service, subject: "depends_on." + name, at: []string{"services." + b.Service + ".depends_on." + name, "services." + b.Service + ".depends_on"},
			next: "put both on one network of the Compose file, then refit up " + p.env.Name}
		switch codes[target] {
		case noName:
			p.find(r, "container %s does not know the name %s; it depends on that service, and can't find it", b.Name, name)
		case noAnswer:
			p.find(r, "container %s does not get through to %s; it depends on that service", b.Name, target)
		}
	}
}

func (r *running) service(name string) *service {
	for _, s := range r.services {
		if s.name == name {
			return s
		}
	}
	return nil
}

// portsOf are the ports on which one service would be asked by another: those of its URLs in the other's environment,
// else those that its image exposes or that it publishes.
func (r *running) portsOf(by, s *service) []int {
	var list []int
	for _, value := range by.model.Environment {
		if u, err := url.Parse(value); err == nil && u.Hostname() == s.name {
			if port, ok := number(u.Port()); ok {
				list = append(list, port)
			}
		}
	}
	if len(list) == 0 {
		list = s.listens()
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// listens are the TCP ports that the image of a service exposes, and those that it publishes.
func (s *service) listens() []int {
	var list []int
	for _, p := range s.model.Ports {
		if p.Protocol == "tcp" {
			list = append(list, int(p.Target))
		}
	}
	for _, b := range s.containers {
		for exposed := range b.info.Config.ExposedPorts {
			if exposed.Proto() == network.TCP {
				list = append(list, int(exposed.Num()))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
