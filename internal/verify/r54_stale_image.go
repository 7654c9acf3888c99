package verify

import (
	"context"
	_ "embed"
	"strings"

	"refit/internal/engine"
	"refit/internal/rule"
)

//go:embed r54_stale_image.md
var staleImageDoc string

// staleImage finds containers that run another image than the one that has the name now: R54.
var staleImage = check("R54", "stale-image", Configuration, rule.Error, "a container runs an older image than the one that was built or pulled", staleImageDoc,
	func(ctx context.Context, p *pass) {
		p.each(nil, func(b *box) {
			name := b.info.Config.Image
			now, err := p.engine.Image(ctx, name)
			switch {
			case engine.IsNotFound(err):
				p.notShown(b.Service, "no image is called %s any more", name)
			case err != nil:
				p.notShown(b.Service, "the image %s can't be looked at: %v", name, err)
			case now.ID != b.info.Image:
				p.find(report{service: b.Service, subject: "image", at: []string{"services." + b.Service + ".image", "services." + b.Service + ".build"}, next: "refit up " + p.env.Name},
					"container %s runs the image %s, and %s is %s now; what was built since does not run", b.Name, short(b.info.Image), name, short(now.ID))
			}
		})
	})

// short is an image's id as docker prints it.
func short(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}
