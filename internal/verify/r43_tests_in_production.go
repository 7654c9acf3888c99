package verify

import (
	"context"
	_ "embed"
	"path"
	"strings"

	"refit/internal/rule"
)

//go:embed r43_tests_in_production.md
var testsInProductionDoc string

// testsInProduction finds the tests in production images: R43.
var testsInProduction = check("R43", "tests-in-production", Image, rule.Warning, "a production image has the tests in it", testsInProductionDoc,
	func(ctx context.Context, p *pass) {
		if p.env.Name != "prod" {
			return
		}
		p.eachImage(ctx, func(b *box, c *contents) {
			if b.workdir() == "" {
				return
			}
			for _, name := range []string{"tests", "test", "spec", "__tests__"} {
				if folder := path.Join(b.workdir(), name); c.final[strings.TrimPrefix(folder, "/")] {
					p.find(report{service: b.Service, subject: "image.tests", at: []string{"services." + b.Service + ".build"}, next: "leave them out of the copy for production, or delete them in a builder stage, then refit rebuild " + p.env.Name},
						"the image of %s (%s) has the tests in it: %s; nothing runs them there", b.Service, short(b.info.Image), folder)
				}
			}
		})
	})
