package makefile

import (
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// directives are the words that start a line with a meaning of its own.
var directives = map[string]bool{
	"ifeq": true, "ifneq": true, "ifdef": true, "ifndef": true, "else": true, "endif": true,
	"include": true, "-include": true, "sinclude": true, "define": true, "endef": true,
	"export": true, "unexport": true, "override": true, "private": true, "undefine": true, "vpath": true, "load": true, "-load": true,
}

// directive is the directive that a line starts with, "" for none. A variable or target may have such
// a name, too.
func directive(s string) string {
	word, rest := firstWord(s)
	rest = strings.TrimSpace(rest)
	if !directives[word] || strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "?=") || strings.HasPrefix(rest, "+=") {
		return ""
	}
	return word
}

func firstWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, " \t")
	n := strings.IndexAny(s, " \t(\"'")
	if n < 0 {
		return s, ""
	}
	return s[:n], s[n:]
}

// after is the text behind its first word.
func after(t shell.Text) shell.Text {
	_, rest := firstWord(t.String())
	return trim(t.Slice(t.Len()-len(rest), t.Len()))
}

// directive reads include, export, define and the like.
func (p *parser) directive(t shell.Text, span source.Span) bool {
	f := p.file
	word := directive(t.String())
	rest := after(t)
	switch word {
	case "":
		return false
	case "include", "-include", "sinclude":
		f.Includes = append(f.Includes, Include{Files: f.expandWords(rest, f.at(span.Start)), Optional: word != "include", Span: span, Guards: p.guards()})
	case "define":
		p.startDefine(rest, span, modifiers{})
	case "export", "unexport", "override", "private":
		is := modifiers{}
		is.add(word)
		for {
			inner := directive(rest.String())
			if inner == "define" {
				p.startDefine(after(rest), span, is)
				return true
			}
			if !is.add(inner) {
				break
			}
			rest = after(rest)
		}
		if p.variable(rest, span, nil, is) {
			return true
		}
		if word == "export" || word == "unexport" {
			e := Export{Undo: word == "unexport", Span: span}
			for _, w := range f.expandWords(rest, f.at(span.Start)) {
				e.Names = append(e.Names, w.Value)
				f.byName[w.Value] = append(f.byName[w.Value], &Variable{Name: w.Value, Op: opNamed, Span: span, Guards: p.guards()})
			}
			f.Exports = append(f.Exports, e)
		}
	case "undefine":
		p.addVariable(&Variable{Name: rest.String(), Op: OpRecursive, Span: span, Guards: p.guards()})
	case "endef":
		p.problem("endef without define", span)
	}
	return true
}

// modifiers are the words before a definition.
type modifiers struct{ exported, override bool }

// add notes a word, false when it is no modifier.
func (m *modifiers) add(word string) bool {
	m.exported = m.exported || word == "export"
	m.override = m.override || word == "override"
	return word == "export" || word == "unexport" || word == "override" || word == "private"
}

// variable reads "name op value".
func (p *parser) variable(t shell.Text, span source.Span, targets []shell.Word, is modifiers) bool {
	s := t.String()
	at, op, ok := assignment(s)
	if !ok {
		return false
	}
	f := p.file
	name := trim(t.Slice(0, at))
	if targets != nil { // "target: export NAME = value"
		for {
			word, _ := firstWord(name.String())
			if word == name.String() || !is.add(word) {
				break
			}
			name = after(name)
		}
	}
	v := &Variable{Op: Op(op), Targets: targets, Exported: is.exported, Override: is.override, Span: span, NameSpan: name.Use(0, name.Len()), Guards: p.guards()}
	if strings.HasPrefix(op, ":") {
		v.Op = OpSimple
	}
	value := t.Slice(at+len(op), len(s))
	lead := len(value.String()) - len(strings.TrimLeft(value.String(), " \t"))
	v.Value = unescape(value.Slice(lead, value.Len()))
	if expanded := f.at(span.Start).expand(name); expanded.Known() {
		v.Name = expanded.String()
	}
	p.addVariable(v)
	if v.Name == ".RECIPEPREFIX" && targets == nil {
		f.prefix = '\t'
		if v.Value.Len() > 0 {
			f.prefix = v.Value.String()[0]
		}
	}
	return true
}

func (p *parser) addVariable(v *Variable) {
	f := p.file
	f.Variables = append(f.Variables, v)
	if v.Targets == nil {
		f.byName[v.Name] = append(f.byName[v.Name], v)
		return
	}
	for _, t := range v.Targets {
		f.byTargets[t.Value] = append(f.byTargets[t.Value], v)
	}
}

func (p *parser) startDefine(rest shell.Text, span source.Span, is modifiers) {
	v := &Variable{Op: OpRecursive, Define: true, Exported: is.exported, Override: is.override, Span: span, Guards: p.guards()}
	name := rest
	if at, op, ok := assignment(rest.String()); ok {
		v.Op = Op(op)
		if strings.HasPrefix(op, ":") {
			v.Op = OpSimple
		}
		name = trim(rest.Slice(0, at))
	}
	v.NameSpan = name.Use(0, name.Len())
	if expanded := p.file.at(span.Start).expand(name); expanded.Known() {
		v.Name = expanded.String()
	}
	p.addVariable(v)
}

// define reads the lines up to endef.
func (p *parser) define(v *Variable, at int) (next int) {
	f := p.file
	depth := 1
	start := at
	for at < len(f.text) {
		lines := logical(f.text, at)
		end := lines[len(lines)-1].next
		word, _ := firstWord(string(f.text[lines[0].start:lines[0].end]))
		if f.text[at] == f.prefix {
			word = "" // a recipe line is no directive
		}
		switch word {
		case "define":
			depth++
		case "endef":
			if depth--; depth == 0 {
				v.Value = body(f.text, start, at)
				v.Span.End = lines[len(lines)-1].end
				return end
			}
		}
		at = end
	}
	v.Value = body(f.text, start, at)
	v.Span.End = at
	f.unclosed = true
	p.problem("missing endef", v.NameSpan)
	return at
}

// body is the text of a define: its lines without the last line end, continued ones joined.
func body(text []byte, start, end int) shell.Text {
	var parts []shell.Text
	for at := start; at < end; {
		lines := logical(text, at)
		last := lines[len(lines)-1]
		parts = append(parts, flat(text, lines))
		if last.next < end {
			eol := source.Span{Start: last.end, End: last.next}
			parts = append(parts, shell.NewText(shell.Piece{Text: "\n", Span: eol, Use: eol}))
		}
		at = last.next
	}
	return shell.Join(parts...)
}
