package environment

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/project"
)

// hosts finds values by which a container would look for a server in itself.
func (c *check) hosts() {
	if !c.reachesContainer() {
		return
	}
	for _, v := range c.file.File.Vars {
		f := serverAtLocalhost(v.Key, v.Value)
		if f == nil {
			continue
		}
		instead := "name the host that runs it (host.docker.internal for this machine)"
		for _, s := range serversOf(c.project, c.env) {
			if s.family == f {
				instead = "write " + s.name + ", the name of its service"
			}
		}
		c.report(&Localhost, c.at(v.Key), v.Key, fmt.Sprintf("%s looks for %s on localhost, which in a container is the container itself; the connection is refused; %s", v.Key, f.name, instead))
	}
}

// reachesContainer says whether a service with a network of its own gets the file's variables.
func (c *check) reachesContainer() bool {
	for _, r := range c.file.Readers {
		if r.Mechanism != project.ByEnvFile && r.Mechanism != project.ByMount || r.Env != c.env {
			continue
		}
		for _, e := range environments(c.project, c.env) {
			if e.Model == nil {
				continue
			}
			if s := e.Model.Services[r.Service]; s != nil && s.NetworkMode != "host" && !runsServer(s) {
				return true
			}
		}
	}
	return false
}

// runsServer says whether the service is itself a server of the families: its own localhost is right.
func runsServer(s *compose.Service) bool { return familyOfProduct(compose.ProductOf(s.Image)) != nil }

// serverAtLocalhost is the server that a variable places on localhost: a URL of its scheme, or a HOST
// of its name. Addresses that a browser uses (a redirect to https://localhost) are none.
func serverAtLocalhost(key, value string) *family {
	if f := familyOfURL(value); f != nil {
		if isLocal(hostOfURL(value)) {
			return f
		}
		return nil
	}
	prefix, ok := strings.CutSuffix(key, "_HOST")
	if !ok && key != "PGHOST" || !isLocal(value) {
		return nil
	}
	for i := range families {
		f := &families[i]
		names := []string{f.name}
		for _, k := range append(slices.Clone(f.keys), f.users...) {
			before, _, found := strings.Cut(k, "_")
			if found {
				names = append(names, before)
			}
		}
		if f.name == "PostgreSQL" && (key == "PGHOST" || prefix == "DB" || prefix == "DATABASE") ||
			slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, prefix) }) {
			return f
		}
	}
	return nil
}

func hostOfURL(value string) string {
	_, rest, _ := strings.Cut(value, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	if host, _, err := net.SplitHostPort(rest); err == nil {
		return host
	}
	return strings.Trim(rest, "[]")
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
