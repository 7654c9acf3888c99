package change

import (
	"path"
	"strings"
)

// Aspect is what a difference is about.
type Aspect string

// The aspects that the equivalence check compares.
const (
	AspectCompose Aspect = "compose" // the resolved Compose model of one environment, effective environment and volume names included
	AspectImage   Aspect = "image"   // what an image promises: user, env, ports, volumes, labels, packages, files, start-up steps
	AspectGraph   Aspect = "graph"   // the build graph of a stage that no fix rewrites
	AspectContext Aspect = "context" // the files that a build receives
	AspectMake    Aspect = "make"    // the targets that the Makefile offers
	AspectComment Aspect = "comment" // comments that people wrote
)

// Difference is one thing that is not the same before and after.
type Difference struct {
	Aspect  Aspect `json:"aspect"`
	Subject string `json:"subject"` // whose: the Compose file, "Dockerfile:target", the context folder; always by its path in the baseline (a created file: its new path)
	Addr    string `json:"addr"`    // what: "services.app.user", "packages.gcc", "cmd"
	Before  string `json:"before"`  // secrets masked; "" when there was nothing
	After   string `json:"after"`   // secrets masked; "" when there is nothing
	Why     string `json:"why,omitempty"`
	Rule    string `json:"rule,omitempty"` // the rule whose fix declared it
	// Blocks says of an unproven difference that no fix may bring it about: it is about volumes, the
	// environment or what a build receives.
	Blocks bool `json:"-"`
}

// Declared is a difference that a fix makes on purpose. Subject and Addr are patterns in which
// "*" stands for any run of characters; Before and After, where not "*" or empty, must match too.
type Declared struct {
	Aspect  Aspect `json:"aspect"`
	Subject string `json:"subject"`
	Addr    string `json:"addr"`
	Before  string `json:"before,omitempty"`
	After   string `json:"after,omitempty"`
	Why     string `json:"why"`
	Rule    string `json:"rule,omitempty"`
}

// Covers says whether the declaration speaks of the difference.
func (d Declared) Covers(x Difference) bool {
	return d.Aspect == x.Aspect && glob(d.Addr, x.Addr) && glob(d.Subject, x.Subject) &&
		(d.Before == "" || glob(d.Before, x.Before)) && (d.After == "" || glob(d.After, x.After))
}

// glob matches text against a pattern in which "*" stands for any run of characters.
func glob(pattern, text string) bool {
	first, rest, any := strings.Cut(pattern, "*")
	if !any {
		return pattern == text
	}
	if !strings.HasPrefix(text, first) {
		return false
	}
	text = text[len(first):]
	for {
		part, more, again := strings.Cut(rest, "*")
		if !again {
			return strings.HasSuffix(text, part)
		}
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text, rest = text[i+len(part):], more
	}
}

// Preserved is something that was compared and is the same.
type Preserved struct {
	Aspect  Aspect `json:"aspect"`
	Subject string `json:"subject"`
	What    string `json:"what"` // "213 values of the resolved model", "5 targets"
}

// Comparison is the verdict of the equivalence check.
type Comparison struct {
	Preserved  []Preserved  `json:"preserved"`
	Declared   []Difference `json:"declared"`
	Unproven   []Difference `json:"unproven"`
	Undeclared []Difference `json:"undeclared,omitempty"` // any one stops the plan
}

// Relocated maps a baseline path through moves; a path below a moved folder moves with it.
func Relocated(p string, moves map[string]string) string {
	if to, ok := moves[p]; ok {
		return to
	}
	for dir := path.Dir(p); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if to, ok := moves[dir]; ok {
			return path.Join(to, strings.TrimPrefix(p, dir+"/"))
		}
	}
	return p
}
