package dockerfile

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Var is a variable or a label with its value after substitution.
type Var struct {
	Name  string
	Value string
	// Unproven names the variables in Value that the base image may set: Value is what it becomes on a
	// base that sets none (PATH: Linux's default). Empty when the file alone decides.
	Unproven []string
	At       *Instruction // what set it; nil for what BuildKit supplies
}

// Env is a list of variables in the order in which they were first set.
type Env []Var

// Get is the variable of that name.
func (e Env) Get(name string) (Var, bool) {
	for _, v := range e {
		if v.Name == name {
			return v, true
		}
	}
	return Var{}, false
}

// set replaces the variables of those names in place or appends them; the receiver's array is not shared.
func (e Env) set(vars ...Var) Env {
	if len(vars) == 0 {
		return e
	}
	out := append(make(Env, 0, len(e)+len(vars)), e...)
	for _, v := range vars {
		if i := slices.IndexFunc(out, func(o Var) bool { return o.Name == v.Name }); i >= 0 {
			out[i] = v
		} else {
			out = append(out, v)
		}
	}
	return out
}

// defaultPath is what BuildKit sets where a Linux base image has no PATH (util/system.DefaultPathEnvUnix).
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// lookup is the environment as BuildKit's lexer asks for it; it notes what the base image may decide.
type lookup struct {
	vars     Env
	external bool // variables that nothing in the file sets may come from the base image
	unproven []string
}

func (l *lookup) Get(name string) (string, bool) {
	if v, ok := l.vars.Get(name); ok {
		l.note(v.Unproven...)
		return v.Value, true
	}
	if l.external {
		l.note(name)
	}
	if name == "PATH" && l.external {
		return defaultPath, true
	}
	return "", false
}

func (l *lookup) note(names ...string) {
	for _, n := range names {
		if !slices.Contains(l.unproven, n) {
			l.unproven = append(l.unproven, n)
		}
	}
}

// Keys is asked for by the lexer's interface; expansion itself does not use it.
func (l *lookup) Keys() []string {
	var out []string
	for _, v := range l.vars {
		out = append(out, v.Name)
	}
	return out
}

// expand replaces the variables of a word and takes its quotes off, as BuildKit does. A word that
// BuildKit can't expand (a bad substitution fails the build) stays as it is.
// So does one that would grow beyond maxExpansion.
func expand(word string, escape byte, vars Env, external bool) (value string, unproven []string) {
	plain := !strings.ContainsAny(word, "$\"'"+string(rune(escape))) && utf8.ValidString(word)
	if plain || growth(word, vars) > maxExpansion {
		return word, nil
	}
	l := &lookup{vars: vars, external: external}
	lex := takeLexer(escape)
	value, _, err := lex.ProcessWord(word, l)
	giveLexer(escape, lex)
	if err != nil {
		return word, nil
	}
	return value, l.unproven
}

// lexers are BuildKit's for the usual escape character, kept for the next word: each has a buffer of a kilobyte.
var lexers sync.Pool

func takeLexer(escape byte) *shell.Lex {
	if escape == '\\' {
		if lex, ok := lexers.Get().(*shell.Lex); ok {
			return lex
		}
	}
	return shell.NewLex(rune(escape))
}

func giveLexer(escape byte, lex *shell.Lex) {
	if escape == '\\' {
		lexers.Put(lex)
	}
}

// maxExpansion bounds what a substitution may grow to, in bytes: a few lines of "ENV A=$A$A" would
// otherwise fill any memory.
const maxExpansion = 1 << 20

// growth is an upper bound of what the word's variables can make of it, in bytes.
func growth(word string, vars Env) int {
	n := strings.Count(word, "$")
	if n == 0 {
		return len(word)
	}
	longest := len(defaultPath)
	for _, v := range vars {
		longest = max(longest, len(v.Value))
	}
	return len(word) + n*longest
}

// globals is what FROM can refer to: the platform arguments of a linux/amd64 build and the ARGs of the
// preamble. Values in args win, as --build-arg does.
func (f *File) globals(args map[string]string) Env {
	env, _ := f.evalPreamble(args)
	return env
}

// evalPreamble also says which instruction grows beyond maxExpansion, if one does. Without arguments, which
// nearly everybody asks for, it is worked out once.
func (f *File) evalPreamble(args map[string]string) (Env, *Instruction) {
	if len(args) > 0 {
		return f.preamble(args)
	}
	p := f.before.Recall(func() preamble {
		env, over := f.preamble(nil)
		return preamble{env, over}
	})
	return p.env, p.over
}

type preamble struct {
	env  Env
	over *Instruction
}

func (f *File) preamble(args map[string]string) (env Env, over *Instruction) {
	stage := f.Stages[len(f.Stages)-1].Name
	if stage == "" {
		stage = "default"
	}
	supplied := [][2]string{
		{"BUILDPLATFORM", "linux/amd64"}, {"BUILDOS", "linux"}, {"BUILDOSVERSION", ""}, {"BUILDARCH", "amd64"}, {"BUILDVARIANT", ""},
		{"TARGETPLATFORM", "linux/amd64"}, {"TARGETOS", "linux"}, {"TARGETOSVERSION", ""}, {"TARGETARCH", "amd64"}, {"TARGETVARIANT", ""},
		{"TARGETSTAGE", stage},
	}
	env = make(Env, 0, len(supplied)+len(f.Preamble))
	for _, kv := range supplied {
		if v, ok := args[kv[0]]; ok {
			kv[1] = v
		}
		env = append(env, Var{Name: kv[0], Value: kv[1]})
	}
	for _, in := range f.Preamble {
		if over == nil && growth(in.fold.text, env) > maxExpansion {
			over = in
		}
		for _, p := range in.Pairs {
			value, ok := args[p.Name]
			if !ok {
				if !p.HasValue {
					continue
				}
				value, _ = expand(p.Value, f.Escape, env, false)
			}
			env = env.set(Var{Name: p.Name, Value: value, At: in})
		}
	}
	return env, over
}
