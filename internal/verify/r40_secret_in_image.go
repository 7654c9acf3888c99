package verify

import (
	"context"
	_ "embed"

	"refit/internal/rule"
)

//go:embed r40_secret_in_image.md
var secretInImageDoc string

// secretInImage searches own images for secrets: R40.
var secretInImage = check("R40", "secret-in-image", Image, rule.Error, "a secret is in a layer, the history or the configuration of an own image", secretInImageDoc,
	func(ctx context.Context, p *pass) {
		p.eachImage(ctx, func(b *box, c *contents) {
			found := map[string][]string{}
			for _, s := range c.places {
				found[s.secret] = append(found[s.secret], s.at)
			}
			for _, name := range sorted(found) {
				p.find(report{service: b.Service, subject: "image." + name, at: []string{"services." + b.Service + ".build"},
					next: "keep it out of the build (refit plan, D43, I03), refit rebuild " + p.env.Name + ", and give it a new value: refit env rotate " + p.env.Name},
					"the image of %s (%s) has %s in it: %s; whoever has the image has the secret", b.Service, short(b.info.Image), name, rule.Listed(found[name]))
			}
		})
	})

// eachImage examines the images of the own services, each once.
func (p *pass) eachImage(ctx context.Context, do func(*box, *contents)) {
	for _, s := range p.services {
		if !s.own || len(s.containers) == 0 {
			continue
		}
		b := s.containers[0]
		c := p.contentsOf(ctx, b)
		if c.err != nil {
			p.notShown(s.name, "its image can't be read: %v", c.err)
			continue
		}
		p.looked[s.name] = true
		do(b, c)
	}
}
