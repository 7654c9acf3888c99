package verify

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/network"

	"refit/internal/compose"
	"refit/internal/rule"
)

//go:embed r51_ports_differ.md
var portsDifferDoc string

// portsDiffer compares the published ports with those of the files: R51.
var portsDiffer = check("R51", "ports-differ", Configuration, rule.Error, "a container publishes other ports than the files say", portsDifferDoc,
	func(_ context.Context, p *pass) {
		p.each(nil, func(b *box) {
			has := b.bindings()
			for _, want := range b.service.model.Ports {
				at := slices.IndexFunc(has, func(h binding) bool { return h.fits(want) })
				if at < 0 {
					p.portFinding(b, int(want.Target), "container %s does not publish port %d as the files say (%s); it publishes %s", b.Name, want.Target, wanted(want), b.describePorts())
				}
			}
			for _, h := range has {
				if !slices.ContainsFunc(b.service.model.Ports, h.fits) {
					p.portFinding(b, h.target, "container %s publishes port %d at %s, and the files don't; whoever reaches this machine there reaches it", b.Name, h.target, h)
				}
			}
		})
	})

func (p *pass) portFinding(b *box, target int, format string, args ...any) {
	p.find(report{service: b.Service, subject: "ports." + itoa(target), at: []string{"services." + b.Service + ".ports"}, next: "refit up " + p.env.Name + " makes the container anew"}, format, args...)
}

// binding is one published port of a container.
type binding struct {
	target   int
	protocol string
	ip       netip.Addr
	host     int
}

func (b binding) String() string {
	return netip.AddrPortFrom(b.ip, uint16(b.host)).String() + "/" + b.protocol //nolint:gosec // a port
}

// bindings are the published ports of a container, sorted.
func (b *box) bindings() []binding {
	var list []binding
	for at, bindings := range b.ports() {
		for _, bound := range bindings {
			host, _ := number(bound.HostPort)
			ip := bound.HostIP
			if !ip.IsValid() {
				ip = netip.IPv4Unspecified()
			}
			list = append(list, binding{int(at.Num()), string(at.Proto()), ip, host})
		}
	}
	slices.SortFunc(list, func(x, y binding) int {
		return cmp.Or(cmp.Compare(x.target, y.target), cmp.Compare(x.protocol, y.protocol), x.ip.Compare(y.ip), cmp.Compare(x.host, y.host))
	})
	return list
}

// fits says whether a port of the files is the one that is published.
func (b binding) fits(want compose.Port) bool {
	if b.target != int(want.Target) || b.protocol != cmp.Or(want.Protocol, string(network.TCP)) {
		return false
	}
	first, last, isRange := strings.Cut(want.Published, "-")
	low, any := number(first)
	high, ok := number(last)
	if !isRange || !ok {
		high = low
	}
	if any && low != 0 && (b.host < low || b.host > high) {
		return false
	}
	ip, err := netip.ParseAddr(strings.Trim(want.HostIP, "[]"))
	if err != nil || ip.IsUnspecified() {
		return b.ip.IsUnspecified()
	}
	return ip == b.ip
}

func wanted(p compose.Port) string {
	return fmt.Sprintf("%s:%s", cmp.Or(p.HostIP, "0.0.0.0"), cmp.Or(p.Published, "any port"))
}

func (b *box) describePorts() string {
	var words []string
	for _, h := range b.bindings() {
		words = append(words, fmt.Sprintf("%s for %d", h, h.target))
	}
	if len(words) == 0 {
		return "none"
	}
	return rule.Listed(words)
}
