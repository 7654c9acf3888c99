package compose

import (
	_ "embed"
	"fmt"

	"refit/internal/rule"
)

//go:embed c06_duplicate_host_port.md
var duplicateHostPortDoc string

// DuplicateHostPort finds services of one file that want the same port of the host: C06.
var DuplicateHostPort = rule.Rule{
	Meta: rule.Meta{ID: "C06", Name: "duplicate-host-port", Theme: rule.Compose, Severity: rule.Error, Since: "0.1.0",
		Summary: "two services publish the same port of the host",
		Aliases: []string{"dclint no-duplicate-exported-ports"}, Doc: duplicateHostPortDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			if s.resolved() {
				s.checkHostPorts(pass)
			}
		}
	},
}

type usedPort struct{ service, ip string }

func (s *site) checkHostPorts(pass *rule.Pass) {
	used := map[string][]usedPort{}
	for _, d := range s.file.File.Services {
		m := s.service(d.Name)
		if m == nil || !m.Enabled || len(m.Ports) != len(d.Ports) {
			continue
		}
		for i, p := range m.Ports {
			if p.Published == "" {
				continue
			}
			key := p.Published + "/" + p.Protocol
			for _, other := range used[key] {
				if other.ip == p.HostIP || other.ip == "" || p.HostIP == "" {
					pass.Report(rule.Finding{
						At: s.at(d.Ports[i].Value.Span()), Subject: d.Ports[i].Value.Addr,
						Message: fmt.Sprintf("services %s and %s both publish port %s of the host; the second can't start; give one of them another port", other.service, d.Name, key),
						Fixes:   rule.Manual("Publish another port", "which of the two may change only you know: whoever uses the port has to follow"),
					})
					break
				}
			}
			used[key] = append(used[key], usedPort{d.Name, p.HostIP})
		}
	}
}
