package verify

import (
	"context"
	_ "embed"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"refit/internal/rule"
)

//go:embed r29_way_out.md
var wayOutDoc string

// wayOut finds containers of internal networks that have a way to the outside: R29.
var wayOut = check("R29", "way-out", Network, rule.Error, "an internal network has a way out", wayOutDoc,
	func(ctx context.Context, p *pass) {
		for key, n := range p.env.Model.Project.Networks {
			if !n.Internal {
				continue
			}
			seen, err := p.engine.Network(ctx, p.env.Model.Networks[key].Name)
			if err != nil {
				p.notShown("", "the network %s can't be looked at: %v", n.Name, err)
				continue
			}
			p.looked[""] = true
			if !seen.Internal {
				p.find(report{subject: "networks." + key, at: []string{"networks." + key + ".internal", "networks." + key}, next: "refit down " + p.env.Name + ", then refit up " + p.env.Name + ": a network is not changed while it exists"},
					"the network %s is not internal, and the files say internal: true; what is in it reaches the internet", seen.Name)
			}
		}
		p.each(p.confined, func(b *box) { p.checkRoutes(ctx, b) })
	})

// confined says whether the files give a service internal networks only.
func (r *running) confined(s *service) bool {
	if len(s.model.Networks) == 0 || s.model.NetworkMode != "" {
		return false
	}
	return !slices.ContainsFunc(s.model.Networks, func(key string) bool { return !r.env.Model.Project.Networks[key].Internal })
}

// checkRoutes asks the kernel for a default route (/proc/net/route, proc_net(5)). One through the gateway of an internal
// network is none: older engines set it, and drop what goes there.
func (p *pass) checkRoutes(ctx context.Context, b *box) {
	closed := p.internalNetworks(ctx, b)
	out, err := p.exec(ctx, b, "", "cat", "/proc/net/route")
	if err != nil || out.Code != 0 {
		if len(closed) < len(b.info.NetworkSettings.Networks) {
			p.notShown(b.Service, "the image has no cat to read its routes with, and not all of its networks are internal")
		}
		return
	}
	for line := range strings.Lines(string(out.Stdout)) {
		f := strings.Fields(line)
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		gateway := routeAddress(f[2])
		if !slices.ContainsFunc(closed, func(n netip.Prefix) bool { return n.Contains(gateway) }) {
			p.find(report{service: b.Service, subject: "networks", at: []string{"services." + b.Service + ".networks"}, next: "refit down " + p.env.Name + ", then refit up " + p.env.Name},
				"container %s has a route to the outside (default route through %s, %s), and the files give it internal networks only", b.Name, f[0], gateway)
			return
		}
	}
}

// internalNetworks are the ranges of addresses of a container's networks that are internal in the engine.
func (p *pass) internalNetworks(ctx context.Context, b *box) []netip.Prefix {
	var list []netip.Prefix
	for name, n := range b.info.NetworkSettings.Networks {
		if seen, err := p.engine.Network(ctx, name); err == nil && seen.Internal {
			list = append(list, netip.PrefixFrom(n.IPAddress, n.IPPrefixLen))
		}
	}
	return list
}

// routeAddress reads an address as /proc/net/route writes it: the bytes of the number in the machine's order, which
// is the little endian one wherever Docker runs.
func routeAddress(hexadecimal string) netip.Addr {
	n, err := strconv.ParseUint(hexadecimal, 16, 32)
	if err != nil {
		return netip.Addr{}
	}
	return netip.AddrFrom4([4]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) //nolint:gosec // its bytes are meant
}
