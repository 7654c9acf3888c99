// Package rule holds the vocabulary of checks: what a rule is, what it finds and how a finding is
// repaired. The rules themselves live in internal/rules.
package rule

import (
	"refit/internal/change"
	"refit/internal/edit"
	"refit/internal/parallel"
	"refit/internal/project"
	"refit/internal/source"
)

// Severity says how much a finding matters.
type Severity string

// The severities, most severe first.
const (
	Error   Severity = "error"   // breaks, leaks or loses something
	Warning Severity = "warning" // will hurt sooner or later
	Info    Severity = "info"    // worth knowing
)

// Theme is the subject that a rule belongs to; `--only` and `--skip` take it.
type Theme string

// The themes, in the order in which plan repairs them: later fixes build on earlier ones.
const (
	Packages   Theme = "packages"
	Layout     Theme = "layout"
	Dockerfile Theme = "dockerfile"
	Compose    Theme = "compose"
	Env        Theme = "env"
	Context    Theme = "context"
	Make       Theme = "make"
	CI         Theme = "ci"
)

// Meta is what is known of a rule without running it.
type Meta struct {
	ID       string // permanent, as "D05": the row of the catalogue
	Name     string // permanent, kebab-case, as "root-user"
	Theme    Theme
	Turn     Theme // the later theme in whose turn plan repairs it, for a rule that describes what others write; "" is its own
	Severity Severity
	Since    string   // the version that brought it, as "0.1.0"
	Summary  string   // one line: the problem, not the cure
	Aliases  []string // its names in other tools, as "hadolint DL3002", "CIS 4.1"
	Doc      string   // the rule's .md file, embedded
	Order    int      // its place in the registry, which sets it: of two fixes that clash, the earlier wins
}

// InTurn is the theme in whose turn plan repairs what the rule finds.
func (m *Meta) InTurn() Theme {
	if m.Turn != "" {
		return m.Turn
	}
	return m.Theme
}

// Rule is one check of a repository's files.
type Rule struct {
	Meta
	// Check reports findings to the pass. It is pure: it reads the project, does no I/O of its own
	// and changes nothing.
	Check func(*Pass)
}

// Location is a span of a file; a zero span means the whole file.
type Location struct {
	Path string
	Span source.Span
}

// Related is another place that explains a finding.
type Related struct {
	At      Location
	Message string
}

// Finding is one problem at one place. Its identity is (rule, path, subject): wording may change.
type Finding struct {
	Meta    *Meta // filled in by the pass
	At      Location
	Subject string // what it is about, stable: "stage:production", "services.db.ports[0]", "POSTGRES_PASSWORD"
	// Message says what is wrong, why it matters and what to do: "what; why; what to do".
	Message  string
	Severity Severity // the rule's unless the check or the configuration says otherwise
	Related  []Related
	Fixes    []Fix // the first is the one that plan takes
}

// Fix is a set of operations over files that is accepted whole or not at all.
type Fix struct {
	Title    string // imperative: "Run as appuser (1000:1000)"
	Safety   change.Safety
	Why      string // for a manual fix: why it is not applied, and the exact steps to take
	Declares []change.Declared
	Ops      []edit.Op
	Steps    []change.Step
	// Later makes Ops and Declares of a fix that is costly to write, see Written. An audit never asks for them: it shows
	// what stands above, which is decided already. Nil for most fixes, which are written from the start.
	Later func() ([]edit.Op, []change.Declared)
}

// Pass gives one rule the project and takes its findings.
type Pass struct {
	Project *project.Project
	Meta    *Meta
	Options map[string]string // the rule's own settings from .refit.yaml
	found   []Finding
}

// Report adds a finding.
func (p *Pass) Report(f Finding) {
	f.Meta = p.Meta
	if f.Severity == "" {
		f.Severity = p.Meta.Severity
	}
	p.found = append(p.found, f)
}

// Each looks at several things on all cores, each with a pass of its own. What is reported stands in the order of the things.
func Each[T any](p *Pass, things []T, look func(*Pass, T)) {
	passes := make([]*Pass, len(things))
	parallel.Do(len(things), func(i int) {
		passes[i] = &Pass{Project: p.Project, Meta: p.Meta, Options: p.Options}
		look(passes[i], things[i])
	})
	for _, one := range passes {
		p.found = append(p.found, one.found...)
	}
}

// Found is what was reported so far.
func (p *Pass) Found() []Finding { return p.found }
