package verify

import (
	"context"
	_ "embed"
	"regexp"
	"strings"

	"refit/internal/engine"
	"refit/internal/rule"
)

//go:embed r31_error_in_log.md
var errorInLogDoc string

// trouble is a kind of line that should not be in a log.
type trouble struct {
	kind, what string
	like       *regexp.Regexp
	level      bool // only a level: ready-made images log what their clients do wrong
}

// troubles, the most telling ones first. A line counts for the first that fits.
var troubles = []trouble{
	{"permission", "\"permission denied\"", regexp.MustCompile(`(?i)permission denied|\bEACCES\b|\bPermissionError\b|\bEPERM\b`), false},
	{"traceback", "a traceback", regexp.MustCompile(`Traceback \(most recent call last\)|^panic: |^fatal error: |Segmentation fault|Unhandled(?:PromiseRejection| ?[Ee]xception)|Exception in thread`), false},
	{"error", "an error", regexp.MustCompile(`(?:^|[\s\[(|])(?:ERROR|FATAL|CRITICAL|PANIC|EMERG)(?:[\s\]):|]|$)|"level": ?"(?:error|fatal|critical|panic)"|\blevel=(?:error|fatal|panic)\b`), true},
}

// errorInLog looks for trouble in the logs: R31.
var errorInLog = check("R31", "error-in-log", Logs, rule.Error, "the log of a service has an error, a traceback or \"permission denied\"", errorInLogDoc,
	func(ctx context.Context, p *pass) {
		p.each(nil, func(b *box) {
			lines, err := p.log(ctx, b)
			if err != nil {
				p.notShown(b.Service, "its log can't be read: %v", err)
				return
			}
			seen := make([]int, len(troubles))
			first := make([]string, len(troubles))
			ready := p.ready(ctx, b, lines)
			for at, l := range lines {
				for i, t := range troubles {
					if t.like.MatchString(l.Text) && !(t.level && at < ready) {
						if seen[i]++; seen[i] == 1 {
							first[i] = strings.TrimSpace(l.Text)
						}
						break
					}
				}
			}
			for i, t := range troubles {
				if seen[i] > 0 {
					p.logFinding(b, t, seen[i], first[i])
				}
			}
		})
	})

// ready is the last line in which a ready-made server says that it is ready. The levels before are those of its
// start: PostgreSQL ends the connections to the server that sets the data up with a FATAL.
func (p *pass) ready(ctx context.Context, b *box, lines []engine.LogLine) int {
	if s := p.serverIn(ctx, b); s != nil && !b.service.own {
		for i := len(lines) - 1; i >= 0; i-- {
			if s.ready.MatchString(lines[i].Text) {
				return i
			}
		}
	}
	return 0
}

func (p *pass) logFinding(b *box, t trouble, n int, first string) {
	r := report{service: b.Service, subject: "log." + t.kind, next: "refit logs " + p.env.Name + " " + b.Service + " shows what is around it"}
	if t.level && !b.service.own {
		r.severity = rule.Warning
	}
	p.find(r, "container %s: its log has %s in %s since its start, the first: %s", b.Name, t.what, count(n, "line", "lines"), p.clip(first))
}
