package project

import (
	"bytes"
	"regexp"
	"strings"

	"refit/internal/source"
)

// stackDeploy is the command that hands a Compose file to Swarm.
var stackDeploy = regexp.MustCompile(`\bstack\s+(deploy|up)\b`)

// Swarm says whether `docker stack deploy` is given the Compose file at the path. It has a parser of its
// own, which in many versions asks for version: and refuses name:.
// https://docs.docker.com/reference/cli/docker/stack/deploy/
func (p *Project) Swarm(at string) bool {
	return source.Recall(&p.Memo, swarmKey{at}, func() bool { return p.deploys(at) })
}

type swarmKey struct{ at string }

func (p *Project) deploys(at string) bool {
	for _, r := range p.References {
		if r.To != at || r.Implicit {
			continue
		}
		text, err := p.Files.Read(r.From)
		if err == nil && bytes.Contains(text, []byte("stack")) && stackDeploy.MatchString(commandBefore(string(text[:min(r.Span.Start, len(text))]))) {
			return true
		}
	}
	return false
}

// commandBefore is the end of a text from the start of its last line on, or of the first of those that
// a backslash joins.
func commandBefore(text string) string {
	start := strings.LastIndexByte(text, '\n') + 1
	for start > 0 && strings.HasSuffix(strings.TrimRight(text[:start], "\r\n"), "\\") {
		start = strings.LastIndexByte(strings.TrimRight(text[:start], "\r\n"), '\n') + 1
	}
	return text[start:]
}
