package certs

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/edit"
	"refit/internal/project"
)

// Pair is where a certificate and its key belong, repo-relative.
type Pair struct{ Certificate, Key string }

var usual = Pair{"certs/cert.pem", "certs/key.pem"}

// The options by which servers take their certificate and key: uvicorn, hypercorn, gunicorn, Flask.
var (
	certificateOption = regexp.MustCompile(`--(?:ssl-certfile|certfile|cert|tls-cert)[= ]+["']?([^\s"']+)`)
	keyOption         = regexp.MustCompile(`--(?:ssl-keyfile|keyfile|key|tls-key)[= ]+["']?([^\s"']+)`)
)

// Places are the pairs that the repository's start commands and Compose secrets name, found on the
// host through the bind mounts; the usual place when they name none. Sorted.
func Places(p *project.Project) []Pair {
	found := map[Pair]bool{}
	for _, e := range p.Environments {
		if e.Model == nil || e.Name == "prod" {
			continue // production has certificates of its own, from a real authority
		}
		if pair, ok := ofSecrets(e.Model); ok {
			found[pair] = true
		}
		for _, s := range e.Model.Services {
			if pair, ok := ofCommand(strings.Join(append(slices.Clone(s.Entrypoint), s.Command...), " "), s); ok {
				found[pair] = true
			}
		}
	}
	if len(found) == 0 {
		return []Pair{usual}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b Pair) int { return strings.Compare(a.Certificate, b.Certificate) })
}

// ofSecrets is the pair of files that Compose secrets name.
func ofSecrets(m *compose.Model) (pair Pair, ok bool) {
	for _, name := range slices.Sorted(maps.Keys(m.Secrets)) {
		at := m.Secrets[name].File
		base := strings.ToLower(path.Base(at))
		switch ext := path.Ext(base); {
		case !valid(at) || ext != ".pem" && ext != ".crt" && ext != ".key":
		case ext == ".key" || strings.Contains(base, "key"):
			pair.Key = at
		case !strings.HasPrefix(base, "ca"):
			pair.Certificate = at
		}
	}
	return pair, pair.Certificate != "" && pair.Key != ""
}

// ofCommand is the pair that a start command names, as files of the repository.
func ofCommand(command string, s *compose.Service) (Pair, bool) {
	c, k := certificateOption.FindStringSubmatch(command), keyOption.FindStringSubmatch(command)
	if c == nil || k == nil {
		return Pair{}, false
	}
	certificate, okC := onHost(c[1], s)
	key, okK := onHost(k[1], s)
	return Pair{certificate, key}, okC && okK && certificate != key
}

// onHost is the file of the repository that a container sees at a path. A relative path starts from
// the work directory, which is taken for a folder that is mounted as a whole or that has the same
// tree.
func onHost(at string, s *compose.Service) (string, bool) {
	if strings.Contains(at, "$") {
		return "", false
	}
	if !path.IsAbs(at) {
		at = path.Clean(at)
		return at, valid(at)
	}
	at = path.Clean(at)
	best, found := "", false
	longest := -1
	for _, m := range s.Mounts {
		target := strings.TrimRight(m.Target, "/")
		rest, below := strings.CutPrefix(at, target+"/")
		if m.Type == "bind" && (below || at == target) && len(target) > longest && !path.IsAbs(m.Source) {
			best, longest = path.Join(m.Source, rest), len(target)
			found = valid(best)
		}
	}
	return best, found
}

func valid(at string) bool { return at != "" && edit.ValidPath(at) == nil }

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Names are what the certificate is for: this machine, and the services by the names under which
// they reach each other.
func Names(p *project.Project) []string {
	services := map[string]bool{}
	for _, e := range p.Environments {
		if e.Model == nil {
			continue
		}
		for name, s := range e.Model.Services {
			// a name with "_" is none that a certificate can hold
			if s.Build != nil && hostName.MatchString(strings.ToLower(name)) && name != "localhost" {
				services[strings.ToLower(name)] = true
			}
		}
	}
	return append([]string{"localhost", "127.0.0.1", "::1"}, slices.Sorted(maps.Keys(services))...)
}
