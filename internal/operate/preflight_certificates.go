package operate

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"refit/internal/compose"
)

// certificatesIn looks at the certificates in a folder that is mounted as one of certificates.
func (p *preflight) certificatesIn(at, service string, m compose.Mount, on string) {
	if !strings.Contains(strings.ToLower(path.Base(m.Source)), "cert") {
		return
	}
	files, err := os.ReadDir(on)
	if err != nil {
		return
	}
	if len(files) == 0 {
		p.stop(ObstacleCertificate, m.Source, at, "%s is empty; %s reads its certificate there; %s", m.Source, service, p.remedy(m.Source))
	}
	for _, f := range files {
		p.certificate(at, path.Join(m.Source, f.Name()), filepath.Join(on, f.Name()))
	}
}

// certificate looks whether a file is a certificate that has expired.
func (p *preflight) certificate(at, name, on string) {
	if !slices.Contains([]string{".pem", ".crt", ".cer", ".cert"}, strings.ToLower(path.Ext(name))) {
		return
	}
	info, err := os.Stat(on)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return
	}
	text, err := os.ReadFile(on)
	if err != nil {
		return
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return
	}
	const day = "2 January 2006"
	switch now := time.Now(); {
	case now.After(c.NotAfter):
		p.warn(ObstacleCertificate, name, at, "%s expired on %s; who checks certificates refuses the connection; refit certs --force makes new ones for development", name, c.NotAfter.Format(day))
	case now.Before(c.NotBefore):
		p.warn(ObstacleCertificate, name, at, "%s is good only from %s on; who checks certificates refuses the connection; is this machine's clock right? refit certs --force makes new ones for development", name, c.NotBefore.Format(day))
	case now.Add(soon).After(c.NotAfter):
		p.warn(ObstacleCertificate, name, at, "%s expires on %s; from then on who checks certificates refuses the connection; refit certs makes new ones for development", name, c.NotAfter.Format(day))
	}
}

// soon is how long before its end a certificate is spoken of.
const soon = 14 * 24 * time.Hour

// kindOf tells a missing certificate and a missing env file from other files.
func kindOf(at string) ObstacleKind {
	low := strings.ToLower(at)
	switch {
	case strings.Contains(low, "cert") || slices.Contains([]string{".pem", ".crt", ".key"}, path.Ext(low)):
		return ObstacleCertificate
	case strings.HasPrefix(path.Base(low), ".env") || strings.HasSuffix(low, ".env"):
		return ObstacleEnvFile
	}
	return ObstacleMount
}
