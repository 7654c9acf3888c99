package verify

import (
	"context"
	_ "embed"

	"refit/internal/rule"
)

//go:embed r55_orphan.md
var orphanDoc string

// orphan finds containers of services that the files no longer have: R55.
var orphan = check("R55", "orphan", Configuration, rule.Warning, "a container belongs to no service of the files any more", orphanDoc,
	func(_ context.Context, p *pass) {
		p.looked[""] = true
		for _, c := range p.orphans {
			p.find(report{subject: "orphan." + c.Service, next: "docker rm -f " + c.Name + " removes it; its volumes stay"},
				"container %s belongs to the project %s, and the files have no service %s any more; it goes on running with what it was made from", c.Name, c.Project, c.Service)
		}
	})
