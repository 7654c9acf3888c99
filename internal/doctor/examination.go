package doctor

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/api/types/volume"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/project"
	"refit/internal/rule"
)

// examination is one visit.
type examination struct {
	*Case
	ctx        context.Context
	err        error // the engine went away
	info       system.Info
	asked      time.Time // by this machine's clock, halfway through the answer with info
	containers []engine.Container
	inspected  map[string]container.InspectResponse
	volumes    []volume.Volume
	found      []Diagnosis
	notes      []string
	unseen     []string
	seen       map[string]bool
}

// admit asks the engine for what every check needs.
func (e *examination) admit() (err error) {
	if e.Engine == nil {
		if !slices.ContainsFunc(e.Patients, func(p Patient) bool { return p.Asked }) && len(e.Patients) > 0 {
			e.main().Asked = true
		}
		e.order()
		return nil
	}
	before := e.Machine.Now()
	if e.info, err = e.Engine.Info(e.ctx); err != nil {
		return err
	}
	e.asked = before.Add(e.Machine.Now().Sub(before) / 2)
	if e.containers, err = e.Engine.AllContainers(e.ctx); err != nil {
		return err
	}
	if e.volumes, err = e.Engine.AllVolumes(e.ctx); err != nil {
		return err
	}
	e.inspected = map[string]container.InspectResponse{}
	needed := false
	for i := range e.Patients {
		p := &e.Patients[i]
		for _, c := range e.of(p) {
			info, err := e.Engine.Inspect(e.ctx, c.ID)
			if engine.IsNotFound(err) {
				continue
			}
			if err != nil {
				return err
			}
			e.inspected[c.ID] = info
			p.running = true
		}
		needed = needed || p.running || p.Asked
	}
	if !needed && len(e.Patients) > 0 {
		e.main().Asked = true
	}
	e.order()
	return nil
}

// order puts what runs or was asked for first.
func (e *examination) order() {
	slices.SortStableFunc(e.Patients, func(a, b Patient) int {
		x, y := a.running || a.Asked, b.running || b.Asked
		switch {
		case x && !y:
			return -1
		case y && !x:
			return 1
		}
		return 0
	})
}

// main is the environment that is meant when none is named and none runs.
func (e *examination) main() *Patient {
	for _, name := range []string{"dev", "default"} {
		if i := slices.IndexFunc(e.Patients, func(p Patient) bool { return p.Name == name }); i >= 0 {
			return &e.Patients[i]
		}
	}
	return &e.Patients[0]
}

// of are the containers of the environment's Compose project.
func (e *examination) of(p *Patient) []engine.Container {
	if p.Model == nil {
		return nil
	}
	var list []engine.Container
	for _, c := range e.containers {
		if c.Project == p.Model.Name {
			list = append(list, c)
		}
	}
	return list
}

// ward is a container of a service of the environment.
type ward struct {
	engine.Container
	Info    container.InspectResponse
	Service *compose.Service
	Patient *Patient
}

// wards are the containers of the services that the environment has.
func (e *examination) wards() []ward {
	var list []ward
	for i := range e.Patients {
		p := &e.Patients[i]
		for _, c := range e.of(p) {
			info, ok := e.inspected[c.ID]
			if s := p.Model.Services[c.Service]; ok && s != nil && !c.OneOff && e.owns(p, c) {
				list = append(list, ward{c, info, s, p})
			}
		}
	}
	return list
}

// owns says whether a container is of this environment and not of another one that shares its project: started from
// other files that the repository has.
func (e *examination) owns(p *Patient, c engine.Container) bool {
	for i := range e.Patients {
		q := &e.Patients[i]
		if q != p && q.Model != nil && q.Model.Name == p.Model.Name && e.startedFrom(q, c) && !e.startedFrom(p, c) {
			return false
		}
	}
	return true
}

// startedFrom says whether a container was started from the environment's Compose files.
func (e *examination) startedFrom(p *Patient, c engine.Container) bool {
	var files []string
	for _, f := range p.Source.Files {
		files = append(files, filepath.Join(e.Root, filepath.FromSlash(f)))
	}
	return slices.Equal(files, c.ConfigFiles)
}

// services of an environment that are started, sorted by name.
func services(p *Patient) []*compose.Service {
	var list []*compose.Service
	if p.Model == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(p.Model.Services)) {
		if s := p.Model.Services[name]; s.Enabled {
			list = append(list, s)
		}
	}
	return list
}

// report adds a diagnosis, once for each cause, environment, place and subject.
func (e *examination) report(m *rule.Meta, p *Patient, d Diagnosis) {
	d.Meta = m
	if d.Severity == "" {
		d.Severity = m.Severity
	}
	if p != nil {
		d.Environment = p.Name
		if d.At.Path == "" && p.Source != nil {
			d.At.Path = p.Source.Files[0]
		}
	}
	for i, line := range d.Evidence {
		d.Evidence[i] = e.Mask(line)
	}
	key := strings.Join([]string{m.ID, d.Environment, d.Subject}, "\x00")
	if e.seen[key] {
		return
	}
	if p != nil && !p.running && !p.Asked && e.knownElsewhere(d) {
		return
	}
	e.seen[key] = true
	e.found = append(e.found, d)
}

// knownElsewhere says whether the same was found of another environment, so that it need not be said of one that does not run.
func (e *examination) knownElsewhere(d Diagnosis) bool {
	return slices.ContainsFunc(e.found, func(f Diagnosis) bool {
		return f.Meta == d.Meta && f.Subject == d.Subject && (f.At.Path == d.At.Path || strings.HasPrefix(d.Subject, "certs"))
	})
}

// note says what could not be looked at.
func (e *examination) note(format string, args ...any) {
	text := e.Mask(fmt.Sprintf(format, args...))
	if !slices.Contains(e.notes, text) {
		e.notes = append(e.notes, text)
	}
}

// failed keeps the error of an engine that went away; what is gone by itself is none.
func (e *examination) failed(err error) bool {
	if err != nil && !engine.IsNotFound(err) {
		e.err = err
	}
	return err != nil
}

// explained says whether a more exact cause was found for what a service does. The evidence is added to it.
func (e *examination) explained(p *Patient, service string, evidence ...string) bool {
	for i := range e.found {
		d := &e.found[i]
		if d.Environment != p.Name || d.Service != service || d.Severity == rule.Info || !explains[d.Meta] {
			continue
		}
		for _, line := range evidence {
			if line = e.Mask(line); !slices.Contains(d.Evidence, line) && len(d.Evidence) < 12 {
				d.Evidence = append(d.Evidence, line)
			}
		}
		return true
	}
	return false
}

// explains are the causes that make a service fail: where one was found, what the service does is no finding of its own.
var explains = map[*rule.Meta]bool{&RootOwnedVolume: true, &RootOwnedMount: true, &OutOfMemory: true, &EnvFileMissing: true,
	&ValueMissing: true, &PortTaken: true, &MountMissing: true, &Certificate: true, &HealthProgram: true, &HealthTarget: true, &HealthStart: true, &Unhealthy: true, &WatchLimit: true, &RestartLoop: true}

// own says whether a service is built here.
func own(s *compose.Service) bool { return s.Build != nil }

// command is a call of docker compose for the environment, as it is typed.
func command(p *Patient, args ...string) string {
	if p.Words == nil {
		return typed(append([]string{"docker", "compose"}, args...))
	}
	return typed(p.Words(args...))
}

// typed are words as a shell takes them.
func typed(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if w != "" && strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=+,@%") == "" {
			quoted[i] = w
		} else {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// place is where a Compose file of the environment says something: the first of the addresses that is there.
func (e *examination) place(p *Patient, addresses ...string) rule.Location {
	for _, address := range addresses {
		for _, at := range slices.Backward(p.Source.Files) {
			if c := e.Project.ComposeFile(at); c != nil {
				if v, ok := c.File.Lookup(address); ok {
					return rule.Location{Path: at, Span: v.Node.Span}
				}
			}
		}
	}
	return rule.Location{Path: p.Source.Files[0]}
}

// log are the last lines of a container's log.
func (e *examination) log(id string, lines int) []string {
	list, err := e.Engine.Logs(e.ctx, id, engine.LogOptions{Tail: lines})
	if e.failed(err) {
		return nil
	}
	var text []string
	for _, l := range list {
		if strings.TrimSpace(l.Text) != "" {
			text = append(text, strings.TrimRight(l.Text, " \t"))
		}
	}
	return text
}

// last are the last n of a list.
func last(list []string, n int) []string { return list[max(0, len(list)-n):] }

// local says whether the engine's machine is this one, so that files and disk are the same.
func (e *examination) local() bool {
	return e.Engine != nil && e.Docker.At.Local() && e.info.Name == e.Machine.Host
}

func (e *examination) env(name string) *project.EnvFile { return e.Project.EnvFile(name) }

func ago(d time.Duration) string { return d.Round(time.Second).String() }
