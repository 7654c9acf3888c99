package env

import (
	_ "embed"
	"maps"
	"regexp"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/project"
	"refit/internal/rule"
)

//go:embed e12_localhost_in_container.md
var localhostInContainerDoc string

// LocalhostInContainer finds addresses of other services that point to the container itself: E12.
var LocalhostInContainer = rule.Rule{
	Meta: rule.Meta{ID: "E12", Name: "localhost-in-container", Theme: rule.Env, Severity: rule.Warning, Since: "0.1.0",
		Summary: "a container looks for another service on its own localhost", Doc: localhostInContainerDoc},
	Check: checkLocalhostInContainer,
}

// backend is a URL of a database, cache or broker on this machine. Web addresses are left out: browsers
// follow redirect URIs and origins, and for them localhost is right.
var backend = regexp.MustCompile(`^(?:jdbc:)?(postgres(?:ql)?|mysql|mariadb|mongodb|redis|rediss|valkey|amqps?|cockroachdb|sqlserver|mssql|memcached|nats|kafka)(?:\+\w+)?://(?:[^/@\s]*@)?(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/?]|$)`)

var hostName = regexp.MustCompile(`^(POSTGRES|POSTGRESQL|PG|DB|DATABASE|MYSQL|MARIADB|MONGO|MONGODB|REDIS|VALKEY|RABBITMQ|AMQP|CACHE)_?HOST$`)

func checkLocalhostInContainer(pass *rule.Pass) {
	p := pass.Project
	for _, e := range p.Environments {
		if e.Model == nil || len(e.Files) == 0 {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(e.Model.Services)) {
			s := e.Model.Services[name]
			if s.NetworkMode != "" && s.NetworkMode != "bridge" || compose.ProductOf(s.Image) != nil {
				continue // the host's network or another container's; a database's own settings
			}
			for _, key := range slices.Sorted(maps.Keys(s.Environment)) {
				value := s.Environment[key]
				if backend.MatchString(value) || hostName.MatchString(strings.ToUpper(key)) && (value == "localhost" || value == "127.0.0.1") {
					pass.Report(localhostFinding(p, e, name, key))
				}
			}
		}
	}
}

func localhostFinding(p *project.Project, e *project.Environment, service, key string) rule.Finding {
	place := at(e.Files[0])
	for _, file := range e.Files {
		if c := p.ComposeFile(file); c != nil && c.File.Service(service) != nil {
			for _, pair := range c.File.Service(service).Environment {
				if pair.Key == key {
					place = rule.Location{Path: file, Span: pair.Span}
				}
			}
		}
	}
	return rule.Finding{At: place, Subject: "services." + service + ".environment." + key,
		Message: key + " of service " + service + " names localhost, which in a container is the container itself; nothing listens there; write the name of the service",
		Fixes:   rule.Manual("Name the service in "+key, "which service is meant is not written anywhere: put its name, and the port in its container, in the place of localhost; for a program on the host write host.docker.internal")}
}
