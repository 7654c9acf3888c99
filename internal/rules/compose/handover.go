package compose

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/dotenv"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/rule"
	"refit/internal/secret"
	"refit/internal/source"
)

// handover is how a Compose file gives its services their values by env_file: secrets move from the
// file into the env file, and the env file is no longer mounted. It is one change for the whole
// file, so that services which need the same value can't come apart.
type handover struct {
	*site
	literals []*literal
	mounts   []*envMount

	target   string       // the env file
	dot      *dotenv.File // nil when it is to be made
	readers  map[string]bool
	ops      []edit.Op
	declares []change.Declared
	err      error // why nothing can be done
}

// literal is a secret that is written out in a service's environment.
type literal struct {
	service string
	pair    format.Pair
	value   string // as the container gets it
	keep    string // why it stays where it is; "" when it moves
	twin    bool   // written at the place of an earlier literal, which an anchor brings here too
}

// envMount is an env file that is mounted into a service.
type envMount struct {
	service string
	index   int
	def     format.VolumeDef
	source  string // repo-relative
	keep    string
}

// newHandover finds what is to be handed over and works out how. It is nil when there is nothing.
func newHandover(s *site) *handover {
	h := &handover{site: s}
	h.findLiterals()
	h.findMounts()
	if len(h.literals)+len(h.mounts) == 0 {
		return nil
	}
	if why := s.alone(); why != "" {
		h.err = fmt.Errorf("%s", why)
		return h
	}
	h.judgeLiterals()
	h.judgeMounts()
	if h.err = h.chooseTarget(); h.err != nil {
		return h
	}
	// A service that the env file as a whole would disturb keeps what it has; the others go on.
	for range len(s.file.File.Services) + 1 {
		var disturbed *disturbance
		disturbed, h.err = h.build()
		if disturbed == nil {
			return h
		}
		h.leave(disturbed.service, disturbed.why)
	}
	return h
}

func (h *handover) leave(service, why string) {
	for _, l := range h.literals {
		if l.service == service && l.keep == "" {
			l.keep = why
		}
	}
	for _, m := range h.mounts {
		if m.service == service && m.keep == "" {
			m.keep = why
		}
	}
}

func (h *handover) findLiterals() {
	seen := map[source.Span]bool{}
	for _, d := range h.file.File.Services {
		for _, p := range d.Environment {
			if !p.HasValue || !secret.Judge(p.Key, p.Text).IsLiteral() {
				continue
			}
			span := p.Entry.Span()
			h.literals = append(h.literals, &literal{service: d.Name, pair: p, twin: seen[span]})
			seen[span] = true
		}
	}
}

func (h *handover) findMounts() {
	for _, d := range h.file.File.Services {
		for i, v := range d.Volumes {
			if v.Type != "bind" || strings.Contains(v.Source, "$") || !isEnvFileName(path.Base(v.Source)) {
				continue
			}
			if path.IsAbs(v.Source) || strings.HasPrefix(v.Source, "~") {
				continue
			}
			at := path.Join(h.dir(), v.Source)
			if h.p.Files.IsDir(at) {
				continue
			}
			h.mounts = append(h.mounts, &envMount{service: d.Name, index: i, def: v, source: at})
		}
	}
}

func isEnvFileName(name string) bool {
	return name == ".env" || strings.HasPrefix(name, ".env.") || strings.HasSuffix(name, ".env")
}

// judgeLiterals says which literals stay, and why.
func (h *handover) judgeLiterals() {
	values := map[string]string{}
	for _, l := range h.literals {
		m := h.service(l.service)
		switch {
		case m == nil:
			l.keep = "the service is not part of the resolved model"
			continue
		case strings.Contains(strings.ReplaceAll(l.pair.Text, "$$", ""), "$"):
			l.keep = "variables take part in the value"
		case !h.takesEnvFile(l.service):
			l.keep = "the image is ready-made and no database: every value of the env file would reach it"
		case l.pair.Entry.Node.Style > 2 || strings.ContainsAny(l.pair.Text, "\n\r"):
			l.keep = "the value has several lines"
		}
		l.value = m.Environment[l.pair.Key]
		if l.keep != "" {
			continue
		}
		if other, ok := values[l.pair.Key]; ok && other != l.value {
			h.keepAll(l.pair.Key, "services disagree about "+l.pair.Key)
		}
		values[l.pair.Key] = l.value
	}
	for _, l := range h.literals { // one that an anchor shares moves with all its uses
		for _, o := range h.literals {
			if o.keep != "" && l.keep == "" && o.pair.Entry.Span() == l.pair.Entry.Span() {
				l.keep = "it is shared by an anchor, and for service " + o.service + ": " + o.keep
			}
		}
	}
}

func (h *handover) keepAll(key, why string) {
	for _, l := range h.literals {
		if l.pair.Key == key && l.keep == "" {
			l.keep = why
		}
	}
}

// takesEnvFile says whether a service may be given the environment's env file: one that is built
// here, or a database. What variables do to other ready-made images is not known.
func (h *handover) takesEnvFile(service string) bool {
	m := h.service(service)
	if m == nil {
		return false
	}
	if m.Build != nil {
		return true
	}
	product := h.product(service)
	return product != nil && product.Kind == format.Database
}

// judgeMounts says which mounts stay, and why.
func (h *handover) judgeMounts() {
	for _, m := range h.mounts {
		s := h.service(m.service)
		switch {
		case s == nil || s.Build == nil:
			m.keep = "the image is ready-made: only its makers know how it reads the file"
		case h.p.EnvFile(m.source) == nil:
			m.keep = m.source + " is not there, so that its values can't be compared"
		case h.p.EnvFile(m.source).Example:
			m.keep = m.source + " is a template"
		case slices.Contains(s.Command, "source") || h.namesFile(m, s):
			m.keep = "the start command reads " + m.def.Target
		default:
			m.keep = h.uncovers(m, s)
		}
		if m.keep == "" {
			m.keep = h.readsOnlyTheFile(m)
		}
	}
}

// namesFile says whether the start command names the mounted file.
func (h *handover) namesFile(m *envMount, s *format.Service) bool {
	words := strings.Join(append(slices.Clone(s.Command), s.Entrypoint...), " ")
	if _, stage, build := h.stage(m.service); stage != nil {
		c := stage.Config(build.Args)
		words += " " + strings.Join(c.Cmd.Argv, " ") + " " + strings.Join(c.Entrypoint.Argv, " ")
	}
	for _, w := range strings.FieldsFunc(words, func(r rune) bool { return strings.ContainsRune(" \t\n;&|'\"=()", r) }) {
		if path.Base(w) == path.Base(m.def.Target) {
			return true
		}
	}
	return false
}

// uncovers says what a container would see at the mount's place without it.
func (h *handover) uncovers(m *envMount, s *format.Service) string {
	for _, other := range s.Mounts {
		if other.Type != "bind" || path.Clean(other.Target) == path.Clean(m.def.Target) || !within(other.Target, m.def.Target) {
			continue
		}
		below := path.Join(other.Source, strings.TrimPrefix(path.Clean(m.def.Target), path.Clean(other.Target)))
		if h.p.Files.Has(below) {
			return "without it the container would read " + below + ", which another mount brings"
		}
	}
	return ""
}

// readers of the file that don't look into the environment: without the file they fail.
var onlyTheFile = []string{"dotenv_values(", "RepositoryEnv(", "Dotenv::createImmutable", "Dotenv::createMutable"}

func (h *handover) readsOnlyTheFile(m *envMount) string {
	context := "."
	if s := h.service(m.service); s.Build != nil && !s.Build.Remote {
		context = s.Build.Context
	}
	for _, p := range h.p.Files.Under(context) {
		switch path.Ext(p) {
		case ".py", ".php", ".js", ".ts", ".mjs", ".rb":
		default:
			continue
		}
		text, err := h.p.Files.Read(p)
		if err != nil {
			continue
		}
		for _, call := range onlyTheFile {
			if strings.Contains(string(text), call) {
				return p + " reads the file itself and not the environment (" + strings.TrimSuffix(call, "(") + ")"
			}
		}
	}
	return ""
}

// chooseTarget finds the env file of the environment.
func (h *handover) chooseTarget() error {
	var groups [3]map[string]bool
	for i := range groups {
		groups[i] = map[string]bool{}
	}
	for _, m := range h.mounts {
		if m.keep == "" {
			groups[0][m.source] = true
		}
	}
	for _, s := range h.env.Model.Services {
		for _, e := range s.EnvFiles {
			groups[1][e.Path] = true
		}
	}
	for _, e := range h.env.EnvFiles {
		groups[2][e] = true
	}
	own := ""
	if h.name() != "" {
		own = h.p.Layout.EnvPath(h.name())
	}
	for _, g := range groups {
		switch {
		case len(g) == 0:
			continue
		case len(g) == 1:
			h.target = slices.Collect(maps.Keys(g))[0]
		case g[own]:
			h.target = own
		default:
			return fmt.Errorf("which env file is the environment's can't be told: %s", strings.Join(slices.Sorted(maps.Keys(g)), ", "))
		}
		break
	}
	if h.target == "" {
		h.target = h.usualTarget(own)
	}
	return h.openTarget(own)
}

// usualTarget is the env file of an environment that names none.
func (h *handover) usualTarget(own string) string {
	if own == "" {
		return path.Join(h.dir(), ".env")
	}
	if h.p.EnvFile(own) != nil {
		return own
	}
	var found []string
	for _, e := range h.p.EnvFiles {
		if e.Env == h.name() && !e.Example {
			found = append(found, e.Path)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return own
}

func (h *handover) openTarget(own string) error {
	for _, other := range h.p.Environments {
		loads := other.EnvFiles == nil && path.Join(other.Dir, ".env") == h.target
		if other != h.env && (loads || slices.Contains(other.EnvFiles, h.target)) {
			return fmt.Errorf("%s fills in the variables of another environment too (%s)", h.target, strings.Join(other.Files, ", "))
		}
	}
	e := h.p.EnvFile(h.target)
	if e == nil {
		if h.p.Files.Has(h.target) {
			return fmt.Errorf("%s can't be read as an env file", h.target)
		}
		if h.target != own && h.target != path.Join(h.dir(), ".env") {
			return fmt.Errorf("%s, which the file names, is not there", h.target)
		}
		if h.target != own && h.p.Git.Exists {
			if ignored, _ := h.p.GitIgnore().Match(h.target, false); !ignored {
				return fmt.Errorf("git would take %s in with the secrets in it: add it to .gitignore first", h.target)
			}
		}
		return nil
	}
	if e.Example {
		return fmt.Errorf("%s is a template, no place for secrets", h.target)
	}
	for _, r := range e.Readers {
		if (r.Mechanism == project.ByMount || r.Mechanism == project.ByEnvFile) && r.By != h.file.Path {
			return fmt.Errorf("%s is read by another environment too (%s)", h.target, r.By)
		}
	}
	h.dot = e.File
	if len(e.File.Problems) > 0 {
		return fmt.Errorf("%s can't be read completely", h.target)
	}
	for _, d := range dotenv.DialectProblems(e.File) {
		switch d.Construct {
		case dotenv.HashAsValue, dotenv.GluedHash, dotenv.OpenDollar, dotenv.EscapedSingle, dotenv.TextBehind, dotenv.BareName, dotenv.MultiLine:
			return fmt.Errorf("Compose and the program would read %s differently: %s", h.target, d.Message)
		}
	}
	return nil
}

// findingFix is the fix of a finding whose part of the handover stays (keep) or goes.
func (h *handover) findingFix(keep, title, steps string) []rule.Fix {
	if keep == "" && h.err != nil {
		keep = h.err.Error()
	}
	if keep != "" {
		return []rule.Fix{{Title: title, Safety: change.Manual, Why: "not changed: " + keep + ". " + steps}}
	}
	return []rule.Fix{{Title: title, Safety: change.Behaviour, Declares: h.declares, Ops: h.ops}}
}
