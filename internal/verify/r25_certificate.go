package verify

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/hex"
	"encoding/pem"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/mount"

	"refit/internal/rule"
)

//go:embed r25_certificate.md
var wrongCertificateDoc string

// soon is how near to its end a certificate is a warning.
const soon = 30 * 24 * time.Hour

// wrongCertificate compares the certificates that are served with those of the files: R25.
var wrongCertificate = check("R25", "certificate", Health, rule.Error, "a server has another certificate than the files give it, or an expired one", wrongCertificateDoc,
	func(ctx context.Context, p *pass) {
		for _, b := range p.boxes(own) {
			if !b.runs() || !p.env.Local {
				continue
			}
			for _, target := range b.tcpPorts() {
				for _, address := range b.published(target) {
					if seen := p.probe(ctx, address); seen.certificate != nil {
						p.looked[b.Service] = true
						p.checkCertificate(ctx, b, address, seen.certificate)
					}
				}
			}
		}
	})

func (p *pass) checkCertificate(ctx context.Context, b *box, address string, served *x509.Certificate) {
	r := report{service: b.Service, subject: "certificate", next: "refit restart " + p.env.Name + " " + b.Service + " lets it read the file again; refit certs makes new ones for development"}
	now := time.Now()
	switch day := served.NotAfter.Format("2 January 2006"); {
	case now.After(served.NotAfter):
		p.find(r, "%s (container %s) serves a certificate that expired on %s; every client refuses it", address, b.Name, day)
	case now.Before(served.NotBefore):
		p.find(r, "%s (container %s) serves a certificate that is valid from %s on", address, b.Name, served.NotBefore.Format("2 January 2006"))
	case served.NotAfter.Sub(now) < soon:
		r.severity = rule.Warning
		p.find(r, "%s (container %s) serves a certificate that expires on %s", address, b.Name, day)
	}
	files := p.certificates(ctx, b)
	if len(files) == 0 {
		p.notShown(b.Service, "no file with the certificate that %s serves was found in its mounts, or among the paths of its command and environment", address)
		return
	}
	var known []string
	for _, f := range files {
		if slices.ContainsFunc(f.certificates, served.Equal) {
			return
		}
		known = append(known, f.path+" has "+fingerprint(f.certificates[0]))
	}
	p.find(r, "%s (container %s) serves the certificate %s, and the files have another one: %s", address, b.Name, fingerprint(served), rule.Listed(known))
}

// fingerprint is the start of a certificate's SHA-256, enough to tell two apart.
func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return "sha256:" + hex.EncodeToString(sum[:8])
}

// certificateFile is a file with certificates that a container is given.
type certificateFile struct {
	path         string // as a person finds it
	certificates []*x509.Certificate
}

var certificatePath = regexp.MustCompile(`[\w./~-]+\.(?:pem|crt|cer|cert)\b`)

// certificates are those that the files give to a container: the files that it is given by mounts, and those that its
// command and its environment name.
func (p *pass) certificates(ctx context.Context, b *box) []certificateFile {
	inside := map[string]bool{}
	words := append(append([]string{b.info.Path}, b.info.Args...), b.info.Config.Env...)
	for _, word := range words {
		for _, at := range certificatePath.FindAllString(word, -1) {
			if !path.IsAbs(at) {
				at = path.Join("/", b.info.Config.WorkingDir, at)
			}
			inside[path.Clean(at)] = true
		}
	}
	for _, m := range b.info.Mounts {
		if m.Type != mount.TypeBind {
			continue
		}
		if certificatePath.MatchString(m.Destination) {
			inside[m.Destination] = true
			continue
		}
		entries, _ := os.ReadDir(m.Source)
		for _, e := range entries {
			if !e.IsDir() && certificatePath.MatchString(e.Name()) {
				inside[path.Join(m.Destination, e.Name())] = true
			}
		}
	}
	var list []certificateFile
	for at := range inside {
		if f := p.certificateFile(ctx, b, at); len(f.certificates) > 0 {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(x, y certificateFile) int { return strings.Compare(x.path, y.path) })
	return list
}

// certificateFile reads a path of the container where it comes from: the mounted file of this machine, else the container.
func (p *pass) certificateFile(ctx context.Context, b *box, inside string) certificateFile {
	for _, m := range b.info.Mounts {
		below, ok := strings.CutPrefix(inside, strings.TrimSuffix(m.Destination, "/"))
		if !ok || below != "" && !strings.HasPrefix(below, "/") || m.Type != mount.TypeBind {
			continue
		}
		host := filepath.Join(m.Source, filepath.FromSlash(below))
		file, err := os.Open(host)
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(io.LimitReader(file, 1<<20))
		_ = file.Close()
		if rel, err := filepath.Rel(p.env.Root, host); err == nil && filepath.IsLocal(rel) {
			host = filepath.ToSlash(rel)
		}
		return certificateFile{host, parseCertificates(text)}
	}
	text, err := p.file(ctx, b, inside)
	if err != nil {
		return certificateFile{}
	}
	return certificateFile{"the image's " + inside, parseCertificates(text)}
}

func parseCertificates(text []byte) []*x509.Certificate {
	var list []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return list
		}
		if block.Type == "CERTIFICATE" {
			if c, err := x509.ParseCertificate(block.Bytes); err == nil {
				list = append(list, c)
			}
		}
	}
}
