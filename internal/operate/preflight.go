package operate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"refit/internal/compose"
	"refit/internal/source"
)

// Obstacle is something that will keep an environment from starting, or may.
type Obstacle struct {
	Kind    ObstacleKind
	Subject string // what it is about, stable: a file, a variable, a port
	At      string // "compose/docker-compose.dev.yml:12:9"; "" when no file is to blame
	Message string // what; why; what to do
	Warning bool   // it may start all the same
}

// ObstacleKind is what stands in the way.
type ObstacleKind string

// The kinds of obstacles.
const (
	ObstacleEnvFile     ObstacleKind = "env-file"
	ObstacleValue       ObstacleKind = "value"
	ObstacleMount       ObstacleKind = "mount"
	ObstacleCertificate ObstacleKind = "certificate"
	ObstaclePort        ObstacleKind = "port"
	ObstacleExternal    ObstacleKind = "external" // a volume or network that somebody else makes
	ObstaclePlatform    ObstacleKind = "platform"
	ObstacleDisk        ObstacleKind = "disk"
	ObstacleRemote      ObstacleKind = "remote" // the engine is on another machine: what is not seen from here
)

func (b Obstacle) String() string {
	if b.At == "" {
		return b.Message
	}
	return b.At + ": " + b.Message
}

// preflight collects obstacles.
type preflight struct {
	*Operation
	found    []Obstacle
	services map[string]bool // those that are asked for and what they need; nil: all
}

// Preflight looks for what will stop `up` before anything is started: files, values, ports, volumes, networks,
// certificates, disk. Errors come before warnings. services are those that are asked for; none means all. Without an
// Engine it looks at what this machine alone can tell.
func (o *Operation) Preflight(ctx context.Context, services []string) ([]Obstacle, error) {
	p := &preflight{Operation: o, services: o.closure(services)}
	p.envFiles()
	p.values()
	p.mounts()
	if err := p.ports(ctx); err != nil {
		return nil, err
	}
	if p.Engine != nil {
		if err := p.externals(ctx); err != nil {
			return nil, err
		}
		if err := p.machine(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(p.found, func(a, b Obstacle) int { return cmp.Compare(rank(a), rank(b)) })
	return p.found, nil
}

func rank(b Obstacle) int {
	if b.Warning {
		return 1
	}
	return 0
}

func (p *preflight) stop(kind ObstacleKind, subject, at, format string, args ...any) {
	p.found = append(p.found, Obstacle{Kind: kind, Subject: subject, At: at, Message: fmt.Sprintf(format, args...)})
}

func (p *preflight) warn(kind ObstacleKind, subject, at, format string, args ...any) {
	p.found = append(p.found, Obstacle{Kind: kind, Subject: subject, At: at, Message: fmt.Sprintf(format, args...), Warning: true})
}

// started are the services that will be started, sorted.
func (p *preflight) started() []*compose.Service {
	var list []*compose.Service
	for _, name := range slices.Sorted(maps.Keys(p.Env.Model.Services)) {
		s := p.Env.Model.Services[name]
		if wanted(s) && (p.services == nil && s.Enabled || p.services[name]) {
			list = append(list, s)
		}
	}
	return list
}

// place is where a Compose file of the environment says something: the first of the addresses that is there.
func (p *preflight) place(addresses ...string) string {
	if in, start, ok := p.Env.Project.Place(p.Env.Source, addresses...); ok {
		return in.Path + ":" + in.File.Position(start).String()
	}
	return p.Env.Source.Files[0]
}

func (p *preflight) position(at string, span source.Span) string {
	text, err := p.Env.Project.Files.Read(at)
	if err != nil {
		return at
	}
	return at + ":" + source.NewLines(text).Position(span.Start).String()
}
