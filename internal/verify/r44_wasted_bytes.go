package verify

import (
	"context"
	_ "embed"

	"refit/internal/rule"
)

//go:embed r44_wasted_bytes.md
var wastedBytesDoc string

// From this many bytes and this part of the image on, waste is worth a finding.
const (
	muchWaste     = 10 << 20
	partialWaste  = 20 // the twentieth part
	bytesPerMByte = 1e6
)

// wastedBytes measures what later layers overwrite or delete: R44.
var wastedBytes = check("R44", "wasted-bytes", Image, rule.Info, "an own image carries files that a later layer overwrites or deletes", wastedBytesDoc,
	func(ctx context.Context, p *pass) {
		p.eachImage(ctx, func(b *box, c *contents) {
			if c.wasted >= muchWaste && c.wasted >= c.size/partialWaste {
				p.find(report{service: b.Service, subject: "image.size", at: []string{"services." + b.Service + ".build"}, next: "delete in the RUN that makes, and COPY --chown instead of a later chown"},
					"the image of %s (%s) has %d MB in %d layers, and %d MB of it are files that a later layer overwrites or deletes, /%s among them", b.Service, short(b.info.Image), c.size/bytesPerMByte, c.layers, c.wasted/bytesPerMByte, c.biggest)
			}
		})
	})
