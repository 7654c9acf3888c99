package against

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"

	"refit/internal/engine"
)

// box is what is seen of a service's container.
type box struct {
	id          string
	state       string // "running", "healthy", "unhealthy", "done", "ended with exit code 3"
	check       bool   // has a healthcheck
	user        string // of its first process
	env         map[string]string
	cmd, entry  []string
	ports       []string // that it listens on
	portsUnseen string   // why they are not known
	log         shape
}

// compareRunning starts both sides, waits for them and compares.
func (c *comparison) compareRunning(ctx context.Context) error {
	for _, st := range []*state{c.before, c.after} {
		if err := c.start(ctx, st); err != nil {
			return err
		}
	}
	for _, st := range []*state{c.before, c.after} {
		st.boxes = map[string]*box{}
		list, err := c.engine.Containers(ctx, st.side.Project)
		if err != nil {
			return err
		}
		for _, one := range list {
			if st.boxes[one.Service] == nil && !one.OneOff {
				if st.boxes[one.Service], err = c.look(ctx, one); err != nil {
					return err
				}
			}
		}
	}
	for _, service := range keys(c.before.boxes, c.after.boxes) {
		c.compareBox(service, c.before.boxes[service], c.after.boxes[service])
	}
	return nil
}

// start starts a side and waits until nothing is on its way any more.
func (c *comparison) start(ctx context.Context, st *state) error {
	c.Say("starting " + st.side.Name)
	p := &progress{}
	code, err := st.compose.Run(ctx, engine.Streams{Out: p, Err: p}, "up", "--detach", "--no-build")
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	case code != 0: // a service that others wait for did not come up: that is seen below
		c.notShown("", fmt.Sprintf("%s: docker compose up ended with exit code %d: %s", st.side.Name, code, p.lastWords()))
	}
	for deadline := time.Now().Add(c.options.Wait); time.Now().Before(deadline); {
		pending, err := c.pending(ctx, st)
		if err != nil || pending == "" {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return nil
}

// steady is how long a container without a healthcheck has to run before it counts as up.
const steady = 8 * time.Second

// pending is a service that is still on its way; "" when there is none.
func (c *comparison) pending(ctx context.Context, st *state) (string, error) {
	list, err := c.engine.Containers(ctx, st.side.Project)
	if err != nil {
		return "", err
	}
	for _, one := range list {
		info, err := c.engine.Inspect(ctx, one.ID)
		if err != nil || info.State == nil {
			return one.Service, err
		}
		started, _ := time.Parse(time.RFC3339Nano, info.State.StartedAt)
		health := info.State.Health
		switch {
		case info.State.Status == container.StateRestarting,
			health != nil && health.Status == container.Starting,
			(health == nil || health.Status == container.NoHealthcheck) && info.State.Running && time.Since(started) < steady:
			return one.Service, nil
		}
	}
	return "", nil
}

// look looks at a container.
func (c *comparison) look(ctx context.Context, one engine.Container) (*box, error) {
	info, err := c.engine.Inspect(ctx, one.ID)
	if err != nil {
		return nil, err
	}
	b := &box{id: one.ID, env: map[string]string{}}
	if info.Config != nil {
		b.cmd, b.entry = info.Config.Cmd, info.Config.Entrypoint
		for _, pair := range info.Config.Env {
			name, value, _ := strings.Cut(pair, "=")
			b.env[name] = value
		}
	}
	b.judge(info.State)
	logs, err := c.engine.Logs(ctx, one.ID, engine.LogOptions{})
	if err != nil {
		return nil, err
	}
	b.log = shapeOf(logs)
	if info.State == nil || !info.State.Running {
		b.portsUnseen = "it does not run"
		return b, nil
	}
	processes, err := c.engine.Processes(ctx, one.ID)
	if err == nil && len(processes) > 0 {
		b.user = strconv.Itoa(processes[0].UID)
	}
	b.ports, b.portsUnseen = c.listening(ctx, one.ID)
	return b, nil
}

func (b *box) judge(s *container.State) {
	switch {
	case s == nil:
		b.state = "unknown"
	case s.Running && s.Health != nil && s.Health.Status != container.NoHealthcheck:
		b.check, b.state = true, string(s.Health.Status)
	case s.Running:
		b.state = string(s.Status)
	case s.ExitCode == 0:
		b.state = "done"
	default:
		b.state = fmt.Sprintf("ended with exit code %d", s.ExitCode)
	}
}

// listening are the TCP addresses that processes of the container listen on, as the kernel lists them
// (https://docs.kernel.org/networking/proc_net_tcp.html).
func (c *comparison) listening(ctx context.Context, id string) (list []string, why string) {
	out, err := c.engine.Exec(ctx, id, engine.ExecOptions{Command: []string{"cat", "/proc/net/tcp", "/proc/net/tcp6"}})
	if err != nil || len(out.Stdout) == 0 {
		return nil, "its listening ports: the image has no cat to read them with"
	}
	for line := range strings.Lines(string(out.Stdout)) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[3] != "0A" { // LISTEN
			continue
		}
		address, port, _ := strings.Cut(fields[1], ":")
		if number, err := strconv.ParseUint(port, 16, 16); err == nil && !strings.HasSuffix(address, "7F") {
			if address != "0B00007F" && address != "0100007F" { // Docker's own resolver, and what only the container reaches
				list = append(list, strconv.FormatUint(number, 10)+"/tcp")
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list), ""
}

// compareBox compares two containers of a service.
func (c *comparison) compareBox(service string, b, a *box) {
	if b == nil || a == nil {
		d := Difference{Area: Container, Service: service, Addr: "container", Before: "runs", After: ""}
		if b == nil {
			d.Before, d.After = "", "runs"
		}
		c.differs(d, c.declared.never)
		return
	}
	c.compareState(service, b, a)
	if b.user != "" && a.user != "" {
		c.compareValue(Difference{Area: Container, Service: service, Addr: "user", Before: b.user, After: a.user}, c.declared.owner)
	}
	for _, name := range keys(b.env, a.env) {
		c.compareValue(Difference{Area: Container, Service: service, Addr: "env." + name, Before: b.env[name], After: a.env[name]}, c.declared.environment)
	}
	c.compareValue(Difference{Area: Container, Service: service, Addr: "cmd", Before: words(b.cmd), After: words(a.cmd)}, func(d Difference) (string, string, bool) { return c.declared.command(d, a.cmd) })
	c.compareValue(Difference{Area: Container, Service: service, Addr: "entrypoint", Before: words(b.entry), After: words(a.entry)}, func(d Difference) (string, string, bool) { return c.declared.command(d, a.entry) })
	if why := b.portsUnseen + a.portsUnseen; why != "" {
		c.notShown(service, "listening ports: "+why)
	} else {
		c.compareValue(Difference{Area: Container, Service: service, Addr: "listens", Before: strings.Join(b.ports, " "), After: strings.Join(a.ports, " ")}, c.declared.never)
	}
	c.compareLog(service, b.log, a.log)
}

func (c *comparison) compareValue(d Difference, find func(Difference) (string, string, bool)) {
	if d.Before == d.After {
		c.result.Same++
		return
	}
	c.differs(d, find)
}

// compareState compares how they are. A healthcheck that is new may say "healthy" of what only ran before.
func (c *comparison) compareState(service string, b, a *box) {
	find := c.declared.never
	if a.state == "healthy" && (b.state == "running" || b.state == "starting") || a.state == "running" && b.check {
		find = c.declared.health
	}
	if a.state == b.state && a.state != "healthy" && a.state != "running" && a.state != "done" {
		c.notShown(service, "it is "+a.state+" before and after")
		return
	}
	c.compareValue(Difference{Area: Container, Service: service, Addr: "state", Before: b.state, After: a.state}, find)
}

// shape is what a log looks like, without its values.
type shape struct {
	errors  map[string]bool // lines that tell of an error
	started map[string]bool // lines that tell that something started
	levels  map[string]bool
}

var (
	level    = regexp.MustCompile(`\b(DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL|PANIC|debug|info|warn(?:ing)?|error|fatal)\b`)
	wrong    = regexp.MustCompile(`(?i)\b(error|critical|fatal|panic|traceback|exception|permission denied|no such file)\b`)
	starting = regexp.MustCompile(`(?i)startup complete|running on|listening|started server|ready to accept|ready for|server started|booting worker|now running`)
	value    = regexp.MustCompile(`\x1b\[[0-9;]*m|[0-9a-fA-F]{8,}|\d+|'[^']*'|"[^"]*"|https?://\S+`)
)

func shapeOf(logs []engine.LogLine) shape {
	s := shape{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, l := range logs {
		text := l.Text
		plain := strings.Join(strings.Fields(value.ReplaceAllString(text, "#")), " ")
		if m := level.FindString(text); m != "" {
			s.levels[strings.ToUpper(m)] = true
		}
		if wrong.MatchString(text) {
			s.errors[plain] = true
		}
		if starting.MatchString(text) {
			s.started[plain[max(0, strings.LastIndex(plain, "] ")):]] = true
		}
	}
	return s
}

// compareLog wants every line of the start to be there again, and no new kind of error.
func (c *comparison) compareLog(service string, b, a shape) {
	for _, line := range keys(b.started, a.started) {
		if b.started[line] && !a.started[line] {
			c.differs(Difference{Area: Log, Service: service, Addr: "start", Before: line}, c.declared.never)
		} else {
			c.result.Same++
		}
	}
	for _, line := range keys(a.errors, nil) {
		if !b.errors[line] {
			c.differs(Difference{Area: Log, Service: service, Addr: "error", After: line}, c.declared.never)
		}
	}
}
