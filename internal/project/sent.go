package project

import (
	"path"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/dockerignore"
)

// BuildContext lists what a build of the Dockerfile in the context folder receives, repo-relative and
// sorted, under the ignore file that BuildKit reads. A folder that the walk left out stands as its own
// path with a trailing slash.
func (p *Project) BuildContext(dockerfilePath, dir string) []string {
	ignore, _ := dockerfile.IgnoreFor(dockerfilePath, dir, p.Files.Has)
	var parsed *dockerignore.File
	if text, err := p.Files.Read(ignore); ignore != "" && err == nil {
		parsed = dockerignore.Parse(ignore, text)
	}
	sent := dockerignore.Context(p.Files, dir, parsed)
	for i, inside := range sent {
		sent[i] = path.Join(dir, inside)
	}
	_, hidden := p.ContextFiles(dir)
	matcher := parsed.Matcher()
	for _, h := range hidden {
		inside := h.Path
		if dir != "." {
			inside = strings.TrimPrefix(inside, dir+"/")
		}
		if !matcher.Ignored(inside) {
			sent = append(sent, h.Path+"/")
		}
	}
	return sent
}

// Configures says whether the file at the path is one that refit understands and may rewrite.
func (p *Project) Configures(at string) bool {
	if p.Dockerfile(at) != nil || p.ComposeFile(at) != nil || p.EnvFile(at) != nil || p.Makefile != nil && p.Makefile.Path == at {
		return true
	}
	for _, w := range p.Workflows {
		if w.Path == at {
			return true
		}
	}
	for _, r := range p.References {
		if r.From == at {
			return true
		}
	}
	return strings.HasSuffix(at, "ignore")
}
