package verify

import (
	"context"
	_ "embed"

	"refit/internal/rule"
)

//go:embed r30_start_not_seen.md
var startNotSeenDoc string

// startNotSeen looks for the line in which a known server says that it is ready: R30.
var startNotSeen = check("R30", "start-not-seen", Logs, rule.Warning, "the log of a service does not say that it has started", startNotSeenDoc,
	func(ctx context.Context, p *pass) {
		p.each(nil, func(b *box) {
			lines, err := p.log(ctx, b)
			if err != nil {
				p.notShown(b.Service, "its log can't be read: %v", err)
				return
			}
			s := p.serverIn(ctx, b)
			if s == nil {
				return
			}
			for _, l := range lines {
				if s.ready.MatchString(l.Text) {
					return
				}
			}
			if len(lines) == 0 {
				p.notShown(b.Service, "its log is empty: %s is told to be quiet", s.name)
				return
			}
			p.find(report{service: b.Service, subject: "log.start", next: "refit logs " + p.env.Name + " " + b.Service},
				"container %s: among the %d lines since its start, %s does not say that it is ready (%s)", b.Name, len(lines), s.name, s.ready)
		})
	})

// serverIn is the known server that runs in a container; nil when none does.
func (p *pass) serverIn(ctx context.Context, b *box) *server {
	list, err := p.engine.Processes(ctx, b.ID)
	if err != nil {
		return nil
	}
	for i := range servers {
		for _, process := range list {
			if servers[i].process.MatchString(process.Args) {
				return &servers[i]
			}
		}
	}
	return nil
}
