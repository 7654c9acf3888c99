package doctor

import (
	"fmt"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"

	"refit/internal/cause"
	"refit/internal/rule"
)

// The causes of a service that ends, and what is left when none is known.
var (
	OutOfMemory   = meta("M28", "out-of-memory", rule.Error, "a container was killed because it needed more memory than its limit")
	RestartLoop   = meta("M29", "restart-loop", rule.Error, "a service ends and is started again, over and over")
	ServiceFailed = meta("M30", "service-failed", rule.Error, "a service has ended with an error")
)

// recently is how far back ends of containers count.
const recently = 15 * time.Minute

// memory finds containers that the kernel killed.
func (e *examination) memory() {
	for _, w := range e.wards() {
		state := w.Info.State
		if state == nil {
			continue
		}
		killed, times := state.OOMKilled, 0
		ends, err := e.Engine.Ends(e.ctx, w.ID, e.Machine.Now().Add(-recently))
		if err == nil {
			for _, end := range ends {
				if end.OOM || end.Code == 137 && w.limit() > 0 && state.OOMKilled {
					times++
				}
			}
		}
		if !killed && times == 0 {
			continue
		}
		limit := "the engine's memory"
		if w.limit() > 0 {
			limit = fmt.Sprintf("its limit of %d MB", w.limit()>>20)
		}
		d := Diagnosis{Service: w.Service.Name, Finding: rule.Finding{At: e.place(w.Patient, "services."+w.Service.Name+".deploy.resources.limits", "services."+w.Service.Name+".mem_limit", "services."+w.Service.Name),
			Subject: "services." + w.Service.Name + " memory", Message: fmt.Sprintf("%s needed more memory than %s, and was killed; it loses what it was doing; raise the limit, or find what it needs so much for", w.Service.Name, limit)}}
		d.Evidence = append([]string{fmt.Sprintf("OOMKilled %t, exit code %d, restarted %s, killed for memory %s in the last %s", state.OOMKilled, state.ExitCode, times2(w.Info.RestartCount), times2(max(times, 1)), ago(recently))}, last(e.log(w.ID, 10), 3)...)
		more := "512M"
		if w.limit() > 0 {
			more = fmt.Sprintf("%dM", max(64, 2*w.limit()>>20))
		}
		d.Cure = Cure{Title: fmt.Sprintf("Write services.%s.deploy.resources.limits.memory: %s into %s", w.Service.Name, more, w.Patient.Source.Files[len(w.Patient.Source.Files)-1]),
			Commands: []string{"docker stats --no-stream", command(w.Patient, "up", "-d", w.Service.Name)}}
		e.report(&OutOfMemory, w.Patient, d)
	}
}

func (w ward) limit() int64 {
	if w.Info.HostConfig == nil {
		return 0
	}
	return w.Info.HostConfig.Memory
}

func times2(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// loops is from how many restarts on a service counts as one that can't start.
const loops = 3

// ended finds what is left of services that don't run, or not for long.
func (e *examination) ended() {
	for _, w := range e.wards() {
		state := w.Info.State
		if state == nil {
			continue
		}
		began, _ := time.Parse(time.RFC3339Nano, state.StartedAt)
		looping := w.Info.RestartCount >= loops && (state.Restarting || e.Machine.Now().Sub(began) < 2*time.Minute)
		over := state.Status == container.StateExited || state.Status == container.StateDead || state.Status == container.StateCreated && state.Error != ""
		switch {
		case looping:
			e.looping(w)
		case over && (state.ExitCode != 0 || state.Error != "") && !stopped(state):
			e.over(w)
		}
		if e.err != nil {
			return
		}
	}
}

// stopped says whether a container was ended by `docker stop` or the like: 143 is SIGTERM, 137 SIGKILL without a shortage of memory.
func stopped(s *container.State) bool {
	return s.ExitCode == 143 || s.ExitCode == 137 && !s.OOMKilled && s.Error == ""
}

func (e *examination) looping(w ward) {
	lines := e.log(w.ID, 20)
	how := fmt.Sprintf("exit code %d, restarted %s", e.lastCode(w), times2(w.Info.RestartCount))
	if e.explained(w.Patient, w.Service.Name, append([]string{how}, last(lines, 3)...)...) {
		return
	}
	d := e.ending(w, lines, fmt.Sprintf("%s ends and is started again, over and over", w.Service.Name))
	d.Evidence = append([]string{how}, d.Evidence...)
	e.report(&RestartLoop, w.Patient, d)
}

// lastCode is how the container ended last: while it runs its state doesn't tell.
func (e *examination) lastCode(w ward) int {
	if ends, err := e.Engine.Ends(e.ctx, w.ID, e.Machine.Now().Add(-recently)); err == nil && len(ends) > 0 {
		return ends[len(ends)-1].Code
	}
	return w.Info.State.ExitCode
}

func (e *examination) over(w ward) {
	lines := e.log(w.ID, 20)
	how := fmt.Sprintf("it ended with exit code %d", w.Info.State.ExitCode)
	if w.Info.State.Error != "" {
		how = w.Info.State.Error
	}
	if e.explained(w.Patient, w.Service.Name, append([]string{how}, last(lines, 3)...)...) {
		return
	}
	d := e.ending(w, lines, fmt.Sprintf("%s has ended", w.Service.Name))
	d.Evidence = append([]string{how}, d.Evidence...)
	e.report(&ServiceFailed, w.Patient, d)
}

// ending is the diagnosis of a service by its last words.
func (e *examination) ending(w ward, lines []string, what string) Diagnosis {
	d := Diagnosis{Service: w.Service.Name, Finding: rule.Finding{At: e.place(w.Patient, "services."+w.Service.Name), Subject: "services." + w.Service.Name, Message: what + "; what depends on it does not work; read its last lines"},
		Evidence: last(lines, 5)}
	text := strings.Join(lines, "\n")
	if w.Info.State.Error != "" {
		text = w.Info.State.Error + "\n" + text
	}
	if c, ok := cause.OfLog(text); ok {
		d.Message = what + "; what depends on it does not work; " + c.Text
	}
	d.Cure = Cure{Title: "See the whole log, and start it again when it is mended", Commands: []string{command(w.Patient, "logs", w.Service.Name), command(w.Patient, "up", "-d", w.Service.Name)}}
	return d
}
