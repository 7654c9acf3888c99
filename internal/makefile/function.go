package makefile

import (
	"path"
	"strings"

	"refit/internal/shell"
)

// function is what $(name arguments) gives for the functions that only look at their arguments.
// ok is false when there is no function of that name.
func (c *context) function(name string, rest shell.Text) (v shell.Text, ok bool) {
	args := arguments(rest)
	nowhere := unknown(shell.Nowhere)
	arg := func(i int) shell.Text {
		if i < len(args) {
			return c.expand(args[i])
		}
		return shell.Text{}
	}
	switch name {
	case "strip":
		return joinTexts(split(c.expand(rest))), true
	case "firstword", "lastword":
		words := split(c.expand(rest))
		switch {
		case len(words) == 0:
			return shell.Text{}, true
		case name == "firstword":
			return words[0], true
		}
		return words[len(words)-1], true
	case "dir", "notdir", "abspath", "realpath":
		var out []shell.Text
		for _, w := range split(c.expand(rest)) {
			switch name {
			case "dir":
				out = append(out, dir(w, true))
			case "notdir":
				out = append(out, notdir(w))
			default:
				out = append(out, c.abspath(w))
			}
		}
		return joinTexts(out), true
	case "addprefix", "addsuffix":
		var out []shell.Text
		affix := arg(0)
		for _, w := range split(arg(1)) {
			if name == "addprefix" {
				out = append(out, shell.Join(affix, w))
			} else {
				out = append(out, shell.Join(w, affix))
			}
		}
		return joinTexts(out), true
	case "subst":
		return subst(arg(0), arg(1), arg(2)), true
	case "if":
		cond := trim(arg(0))
		switch {
		case !cond.Known():
			return nowhere, true
		case cond.Len() > 0:
			return arg(1), true
		}
		return arg(2), true
	case "or":
		for i := range args {
			if v := trim(arg(i)); v.Len() > 0 {
				return v, true
			}
		}
		return shell.Text{}, true
	case "and":
		var last shell.Text
		for i := range args {
			if last = trim(arg(i)); last.Len() == 0 {
				return last, true
			}
			if !last.Known() { // it may be empty
				return nowhere, true
			}
		}
		return last, true
	case "call":
		return c.call(args), true
	case "value":
		return nowhere, true
	case "shell":
		switch strings.TrimSpace(rest.String()) {
		case "pwd", "pwd -P":
			return c.curdir(), true
		case "git rev-parse --show-toplevel":
			return shell.Literal(shell.Root), true
		}
		return nowhere, true
	case "info", "warning", "error", "eval":
		return shell.Text{}, true
	case "wildcard", "foreach", "filter", "filter-out", "sort", "word", "words", "wordlist", "patsubst", "findstring", "basename", "suffix", "join", "origin", "flavor", "file", "let", "intcmp", "guile":
		return nowhere, true
	}
	return shell.Text{}, false
}

// arguments cuts the arguments of a function at its commas.
func arguments(t shell.Text) []shell.Text {
	var out []shell.Text
	s := t.String()
	at, depth := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '{':
			depth++
		case ')', '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, t.Slice(at, i))
				at = i + 1
			}
		}
	}
	return append(out, t.Slice(at, len(s)))
}

// call is $(call name,1,2): the variable's text with $(1), $(2) put in.
func (c *context) call(args []shell.Text) shell.Text {
	expanded := make([]shell.Text, len(args))
	for i, a := range args {
		expanded[i] = c.expand(a)
	}
	name := trim(expanded[0])
	if !name.Known() {
		return unknown(shell.Nowhere)
	}
	d := c.deeper()
	d.args = expanded
	if d.depth > maxDepth {
		return unknown(shell.Nowhere)
	}
	v, ok := d.lookup(name.String())
	if !ok {
		return unknown(shell.Nowhere)
	}
	return v
}

func joinTexts(texts []shell.Text) shell.Text {
	var parts []shell.Text
	for i, t := range texts {
		if i > 0 {
			parts = append(parts, shell.Literal(" "))
		}
		parts = append(parts, t)
	}
	return shell.Join(parts...)
}

// dir is the folder of a file name, with the slash at its end when asked for, as $(dir) has it.
func dir(t shell.Text, slash bool) shell.Text {
	s := t.String()
	at := strings.LastIndexByte(s, '/')
	switch {
	case !t.Known():
		return unknown(shell.Nowhere)
	case at < 0 && slash:
		return shell.Literal("./")
	case at < 0:
		return shell.Literal(".")
	case slash:
		return t.Slice(0, at+1)
	}
	return t.Slice(0, at)
}

func notdir(t shell.Text) shell.Text {
	return t.Slice(strings.LastIndexByte(t.String(), '/')+1, t.Len())
}

func (c *context) abspath(t shell.Text) shell.Text {
	s := t.String()
	plain := s != "." && !strings.Contains(s, "..") && !strings.HasPrefix(s, "./") && !strings.HasSuffix(s, "/")
	switch {
	case !t.Known():
		return t
	case strings.HasPrefix(s, "/"), strings.HasPrefix(s, shell.Root) && plain:
		return t
	case strings.HasPrefix(s, shell.Root):
		if p, ok := shell.Resolve(".", s); ok {
			return shell.Literal(strings.TrimSuffix(shell.Root+"/"+p, "/."))
		}
		return unknown(shell.Nowhere)
	case plain: // every byte keeps its place
		return shell.Join(c.curdir(), shell.Literal("/"), t)
	}
	p := path.Join(c.file.Dir, s)
	if p == ".." || strings.HasPrefix(p, "../") {
		return unknown(shell.Nowhere)
	}
	return shell.Literal(strings.TrimSuffix(shell.Root+"/"+p, "/."))
}

func subst(from, to, t shell.Text) shell.Text {
	f := from.String()
	if f == "" || !from.Known() || !to.Known() || !t.Known() {
		if strings.Contains(t.String(), f) || !from.Known() || !t.Known() {
			return unknown(shell.Nowhere)
		}
		return t
	}
	var parts []shell.Text
	s := t.String()
	at := 0
	for {
		n := strings.Index(s[at:], f)
		if n < 0 {
			return shell.Join(append(parts, t.Slice(at, len(s)))...)
		}
		parts = append(parts, t.Slice(at, at+n), to)
		at += n + len(f)
	}
}
