package verify

import (
	"context"
	_ "embed"

	"refit/internal/rule"
)

//go:embed r22_no_healthcheck.md
var noHealthcheckDoc string

// noHealthcheck lists services of which nobody knows whether they work: R22.
var noHealthcheck = check("R22", "no-healthcheck", Health, rule.Info, "a running service has no healthcheck", noHealthcheckDoc,
	func(_ context.Context, p *pass) {
		p.each(nil, func(b *box) {
			test := b.info.Config.Healthcheck
			if test == nil || len(test.Test) == 0 || test.Test[0] == "NONE" {
				p.find(report{service: b.Service, subject: "healthcheck", next: "give it one: refit plan knows those of many servers"},
					"container %s has no healthcheck; it counts as well as long as it runs, whatever it answers", b.Name)
			}
		})
	})
