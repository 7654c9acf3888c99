package pipeline

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"refit/internal/apply"
	"refit/internal/change"
	"refit/internal/environment"
	"refit/internal/environment/certs"
	"refit/internal/rule"
)

// EnvInit works out the env file of an environment, made from the template.
func (r *Repository) EnvInit(env string, opts environment.InitOptions) (*environment.Result, error) {
	return environment.Init(r.Project, env, rand.Reader, opts)
}

// EnvCheck checks the env file of an environment.
func (r *Repository) EnvCheck(env string) []rule.Finding { return environment.Check(r.Project, env) }

// EnvDiff compares the env files of two environments.
func (r *Repository) EnvDiff(a, b string) (*environment.Comparison, error) {
	return environment.Diff(r.Project, a, b)
}

// EnvRotate works out new values for secrets of an environment; without keys for all that can be changed.
func (r *Repository) EnvRotate(env string, keys []string) (*environment.Result, error) {
	return environment.Rotate(r.Project, env, keys, rand.Reader)
}

// Carry carries the set of a command other than apply out; rollback takes it back like any other.
func (r *Repository) Carry(set *change.Set, command string, note func(string)) (string, error) {
	id, err := apply.Apply(r.Root, set, apply.Options{Command: command, Note: note})
	return string(id), err
}

// Certificates works out the development certificates of the repository, signed by this user's
// authority, which is made when there is none. authority is the file of its certificate, made says
// that it is new. An error means that the authority would lie in the repository, or can't be read, or
// what certs.Make says.
func (r *Repository) Certificates(force bool) (result *certs.Result, authority string, made bool, err error) {
	home, err := apply.StateHome()
	if err != nil {
		return nil, "", false, err
	}
	dir := filepath.Join(home, "refit", "ca")
	if rel, err := filepath.Rel(r.Root, dir); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) && !filepath.IsAbs(rel) {
		return nil, "", false, fmt.Errorf("%s: the authority's key would lie inside the repository; set XDG_STATE_HOME to a folder outside of it", dir)
	}
	now := time.Now()
	a, made, err := certs.OpenAuthority(dir, now)
	if err != nil {
		return nil, "", false, err
	}
	result, err = certs.Make(r.Project, a, certs.Options{Now: now, UID: os.Getuid(), Force: force})
	return result, certs.AuthorityFile(dir), made, err
}
