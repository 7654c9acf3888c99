package verify

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/moby/moby/api/types/container"

	"refit/internal/rule"
)

//go:embed r20_not_running.md
var notRunningDoc string

// notRunning finds services that do not run, or did not stay up: R20.
var notRunning = check("R20", "not-running", Health, rule.Error, "a service does not run, or did not stay up", notRunningDoc,
	func(_ context.Context, p *pass) {
		for _, s := range p.services {
			p.looked[s.name] = true
			up := 0
			for _, b := range s.containers {
				if p.checkRuns(b) {
					up++
				}
			}
			switch {
			case len(s.containers) == 0:
				p.find(report{service: s.name, next: "refit up " + p.env.Name}, "%s has no container", s.name)
			case s.model.Replicas > 1 && len(s.containers) < s.model.Replicas:
				p.find(report{service: s.name, subject: "deploy.replicas", next: "refit up " + p.env.Name}, "%d of %d containers of %s are there", len(s.containers), s.model.Replicas, s.name)
			}
		}
	})

// checkRuns says whether a container is as it should be.
func (p *pass) checkRuns(b *box) bool {
	state := b.info.State
	r := report{service: b.Service, next: "refit logs " + p.env.Name + " " + b.Service + " says why; refit doctor " + p.env.Name + " looks deeper"}
	switch {
	case state.Status == container.StateRunning && b.info.RestartCount > 0:
		r.severity, r.subject = rule.Warning, "restart"
		p.find(r, "container %s ended and was restarted %s since it was made; what made it end may come again", b.Name, times(b.info.RestartCount))
		return true
	case state.Status == container.StateRunning:
		return true
	case b.done():
		return true
	case state.OOMKilled:
		p.find(r, "container %s was killed because it needed more memory than its limit", b.Name)
	case state.Status == container.StateExited, state.Status == container.StateDead:
		p.find(r, "container %s has ended with exit code %d", b.Name, state.ExitCode)
	case state.Status == container.StateRestarting:
		p.find(r, "container %s ends again and again (exit code %d, restarted %s)", b.Name, state.ExitCode, times(b.info.RestartCount))
	default:
		r.next = "refit up " + p.env.Name
		p.find(r, "container %s is %s", b.Name, state.Status)
	}
	return false
}

// done says whether a container has ended as it was meant to: with exit code 0, and nobody restarts it.
func (b *box) done() bool {
	s, policy := b.info.State, b.info.HostConfig.RestartPolicy.Name
	return s.Status == container.StateExited && s.ExitCode == 0 && s.Error == "" && !s.OOMKilled &&
		policy != container.RestartPolicyAlways && policy != container.RestartPolicyUnlessStopped
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
