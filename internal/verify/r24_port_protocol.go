package verify

import (
	"context"
	_ "embed"

	"refit/internal/rule"
)

//go:embed r24_port_protocol.md
var portProtocolDoc string

// portProtocol asks every published port of the own services: R24.
var portProtocol = check("R24", "port-protocol", Health, rule.Error, "a published port does not answer, or not in the protocol that the files promise", portProtocolDoc,
	func(ctx context.Context, p *pass) {
		for _, b := range p.boxes(own) {
			if !b.runs() {
				continue
			}
			for _, target := range b.tcpPorts() {
				p.looked[b.Service] = true
				if !p.env.Local {
					p.notShown(b.Service, "the engine is on another machine")
					break
				}
				for _, address := range b.published(target) {
					p.checkPort(ctx, b, target, address)
				}
			}
		}
	})

func (p *pass) checkPort(ctx context.Context, b *box, target int, address string) {
	r := report{service: b.Service, subject: "ports." + itoa(target), at: []string{"services." + b.Service + ".ports"},
		next: "refit logs " + p.env.Name + " " + b.Service + " says what it listens on"}
	seen := p.probe(ctx, address)
	promised, known := p.promisedTLS(b, target, b.published(target))
	switch {
	case seen.how == refused, seen.how == closed:
		p.find(r, "%s, published for port %d of container %s, %s", address, target, b.Name, seen.how)
	case known && promised.secure && seen.how != secure:
		p.find(r, "%s, port %d of container %s, %s, and the files promise TLS: %s", address, target, b.Name, seen.how, promised.by)
	case known && !promised.secure && seen.how == secure:
		p.find(r, "%s, port %d of container %s, %s, and the files promise plain HTTP: %s", address, target, b.Name, seen.how, promised.by)
	case known && seen.how == quiet:
		p.find(r, "%s, port %d of container %s, %s, and the files promise HTTP: %s", address, target, b.Name, seen.how, promised.by)
	}
}
