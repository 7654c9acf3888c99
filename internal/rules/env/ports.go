package env

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"refit/internal/compose"
	"refit/internal/project"
)

// port is one row of the table of ports.
type port struct {
	service, port, protocol, purpose string
	hosts                            []string
}

func ports(p *project.Project) []port {
	rows := map[string]*port{}
	hosts := map[string]map[string]map[string]bool{} // row -> host port -> environments
	for _, e := range p.Environments {
		if e.Model == nil {
			continue
		}
		for name, s := range e.Model.Services {
			for _, row := range servicePorts(p, e, name, s) {
				key := row.service + " " + fmt.Sprintf("%8s", row.port) + row.protocol
				if rows[key] == nil {
					rows[key] = &row
					hosts[key] = map[string]map[string]bool{}
				}
				host := first(row.hosts)
				if hosts[key][host] == nil {
					hosts[key][host] = map[string]bool{}
				}
				hosts[key][host][envName(e)] = true
			}
		}
	}
	var list []port
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		row := *rows[key]
		row.hosts = nil
		for _, host := range slices.Sorted(maps.Keys(hosts[key])) {
			text := "not published"
			if host != "" {
				text = "`" + host + "`"
			}
			row.hosts = append(row.hosts, text+" ("+strings.Join(inOrder(hosts[key][host]), ", ")+")")
		}
		list = append(list, row)
	}
	return list
}

// servicePorts are the ports of a service as its Compose files write them; for a known image that
// publishes none, its main port.
func servicePorts(p *project.Project, e *project.Environment, name string, s *compose.Service) []port {
	var rows []port
	for _, file := range slices.Backward(e.Files) {
		c := p.ComposeFile(file)
		if c == nil {
			continue
		}
		def := c.File.Service(name)
		if def == nil {
			continue
		}
		for _, d := range def.Ports {
			host := d.Published
			if d.HostIP != "" && host != "" {
				host = d.HostIP + ":" + host
			}
			rows = append(rows, port{service: name, port: d.Target, protocol: protocol(p, s, d.Target, d.Protocol), purpose: purpose(s), hosts: []string{host}})
		}
	}
	if product := compose.ProductOf(s.Image); len(rows) == 0 && product != nil && len(product.Ports) > 0 {
		target := strconv.Itoa(product.Ports[0])
		rows = append(rows, port{service: name, port: target, protocol: protocol(p, s, target, ""), purpose: purpose(s), hosts: []string{""}})
	}
	return rows
}

// protocol is what is spoken on a port: what a healthcheck of the service or of its image asks for, else
// the transport.
func protocol(p *project.Project, s *compose.Service, target, given string) string {
	if given == "udp" {
		return "UDP"
	}
	var tests []string
	if s.Healthcheck != nil {
		tests = append(tests, strings.Join(s.Healthcheck.Test, " "))
	}
	if s.Build != nil {
		if d := p.Dockerfile(s.Build.Dockerfile); d != nil {
			for _, in := range d.File.Instructions {
				if in.Keyword == "HEALTHCHECK" {
					tests = append(tests, string(in.Span.Of(d.File.Text)))
				}
			}
		}
	}
	for _, test := range tests {
		for _, scheme := range []string{"https", "http"} {
			for _, host := range []string{"localhost", "127.0.0.1"} {
				if strings.Contains(test, scheme+"://"+host+":"+target) {
					return strings.ToUpper(scheme)
				}
			}
		}
	}
	return "TCP"
}

func purpose(s *compose.Service) string {
	if product := compose.ProductOf(s.Image); product != nil {
		return product.Name + ", " + string(product.Kind)
	}
	if s.Build != nil {
		return "built here"
	}
	return s.Image
}
