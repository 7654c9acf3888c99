package context

import (
	"path"
	"regexp"
	"strings"

	"refit/internal/dockerignore"
	"refit/internal/project"
)

var keyPath = regexp.MustCompile(`[\w./-]+\.(?:pem|key)\b`)

// neededKey is a private key or certificate, relative to the context, with which a service starts and that only the
// image brings: the context sends it (or will, when the developer has made it: git ignores it), no mount and no
// Compose secret provides it. "" when there is none.
func (c *buildContext) neededKey(p *project.Project, ignore *dockerignore.File) string {
	m := ignore.Matcher()
	for _, d := range c.dockerfiles {
		for _, b := range d.Builds {
			if b.Context != c.dir || b.Service == "" {
				continue
			}
			for _, word := range keyPath.FindAllString(startCommand(p, d, b), -1) {
				if in := c.keyIn(p, word); in != "" && !m.Ignored(in) && !mounted(p, b, in) {
					return in
				}
			}
		}
	}
	return ""
}

// keyIn is the key that a start command means, relative to the context; "" when it does not come from there, or is
// public and therefore stays.
func (c *buildContext) keyIn(p *project.Project, word string) string {
	if path.IsAbs(word) {
		for _, f := range p.Files.Under(c.dir) {
			if in, _ := c.inside(f); isPrivateKey(p, f) && strings.HasSuffix(word, "/"+in) {
				return in
			}
		}
		return ""
	}
	in := path.Clean(word)
	at := path.Join(c.dir, in)
	if p.Files.Has(at) {
		if isPrivateKey(p, at) {
			return in
		}
		return ""
	}
	ignored, _ := p.GitIgnore().Match(at, false)
	if !ignored || strings.HasPrefix(in, "..") || c.runs(regexp.MustCompile(regexp.QuoteMeta(in))) { // a RUN makes it
		return ""
	}
	return in
}

// startCommand is what starts the service, as text: Compose's word, else the Dockerfile's.
func startCommand(p *project.Project, d *project.Dockerfile, b project.Build) string {
	env := p.EnvironmentOf(b.By)
	if env == nil || env.Model == nil || env.Model.Services[b.Service] == nil {
		return ""
	}
	s := env.Model.Services[b.Service]
	if command := strings.Join(append(append([]string{}, s.Entrypoint...), s.Command...), " "); command != "" {
		return command
	}
	var text strings.Builder
	for _, in := range d.File.Instructions {
		if in.Keyword == "CMD" || in.Keyword == "ENTRYPOINT" {
			text.Write(in.Span.Of(d.File.Text))
			text.WriteByte('\n')
		}
	}
	return text.String()
}

// mounted says whether something of the service brings the file: a mount of it or of a folder above it, or a secret.
func mounted(p *project.Project, b project.Build, file string) bool {
	env := p.EnvironmentOf(b.By)
	s := env.Model.Services[b.Service]
	for _, m := range s.Mounts {
		for f := file; ; f = path.Dir(f) {
			if m.Source == path.Join(b.Context, f) || strings.HasSuffix(m.Target, "/"+f) {
				return true
			}
			if f == "." {
				break
			}
		}
	}
	if env.Model.Project != nil {
		for _, secret := range env.Model.Project.Services[b.Service].Secrets {
			if strings.HasSuffix(secret.Target, "/"+file) {
				return true
			}
		}
	}
	return false
}
