package environment

import (
	"maps"
	"slices"
	"strings"

	"refit/internal/compose"
	"refit/internal/project"
	"refit/internal/secret"
)

// keeping says how long the data of a server live.
type keeping int

const (
	persistent keeping = iota // a named volume or a folder of the host
	unnamed                   // the image's own volume: gone with `down`, kept by `up` that recreates
	memory                    // tmpfs: gone with the container
)

// server is a ready-made service with a password.
type server struct {
	name    string // of the service
	file    string // the first Compose file
	service *compose.Service
	product *compose.Product
	family  *family // nil for one of another kind
	data    keeping
}

// initialOnly says whether the password of the environment counts only when there are no data yet.
// Caches, MinIO and Meilisearch read it at every start.
func (s *server) initialOnly() bool {
	return s.product.Kind != compose.Cache && s.product.Name != "minio" && s.product.Name != "meilisearch"
}

// serversOf are the ready-made services with a password that an environment starts, sorted.
func serversOf(p *project.Project, env string) []*server {
	var list []*server
	for _, e := range environments(p, env) {
		list = append(list, serversIn(e)...)
	}
	return list
}

func serversIn(e *project.Environment) []*server {
	if e.Model == nil {
		return nil
	}
	var list []*server
	for _, name := range slices.Sorted(maps.Keys(e.Model.Services)) {
		s := e.Model.Services[name]
		product := compose.ProductOf(s.Image)
		if product == nil || len(product.PasswordVars) == 0 && familyOfProduct(product) == nil {
			continue
		}
		list = append(list, &server{name: name, file: e.Files[0], service: s, product: product,
			family: familyOfProduct(product), data: keepingOf(e.Model, s, product)})
	}
	return list
}

func keepingOf(m *compose.Model, s *compose.Service, product *compose.Product) keeping {
	inMemory := func(target string) bool {
		return slices.ContainsFunc(product.Data, func(d string) bool { return within(d, target) })
	}
	if m.Project != nil {
		for _, t := range m.Project.Services[s.Name].Tmpfs {
			if target, _, _ := strings.Cut(t, ":"); inMemory(target) {
				return memory
			}
		}
	}
	kept := unnamed
	for _, mount := range s.Mounts {
		switch {
		case mount.Type == "tmpfs" && inMemory(mount.Target):
			return memory
		case mount.Type == "volume" && mount.Source != "":
			kept = persistent // wherever it is mounted: the data may have been put there
		case mount.Type == "bind" && slices.ContainsFunc(product.Data, func(d string) bool { return within(d, mount.Target) || within(mount.Target, d) }):
			kept = persistent
		}
	}
	return kept
}

// within says whether a path of a container is dir or below it.
func within(p, dir string) bool {
	dir = strings.TrimRight(dir, "/")
	return p == dir || strings.HasPrefix(p, dir+"/")
}

// servedBy are the families of the servers of an environment.
func servedBy(p *project.Project, env string) []*family {
	var list []*family
	for _, s := range serversOf(p, env) {
		if s.family != nil {
			list = append(list, s.family)
		}
	}
	return list
}

// literalOf is the password that a Compose file itself gives to the account's server: a URL has to
// agree with it. ok is false when the env file has a variable of its own for it.
func literalOf(p *project.Project, env string, a *account) (value string, ok bool) {
	for _, m := range a.members {
		if !m.url {
			return "", false
		}
	}
	for _, s := range serversOf(p, env) {
		if s.family != a.family {
			continue
		}
		for _, key := range s.product.PasswordVars {
			_, root := familyOfKey(key)
			v := s.service.Environment[key]
			if class := secret.Judge(key, v).Class; root == a.root && plain(v) && (class == secret.Secret || class == secret.Weak) {
				return v, true
			}
		}
	}
	return "", false
}
