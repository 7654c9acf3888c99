package verify

import (
	"cmp"
	"context"
	_ "embed"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"

	"refit/internal/rule"
)

//go:embed r21_unhealthy.md
var unhealthyDoc string

// unhealthy finds healthchecks that fail, or do not pass in time: R21.
var unhealthy = check("R21", "unhealthy", Health, rule.Error, "a healthcheck fails, or has not passed within its time", unhealthyDoc,
	func(_ context.Context, p *pass) {
		p.each(nil, func(b *box) {
			health := b.info.State.Health
			if health == nil || health.Status == container.NoHealthcheck {
				return
			}
			r := report{service: b.Service, subject: "healthcheck", at: []string{"services." + b.Service + ".healthcheck"},
				next: "refit logs " + p.env.Name + " " + b.Service + " says more; refit doctor " + p.env.Name + " looks for the cause"}
			switch {
			case health.Status == container.Unhealthy:
				p.find(r, "container %s is unhealthy: %s", b.Name, p.lastCheck(health, true))
			case health.Status == container.Starting:
				p.find(r, "container %s is not healthy %s after its start, and its healthcheck gives it %s: %s", b.Name, time.Since(b.started()).Round(time.Second), patience(b.info.Config.Healthcheck), p.lastCheck(health, true))
			case health.FailingStreak > 0:
				r.severity = rule.Warning
				p.find(r, "container %s still counts as healthy, but its last check failed: %s", b.Name, p.lastCheck(health, true))
			}
		})
	})

// The defaults of a healthcheck (https://docs.docker.com/reference/dockerfile/#healthcheck).
const (
	defaultInterval = 30 * time.Second
	defaultTimeout  = 30 * time.Second
	defaultRetries  = 3
)

// patience is how long a healthcheck lets a container take until it passes.
func patience(h *container.HealthConfig) time.Duration {
	if h == nil {
		return 0
	}
	interval, timeout, retries := cmp.Or(h.Interval, defaultInterval), cmp.Or(h.Timeout, defaultTimeout), cmp.Or(h.Retries, defaultRetries)
	return h.StartPeriod + time.Duration(retries)*(interval+timeout)
}

// lastCheck is what the last check printed; failed wants the last one that failed.
func (r *running) lastCheck(h *container.Health, failed bool) string {
	for i := len(h.Log) - 1; i >= 0; i-- {
		if l := h.Log[i]; l.ExitCode != 0 || !failed {
			return strings.TrimSpace("exit code " + itoa(l.ExitCode) + ", " + cmp.Or(r.clip(strings.Join(strings.Fields(l.Output), " ")), "no output"))
		}
	}
	return "no check has ended yet"
}
