package operate

import (
	"context"
	"regexp"
	"strings"

	"refit/internal/cause"
	"refit/internal/engine"
)

// lastLines is how much of a failing service's log is shown.
const lastLines = 20

// Failure is a service that did not come up, or with no Service what docker compose could not do.
type Failure struct {
	Service   string
	Container string
	State     State
	What      string   // "unhealthy: its healthcheck exits with 1: ..."
	Logs      []string // the last lines, masked
	Cause     string   // the likely cause, with what to do; "" when nothing is known
	Kind      cause.Kind
}

// failure looks into a service that is not well.
func (o *Operation) failure(ctx context.Context, s Service) Failure {
	f := Failure{Service: s.Service, Container: s.Container, State: s.State, What: string(s.State)}
	if s.Reason != "" {
		f.What += ": " + s.Reason
	}
	if s.id != "" {
		lines, _ := o.Engine.Logs(ctx, s.id, engine.LogOptions{Tail: lastLines})
		for _, l := range lines {
			f.Logs = append(f.Logs, o.Mask(l.Text))
		}
	}
	likely := causeOf(s, f.Logs)
	if likely.Text == "" {
		likely = o.fullDisk(ctx) // few programs say so
	}
	f.Cause, f.Kind = likely.Text, likely.Kind
	return f
}

// blamesContainer is what docker compose says when a container that others depend on is at fault (docker/compose,
// pkg/compose/convergence.go).
var blamesContainer = regexp.MustCompile(`dependency failed to start|is unhealthy|exited \(\d+\)|didn't complete successfully|has no healthcheck configured`)

// explain finds out what a docker compose that failed could not do.
func (o *Operation) explain(ctx context.Context, services []Service, words []string) []Failure {
	what := lastError(words)
	blames := blamesContainer.MatchString(what)
	var list []Failure
	for _, s := range services {
		if blames && (s.State == Failed || s.State == Unhealthy || s.State == Restarting) {
			list = append(list, o.failure(ctx, s))
		}
	}
	if len(list) > 0 {
		return list
	}
	likely, _ := cause.OfCompose(what, words)
	return []Failure{{What: what, Logs: last(words, lastLines), Cause: likely.Text, Kind: likely.Kind}}
}

// lastError is the line in which docker compose says what went wrong: the last one, or the one that BuildKit marks.
func lastError(words []string) string {
	for i := len(words) - 1; i >= 0; i-- {
		line := strings.TrimSpace(words[i])
		for _, mark := range []string{"Error response from daemon: ", "failed to solve: ", "ERROR: ", "Error "} {
			if _, rest, found := strings.Cut(line, mark); found {
				return strings.TrimPrefix(mark, "Error ") + rest
			}
		}
	}
	if len(words) == 0 {
		return "docker compose failed without a word"
	}
	return strings.TrimSpace(words[len(words)-1])
}

func last(list []string, n int) []string {
	return list[max(0, len(list)-n):]
}

func join(words []string) string { return strings.Join(words, ", ") }
