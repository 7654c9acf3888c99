package compose

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	format "refit/internal/compose"
	"refit/internal/dotenv"
	"refit/internal/edit"
	"refit/internal/layout"
	"refit/internal/parallel"
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

	target string       // the env file
	dot    *dotenv.File // nil when it is to be made
	// unignored says that git would take the env file in that is to be made.
	unignored bool
	readers   map[string]bool
	ops       []edit.Op
	declares  []change.Declared
	err       error // why nothing can be done
}

// literal is a secret that is written out in a service's environment.
type literal struct {
	service string
	pair    format.Pair
	value   string // as the container gets it
	keep    string // why it stays where it is; "" when it moves
	madeUp  bool   // a value for tests or examples, of words that somebody wrote
	twin    bool   // written at the place of an earlier literal, which an anchor brings here too
	inPlace bool   // a variable takes its place, since the service must not get the whole env file
}

// envMount is an env file that is mounted into a service.
type envMount struct {
	service string
	index   int
	def     format.VolumeDef
	source  string // repo-relative
	keep    string
}

// newHandover is what is to be handed over and how; nil when there is nothing. The rules share it.
func newHandover(s *site) *handover {
	return source.Recall(&s.p.Memo, handoverKey{s.file}, func() *handover { return workOut(s) })
}

// handovers works the handovers of all files out side by side: each loads the environment's model.
func handovers(p *project.Project) []*handover {
	all := sites(p)
	return parallel.Map(all, newHandover)
}

// handoverKey is the key of a Compose file's handover.
type handoverKey struct{ file *project.ComposeFile }

func workOut(s *site) *handover {
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
	h.judgeInPlace()
	h.judgeTracked()
	h.keepQuoted()
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
			v := secret.Judge(p.Key, p.Text)
			if !p.HasValue || !v.IsLiteral() || v.Default && v.Class != secret.Secret && h.name() != "prod" {
				continue // a default that everybody may know is what development needs
			}
			span := p.Entry.Span()
			madeUp := layout.Aside(h.file.Path) && len(secret.Drawn(p.Text)) == 0
			h.literals = append(h.literals, &literal{service: d.Name, pair: p, twin: seen[span], madeUp: madeUp})
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
		case l.madeUp:
			l.keep = "tests and examples have it to work as they are"
		case onlyDefault.MatchString(l.pair.Text):
			l.keep = "the value is only the default of a variable, with which a fresh clone starts"
		case strings.Contains(strings.ReplaceAll(l.pair.Text, "$$", ""), "$"):
			l.keep = "variables take part in the value"
		case !h.passwordShared(l):
			l.keep = "no other service of the file is given the password, so that whoever uses it has it from elsewhere; a fresh clone would get another one"
		case l.pair.Entry.Node.Style > 2 || strings.ContainsAny(l.pair.Text, "\n\r"):
			l.keep = "the value has several lines"
		}
		l.value, l.inPlace = m.Environment[l.pair.Key], !h.takesEnvFile(l.service)
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
			if o.inPlace && o.pair.Entry.Span() == l.pair.Entry.Span() {
				l.inPlace = true
			}
			if o.keep != "" && l.keep == "" && o.pair.Entry.Span() == l.pair.Entry.Span() {
				l.keep = "it is shared by an anchor, and for service " + o.service + ": " + o.keep
			}
		}
	}
}

// onlyDefault is a variable with a default, and nothing else.
var onlyDefault = regexp.MustCompile(`^\$\{([A-Za-z_][A-Za-z0-9_]*):?-[^{}]*\}$`)

// passwordShared says whether somebody is seen to use a database's password: another service has it in
// its environment or reads an env file. Where nobody is, programs have it in their own settings, which
// would no longer fit the password that a new env file gets.
func (h *handover) passwordShared(l *literal) bool {
	if p := h.product(l.service); p == nil || p.Kind != format.Database {
		return true
	}
	for _, d := range h.file.File.Services {
		m := h.service(d.Name)
		if m == nil || d.Name == l.service {
			continue
		}
		if len(m.EnvFiles) > 0 {
			return true
		}
		for _, value := range m.Environment {
			if l.pair.Text != "" && strings.Contains(value, l.pair.Text) {
				return true
			}
		}
	}
	return false
}

// judgeInPlace keeps the secrets of ready-made images, unless Compose fills in variables from the env file
// without being told: a bare `docker compose up` would start the service with an empty password.
func (h *handover) judgeInPlace() {
	if path.Join(h.env.Dir, ".env") == h.target && (h.env.EnvFiles == nil || slices.Equal(h.env.EnvFiles, []string{h.target})) {
		return
	}
	for _, l := range h.literals {
		if l.inPlace && l.keep == "" {
			l.keep = "the image is ready-made and no database: every value of the env file would reach it"
		}
	}
}

// judgeTracked keeps the secrets where the env file is in git as well: whoever reads the one file can read the other.
func (h *handover) judgeTracked() {
	e := h.p.EnvFile(h.target)
	if e == nil || !e.Tracked {
		return
	}
	for _, l := range h.literals {
		if l.keep == "" {
			l.keep = "the environment's env file, " + h.target + ", is in git as well, where the value would be no safer; let git ignore the file first (`git rm --cached " + h.target + "`), or name another one"
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
