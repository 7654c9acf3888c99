package operate

import (
	"cmp"
	"context"
	"strconv"

	"github.com/moby/moby/api/types/container"

	"refit/internal/compose"
	"refit/internal/engine"
	"refit/internal/machine"
)

// ports are those of the host that services want.
func (p *preflight) ports(ctx context.Context) error {
	var containers []engine.Container
	if p.Engine != nil {
		var err error
		if containers, err = p.Engine.AllContainers(ctx); err != nil {
			return err
		}
	}
	for _, s := range p.started() {
		for i, want := range s.Ports {
			port, err := strconv.Atoi(want.Published)
			if err != nil || port == 0 {
				continue // any port, or a range of which one will do
			}
			p.port(p.placeOfPort(s, i), s.Name, want, port, containers)
		}
	}
	return nil
}

// placeOfPort is where the service's port stands, or the list of its ports where several files give it.
func (p *preflight) placeOfPort(s *compose.Service, i int) string {
	address := "services." + s.Name + ".ports"
	for _, at := range p.Env.Source.Files {
		c := p.Env.Project.ComposeFile(at)
		if c == nil {
			continue
		}
		if v, ok := c.File.Lookup(address); ok && len(v.Items()) == len(s.Ports) {
			return at + ":" + c.File.Position(v.Items()[i].Node.Span.Start).String()
		}
	}
	return p.place(address, "services."+s.Name)
}

func (p *preflight) port(at, service string, want compose.Port, port int, containers []engine.Container) {
	subject := service + " " + strconv.Itoa(port) + "/" + protocol(want)
	for _, c := range containers {
		if c.State != container.StateRunning && c.State != container.StatePaused && c.State != container.StateRestarting {
			continue
		}
		for _, has := range c.Ports {
			if int(has.PublicPort) != port || has.Type != protocol(want) || !overlap(want.HostIP, has.IP.String()) {
				continue
			}
			if c.Project == p.Env.Model.Name && !c.OneOff && c.Service == service {
				return // its own container of before
			}
			p.stop(ObstaclePort, subject, at, "port %d is taken by the container %s%s; %s can't be published there; %s, or publish another port", port, c.Name, ofProject(c), service, stopIt(c))
			return
		}
	}
	if !p.At.Local() {
		return
	}
	h, taken := machine.PortHolder(protocol(want), want.HostIP, port)
	switch {
	case !taken:
	case h.Name == "docker-proxy":
		// of a container that is just going, or of another engine
		p.stop(ObstaclePort, subject, at, "port %d is taken by another Docker engine's container (docker-proxy, process %d); %s can't be published there; stop that container, or publish another port", port, h.PID, service)
	case h.PID != 0:
		p.stop(ObstaclePort, subject, at, "port %d is taken by %s (process %d); %s can't be published there; stop it, or publish another port", port, h.Name, h.PID, service)
	default:
		p.stop(ObstaclePort, subject, at, "port %d is taken by a program of this machine that only root can name (sudo ss -ltnp 'sport = :%d'); %s can't be published there; stop it, or publish another port", port, port, service)
	}
}

func protocol(p compose.Port) string { return cmp.Or(p.Protocol, "tcp") }

// overlap says whether two addresses can't both be listened on.
func overlap(a, b string) bool {
	all := func(ip string) bool { return ip == "" || ip == "0.0.0.0" || ip == "::" || ip == "invalid IP" }
	return all(a) || all(b) || a == b
}

func ofProject(c engine.Container) string {
	if c.Project == "" {
		return ""
	}
	return " of the Compose project " + c.Project
}

func stopIt(c engine.Container) string {
	if c.Project == "" {
		return "docker stop " + c.Name
	}
	return "docker compose -p " + c.Project + " stop"
}
