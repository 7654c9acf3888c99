package operate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"

	"refit/internal/compose"
	"refit/internal/engine"
)

// State is how a service is doing.
type State string

// The states of a service.
const (
	Absent     State = "absent"     // has no container
	Created    State = "created"    // has a container that has not been started
	Starting   State = "starting"   // runs, and its healthcheck has not passed yet
	Running    State = "running"    // runs, and has no healthcheck
	Healthy    State = "healthy"    // runs, and its healthcheck passes
	Unhealthy  State = "unhealthy"  // runs, and its healthcheck fails
	Restarting State = "restarting" // ended, and is started again by its restart policy
	Done       State = "done"       // ended with exit code 0, as it was meant to
	Failed     State = "failed"     // ended otherwise
	Paused     State = "paused"
)

// Well says whether the state is one to be left in.
func (s State) Well() bool { return s == Running || s == Healthy || s == Done }

// Service is one container of a service, or a service without one.
type Service struct {
	Service   string
	Container string // its name; of a service without one, the name that it will have
	Image     string
	State     State
	Status    string // the engine's words: "Up 2 minutes (healthy)"
	Ports     string // "127.0.0.1:8000->8000/tcp"
	ExitCode  int
	Reason    string // why it is not well, masked; "" when it is or nobody knows
	Restarts  int
	Orphan    bool // of a service that the Compose files no longer have
	OneOff    bool // made by `docker compose run`
	Hash      string
	id        string
	started   time.Time
	check     bool // has a healthcheck
}

// Status is what runs of the environment, by service; a service without a container is Absent.
func (o *Operation) Status(ctx context.Context) ([]Service, error) {
	containers, err := o.Engine.Containers(ctx, o.Env.Model.Name)
	if err != nil {
		return nil, err
	}
	var list []Service
	seen := map[string]bool{}
	for _, c := range containers {
		info, err := o.Engine.Inspect(ctx, c.ID)
		if engine.IsNotFound(err) {
			continue // gone in between
		}
		if err != nil {
			return nil, err
		}
		model := o.Env.Model.Services[c.Service]
		s := serviceOf(c, info, model)
		s.Reason = o.Mask(s.Reason)
		seen[c.Service] = seen[c.Service] || !c.OneOff
		list = append(list, s)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Env.Model.Services)) {
		if m := o.Env.Model.Services[name]; !seen[name] && m.Enabled && wanted(m) {
			list = append(list, Service{Service: name, Container: o.Env.Model.ContainerNameOf(name), Image: m.Image, State: Absent})
		}
	}
	slices.SortStableFunc(list, func(a, b Service) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Container, b.Container))
	})
	return list, nil
}

// wanted says whether Compose starts a container of the service at all.
func wanted(m *compose.Service) bool { return m.Replicas != 0 || m.ContainerName != "" }

// serviceOf judges a container. model is nil for an orphan.
func serviceOf(c engine.Container, info container.InspectResponse, model *compose.Service) Service {
	s := Service{Service: c.Service, Container: c.Name, Image: c.Image, Status: c.Status, Ports: Ports(c.Ports), OneOff: c.OneOff,
		Orphan: model == nil, Hash: c.ConfigHash, id: c.ID, Restarts: info.RestartCount}
	state := info.State
	if state == nil {
		return s
	}
	s.ExitCode = state.ExitCode
	s.started, _ = time.Parse(time.RFC3339Nano, state.StartedAt)
	s.check = state.Health != nil && state.Health.Status != container.NoHealthcheck
	switch state.Status {
	case container.StateCreated:
		s.State, s.Reason = Created, state.Error
	case container.StateRestarting:
		s.State, s.Reason = Restarting, exitReason(state)
	case container.StatePaused:
		s.State = Paused
	case container.StateRunning:
		s.State = Running
		if s.check {
			s.State, s.Reason = health(state.Health)
			s.Status = strings.NewReplacer("(health: starting)", inBrackets(s.State), "(healthy)", inBrackets(s.State), "(unhealthy)", inBrackets(s.State)).Replace(s.Status)
		}
	default:
		s.State, s.Reason = Failed, exitReason(state)
		if state.ExitCode == 0 && state.Error == "" && !state.OOMKilled {
			s.State, s.Reason = Done, ""
			if p := restartPolicy(info); p == container.RestartPolicyAlways || p == container.RestartPolicyUnlessStopped {
				s.State, s.Reason = Failed, "it was stopped, or ended by itself with exit code 0"
			}
		}
	}
	return s
}

// inBrackets is the health as the engine's listing says it, which may be a moment older than the state.
func inBrackets(s State) string {
	if s == Starting {
		return "(health: starting)"
	}
	return "(" + string(s) + ")"
}

func restartPolicy(info container.InspectResponse) container.RestartPolicyMode {
	if info.HostConfig == nil {
		return ""
	}
	return info.HostConfig.RestartPolicy.Name
}

// health is the state by the healthcheck, and what the last check that failed printed.
func health(h *container.Health) (State, string) {
	switch h.Status {
	case container.Healthy:
		return Healthy, ""
	case container.Unhealthy:
		return Unhealthy, lastCheck(h)
	}
	return Starting, lastCheck(h)
}

func lastCheck(h *container.Health) string {
	for _, r := range slices.Backward(h.Log) {
		if r.ExitCode != 0 {
			return fmt.Sprintf("its healthcheck exits with %d: %s", r.ExitCode, cmp.Or(ending(r.Output), "(no output)"))
		}
	}
	return ""
}

// ending is the end of what a program printed, where it says what went wrong, on one line: its last lines as far as
// they are not long, else the end of the last one.
func ending(output string) string {
	const enough = 160
	text := ""
	for _, line := range slices.Backward(strings.Split(output, "\n")) {
		line = strings.Join(strings.Fields(line), " ")
		if text != "" && len(line)+len(text) > enough {
			break
		}
		text = strings.TrimSpace(line + " " + text)
	}
	if len(text) > 2*enough {
		text = "..." + strings.ToValidUTF8(text[len(text)-2*enough:], "")
	}
	return text
}

// exitReason says how a container ended.
func exitReason(s *container.State) string {
	switch {
	case s.OOMKilled:
		return "it was killed because it needed more memory than its limit"
	case s.Error != "":
		return s.Error
	case s.ExitCode == 137:
		return "it was killed (exit code 137)"
	}
	return "it ended with exit code " + strconv.Itoa(s.ExitCode)
}

// Ports are published ports as docker compose ps prints them.
func Ports(list []container.PortSummary) string {
	var words []string
	for _, p := range list {
		text := fmt.Sprintf("%d/%s", p.PrivatePort, p.Type)
		if p.PublicPort != 0 {
			text = netip.AddrPortFrom(p.IP, p.PublicPort).String() + "->" + text
		}
		words = append(words, text)
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}
