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
			p.checkApart(ctx, b)
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

// checkApart tries to reach the services that are apart from a container, by their addresses.
func (p *pass) checkApart(ctx context.Context, b *box) {
	var targets []string
	of := map[string]string{}
	for _, s := range p.services {
		if s.name == b.Service || !apart(b.service, s) {
			continue
		}
		for _, other := range s.containers {
			for _, ip := range other.addresses() {
				for _, port := range s.listens() {
					target := ip + ":" + itoa(port)
					targets, of[target] = append(targets, target), s.name
				}
			}
		}
	}
	codes, err := p.dial(ctx, b, targets)
	if err != nil {
		p.notShown(b.Service, "%v", err)
	}
	for _, target := range targets {
		if codes[target] == dialed {
			p.find(report{service: b.Service, subject: "networks." + of[target], at: []string{"services." + b.Service + ".networks"}, next: "look at docker network inspect, and at the engine's firewall rules"},
				"container %s reaches %s at %s, and the files put the two into separate networks", b.Name, of[target], target)
		}
	}
}

// addresses are those of a running container, sorted.
func (b *box) addresses() []string {
	if !b.runs() || b.info.NetworkSettings == nil {
		return nil
	}
	var list []string
	for _, n := range b.info.NetworkSettings.Networks {
		if n.IPAddress.Is4() {
			list = append(list, n.IPAddress.String())
		}
	}
	slices.Sort(list)
	return list
}
