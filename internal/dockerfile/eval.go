package dockerfile

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// evaluation carries out the instructions of a stage on its configuration, in the way of
// dockerfile2llb/convert.go of BuildKit v0.34.2; the tests compare the two.
type evaluation struct {
	State
	args    map[string]string
	globals Env
	cmdSet  bool // by this stage: an ENTRYPOINT then keeps the CMD

	cost int          // bytes that BuildKit may need for what was carried out so far
	over *Instruction // the first one that went beyond a bound
}

// eval carries out the stage, without build arguments once.
func (s *Stage) eval(args map[string]string, globals Env) *evaluation {
	if len(args) > 0 {
		return s.carryOut(args, globals, nil)
	}
	return s.final.Recall(func() *evaluation { return s.carryOut(nil, globals, nil) })
}

// before is the state before an instruction of the stage. Without build arguments it is worked out once for
// instructions in a row that change nothing of it.
func (s *Stage) before(in *Instruction, args map[string]string, globals Env) State {
	if len(args) > 0 {
		return s.carryOut(args, globals, in).State
	}
	first := in
	for i := slices.Index(s.Instructions, in); i > 0 && changesNothing[s.Instructions[i-1].Keyword]; i-- {
		first = s.Instructions[i-1]
	}
	return first.before.Recall(func() *evaluation { return s.carryOut(nil, globals, first) }).State
}

// changesNothing are the instructions that leave the configuration and the variables as they are.
var changesNothing = map[string]bool{"RUN": true, "COPY": true, "ADD": true, "MAINTAINER": true}

// carryOut carries out the stage up to, but without, until; all of it when until is nil.

func (s *Stage) carryOut(args map[string]string, globals Env, until *Instruction) *evaluation {
	e := &evaluation{args: args, globals: globals}
	e.escape = s.file.Escape
	base := s.baseName(globals)
	if parent := s.parent(base); parent != nil {
		below := parent.eval(args, globals)
		e.State, e.cost, e.over = below.State, below.cost, below.over
		e.OnBuild = nil
		for _, in := range parent.Find("ONBUILD") {
			if in.Trigger != nil {
				e.apply(in.Trigger)
			}
		}
	} else {
		e.start(base)
	}
	for _, in := range s.Instructions {
		if in == until || in.Trigger != nil && in.Trigger == until {
			break
		}
		e.apply(in)
	}
	return e
}

// start begins on an image from outside.
func (e *evaluation) start(base string) {
	e.Base = base
	e.Shell = usualShell()
	if base == "scratch" {
		e.WorkingDir.Value = "/"
		e.Env = Env{{Name: "PATH", Value: defaultPath}}
		e.Vars = e.Env
		return
	}
	e.external = true
	e.Unknown = Unknown{true, true, true, true, true, true, true, true, true, true, true, true}
}

// maxCost bounds what BuildKit may need to carry out a stage, in bytes.
const maxCost = 64 << 20

// charge adds up what an instruction's text can grow to, and the environment that each RUN carries.
func (e *evaluation) charge(in *Instruction) {
	n := growth(in.fold.text, e.Vars)
	for _, h := range in.Heredocs {
		n += growth(h.Content, e.Vars)
	}
	if in.Keyword == "RUN" {
		for _, v := range e.Vars {
			n += len(v.Name) + len(v.Value)
		}
	}
	if e.cost += n; e.over == nil && (n > maxExpansion || e.cost > maxCost) {
		e.over = in
	}
}

func (e *evaluation) apply(in *Instruction) {
	e.charge(in)
	switch in.Keyword {
	case "ENV":
		set := e.pairs(in)
		e.Env, e.Vars = e.Env.set(set...), e.Vars.set(set...)
	case "ARG":
		e.arg(in)
	case "LABEL":
		e.Labels = e.Labels.set(e.pairs(in)...)
	case "USER":
		e.User, e.Unknown.User = e.setting(in, 0), false
	case "WORKDIR":
		e.workdir(in)
	case "STOPSIGNAL":
		e.StopSignal, e.Unknown.StopSignal = e.setting(in, 0), false
	case "VOLUME":
		for i := range in.Words {
			v := e.setting(in, i)
			if !slices.ContainsFunc(e.Volumes, func(o Setting) bool { return o.Value == v.Value }) {
				e.Volumes = append(slices.Clip(e.Volumes), v)
			}
		}
	case "EXPOSE":
		e.expose(in)
	case "SHELL":
		e.Shell, e.Unknown.Shell = in.values(), false
	case "CMD":
		e.Cmd, e.Unknown.Cmd, e.cmdSet = e.command(in), false, true
	case "ENTRYPOINT":
		e.Entrypoint, e.Unknown.Entrypoint = e.command(in), false
		if !e.cmdSet {
			e.Cmd, e.Unknown.Cmd = Command{}, false
		}
	case "HEALTHCHECK":
		e.healthcheck(in)
	case "ONBUILD":
		e.OnBuild = append(slices.Clip(e.OnBuild), in)
	}
}

// pairs expands an instruction's assignments; all of them see the variables from before it.
func (e *evaluation) pairs(in *Instruction) []Var {
	out := make([]Var, len(in.Pairs))
	for i, p := range in.Pairs {
		name, _ := e.Expand(p.Name)
		value, unproven := e.Expand(p.Value)
		out[i] = Var{Name: name, Value: value, Unproven: unproven, At: in}
	}
	return out
}

// arg declares build arguments: the value passed, else the default, else the preamble's. BuildKit lets
// them hide an ENV of the same name for the instructions that follow.
func (e *evaluation) arg(in *Instruction) {
	for _, p := range in.Pairs {
		v := Var{Name: p.Name, At: in}
		if passed, ok := e.args[p.Name]; ok {
			v.Value = passed
		} else if p.HasValue {
			v.Value, v.Unproven = e.Expand(p.Value)
		} else if global, ok := e.globals.Get(p.Name); ok {
			v.Value = global.Value
		} else {
			continue
		}
		e.Vars = e.Vars.set(v)
	}
}

func (e *evaluation) setting(in *Instruction, word int) Setting {
	if word >= len(in.Words) {
		return Setting{At: in}
	}
	value, unproven := e.Expand(strings.TrimSpace(in.Words[word].Value))
	return Setting{Value: value, Unproven: unproven, At: in}
}

func (e *evaluation) workdir(in *Instruction) {
	s := e.setting(in, 0)
	switch {
	case path.IsAbs(s.Value):
		e.Unknown.WorkingDir = false
	case s.Value == "" && e.WorkingDir.Value != "":
		s.Value, s.Unproven = e.WorkingDir.Value, append(s.Unproven, e.WorkingDir.Unproven...)
	default:
		s.Value = path.Join("/", e.WorkingDir.Value, s.Value)
		s.Unproven = append(s.Unproven, e.WorkingDir.Unproven...)
	}
	e.WorkingDir = s
}

func (e *evaluation) command(in *Instruction) Command {
	if in.JSON {
		return Command{Argv: in.values(), At: in}
	}
	return Command{Argv: append(slices.Clone(e.Shell), in.ArgsText()), ShellForm: true, At: in}
}

func (e *evaluation) healthcheck(in *Instruction) {
	c := in.health
	if c == nil || c.Health == nil || len(c.Health.Test) == 0 {
		return
	}
	e.Unknown.Healthcheck = false
	e.Healthcheck = &Healthcheck{
		Disabled:  c.Health.Test[0] == "NONE",
		ShellForm: c.Health.Test[0] == "CMD-SHELL",
		Command:   slices.Clone(c.Health.Test[1:]),
		Interval:  c.Health.Interval, Timeout: c.Health.Timeout,
		StartPeriod: c.Health.StartPeriod, StartInterval: c.Health.StartInterval,
		Retries: c.Health.Retries, At: in,
	}
}

// expose reads [host:]port[-port][/proto] words; what BuildKit would reject is left out.
func (e *evaluation) expose(in *Instruction) {
	for _, w := range in.Words {
		for _, word := range e.splitWords(w.Value) {
			p, ok := parsePort(word)
			p.At = in
			same := func(o Port) bool { return o.First == p.First && o.Last == p.Last && o.Proto == p.Proto }
			if ok && !slices.ContainsFunc(e.Exposed, same) {
				e.Exposed = append(slices.Clip(e.Exposed), p)
			}
		}
	}
}

// splitWords expands a word that may become several; none when BuildKit can't expand it.
func (e *evaluation) splitWords(word string) []string {
	if plainPort(word) {
		return []string{word}
	}
	lex := takeLexer(e.escape)
	words, err := lex.ProcessWords(word, &lookup{vars: e.Vars, external: e.external})
	giveLexer(e.escape, lex)
	if err != nil {
		return nil
	}
	return words
}

// plainPort says whether a word of an EXPOSE stands for itself, as nearly all do: 8080, 53/udp, 8000-8010.
func plainPort(word string) bool {
	for i := range len(word) {
		if c := word[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') && c != '/' && c != '-' {
			return false
		}
	}
	return word != ""
}

func parsePort(word string) (Port, bool) {
	word, proto, _ := strings.Cut(word[strings.LastIndexByte(word, ':')+1:], "/")
	if proto = strings.ToLower(proto); proto == "" {
		proto = "tcp"
	}
	first, last, ranged := strings.Cut(word, "-")
	if !ranged {
		last = first
	}
	a, err1 := strconv.Atoi(first)
	b, err2 := strconv.Atoi(last)
	ok := err1 == nil && err2 == nil && 0 <= a && a <= b && b <= 65535 && slices.Contains([]string{"tcp", "udp", "sctp"}, proto)
	return Port{First: a, Last: b, Proto: proto}, ok
}

// values are the words as strings.
func (in *Instruction) values() []string {
	out := make([]string, len(in.Words))
	for i, w := range in.Words {
		out[i] = w.Value
	}
	return out
}
