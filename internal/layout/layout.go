// Package layout says where things should live, as data.
package layout

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Mode says whether files move to their places.
type Mode string

// The modes.
const (
	Auto Mode = "auto" // where it is worth its diff
	Move Mode = "move"
	Keep Mode = "keep" // repair files where they are
)

// Layout names the places of a refitted repository. Paths are repo-relative, slash-separated and
// clean; "%s" stands for the environment.
type Layout struct {
	Mode         Mode
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
		Mode: Auto, Compose: "compose/docker-compose.%s.yml", Env: "env/.env.%s", EnvExample: "env/.env.example",
		ProdExample: "env/.env.prod.example", EnvReadme: "env/README.md", Dockerfile: "docker/Dockerfile",
		Environments: []string{"dev", "test", "ci", "prod"},
	}
}

// For is the default with the overrides of .refit.yaml's layout mapping: mode, compose, env,
// env_example, prod_example, env_readme, dockerfile, environments (comma-separated). An unknown key, a
// path that leaves the repository, an environment whose name can't be part of a file name, and two
// things in one place are errors; the layout is then the default.
func For(overrides map[string]string) (Layout, error) {
	l := Default()
	places := l.places()
	for _, key := range slices.Sorted(maps.Keys(overrides)) {
		value := overrides[key]
		switch place := places[key]; {
		case key == "mode" && slices.Contains([]Mode{Auto, Move, Keep}, Mode(value)):
			l.Mode = Mode(value)
		case key == "environments":
			l.Environments = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
			if err := checkEnvironments(l.Environments); err != nil {
				return Default(), err
			}
		case place == nil:
			return Default(), fmt.Errorf("layout.%s: %q is not understood", key, value)
		case !inside(value) || verbs(value) != placeholders(key):
			return Default(), fmt.Errorf("layout.%s: %q must be a path in the repository, with %%s for the environment where there are several", key, value)
		default:
			*place = path.Clean(value)
		}
	}
	if err := l.checkPlaces(); err != nil {
		return Default(), err
	}
	return l, nil
}

// places are the fields that hold a path, by their key in .refit.yaml.
func (l *Layout) places() map[string]*string {
	return map[string]*string{"compose": &l.Compose, "env": &l.Env, "env_example": &l.EnvExample,
		"prod_example": &l.ProdExample, "env_readme": &l.EnvReadme, "dockerfile": &l.Dockerfile}
}

// placeholders is the number of "%s" that a place must have.
func placeholders(key string) string {
	if key == "compose" || key == "env" {
		return "%s"
	}
	return ""
}

// verbs are the formatting verbs in a path, joined; anything but the expected ones is a mistake.
func verbs(p string) string {
	found := ""
	for {
		_, after, ok := strings.Cut(p, "%")
		if !ok {
			return found
		}
		found += "%" + after[:min(1, len(after))]
		p = after[min(1, len(after)):]
	}
}

// inside says whether a path names a file of the repository.
func inside(p string) bool {
	c := path.Clean(p)
	return p != "" && c != "." && !strings.HasSuffix(p, "/") && !strings.ContainsAny(p, "\\\x00\n\r") && !path.IsAbs(c) &&
		c != ".." && !strings.HasPrefix(c, "../") && c != ".git" && !strings.HasPrefix(c, ".git/")
}

// environmentName is what fits a file name, a Compose project's name and a Make target.
var environmentName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

func checkEnvironments(environments []string) error {
	if len(environments) == 0 {
		return fmt.Errorf("layout.environments: at least one environment is needed")
	}
	for i, e := range environments {
		if !environmentName.MatchString(e) {
			return fmt.Errorf("layout.environments: %q must be lower-case letters, digits, - and _", e)
		}
		if slices.Contains(environments[:i], e) {
			return fmt.Errorf("layout.environments: %q is listed twice", e)
		}
	}
	return nil
}

// checkPlaces finds two things that would live in one place.
func (l *Layout) checkPlaces() error {
	taken := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(l.places())) {
		paths := []string{*l.places()[key]}
		if placeholders(key) != "" {
			paths = nil
			for _, e := range l.Environments {
				paths = append(paths, fmt.Sprintf(*l.places()[key], e))
			}
		}
		for _, p := range paths {
			if other := taken[p]; other != "" {
				return fmt.Errorf("layout.%s and layout.%s both mean %s", other, key, p)
			}
			taken[p] = key
		}
	}
	return nil
}

// ComposePath is where the Compose file of an environment should live.
func (l Layout) ComposePath(env string) string { return fmt.Sprintf(l.Compose, env) }

// EnvPath is where the env file of an environment should live.
func (l Layout) EnvPath(env string) string { return fmt.Sprintf(l.Env, env) }

// EnvDir is the folder of the env files.
func (l Layout) EnvDir() string { return path.Dir(l.Env) }

// ComposeDir is the folder of the Compose files.
func (l Layout) ComposeDir() string { return path.Dir(l.Compose) }

// DockerDir is the folder of the Dockerfile.
func (l Layout) DockerDir() string { return path.Dir(l.Dockerfile) }

// Has says whether the environment is one that the layout has a place for.
func (l Layout) Has(env string) bool { return slices.Contains(l.Environments, env) }

// EnvironmentAt is the environment whose Compose or env file a path is the place of; ok is false
// for any other path. It need not be one of Environments.
func (l Layout) EnvironmentAt(p string) (env string, ok bool) {
	for _, pattern := range []string{l.Compose, l.Env} {
		before, after, _ := strings.Cut(pattern, "%s")
		rest, found := strings.CutPrefix(p, before)
		if env, ends := strings.CutSuffix(rest, after); found && ends && environmentName.MatchString(env) {
			return env, true
		}
	}
	return "", false
}

// aliases are other words for the environments of the guide.
var aliases = map[string]string{
	"dev": "dev", "develop": "dev", "development": "dev", "local": "dev",
	"test": "test", "testing": "test", "tests": "test",
	"ci":   "ci",
	"prod": "prod", "prd": "prod", "production": "prod", "live": "prod",
	"stage": "staging", "staging": "staging", "stg": "staging",
}

// Canonical is the environment that a word stands for ("production" -> "prod"); ok is false for a
// word that names none, which is returned as it is.
func Canonical(word string) (env string, ok bool) {
	if env, ok = aliases[strings.ToLower(word)]; ok {
		return env, true
	}
	return word, false
}

// Words are all the words that stand for an environment, itself among them, sorted.
func Words(env string) []string {
	words := []string{env}
	for word, e := range aliases {
		if e == env && word != env {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return words
}
