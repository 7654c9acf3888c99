package verify

import (
	"context"
	_ "embed"
	"strings"

	"refit/internal/rule"
)

//go:embed r53_stale_configuration.md
var staleConfigurationDoc string

// staleConfiguration finds containers that were made from an older configuration: R53. Compose keeps the hash of a
// service's configuration as a label, and prints the present one with `config --hash`.
var staleConfiguration = check("R53", "stale-configuration", Configuration, rule.Error, "a container is older than the files", staleConfigurationDoc,
	func(ctx context.Context, p *pass) {
		out, err := p.compose.Output(ctx, "config", "--hash", "*")
		hashes := map[string]string{}
		for line := range strings.Lines(string(out)) {
			if f := strings.Fields(line); len(f) == 2 {
				hashes[f[0]] = f[1]
			}
		}
		p.each(nil, func(b *box) {
			switch hash := hashes[b.Service]; {
			case err != nil:
				p.notShown(b.Service, "docker compose config --hash fails: %v", err)
			case hash == "" || b.ConfigHash == "":
				p.notShown(b.Service, "docker compose gives no hash of its configuration")
			case hash != b.ConfigHash:
				p.find(report{service: b.Service, next: "refit up " + p.env.Name},
					"container %s was made from another configuration than the files have now; what was changed since does not count yet", b.Name)
			}
		})
	})
