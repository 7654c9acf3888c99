package verify

import (
	"context"
	_ "embed"

	"refit/internal/rule"
)

//go:embed r01_root_process.md
var rootProcessDoc string

// rootProcess finds processes of own services that run as root, children too: R01.
var rootProcess = check("R01", "root-process", User, rule.Error, "a process of an own service runs as root", rootProcessDoc,
	func(ctx context.Context, p *pass) {
		p.each(own, func(b *box) {
			if p.remapped() {
				p.notShown(b.Service, "the engine maps root of its containers to another account, so that its list of processes does not tell; R02 asks inside")
				return
			}
			list, err := p.engine.Processes(ctx, b.ID)
			if err != nil {
				p.notShown(b.Service, "the engine does not list its processes: %v", err)
				return
			}
			for _, process := range list {
				if process.UID == 0 {
					p.find(report{service: b.Service, subject: "process", at: []string{"services." + b.Service + ".user"},
						next: "give the last stage of its Dockerfile a USER (refit plan does), then refit rebuild " + p.env.Name},
						"container %s: process %d runs as root (uid 0): %s; whoever breaks into it is root in the container, and owns what it writes into mounts",
						b.Name, process.PID, p.clip(process.Args))
					return
				}
			}
		})
	})
