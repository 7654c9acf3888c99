package make

import (
	"path"
	"regexp"
	"strings"

	"refit/internal/invocation"
)

// certTargets are names of targets that make development certificates.
var certTargets = []string{"certs", "cert", "certificates", "certificate", "dev-certs", "make-certs", "gen-certs", "generate-certs", "ssl", "tls", "ssl-certs", "keys"}

var certScript = regexp.MustCompile(`^(?:(?:make|gen|generate|create|dev|setup|mk)[-_]?)?(?:dev[-_]?|ssl[-_]?|tls[-_]?)?(?:self[-_]?signed[-_]?)?certs?(?:ificates?)?\.sh$`)

var (
	certOption = regexp.MustCompile(`--(?:ssl-)?certfile["',\s=]+([A-Za-z0-9_./-]+)`)
	keyOption  = regexp.MustCompile(`--(?:ssl-)?keyfile["',\s=]+([A-Za-z0-9_./-]+)`)
)

// setupCertificates makes development certificates where the servers need them: by the user's own
// target, by the user's own script, or by openssl.
func (o *offer) setupCertificates() (recipe []string, target string) {
	cert, key := o.certificates()
	for _, name := range certTargets {
		if t, ok := o.users.targets[name]; ok && !t.Conditional && (cert != "" || o.namesCertificates()) {
			return o.readableKey(key), name
		}
	}
	if cert == "" {
		return nil, ""
	}
	for _, s := range o.p.Scripts {
		if certScript.MatchString(path.Base(s.Path)) {
			return append([]string{"@[ -e " + fromRoot(cert) + " ] || sh " + fromRoot(s.Path)}, o.readableKey(key)...), ""
		}
	}
	if o.p.Files.Has(cert) && o.p.Git.Tracked(cert) {
		return nil, ""
	}
	names := "DNS:localhost,IP:127.0.0.1"
	for _, e := range environments(o.p) {
		if service := invocation.MainService(e); service != "" && !strings.Contains(names, "DNS:"+service) {
			names += ",DNS:" + service
		}
	}
	return []string{
		`@[ -e ` + fromRoot(cert) + ` ] || { mkdir -p ` + fromRoot(path.Dir(cert)) + ` ` + fromRoot(path.Dir(key)) + ` && openssl req -x509 -newkey rsa:2048 -nodes -days 365 \`,
		`  -subj /CN=localhost -addext subjectAltName=` + quote(names) + ` -keyout ` + fromRoot(key) + ` -out ` + fromRoot(cert) + ` 2>/dev/null \`,
		`  && chmod 644 ` + fromRoot(key) + ` && echo 'made ` + strings.Trim(fromRoot(cert), "'") + `, for development only'; }`,
	}, ""
}

// readableKey lets the container's account read the development key: openssl makes it 0600 for whoever
// called it, and the service, which is root no more, could not start where that is not uid 1000, as on
// the runners of GitHub. A key that git tracks is left alone.
func (o *offer) readableKey(key string) []string {
	if key == "" || o.p.Git.Tracked(key) {
		return nil
	}
	return []string{"@[ ! -e " + fromRoot(key) + " ] || chmod 644 " + fromRoot(key)}
}

// namesCertificates says whether a service mounts a folder of certificates.
func (o *offer) namesCertificates() bool {
	for _, e := range environments(o.p) {
		for _, s := range e.Model.Services {
			for _, m := range s.Mounts {
				if m.Type == "bind" && strings.Contains(strings.ToLower(path.Base(m.Source)), "cert") {
					return true
				}
			}
		}
	}
	return false
}

// certificates are the files on this side that a server's options name by a path relative to a work
// directory into which they are mounted; "" when there are none.
func (o *offer) certificates() (cert, key string) {
	for _, e := range environments(o.p) {
		if e.Name == "prod" {
			continue
		}
		for _, s := range e.Model.Services {
			text := strings.Join(s.Command, " ")
			if s.Build != nil {
				dockerfile, _ := o.p.Files.Read(s.Build.Dockerfile)
				text += "\n" + string(dockerfile)
			}
			c, k := certOption.FindStringSubmatch(text), keyOption.FindStringSubmatch(text)
			if c == nil || k == nil || path.IsAbs(c[1]) || path.IsAbs(k[1]) || strings.Contains(c[1]+k[1], "..") {
				continue
			}
			for _, m := range s.Mounts {
				if m.Type == "bind" && (m.Source == "." || m.Source == path.Dir(path.Clean(c[1]))) {
					return path.Clean(c[1]), path.Clean(k[1])
				}
			}
		}
	}
	return "", ""
}
