package operate

import (
	"strings"

	"refit/internal/cause"
)

// causeOf is the likely cause of what a service does, by its state and its log; "" when nothing is known.
func causeOf(s Service, logs []string) string {
	switch s.State {
	case Created:
		return "what it depends on did not come up"
	case Absent:
		return "docker compose made no container for it: refit up does"
	}
	if strings.Contains(s.Reason, "more memory") {
		return "raise deploy.resources.limits.memory, or find out what it needs so much for"
	}
	if found, ok := cause.OfLog(s.Reason + "\n" + strings.Join(logs, "\n")); ok {
		return found.Text
	}
	switch {
	case s.State == Unhealthy && strings.Contains(s.Reason, "(no output)"):
		return "the check prints nothing: run it by hand in refit shell"
	case s.State == Starting:
		return "it was not healthy in time: raise --wait-timeout, or look at its start_period"
	case s.ExitCode == 127:
		return "the image has no such program as its command names"
	case s.ExitCode == 126:
		return "its command may not be executed: the x bit is missing, or it is a folder"
	}
	return ""
}

// causeOfCompose is the likely cause of a docker compose that failed before any container did.
func causeOfCompose(what string, words []string) string {
	found, _ := cause.OfCompose(what, words)
	return found.Text
}
