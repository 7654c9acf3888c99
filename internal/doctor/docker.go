package doctor

import (
	"errors"
	"fmt"
	"strings"

	"refit/internal/engine"
	"refit/internal/rule"
)

// The causes that lie between docker and its engine.
var (
	DockerMissing = meta("M01", "docker-missing", rule.Error, "docker is not on PATH")
	EngineSilent  = meta("M02", "engine-not-running", rule.Error, "no Docker engine answers")
	SocketClosed  = meta("M03", "engine-no-permission", rule.Error, "the engine's socket is not yours to use")
	WrongContext  = meta("M04", "wrong-context", rule.Error, "docker looks for its engine in the wrong place")
	PluginOld     = meta("M05", "plugin-missing-or-old", rule.Error, "Compose, buildx or the engine is missing or too old")
)

func (e *examination) docker() {
	if e.Docker.Plugins != nil {
		e.dockerProblem(e.Docker.Plugins)
	}
	if e.Docker.Problem != nil {
		e.dockerProblem(e.Docker.Problem)
		e.note("no engine: containers, volumes and images were not looked at, the files were")
	}
	if e.Engine != nil && !e.Docker.At.Local() {
		e.note("the engine at %s is on another machine: its disk, ports, clock and bind mounts are only seen as far as it tells", e.Docker.At.Host)
	}
}

// dockerProblem is the finding for a problem of the engine room.
func (e *examination) dockerProblem(err error) {
	var p *engine.Problem
	if !errors.As(err, &p) {
		e.report(&EngineSilent, nil, Diagnosis{Finding: rule.Finding{Subject: "engine", Message: err.Error()}})
		return
	}
	d := Diagnosis{Finding: rule.Finding{Subject: string(p.Kind), Message: p.Error()}}
	if p.Err != nil && !strings.Contains(p.What, p.Err.Error()) {
		d.Evidence = []string{p.Err.Error()}
	}
	switch p.Kind {
	case engine.NoDocker:
		d.Cure = Cure{Title: "Install Docker", Commands: []string{"curl -fsSL https://get.docker.com | sh"}}
		e.report(&DockerMissing, nil, d)
	case engine.NoPermission:
		e.report(&SocketClosed, nil, e.socket(d))
	case engine.BadContext:
		d.Cure = e.otherContext()
		e.report(&WrongContext, nil, d)
	case engine.NotAnswering:
		e.silent(d)
	case engine.NoCompose, engine.ComposeTooOld:
		d.Cure = Cure{Title: "Install the plugin of today", Commands: []string{"sudo apt-get install docker-compose-plugin"}}
		if p.Kind == engine.ComposeTooOld {
			d.Cure.Title, d.Cure.Commands = "Update the plugin", []string{"sudo apt-get install --only-upgrade docker-compose-plugin"}
		}
		e.report(&PluginOld, nil, d)
	case engine.BuildxTooOld:
		d.Cure = Cure{Title: "Update the plugin", Commands: []string{"sudo apt-get install --only-upgrade docker-buildx-plugin"}}
		e.report(&PluginOld, nil, d)
	default:
		e.report(&PluginOld, nil, d)
	}
}

// socket is the cure for a socket that belongs to somebody else.
func (e *examination) socket(d Diagnosis) Diagnosis {
	group := e.Docker.Group
	if group == "" {
		group = "docker"
	}
	if group == "root" {
		d.Cure = Cure{Title: "Give the socket to a group of yours", Commands: []string{"sudo groupadd --force docker", `sudo usermod -aG docker "$USER"`, "sudo systemctl restart docker", "newgrp docker"}}
		return d
	}
	d.Cure = Cure{Title: "Join the group that owns the socket", Commands: []string{`sudo usermod -aG ` + group + ` "$USER"`, "newgrp " + group}}
	return d
}

// silent tells an engine that does not run from one that is looked for in the wrong place.
func (e *examination) silent(d Diagnosis) {
	if e.Docker.Other == "" {
		d.Cure = Cure{Title: "Start the engine", Commands: []string{"sudo systemctl start docker"}}
		if e.Machine.System != "linux" {
			d.Cure.Commands = []string{"open -a Docker"}
		}
		if e.Docker.Variable != "" || e.Docker.At.Context != "" && e.Docker.At.Context != "default" {
			d.Cure = Cure{Title: "Start that engine, or choose another one", Commands: []string{"docker context ls", "docker context use default"}}
		}
		e.report(&EngineSilent, nil, d)
		return
	}
	why := "the context " + e.Docker.At.Context + " is in use"
	if e.Docker.Variable != "" {
		why = e.Docker.Variable + " is set"
	}
	d.Subject = "context"
	d.Message = fmt.Sprintf("%s, and no engine answers at %s; everything that docker does fails; the engine of the context %s answers: use it, or start that one", why, e.Docker.At.Host, e.Docker.Other)
	d.Cure = e.otherContext()
	e.report(&WrongContext, nil, d)
}

func (e *examination) otherContext() Cure {
	name, _, _ := strings.Cut(e.Docker.Variable, "=")
	other := e.Docker.Other
	if other == "" {
		other = "default"
	}
	c := Cure{Title: "Use the context " + other}
	if name != "" {
		c.Commands = append(c.Commands, "unset "+name)
	}
	c.Commands = append(c.Commands, "docker context use "+other)
	return c
}
