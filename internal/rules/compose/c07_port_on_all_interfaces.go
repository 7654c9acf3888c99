package compose

import (
	_ "embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/edit"
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
		public := s.public()
		if public && (p.Published == "80" || p.Published == "443") {
			continue // the authority has to reach it
		}
		title := "Bind port " + p.Published + " of " + d.Name + " to 127.0.0.1"
		f := rule.Finding{
			At: s.at(p.Value.Span()), Subject: p.Value.Addr,
			Message: fmt.Sprintf("port %s of service %s is published on all interfaces; everyone in the network reaches it, past the host's firewall too; bind it to 127.0.0.1", p.Published, d.Name),
		}
		switch {
		case public:
			f.Fixes = rule.Manual(title, "the file gets certificates from a public authority, so that it runs on a server that others reach: bind the ports that nobody else uses")
		case s.reachesHost():
			f.Fixes = rule.Manual(title, "a container reaches the host by host.docker.internal, and would not reach a port of 127.0.0.1: bind those that it doesn't need")
		default:
			f.Fixes = s.bind(title, d, p)
		}
		pass.Report(f)
	}
}

// bind is the fix that binds ports to the loopback address.
func (s *site) bind(title string, d *format.Definition, ports ...format.PortDef) []rule.Fix {
	var edits []edit.Edit
	for _, p := range ports {
		e, err := s.file.File.SetPortHostIP(p.Value.Addr, "127.0.0.1", false)
		if err != nil {
			return s.fix(title, change.Behaviour, nil, err)
		}
		edits = append(edits, e...)
	}
	return s.fix(title, change.Behaviour, edits, nil,
		s.declared(format.Addr("services", d.Name, "ports")+".*.host_ip", "ports of development and tests are for this machine only"))
}

// reachesHost says whether a container of the file reaches the host's ports by name.
func (s *site) reachesHost() bool {
	return strings.Contains(string(s.file.File.Text), "host.docker.internal")
}

// authority is what asks a public authority for certificates: that has to reach the host.
var authority = regexp.MustCompile(`(?i)letsencrypt|\bacme\b|acme-companion|acme\.sh|certbot|certresolver|zerossl`)

// public says whether the file runs on a server that the internet reaches.
func (s *site) public() bool { return authority.Match(s.file.File.Text) }

// developed says whether the file is for a developer's machine, whatever it is called: a service that is
// built here has its source mounted over the copy in the image.
func (s *site) developed() bool {
	if !s.resolved() || s.public() {
		return false
	}
	for _, service := range s.env.Model.Services {
		if service.Build == nil || service.Build.Remote {
			continue
		}
		for _, m := range service.Mounts {
			if m.Type == "bind" && s.isSource(m.Source, service.Build.Context) {
				return true
			}
		}
	}
	return false
}

// isSource says whether a mounted folder is the build context, or one in it that has program code.
func (s *site) isSource(folder, context string) bool {
	if folder == context {
		return true
	}
	if context != "." && !strings.HasPrefix(folder, context+"/") || !s.p.Files.IsDir(folder) {
		return false
	}
	return slices.ContainsFunc(s.p.Files.Under(folder), func(file string) bool { return sourceCode[path.Ext(file)] })
}

// sourceCode are the endings of program code that a server reads again, or a watcher compiles.
var sourceCode = map[string]bool{".py": true, ".js": true, ".ts": true, ".tsx": true, ".jsx": true, ".mjs": true, ".vue": true, ".go": true, ".rb": true,
	".php": true, ".java": true, ".kt": true, ".rs": true, ".ex": true, ".cs": true, ".scala": true}

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
	switch {
	case s.name() == "" && s.developed() && !s.reachesHost() && !slices.ContainsFunc(open, func(p format.PortDef) bool { return p.HostIP != "" || p.Published == "" }):
		f.Message += "; the source is mounted, so this is a developer's machine: bind it to 127.0.0.1"
		f.Fixes = s.bind("Bind the ports of "+d.Name+" to 127.0.0.1", d, open...)
	case s.name() != "prod" || len(open) != len(d.Ports):
		f.Fixes = rule.Manual(title, "whether somebody outside of the project uses the port is not known: take it away, or bind it to 127.0.0.1")
	default:
		edits, err := s.file.File.RemoveServiceKey(addr, false)
		f.Fixes = s.fix(title, change.Behaviour, edits, err, s.declared(addr+".*", "production publishes no database"))
		if err == nil && commentsIn(s.file.File, edits) {
			f.Fixes = rule.Manual(title, "comments stand among the ports: take both away by hand")
		}
	}
	pass.Report(f)
}
