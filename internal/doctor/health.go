package doctor

import (
	"fmt"
	"net"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"

	"refit/internal/cause"
	"refit/internal/engine"
	"refit/internal/rule"
	"refit/internal/stack"
)

// The causes of a service that is unhealthy.
var (
	HealthProgram = meta("M24", "health-program-missing", rule.Error, "the healthcheck calls a program that the image lacks")
	HealthTarget  = meta("M25", "health-wrong-target", rule.Error, "the healthcheck asks another scheme or port than is served")
	HealthStart   = meta("M26", "health-start-too-short", rule.Error, "the service takes longer to start than its healthcheck allows")
	Unhealthy     = meta("M27", "unhealthy", rule.Error, "the healthcheck of a service fails")
)

// sick is a container whose healthcheck fails.
type sick struct {
	ward
	test   []string
	asked  stack.ProbeURL // what the check asks, when it is a URL of the container itself
	asks   bool
	output string // of the last check that failed
	code   int
}

// health takes the causes in turn: the first that fits counts.
func (e *examination) health() {
	for _, w := range e.wards() {
		s, ok := sickness(w)
		if !ok {
			continue
		}
		for _, cause := range []func(sick) bool{e.programMissing, e.startTooShort, e.wrongTarget, e.unhealthy} {
			if cause(s) || e.err != nil {
				break
			}
		}
	}
}

func sickness(w ward) (sick, bool) {
	state := w.Info.State
	if state == nil || !state.Running || state.Health == nil || w.Info.Config == nil || w.Info.Config.Healthcheck == nil {
		return sick{}, false
	}
	h := state.Health
	late := h.Status == container.Healthy && failuresBefore(h) >= retries(w.Info.Config.Healthcheck)
	if h.Status != container.Unhealthy && (h.Status != container.Starting || h.FailingStreak == 0) && !late {
		return sick{}, false
	}
	s := sick{ward: w, test: w.Info.Config.Healthcheck.Test}
	for _, r := range slices.Backward(h.Log) {
		if r.ExitCode != 0 {
			s.output, s.code = strings.Join(strings.Fields(r.Output), " "), r.ExitCode
			break
		}
	}
	s.asked, s.asks = askedURL(strings.Join(s.test, " "))
	return s, true
}

// failuresBefore are the checks that failed before it was healthy, of those that the engine keeps: the last five.
func failuresBefore(h *container.Health) int {
	n := 0
	for _, r := range h.Log {
		if r.ExitCode != 0 {
			n++
		}
	}
	return n
}

func retries(h *container.HealthConfig) int {
	if h.Retries > 0 {
		return h.Retries
	}
	return 3
}

var asked = regexp.MustCompile(`\b(https?)://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(\d+))?(/[^\s'"|),]*)?`)

// askedURL is the URL of the container itself that a check asks.
func askedURL(text string) (stack.ProbeURL, bool) {
	m := asked.FindStringSubmatch(text)
	if m == nil {
		return stack.ProbeURL{}, false
	}
	u := stack.ProbeURL{Scheme: m[1], Path: m[3], Port: map[string]int{"http": 80, "https": 443}[m[1]]}
	if n, err := strconv.Atoi(m[2]); err == nil {
		u.Port = n
	}
	return u, true
}

// say is the diagnosis with the health log as its evidence.
func (s sick) say(e *examination, format string, args ...any) Diagnosis {
	d := Diagnosis{Service: s.Service.Name, Finding: rule.Finding{At: e.place(s.Patient, "services."+s.Service.Name+".healthcheck", "services."+s.Service.Name),
		Subject: "services." + s.Service.Name + ".healthcheck", Message: fmt.Sprintf(format, args...)}}
	d.Evidence = []string{"check: " + cut(strings.Join(s.test, " "), 200)}
	if s.output != "" || s.code != 0 {
		d.Evidence = append(d.Evidence, fmt.Sprintf("exit code %d: %s", s.code, cut(s.output, 300)))
	}
	return d
}

var notFound = []*regexp.Regexp{
	regexp.MustCompile(`exec: "?([^":\s]+)"?: (?:executable file not found|stat [^:]*: no such file|no such file)`),
	regexp.MustCompile(`(?:^|[:\s])([\w./-]+): (?:command )?not found`),
	regexp.MustCompile(`exec:? "?([^":\s]+)"?: not found`),
}

func (e *examination) programMissing(s sick) bool {
	program := ""
	for _, like := range notFound {
		if m := like.FindStringSubmatch(s.output); m != nil {
			program = path.Base(m[1])
			break
		}
	}
	if program == "" {
		return false
	}
	d := s.say(e, "the healthcheck of %s calls %s, which its image does not have; every check fails though the service may work; ask with a program that is there", s.Service.Name, program)
	d.Cure = e.otherProbe(s)
	e.report(&HealthProgram, s.Patient, d)
	return true
}

// otherProbe is a check with a program that the container has.
func (e *examination) otherProbe(s sick) Cure {
	if f := e.fix(s, "D54"); f != nil {
		return Cure{Title: f.Title, Commands: []string{"refit apply --only D54", command(s.Patient, "up", "-d", "--build", s.Service.Name)}}
	}
	img := stack.Image{Programs: map[string]string{}}
	for _, name := range []string{"curl", "wget", "python3", "python", "node"} {
		if out, err := e.Engine.Exec(e.ctx, s.ID, engine.ExecOptions{Command: []string{name, "--version"}}); err == nil && out.Code == 0 {
			img.Programs[name] = name
		}
	}
	if s.asks {
		if test, err := stack.Probe(img, "", s.asked); err == nil {
			return e.writeTest(s, test)
		}
	}
	return Cure{Title: "Ask with a program that is in the image, or install that one in the Dockerfile"}
}

// writeTest is the cure that writes another test into the Compose file, or the Dockerfile.
func (e *examination) writeTest(s sick, test []string) Cure {
	quoted := make([]string, len(test))
	for i, w := range test {
		quoted[i] = strconv.Quote(strings.ReplaceAll(w, "$", "$$"))
	}
	return Cure{Title: "Write into " + s.Patient.Source.Files[len(s.Patient.Source.Files)-1] + " as services." + s.Service.Name + ".healthcheck.test: [\"CMD\", " + strings.Join(quoted, ", ") + "]",
		Commands: []string{command(s.Patient, "up", "-d", s.Service.Name)}}
}

// fix is the audit's own repair of the service's Dockerfile by a rule; nil when it has none.
func (e *examination) fix(s sick, id string) *rule.Fix {
	if s.Service.Build == nil || s.Service.Healthcheck != nil {
		return nil
	}
	for _, f := range e.Audit {
		if f.Meta.ID == id && f.At.Path == s.Service.Build.Dockerfile && len(f.Fixes) > 0 && len(f.Fixes[0].Ops) > 0 {
			return &f.Fixes[0]
		}
	}
	return nil
}

// otherSide are what programs say when the other side speaks TLS and they don't, or the other way round.
var otherSide = regexp.MustCompile(`(?i)wrong.version.number|WRONG_VERSION_NUMBER|record layer failure|packet length too long|http request to an? https|plain HTTP request|Empty reply from server|RemoteDisconnected|BadStatusLine|Received HTTP/0.9|server gave HTTP response|Connection reset by peer|bad response|short response|tlsv1 alert|unknown protocol`)

func (e *examination) wrongTarget(s sick) bool {
	if !s.asks {
		return false
	}
	ports, ok := e.listening(s.ward)
	if ok && len(ports) > 0 && !slices.Contains(ports, s.asked.Port) {
		d := s.say(e, "the healthcheck of %s asks port %d, where nothing listens; the service listens on %s; ask that port", s.Service.Name, s.asked.Port, numbersOf(ports))
		d.Evidence = append(d.Evidence, "listening in the container: "+numbersOf(ports))
		d.Cure = e.retarget(s, s.asked.Scheme, ports[0])
		e.report(&HealthTarget, s.Patient, d)
		return true
	}
	serves := e.scheme(s.ward, s.asked.Port)
	if serves == "" && otherSide.MatchString(s.output) {
		serves = map[string]string{"http": "https", "https": "http"}[s.asked.Scheme]
	}
	if serves == "" || serves == s.asked.Scheme {
		return false
	}
	d := s.say(e, "the healthcheck of %s asks %s, and the service serves %s on port %d; every check fails though the service works; ask %s", s.Service.Name, s.asked.Scheme, serves, s.asked.Port, serves)
	d.Cure = e.retarget(s, serves, s.asked.Port)
	e.report(&HealthTarget, s.Patient, d)
	return true
}

func (e *examination) retarget(s sick, scheme string, port int) Cure {
	if f := e.fix(s, "D61"); f != nil {
		return Cure{Title: f.Title, Commands: []string{"refit apply --only D61", command(s.Patient, "up", "-d", "--build", s.Service.Name)}}
	}
	u := s.asked
	u.Scheme, u.Port = scheme, port
	name := path.Base(s.test[min(1, len(s.test)-1)])
	if test, err := stack.Probe(stack.Image{Programs: map[string]string{name: name}}, "", u); err == nil && s.test[0] == "CMD" {
		return e.writeTest(s, test)
	}
	was := fmt.Sprintf("%s://...:%d", s.asked.Scheme, s.asked.Port)
	return Cure{Title: fmt.Sprintf("In the healthcheck of %s write %s://...:%d in place of %s (an own certificate is not verified: curl -k)", s.Service.Name, scheme, port, was),
		Commands: []string{command(s.Patient, "up", "-d", s.Service.Name)}}
}

func numbersOf(ports []int) string {
	var words []string
	for _, p := range ports {
		words = append(words, strconv.Itoa(p))
	}
	return strings.Join(words, ", ")
}

// listening are the ports on which a container takes connections, by its kernel's own table; ok is false where it can't
// be read. The engine's own name server (127.0.0.11) is left out.
func (e *examination) listening(w ward) (ports []int, ok bool) {
	out, err := e.Engine.Exec(e.ctx, w.ID, engine.ExecOptions{Command: []string{"cat", "/proc/net/tcp", "/proc/net/tcp6"}})
	if err != nil || len(out.Stdout) == 0 {
		return nil, false
	}
	for line := range strings.Lines(string(out.Stdout)) {
		f := strings.Fields(line)
		if len(f) < 4 || f[3] != "0A" || strings.HasPrefix(f[1], "0B00007F:") {
			continue
		}
		_, hex, _ := strings.Cut(f[1], ":")
		if n, err := strconv.ParseInt(hex, 16, 32); err == nil && !slices.Contains(ports, int(n)) {
			ports = append(ports, int(n))
		}
	}
	slices.Sort(ports)
	return ports, true
}

// scheme is what a port of a container speaks, asked from this machine; "" where that can't be told.
func (e *examination) scheme(w ward, port int) string {
	if !e.local() || w.Info.NetworkSettings == nil {
		return ""
	}
	for _, n := range w.Info.NetworkSettings.Networks {
		if n != nil && n.IPAddress.IsValid() {
			return e.Machine.Speaks(net.JoinHostPort(n.IPAddress.String(), strconv.Itoa(port)))
		}
	}
	return ""
}

// startTooShort is a service that listens later than its check gives up, or has come up after it was given up.
func (e *examination) startTooShort(s sick) bool {
	h, state := s.Info.Config.Healthcheck, s.Info.State
	began, err := time.Parse(time.RFC3339Nano, state.StartedAt)
	if err != nil {
		return false
	}
	allowed := allowance(h)
	up := e.Machine.Now().Sub(began)
	late := state.Health.Status == container.Healthy
	took := up
	if late {
		for _, r := range state.Health.Log {
			if r.ExitCode == 0 {
				took = r.Start.Sub(began)
				break
			}
		}
		if took < allowed {
			return false
		}
	} else {
		ports, ok := e.listening(s.ward)
		if !ok || len(ports) > 0 || up > 5*time.Minute || !s.asks && !refuses(s.output) {
			return false
		}
	}
	what := fmt.Sprintf("%s after its start nothing listens in it yet", ago(up))
	if late {
		what = fmt.Sprintf("it was healthy only after %s", ago(took))
	}
	d := s.say(e, "the healthcheck of %s gives it %s, and %s; what depends on it does not start, and it counts as unhealthy; give it a longer start_period", s.Service.Name, ago(allowed), what)
	d.Evidence = append(d.Evidence, fmt.Sprintf("start_period %s, interval %s, retries %d", h.StartPeriod, h.Interval, retries(h)))
	if state.Health.Status == container.Starting || late {
		d.Severity = rule.Warning
	}
	period := max(30*time.Second, (2 * took).Round(10*time.Second))
	d.Cure = Cure{Title: fmt.Sprintf("Write services.%s.healthcheck.start_period: %s into %s", s.Service.Name, period, s.Patient.Source.Files[len(s.Patient.Source.Files)-1]),
		Commands: []string{command(s.Patient, "up", "-d", s.Service.Name)}}
	e.report(&HealthStart, s.Patient, d)
	return true
}

func refuses(output string) bool {
	c, ok := cause.OfLog(output)
	return ok && c.Kind == cause.Refused
}

// allowance is how long a check lets a container be unready (docs.docker.com/reference/dockerfile/#healthcheck).
func allowance(h *container.HealthConfig) time.Duration {
	interval := h.Interval
	if interval <= 0 {
		interval = 30 * time.Second
	}
	return h.StartPeriod + time.Duration(retries(h))*interval
}

// unhealthy is what is left: the health log, and the likely cause.
func (e *examination) unhealthy(s sick) bool {
	if s.Info.State.Health.Status != container.Unhealthy {
		return false
	}
	lines := e.log(s.ID, 20)
	why, known := cause.OfLog(s.output + "\n" + strings.Join(lines, "\n"))
	evidence := append([]string{fmt.Sprintf("health check, exit code %d: %s", s.code, cut(s.output, 300))}, last(lines, 3)...)
	if e.explained(s.Patient, s.Service.Name, evidence...) {
		return true
	}
	d := s.say(e, "%s is unhealthy: its check fails; what depends on it does not start; run the check by hand", s.Service.Name)
	if known {
		d.Message = fmt.Sprintf("%s is unhealthy; what depends on it does not start; %s", s.Service.Name, why.Text)
	}
	d.Evidence = append(d.Evidence, last(lines, 3)...)
	d.Cure = Cure{Title: "Run the check by hand and see", Commands: []string{command(s.Patient, append([]string{"exec", s.Service.Name}, byHand(s.test)...)...)}}
	e.report(&Unhealthy, s.Patient, d)
	return true
}

// byHand is a test as a command.
func byHand(test []string) []string {
	if len(test) > 1 && test[0] == "CMD-SHELL" {
		return []string{"sh", "-c", test[1]}
	}
	return test[min(1, len(test)):]
}

func cut(s string, length int) string {
	if len(s) <= length {
		return s
	}
	return strings.ToValidUTF8(s[:length], "") + "..."
}
