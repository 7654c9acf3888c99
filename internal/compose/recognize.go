package compose

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/yaml"
)

// Role is what a Compose file is for, as far as its name and content tell. Which files are really
// stacked only their callers know.
type Role string

// The roles.
const (
	RoleMain        Role = "main"        // stands alone, or is the base of a stack
	RoleOverlay     Role = "overlay"     // adds to another file: some service in it could not run by itself
	RoleOverride    Role = "override"    // *.override.*, which Docker Compose loads on top without being told
	RoleAlternative Role = "alternative" // another database, proxy, tool: not an environment
	RoleIncluded    Role = "included"    // named by another file's include: or extends:
	RoleExample     Role = "example"     // *.example and the like: a template to copy
)

// environments are the words that name an environment, and the name that refit gives it.
var environments = map[string]string{
	"dev": "dev", "devel": "dev", "develop": "dev", "development": "dev", "local": "dev",
	"test": "test", "tests": "test", "testing": "test", "e2e": "test", "integration": "test",
	"ci":   "ci",
	"prod": "prod", "production": "prod", "prd": "prod", "live": "prod",
	"staging": "staging", "stage": "staging", "stg": "staging", "preprod": "staging", "uat": "staging",
}

var (
	composeName = regexp.MustCompile(`^(?:docker[-_.]?)?compose(?:[-_.].*)?\.ya?ml$|^.*[-_.](?:docker[-_.]?)?compose\.ya?ml$`)
	exampleEnd  = regexp.MustCompile(`\.(?:example|sample|dist|template|default)$`)
	templateEnd = regexp.MustCompile(`\.(?:j2|jinja2?|tmpl|tpl|gotmpl|erb|mustache|hbs)$`)
	nameWords   = regexp.MustCompile(`[^-_.]+`)
)

// EnvironmentOf tells by the path alone which environment a Compose file serves and what part it
// plays. env is "dev", "test", "ci", "prod", "staging", or "" when the name says none. A word that names
// no environment makes it an alternative (compose.mysql.yml, docker-compose-traefik.yml); a folder counts
// when its whole name is an environment's (docker/dev/compose.yml). Use RoleOf when the content is known.
func EnvironmentOf(p string) (env string, role Role) {
	base := strings.ToLower(path.Base(p))
	role = RoleMain
	if stem := exampleEnd.ReplaceAllString(base, ""); stem != base {
		base, role = stem, RoleExample
	}
	base = strings.TrimSuffix(strings.TrimSuffix(base, ".yml"), ".yaml")
	for _, word := range nameWords.FindAllString(base, -1) {
		known := environments[word]
		switch {
		case word == "docker" || word == "compose" || word == "dockercompose":
		case word == "example" || word == "sample" || word == "template":
			role = RoleExample
		case word == "override":
			if role != RoleExample {
				role = RoleOverride
			}
		case known != "" && (env == "" || known == "ci"):
			env = known
		case known == "" && role == RoleMain:
			role = RoleAlternative
		}
	}
	if env == "" {
		env = folderEnvironment(path.Dir(p))
	}
	return env, role
}

// folderEnvironment is the environment that one of the last two folders is named after.
func folderEnvironment(dir string) string {
	for range 2 {
		if env := environments[strings.ToLower(path.Base(dir))]; env != "" {
			return env
		}
		dir = path.Dir(dir)
	}
	return ""
}

// RoleOf is EnvironmentOf with the content taken into account: a file whose services can't run by
// themselves is an overlay, whatever its name.
func RoleOf(f *File) (env string, role Role) {
	env, role = EnvironmentOf(f.Path)
	if (role == RoleMain || role == RoleAlternative) && !f.Standalone() {
		role = RoleOverlay
	}
	return env, role
}

// LooksLikeCompose says whether a file is meant to be a Compose file. By its name it is (compose.yml,
// docker-compose.dev.yaml, dev-compose.yml, x.compose.yml, compose-e2e-test.yml, with .example or the like
// behind it), unless it parses and is plainly something else. With another name it is when its content
// says so: `services:` is a mapping, each entry has only keys of a service, and one has an image, a
// build or something it extends. Templates with an ending of their own (.j2, .tmpl) are none.
func LooksLikeCompose(p string, text []byte) bool {
	return Recognized(p, text, func() (*yaml.File, error) { return yaml.Parse(p, text) })
}

// Recognized is LooksLikeCompose for a caller who parses the text, where that is needed, by itself.
func Recognized(p string, text []byte, parse func() (*yaml.File, error)) bool {
	base := strings.ToLower(path.Base(p))
	if templateEnd.MatchString(base) {
		return false
	}
	stem := exampleEnd.ReplaceAllString(base, "")
	named := composeName.MatchString(stem)
	if !named && !strings.HasSuffix(stem, ".yml") && !strings.HasSuffix(stem, ".yaml") {
		return false
	}
	if !named && !strings.Contains(string(text), "services") {
		return false
	}
	y, err := parse()
	if err != nil || len(y.Docs) == 0 {
		return named
	}
	if named {
		return !foreign(y.Root())
	}
	return hasServices(y.Root())
}

// foreign says whether a file with a Compose file's name is plainly something else: a CI workflow, or a
// file with keys of which none belongs to Compose.
func foreign(top *yaml.Node) bool {
	if top.IsNull() {
		return false
	}
	if top.Kind != yaml.Mapping || top.Entry("on") != nil {
		return true
	}
	other := false
	for _, k := range top.Keys() {
		switch {
		case slices.Contains([]string{"services", "include", "volumes", "networks", "secrets", "configs", "models"}, k) || strings.HasPrefix(k, "x-"):
			return false
		case k != "name" && k != "version":
			other = true
		}
	}
	return other && !servicesIn(top) // the first version of Compose had the services at the top
}

func hasServices(top *yaml.Node) bool {
	return top.Kind == yaml.Mapping && servicesIn(top.Lookup("services").Node)
}

// servicesIn says whether a mapping holds services and nothing else.
func servicesIn(m *yaml.Node) bool {
	if m == nil || m.Kind != yaml.Mapping {
		return false
	}
	runnable := false
	for _, name := range m.Keys() {
		s := m.Lookup(name).Node
		if s == nil || s.Kind != yaml.Mapping {
			return false
		}
		for _, key := range s.Keys() {
			if !serviceKeys[key] && !strings.HasPrefix(key, "x-") {
				return false
			}
			runnable = runnable || key == "image" || key == "build" || key == "extends"
		}
	}
	return runnable
}
