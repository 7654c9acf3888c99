package compose

import (
	_ "embed"
	"fmt"
	"net/netip"
	"regexp"

	format "refit/internal/compose"
	"refit/internal/rule"
)

//go:embed c35_address_by_ip.md
var addressByIPDoc string

// AddressByIP finds services that are reached by a number, or share the host's network: C35.
var AddressByIP = rule.Rule{
	Meta: rule.Meta{ID: "C35", Name: "address-by-ip", Theme: rule.Compose, Severity: rule.Info, Since: "0.1.0",
		Summary: "a service is addressed by an IP address of the container network, or a database is on the host's network",
		Aliases: []string{"guide Best Practices, Network Isolation", "CIS 5.10"}, Doc: addressByIPDoc},
	Check: func(pass *rule.Pass) {
		for _, s := range sites(pass.Project) {
			for _, d := range s.file.File.Services {
				s.checkAddresses(pass, d)
				s.checkHostNetwork(pass, d)
			}
		}
	},
}

// address is a host of a URL, or a whole value, that is an IPv4 address.
var address = regexp.MustCompile(`(?:^|@|//)(\d{1,3}(?:\.\d{1,3}){3})(?:$|[:/])`)

// engineNetworks is the range of which Docker gives most networks their addresses (moby, ipamutils).
var engineNetworks = netip.MustParsePrefix("172.16.0.0/12")

func (s *site) checkAddresses(pass *rule.Pass, d *format.Definition) {
	for _, p := range d.Environment {
		m := address.FindStringSubmatch(p.Text)
		if m == nil {
			continue
		}
		ip, err := netip.ParseAddr(m[1])
		if err != nil || !engineNetworks.Contains(ip) {
			continue
		}
		pass.Report(rule.Finding{
			At: s.at(p.Entry.Span()), Subject: p.Addr,
			Message: fmt.Sprintf("%s of service %s addresses %s; containers get other addresses when they are made anew; use the service's name", p.Key, d.Name, ip),
			Fixes:   rule.Manual("Use the name of the service", "which service has the address is not known: write its name in the place of "+ip.String()),
		})
	}
}

func (s *site) checkHostNetwork(pass *rule.Pass, d *format.Definition) {
	product := s.product(d.Name)
	if product == nil || d.NetworkMode == nil || d.NetworkMode.Text != "host" || product.Kind != format.Database && product.Kind != format.Cache {
		return
	}
	pass.Report(rule.Finding{
		At: s.at(d.NetworkMode.Span()), Subject: d.NetworkMode.Addr, Severity: rule.Warning,
		Message: fmt.Sprintf("service %s (%s) is on the host's network; everyone who reaches the host can try passwords, and two environments collide; leave it on the project's own network", d.Name, product.Name),
		Fixes:   rule.Manual("Leave "+d.Name+" on the project's network", "other services may reach it as localhost: take network_mode away and address it by the name "+d.Name),
	})
}
