// Package layout says where things should live, as data.
package layout

import (
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
)

// Layout names the places of a refitted repository. Paths are repo-relative; "%s" stands for the
// environment.
type Layout struct {
	Keep         bool     // leave files where they are and repair them in place
	Compose      string   // "compose/docker-compose.%s.yml"
	Env          string   // "env/.env.%s"
	EnvExample   string   // "env/.env.example"
	ProdExample  string   // "env/.env.prod.example"
	EnvReadme    string   // "env/README.md"
	Dockerfile   string   // "docker/Dockerfile"
	Environments []string // the environments that a repository should have, in the order of the guide
}

// Default is the layout of the guide (Steps 2 and 3).
func Default() Layout {
	return Layout{
		Compose: "compose/docker-compose.%s.yml", Env: "env/.env.%s", EnvExample: "env/.env.example",
		ProdExample: "env/.env.prod.example", EnvReadme: "env/README.md", Dockerfile: "docker/Dockerfile",
		Environments: []string{"dev", "test", "ci", "prod"},
	}
}

// For is the default with the overrides of .refit.yaml's layout mapping: mode, compose, env,
// env_example, prod_example, env_readme, dockerfile, environments (comma-separated). An unknown key or
// a path that leaves the repository is an error.
func For(overrides map[string]string) (Layout, error) {
	l := Default()
	places := map[string]*string{"compose": &l.Compose, "env": &l.Env, "env_example": &l.EnvExample,
		"prod_example": &l.ProdExample, "env_readme": &l.EnvReadme, "dockerfile": &l.Dockerfile}
	keys := make([]string, 0, len(overrides))
	for key := range overrides {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		value := overrides[key]
		switch place := places[key]; {
		case key == "mode" && (value == "keep" || value == "move"):
			l.Keep = value == "keep"
		case key == "environments":
			l.Environments = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		case place == nil:
			return Default(), fmt.Errorf("layout.%s: %q is not understood", key, value)
		case !inside(value) || (key == "compose" || key == "env") && strings.Count(value, "%s") != 1:
			return Default(), fmt.Errorf("layout.%s: %q must be a path in the repository, with %%s for the environment where there are several", key, value)
		default:
			*place = path.Clean(value)
		}
	}
	return l, nil
}

func inside(p string) bool {
	c := path.Clean(p)
	return p != "" && !path.IsAbs(c) && c != ".." && !strings.HasPrefix(c, "../") && c != ".git" && !strings.HasPrefix(c, ".git/")
}

// ComposePath is where the Compose file of an environment should live.
func (l Layout) ComposePath(env string) string { return fmt.Sprintf(l.Compose, env) }

// EnvPath is where the env file of an environment should live.
func (l Layout) EnvPath(env string) string { return fmt.Sprintf(l.Env, env) }

// EnvDir is the folder of the env files.
func (l Layout) EnvDir() string { return path.Dir(l.Env) }

// ComposeDir is the folder of the Compose files.
func (l Layout) ComposeDir() string { return path.Dir(l.Compose) }

// Has says whether the environment is one that the layout has a place for.
func (l Layout) Has(env string) bool { return slices.Contains(l.Environments, env) }

// aliases are other words for the environments of the guide.
var aliases = map[string]string{
	"dev": "dev", "develop": "dev", "development": "dev", "local": "dev",
	"test": "test", "testing": "test", "tests": "test",
	"ci":   "ci",
	"prod": "prod", "production": "prod", "live": "prod",
	"stage": "staging", "staging": "staging",
}

// Canonical is the environment that a word stands for ("production" -> "prod"); ok is false for a
// word that names none, which is returned as it is.
func Canonical(word string) (env string, ok bool) {
	if env, ok = aliases[strings.ToLower(word)]; ok {
		return env, true
	}
	return word, false
}
