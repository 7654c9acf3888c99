package verify

import (
	"context"
	_ "embed"

	"refit/internal/rule"
)

//go:embed r41_private_file_in_image.md
var privateFileInImageDoc string

// privateFileInImage finds env files, keys and git's folder in own images: R41.
var privateFileInImage = check("R41", "private-file-in-image", Image, rule.Error, "an env file, a private key or git's folder is in an own image", privateFileInImageDoc,
	func(ctx context.Context, p *pass) {
		p.eachImage(ctx, func(b *box, c *contents) {
			if len(c.private) > 0 {
				p.find(report{service: b.Service, subject: "image.files", at: []string{"services." + b.Service + ".build"}, next: "name them in .dockerignore (refit plan, I03), then refit rebuild " + p.env.Name},
					"the image of %s (%s) has %s in a layer; whoever has the image has them, also when a later layer deletes them", b.Service, short(b.info.Image), rule.Listed(c.private))
			}
		})
	})
