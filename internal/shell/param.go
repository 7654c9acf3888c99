package shell

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"

	"refit/internal/source"
)

// param expands $name, ${name}, ${name:-default} and the like.
func (f *frame) param(p *syntax.ParamExp, quoted bool, st *state) []part {
	use := f.text.Use(offset(p.Pos()), f.end(p))
	unknown := []part{f.unknown(p, quoted)}
	if f.tired() || p.Param == nil || p.Excl || p.Length || p.Width || p.IsSet || p.Slice != nil || p.Repl != nil || p.Names != 0 || len(p.Modifiers) > 0 || p.Flags != nil {
		return unknown
	}
	name := p.Param.Value
	if list, ok := f.list(p, st); ok {
		if p.Exp != nil {
			return unknown
		}
		for _, t := range list {
			f.steps += t.cost()
		}
		return spread(list, use, quoted, name == "*" || index(p.Index) == "*")
	}
	if name == "@" || name == "*" || index(p.Index) == "@" || index(p.Index) == "*" {
		unknown[0].open = true // "$@" is any number of words even in quotes
		return unknown
	}
	v, set := f.lookup(name, index(p.Index), st)
	f.steps += v.cost()
	one := func(t Text, overridable bool) []part {
		t = t.UsedAt(use, overridable)
		if t.Len() == 0 {
			return []part{{quoted: quoted}}
		}
		return []part{{text: t, quoted: quoted, split: !quoted, open: !quoted && !t.Known()}}
	}
	if p.Exp == nil {
		if !set {
			return unknown
		}
		return one(v, false)
	}
	switch p.Exp.Op {
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull, syntax.AssignUnset, syntax.AssignUnsetOrNull:
		return f.defaulted(p, name, v, set, quoted, st)
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		if set {
			return one(v, false)
		}
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if set && v.Known() {
			if v.Len() == 0 && p.Exp.Op == syntax.AlternateUnsetOrNull || p.Exp.Word == nil {
				return []part{{quoted: quoted}}
			}
			return resplit(f.parts(p.Exp.Word.Parts, quoted, st), quoted)
		}
		if p.Exp.Word != nil { // it may hold substitutions that run
			f.parts(p.Exp.Word.Parts, quoted, st)
		}
	case syntax.RemSmallSuffix, syntax.RemLargeSuffix, syntax.RemSmallPrefix, syntax.RemLargePrefix:
		if cut, ok := f.trimmed(p.Exp, v, set, st); ok {
			return one(cut, false)
		}
	}
	return unknown
}

// defaulted expands ${name:-word} and ${name:=word}.
func (f *frame) defaulted(p *syntax.ParamExp, name string, v Text, set, quoted bool, st *state) []part {
	use := f.text.Use(offset(p.Pos()), f.end(p))
	orNull := p.Exp.Op == syntax.DefaultUnsetOrNull || p.Exp.Op == syntax.AssignUnsetOrNull
	assigns := p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull
	if set && (v.Len() > 0 || !orNull) && v.Known() {
		return []part{{text: v.UsedAt(use, false), quoted: quoted, split: !quoted}}
	}
	if p.Exp.Word == nil {
		return []part{f.unknown(p, quoted)}
	}
	parts := f.parts(p.Exp.Word.Parts, quoted, st)
	var texts []Text
	for i, d := range parts {
		// What the default says takes effect here and stands here; the environment may say otherwise.
		parts[i].text = d.text.UsedAt(use, true)
		texts = append(texts, parts[i].text)
	}
	if assigns {
		st.set(name, scalar(Join(texts...)))
	}
	return resplit(parts, quoted)
}

// resplit lets the words of an unquoted ${name:-a b} be split.
func resplit(parts []part, quoted bool) []part {
	for i := range parts {
		parts[i].split = !quoted && !parts[i].quoted
	}
	return parts
}

// trimmed removes a constant pattern from the front or the end of a known value.
func (f *frame) trimmed(e *syntax.Expansion, v Text, set bool, st *state) (Text, bool) {
	if !set || !v.Known() || e.Word == nil {
		return Text{}, false
	}
	pat := f.word(e.Word, st)
	if !pat.Constant || len(pat.Value) > 200 || v.Len() > 500 { // matched at each byte: keep it small
		return Text{}, false
	}
	f.steps += v.Len() / 8
	expr, err := pattern.Regexp(pat.Value, pattern.EntireString)
	if err != nil {
		return Text{}, false
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return Text{}, false
	}
	s := v.String()
	n := len(s)
	for i := range n + 1 {
		switch e.Op {
		case syntax.RemSmallSuffix:
			if re.MatchString(s[n-i:]) {
				return v.Slice(0, n-i), true
			}
		case syntax.RemLargeSuffix:
			if re.MatchString(s[i:]) {
				return v.Slice(0, i), true
			}
		case syntax.RemSmallPrefix:
			if re.MatchString(s[:i]) {
				return v.Slice(i, n), true
			}
		case syntax.RemLargePrefix:
			if re.MatchString(s[:n-i]) {
				return v.Slice(n-i, n), true
			}
		}
	}
	return v, true
}

// index is the literal text of an array index, "" when there is none or it has to be computed.
func index(x syntax.ArithmExpr) string {
	if w, ok := x.(*syntax.Word); ok {
		return w.Lit()
	}
	return ""
}

// list is the value of an expansion that gives many words: "$@", "${array[@]}".
func (f *frame) list(p *syntax.ParamExp, st *state) ([]Text, bool) {
	switch p.Param.Value {
	case "@", "*":
		return st.args, st.argsKnown
	}
	if i := index(p.Index); i != "@" && i != "*" {
		return nil, false
	}
	v, ok := st.vars[p.Param.Value]
	return v.elems, ok
}

// spread is a list as words of their own; joined says that quotes make one word of it.
func spread(list []Text, use source.Span, quoted, joined bool) []part {
	if len(list) == 0 {
		return []part{{brk: true}}
	}
	var out []part
	for i, t := range list {
		switch {
		case i == 0:
		case quoted && joined:
			out = append(out, part{text: Literal(" "), quoted: true})
		default:
			out = append(out, part{brk: true})
		}
		out = append(out, part{text: t.UsedAt(use, false), quoted: quoted, split: !quoted, open: !t.Known()})
	}
	return out
}

// lookup is the value of a variable or special parameter. ok is false when the script doesn't set it.
func (f *frame) lookup(name, index string, st *state) (Text, bool) {
	switch name {
	case "0", "BASH_SOURCE":
		if f.start.Path == "" || index != "" && index != "0" {
			return Text{}, false
		}
		return Literal(Root + "/" + path.Clean(f.start.Path)), true
	case "PWD":
		return st.dir.absolute(), st.dir.known
	}
	if n, err := strconv.Atoi(name); err == nil && st.argsKnown {
		if n >= 1 && n <= len(st.args) {
			return st.args[n-1], true
		}
		return Text{}, true
	}
	if v, ok := st.vars[name]; ok {
		if index == "" {
			return v.text(), true
		}
		n, err := strconv.Atoi(index)
		if err != nil || n < 0 || n >= len(v.elems) || !v.array {
			return Text{}, false
		}
		return v.elems[n], true
	}
	return Text{}, false
}

// basename and dirname do what the programs of that name do, so that every byte keeps its place.
func basename(t Text, suffix string) Text {
	s := strings.TrimRight(t.String(), "/")
	from := strings.LastIndexByte(s, '/') + 1
	to := len(s)
	if suffix != "" && to-from > len(suffix) && strings.HasSuffix(s[from:to], suffix) {
		to -= len(suffix)
	}
	return t.Slice(from, to)
}

func dirname(t Text) Text {
	s := strings.TrimRight(t.String(), "/")
	at := strings.LastIndexByte(s, '/')
	if at < 0 {
		if s == Root { // the folder above the repository
			return UnknownAt(Nowhere)
		}
		return Literal(".")
	}
	if at == 0 {
		return Literal("/")
	}
	return t.Slice(0, at)
}
