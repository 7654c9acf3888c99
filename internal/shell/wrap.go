package shell

import "strings"

// wrapper is a program that runs the command that its arguments name.
type wrapper struct {
	values string // its options that take a value, space-separated
	skip   int    // how many operands of its own come first
	env    bool   // NAME=value operands are environment
	until  string // a word that must come before the command, "" for none
	looks  string // letters of options with which it only looks for the command and runs nothing
}

var wrappers = map[string]wrapper{
	"sudo": {values: "-u --user -g --group -h --host -p --prompt -C -D --chdir -R -T -U -r -t", env: true},
	"doas": {values: "-u -C"}, "env": {values: "-u --unset -C --chdir -S", env: true},
	"command": {looks: "vV"}, "builtin": {}, "exec": {values: "-a"}, "nohup": {}, "time": {values: "-f -o"}, "setsid": {},
	"nice": {values: "-n"}, "ionice": {values: "-c -n"}, "stdbuf": {values: "-i -o -e"}, "unbuffer": {},
	"timeout": {values: "-s --signal -k --kill-after", skip: 1}, "gtimeout": {values: "-s -k", skip: 1},
	"xargs":  {values: "-I -n -P -L -s -d -a -E --max-args --max-procs --replace --delimiter"},
	"retry":  {values: "-t -d -n"},
	"dotenv": {values: "-f -e -c -v", until: "--"}, "doppler": {until: "--"}, "op": {until: "--"}, "infisical": {until: "--"},
	"chronic": {}, "winpty": {},
}

// Unwrapped is the command that runs in the end: sudo, env, time, timeout, xargs and the like taken
// off, with the variables that env sets added to Env. A command with nothing around it is returned
// as it is.
func (c Command) Unwrapped() Command {
	for range 5 {
		w, ok := wrappers[c.Name()]
		if !ok {
			return c
		}
		inner, env := w.inner(c.Words[1:])
		if len(inner) == 0 {
			return c
		}
		c.Words = inner
		c.Env = append(append([]Assignment(nil), c.Env...), env...)
	}
	return c
}

func (w wrapper) inner(words []Word) (inner []Word, env []Assignment) {
	takes := takes(w.values)
	skip := w.skip
	if w.until != "" {
		for i, word := range words {
			if word.Is(w.until) {
				return words[i+1:], nil
			}
		}
	}
	for i := 0; i < len(words); i++ {
		v := words[i].Value
		name, _, assigns := strings.Cut(v, "=")
		switch {
		case v == "--":
			return words[i+1:], env
		case strings.HasPrefix(v, "-") && len(v) > 1:
			if w.looks != "" && strings.ContainsAny(v, w.looks) {
				return nil, nil
			}
			if takes[v] {
				i++
			}
		case w.env && assigns && isName(name):
			env = append(env, Assignment{Name: name, Value: words[i].Cut(len(name)+1, len(v)), Exported: true, Span: words[i].Span})
		case skip > 0:
			skip--
		case w.until != "":
			return nil, nil // its own subcommands; only what follows "--" is a command
		default:
			return words[i:], env
		}
	}
	return nil, nil
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

func wordSet(names string) map[string]bool {
	out := map[string]bool{}
	for _, n := range strings.Fields(names) {
		out[n] = true
	}
	return out
}

// shells are the programs that take a script by -c.
var shells = wordSet("sh bash dash ash zsh ksh mksh")

// Inline is the script that the command gives to a shell by -c, and what that script sees as $1 and
// so on.
func (c Command) Inline() (script Text, args []Text, ok bool) {
	if !shells[c.Name()] {
		return Text{}, nil, false
	}
	for i := 1; i < len(c.Words); i++ {
		w := c.Words[i]
		if !w.Constant {
			return Text{}, nil, false
		}
		if w.Value == "-o" || w.Value == "+o" || w.Value == "--rcfile" || w.Value == "--init-file" {
			i++
			continue
		}
		if !strings.HasPrefix(w.Value, "-") {
			return Text{}, nil, false
		}
		if strings.HasPrefix(w.Value, "--") || !strings.HasSuffix(w.Value, "c") {
			continue
		}
		if i+1 >= len(c.Words) {
			return Text{}, nil, false
		}
		if i+3 <= len(c.Words) { // the word after the script is $0
			args, _ = texts(c.Words[min(i+3, len(c.Words)):])
		} else {
			args = []Text{}
		}
		return c.Words[i+1].Parts, args, true
	}
	return Text{}, nil, false
}
