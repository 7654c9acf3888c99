package compose

import (
	_ "embed"
	"fmt"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/rule"
)

//go:embed c07_port_on_all_interfaces.md
var portOnAllInterfacesDoc string

// PortOnAllInterfaces finds ports that the whole network reaches: C07.
var PortOnAllInterfaces = rule.Rule{
	Meta: rule.Meta{ID: "C07", Name: "port-on-all-interfaces", Theme: rule.Compose, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a development port, or a database, is published on all interfaces of the host",
		Aliases: []string{"dclint no-unbound-port-interfaces", "CIS 5.14", "KICS Container Traffic Not Bound To Host Interface"}, Doc: portOnAllInterfacesDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			for _, d := range s.file.File.Services {
				switch s.name() {
				case "dev", "test", "ci":
					s.checkLocalPorts(pass, d)
				default:
					s.checkDatabasePorts(pass, d)
				}
			}
		}
	},
}

// checkLocalPorts reports the ports of an environment that only this machine uses.
func (s *site) checkLocalPorts(pass *rule.Pass, d *format.Definition) {
	for _, p := range d.Ports {
		if p.HostIP != "" || p.Published == "" {
			continue
		}
		title := "Bind port " + p.Published + " of " + d.Name + " to 127.0.0.1"
		f := rule.Finding{
			At: s.at(p.Value.Span()), Subject: p.Value.Addr,
			Message: fmt.Sprintf("port %s of service %s is published on all interfaces; everyone in the network reaches it, past the host's firewall too; bind it to 127.0.0.1", p.Published, d.Name),
		}
		if strings.Contains(string(s.file.File.Text), "host.docker.internal") {
			f.Fixes = rule.Manual(title, "a container reaches the host by host.docker.internal, and would not reach a port of 127.0.0.1: bind those that it doesn't need")
		} else {
			edits, err := s.file.File.SetPortHostIP(p.Value.Addr, "127.0.0.1", false)
			f.Fixes = s.fix(title, change.Behaviour, edits, err,
				s.declared(format.Addr("services", d.Name, "ports")+".*.host_ip", "ports of development and tests are for this machine only"))
		}
		pass.Report(f)
	}
}

// checkDatabasePorts reports databases and caches that are published where others can reach them.
func (s *site) checkDatabasePorts(pass *rule.Pass, d *format.Definition) {
	product := s.product(d.Name)
	if product == nil || product.Kind != format.Database && product.Kind != format.Cache {
		return
	}
	var open []format.PortDef
	for _, p := range d.Ports {
		if p.HostIP != "127.0.0.1" && p.HostIP != "::1" && p.HostIP != "localhost" {
			open = append(open, p)
		}
	}
	if len(open) == 0 {
		return
	}
	addr := format.Addr("services", d.Name, "ports")
	f := rule.Finding{
		At: s.at(open[0].Value.Span()), Subject: addr,
		Message: fmt.Sprintf("%s of service %s is published; everyone who reaches the host can try passwords, past its firewall too; services of the project reach it without", product.Name, d.Name),
	}
	title := "Publish no port of " + d.Name
	if s.name() != "prod" || len(open) != len(d.Ports) {
		f.Fixes = rule.Manual(title, "whether somebody outside of the project uses the port is not known: take it away, or bind it to 127.0.0.1")
	} else {
		edits, err := s.file.File.RemoveServiceKey(addr, false)
		f.Fixes = s.fix(title, change.Behaviour, edits, err, s.declared(addr+".*", "production publishes no database"))
		if err == nil && commentsIn(s.file.File, edits) {
			f.Fixes = rule.Manual(title, "comments stand among the ports: take both away by hand")
		}
	}
	pass.Report(f)
}
