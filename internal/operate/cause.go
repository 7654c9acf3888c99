package operate

import (
	"context"
	"fmt"
	"strings"

	"refit/internal/cause"
)

// causeOf is the likely cause of what a service does, by its state and its log; nothing in it when none is known.
func causeOf(s Service, logs []string) cause.Cause {
	switch {
	case s.State == Created:
		return cause.Cause{Text: "what it depends on did not come up"}
	case s.State == Absent:
		return cause.Cause{Text: "docker compose made no container for it: refit up does"}
	case strings.Contains(s.Reason, "more memory"):
		return cause.Cause{Text: "raise deploy.resources.limits.memory, or find out what it needs so much for"}
	}
	if found, ok := cause.OfLog(s.Reason + "\n" + strings.Join(logs, "\n")); ok {
		return found
	}
	switch {
	case s.State == Unhealthy && strings.Contains(s.Reason, "(no output)"):
		return cause.Cause{Text: "the check prints nothing: run it by hand in refit shell"}
	case s.State == Starting:
		return cause.Cause{Text: "it was not healthy in time: raise --wait-timeout, or look at its start_period"}
	case s.ExitCode == 127:
		return cause.Cause{Text: "the image has no such program as its command names"}
	case s.ExitCode == 126:
		return cause.Cause{Text: "its command may not be executed: the x bit is missing, or it is a folder"}
	}
	return cause.Cause{}
}

// fullDisk is the cause of what ends without saying why while the engine's disk is full: few programs say so.
func (o *Operation) fullDisk(ctx context.Context) cause.Cause {
	info, err := o.Engine.Info(ctx)
	if err != nil {
		return cause.Cause{}
	}
	free, ok := o.diskFree(info)
	if !ok || free >= noSpace {
		return cause.Cause{}
	}
	return cause.Cause{Kind: cause.DiskFull, Text: fmt.Sprintf("the engine's disk (%s) has %d MB left; docker system df says what takes it, docker system prune frees some", info.DockerRootDir, free>>20)}
}
