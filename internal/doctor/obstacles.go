package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"refit/internal/rule"
)

// The causes that keep an environment from starting.
var (
	DiskFull       = meta("M07", "disk-full", rule.Error, "the engine's disk is full, or nearly")
	Certificate    = meta("M09", "certificate", rule.Error, "a certificate is missing, expired or not good yet")
	EnvFileMissing = meta("M10", "env-file-missing", rule.Error, "the env file of an environment is missing")
	ValueMissing   = meta("M11", "value-missing", rule.Error, "a required variable has no value")
	PortTaken      = meta("M19", "port-taken", rule.Error, "somebody else has a port that the environment publishes")
	MountMissing   = meta("M36", "mount-missing", rule.Error, "a mounted file, an external volume or a network is missing")
)

// ofKind are the causes by the kind of the preflight's obstacle.
var ofKind = map[string]*rule.Meta{"env-file": &EnvFileMissing, "value": &ValueMissing, "certificate": &Certificate, "port": &PortTaken,
	"disk": &DiskFull, "mount": &MountMissing, "external": &MountMissing, "platform": &MountMissing}

// obstacles are what the preflight of `refit up` found, and the errors of the env files.
func (e *examination) obstacles() {
	for i := range e.Patients {
		p := &e.Patients[i]
		if p.Err != nil {
			e.report(&ValueMissing, p, Diagnosis{Finding: rule.Finding{Subject: "compose", Message: fmt.Sprintf("the Compose files can't be resolved: %v", p.Err)}})
			continue
		}
		for _, o := range p.Obstacles {
			m := ofKind[o.Kind]
			if m == nil || m == &PortTaken && !p.running && !p.Asked || m == &ValueMissing && p.lacksFile() {
				continue
			}
			d := Diagnosis{Finding: rule.Finding{At: o.At, Subject: o.Subject, Message: o.Message, Severity: e.weight(p, m.Severity)}}
			if o.Warning {
				d.Severity = e.weight(p, rule.Warning)
			}
			d.Service = e.serviceOf(p, o)
			d.Cure = e.cureOf(p, o)
			e.report(m, p, d)
		}
		e.envCheck(p)
	}
}

// weight makes what concerns an environment that neither runs nor was asked for information only.
func (e *examination) weight(p *Patient, s rule.Severity) rule.Severity {
	if !p.running && !p.Asked {
		return rule.Info
	}
	return s
}

func (e *examination) serviceOf(p *Patient, o Obstacle) string {
	if name, _, ok := strings.Cut(o.Subject, " "); ok && o.Kind == "port" {
		return name
	}
	for _, s := range services(p) {
		if o.Kind == "env-file" {
			for _, f := range s.EnvFiles {
				if f.Path == o.Subject {
					return s.Name
				}
			}
		}
		for _, m := range s.Mounts {
			if m.Source == o.Subject {
				return s.Name
			}
		}
	}
	return ""
}

// cureOf are the commands that take an obstacle away.
func (e *examination) cureOf(p *Patient, o Obstacle) Cure {
	switch o.Kind {
	case "env-file":
		c := Cure{Title: "Make the env file from its template", Commands: []string{"refit env init " + p.Name}}
		if o.Subject == e.Project.Layout.EnvPath(p.Name) || e.env(o.Subject) == nil {
			c.Repair = &Repair{Kind: RepairEnv, Environment: p.Name}
		}
		return c
	case "certificate":
		return Cure{Title: "Make certificates for development", Commands: []string{"refit certs --force"}, Repair: &Repair{Kind: RepairCerts}}
	case "value":
		return Cure{Title: "Give it a value", Commands: []string{"refit env check " + p.Name, "refit env init " + p.Name + " --complete"}}
	case "disk":
		return Cure{Title: "See what takes the space, and free what nothing uses", Commands: []string{"docker system df", "docker builder prune", "docker image prune"}}
	case "external":
		kind, key, _ := strings.Cut(o.Subject, ".")
		name := key
		if kind == "volumes" {
			name = p.Model.Volumes[key].Name
		} else if n, ok := p.Model.Networks[key]; ok {
			name = n.Name
		}
		return Cure{Title: "Make it", Commands: []string{"docker " + strings.TrimSuffix(kind, "s") + " create " + name}}
	case "mount":
		if strings.Contains(o.Message, "Docker makes the folder") {
			return Cure{Title: "Make the folder as yourself", Commands: []string{typed([]string{"mkdir", "-p", o.Subject})}}
		}
		if strings.Contains(o.Message, "is an empty folder") { // who owns the folder around it may remove it, root's or not
			return Cure{Title: "Remove the empty folder, then put the file there", Commands: append([]string{typed([]string{"rmdir", o.Subject})}, made(p, o)...)}
		}
		return Cure{Title: "Put the file there, or take it out of the Compose file"}
	case "port":
		if _, rest, ok := strings.Cut(o.Message, "can't be published there; "); ok {
			if stop, _, ok := strings.Cut(rest, ", or publish"); ok && strings.HasPrefix(stop, "docker ") {
				return Cure{Title: "Stop who has it", Commands: []string{stop}}
			}
		}
		return Cure{Title: "Stop who has it, or publish another port in the Compose or env file", Commands: e.killer(o.Message)}
	}
	return Cure{}
}

// made is the command that makes the file which belongs in the place of an empty folder, as the preflight names it.
func made(p *Patient, o Obstacle) []string {
	switch {
	case strings.Contains(o.Message, "refit env init"):
		return []string{"refit env init " + p.Name}
	case strings.Contains(o.Message, "refit certs"):
		return []string{"refit certs --force"}
	}
	return nil
}

// killer is the command that ends the process which the preflight names.
func (e *examination) killer(message string) []string {
	if _, rest, ok := strings.Cut(message, "(process "); ok {
		if pid, _, ok := strings.Cut(rest, ")"); ok && !strings.Contains(message, "docker-proxy") {
			return []string{"kill " + pid}
		}
	}
	return nil
}

// envCheck are the errors that `refit env check` finds: of values, since a missing file is an obstacle already.
func (e *examination) envCheck(p *Patient) {
	for _, f := range p.EnvCheck {
		var m *rule.Meta
		switch f.Meta.Name {
		case "required-key-missing":
			m = &ValueMissing
		case "env-syntax", "passwords-disagree", "localhost-in-container":
			m = &ValueWrong
		default:
			continue
		}
		if p.knows(m, f.Subject) || p.lacksFile() {
			continue
		}
		e.report(m, p, Diagnosis{Finding: rule.Finding{At: f.At, Subject: f.Subject, Message: f.Message, Severity: e.weight(p, f.Severity)},
			Cure: Cure{Title: "Correct the env file", Commands: []string{"refit env check " + p.Name}}})
	}
}

// lacksFile says whether the file that Compose takes the values from is missing: that is the cause, not each of its values.
func (p *Patient) lacksFile() bool {
	return slices.ContainsFunc(p.Obstacles, func(o Obstacle) bool { return o.Kind == "env-file" && slices.Contains(p.EnvFiles, o.Subject) })
}

// knows says whether the preflight has found it already.
func (p *Patient) knows(m *rule.Meta, subject string) bool {
	for _, o := range p.Obstacles {
		if ofKind[o.Kind] == m && o.Subject == subject {
			return true
		}
	}
	return false
}

// ClockSkew is a clock of the engine's machine that differs from this one's.
var ClockSkew = meta("M08", "clock-skew", rule.Warning, "the engine's clock and this machine's differ")

// The differences from which on clocks are told apart, and from which on they break TLS, tokens and make.
const (
	someSkew = 5 * time.Second
	muchSkew = 2 * time.Minute
)

func (e *examination) clock() {
	if e.Engine == nil {
		return
	}
	theirs, err := time.Parse(time.RFC3339Nano, e.info.SystemTime)
	if err != nil {
		return
	}
	skew := theirs.Sub(e.asked)
	if skew.Abs() < someSkew {
		return
	}
	word := "behind"
	if skew > 0 {
		word = "ahead"
	}
	d := Diagnosis{Finding: rule.Finding{Subject: "clock",
		Message: fmt.Sprintf("the engine's clock is %s %s this machine's; certificates, tokens, file times and logs do not fit; set both by the network", ago(skew.Abs()), word)},
		Evidence: []string{"engine: " + theirs.UTC().Format(time.RFC3339), "here:   " + e.asked.UTC().Format(time.RFC3339)},
		Cure:     Cure{Title: "Set the engine's clock (Docker Desktop: restart it)", Commands: []string{"sudo timedatectl set-ntp true"}}}
	if skew.Abs() >= muchSkew {
		d.Severity = rule.Error
	}
	e.report(&ClockSkew, nil, d)
}
