package stack

import (
	"regexp"
	"strings"
)

// A Gemfile is Ruby; the declarations that matter stand on lines of their own in practice.
// https://bundler.io/man/gemfile.5.html
var (
	gemLine   = regexp.MustCompile(`^\s*gem[\s(]+["']([^"']+)["'](.*)$`)
	gemGroup  = regexp.MustCompile(`^\s*group[\s(]+(.+?)\)?\s+do\b`)
	gemRuby   = regexp.MustCompile(`^\s*ruby[\s(]+["']([^"']+)["']`)
	gemSymbol = regexp.MustCompile(`:(\w+)|["'](\w+)["']`)
	blockDo   = regexp.MustCompile(`\bdo\b\s*(\|[^|]*\|)?\s*$`)
	blockEnd  = regexp.MustCompile(`^\s*end\b`)
	gemPath   = regexp.MustCompile(`path:\s*["']([^"']+)["']|:path\s*=>\s*["']([^"']+)["']`)
	inGroup   = regexp.MustCompile(`groups?:\s*(.+)$|:groups?\s*=>\s*(.+)$`)
)

func detectRuby(f folder, _ Hints) *Unit {
	if !f.has("Gemfile") {
		return nil
	}
	u := &Unit{
		Dir: f.dir, Language: Ruby, Manager: Bundler, Reason: "Gemfile is there",
		Manifests: f.present("Gemfile"), Lock: f.path("Gemfile.lock"), LockPresent: f.has("Gemfile.lock"),
		Extra: f.matching("*.gemspec"),
	}
	if v := strings.TrimSpace(string(f.read(".ruby-version", nil))); v != "" {
		u.Pinned = v
		u.Extra = append(u.Extra, f.path(".ruby-version"))
	}
	u.Extra = append(u.Extra, f.present(".tool-versions")...)
	var blocks [][]string // the groups that each open block adds
	for line := range strings.Lines(string(f.read("Gemfile", u))) {
		line, _, _ = strings.Cut(strings.TrimRight(line, "\r\n"), " #")
		if m := gemRuby.FindStringSubmatch(line); m != nil {
			u.Requires = m[1]
		}
		if m := gemLine.FindStringSubmatch(line); m != nil {
			u.gem(m[1], m[2], blocks)
		}
		switch m := gemGroup.FindStringSubmatch(line); {
		case m != nil:
			blocks = append(blocks, symbols(m[1]))
			u.Groups = append(u.Groups, symbols(m[1])...)
		case blockDo.MatchString(line):
			blocks = append(blocks, nil)
		case blockEnd.MatchString(line) && len(blocks) > 0:
			blocks = blocks[:len(blocks)-1]
		}
	}
	for _, g := range u.Groups {
		if isDevName(g) {
			u.DevGroups = append(u.DevGroups, g)
		}
	}
	return u
}

func symbols(text string) []string {
	var names []string
	for _, m := range gemSymbol.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1]+m[2])
	}
	return names
}

// gem takes one gem; it is for development when all its groups are.
func (u *Unit) gem(name, options string, blocks [][]string) {
	var groups []string
	for _, b := range blocks {
		groups = append(groups, b...)
	}
	if m := inGroup.FindStringSubmatch(options); m != nil {
		groups = append(groups, symbols(m[1]+m[2])...)
		u.Groups = append(u.Groups, symbols(m[1]+m[2])...)
	}
	if m := gemPath.FindStringSubmatch(options); m != nil {
		u.LocalPaths = append(u.LocalPaths, localPath(u.Dir, m[1]+m[2])...)
		u.LocalNames = append(u.LocalNames, name)
	}
	dev := len(groups) > 0
	for _, g := range groups {
		dev = dev && isDevName(g)
	}
	if dev {
		u.DevDependencies = append(u.DevDependencies, name)
	} else {
		u.Dependencies = append(u.Dependencies, name)
	}
}

// installBundler: https://bundler.io/guides/bundler_docker_guide.html and
// https://bundler.io/man/bundle-config.1.html. BUNDLE_DEPLOYMENT makes the lock binding; it would
// install into vendor/bundle, so BUNDLE_PATH names the image's own place.
func installBundler(u *Unit, o Options) Install {
	i := Install{
		Environment: []Variable{{"BUNDLE_DEPLOYMENT", "1"}, {"BUNDLE_PATH", "/usr/local/bundle"}},
		Runtime:     []Variable{{"BUNDLE_PATH", "/usr/local/bundle"}, {"BUNDLE_DEPLOYMENT", "1"}},
		Caches:      []Cache{{Root: "/root/.bundle/cache", Variable: "BUNDLE_USER_CACHE"}},
		Outputs:     []string{"/usr/local/bundle"}, Asserted: true,
		Dependencies: []Command{{"bundle", "install"}},
		Lock:         Command{"bundle", "lock"},
	}
	if o.Purpose == Production {
		without := strings.Join(u.DevGroups, ":")
		if without != "" {
			i.Environment = append(i.Environment, Variable{"BUNDLE_WITHOUT", without})
			i.Runtime = append(i.Runtime, Variable{"BUNDLE_WITHOUT", without})
		}
	}
	if len(u.LocalPaths) > 0 {
		i.Notes = append(i.Notes, "the Gemfile takes gems from folders of the repository: they have to be copied first")
	}
	return i
}
