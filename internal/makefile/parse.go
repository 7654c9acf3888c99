package makefile

import (
	"bytes"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

type parser struct {
	said int // problems
	file *File
	open *Rule // the rule that recipe lines belong to
	seen bool  // some rule was there
	docs []string
	// conds are the conditionals around the current line, with the branch it is in.
	conds []Guard
}

// maxNesting bounds how deep conditionals nest.
const maxNesting = 100

func (p *parser) parse() {
	f := p.file
	at := 0
	if bytes.HasPrefix(f.text, []byte("\ufeff")) { // make skips it, too
		at = 3
	}
	for at < len(f.text) {
		at = p.line(at)
	}
	f.unclosed = f.unclosed || len(p.conds) > 0
	if len(p.conds) > 0 {
		p.problem("missing endif", p.conds[len(p.conds)-1].Conditional.Span)
	}
}

func (p *parser) guards() []Guard { return append([]Guard(nil), p.conds...) }

// maxProblems bounds what is said about one file: make stops at the first.
const maxProblems = 10

func (p *parser) problem(what string, at source.Span) {
	if p.said++; p.said > maxProblems {
		return
	}
	p.file.Problems = append(p.file.Problems, Problem{What: what, Span: at})
}

// line reads the logical line at an offset and returns where the next one starts.
func (p *parser) line(at int) (next int) {
	f := p.file
	lines := logical(f.text, at)
	next = lines[len(lines)-1].next
	span := source.Span{Start: at, End: lines[len(lines)-1].end}
	if p.open != nil && f.text[at] == f.prefix {
		p.recipeLine(lines, span, source.Span{Start: at, End: at + 1}, false)
		p.open.Span.End = next
		return next
	}
	if p.open != nil && f.text[at] == ' ' {
		if end := p.spaced(at); end > at {
			return end
		}
	}
	whole := flat(f.text, lines)
	s := strings.TrimSpace(whole.String())
	switch {
	case s == "":
		p.docs = nil
		return next
	case s[0] == '#':
		f.Comments = append(f.Comments, span)
		if doc, ok := strings.CutPrefix(s, "##"); ok {
			p.docs = append(p.docs, strings.TrimSpace(strings.TrimLeft(doc, "#")))
		}
		return next
	}
	if p.conditional(whole, span, next) {
		return next
	}
	p.open, p.docs = p.statement(whole, span, next), nil
	if n := len(f.Variables); n > 0 && f.Variables[n-1].Define && f.Variables[n-1].Span.Start == at {
		return p.define(f.Variables[n-1], next)
	}
	return next
}

func (p *parser) recipeLine(lines []physical, span, indent source.Span, spaced bool) {
	span.Start = indent.End
	p.open.Recipe = append(p.open.Recipe, &Line{Span: span, Indent: indent, Spaced: spaced, Guards: p.guards(),
		text: recipe(p.file.text, lines, span.Start, p.file.prefix)})
}

// spaced reads the lines below a rule that are indented with spaces when make refuses at least one of
// them: they are meant as its recipe. It returns where they end, at when they are something else.
func (p *parser) spaced(at int) int {
	text := p.file.text
	var block [][]physical
	bad := false
	end := at
	for end < len(text) && text[end] == ' ' {
		lines := logical(text, end)
		s := strings.TrimSpace(flat(text, lines).String())
		if s == "" || s[0] == '#' || directive(s) != "" {
			break
		}
		bad = bad || kind(s) == lineBad
		block = append(block, lines)
		end = lines[len(lines)-1].next
	}
	if !bad {
		return at
	}
	for _, lines := range block {
		start, stop := lines[0].start, lines[len(lines)-1].end
		indent := start
		for indent < stop && (text[indent] == ' ' || text[indent] == '\t') {
			indent++
		}
		white := source.Span{Start: start, End: indent}
		p.recipeLine(lines, source.Span{Start: start, End: stop}, white, true)
		p.file.Problems = append(p.file.Problems, Problem{What: "missing separator: the recipe line is indented with spaces", Spaces: true, Span: white})
		p.open.Span.End = lines[len(lines)-1].next
	}
	return end
}

type lineKind int

const (
	lineBad lineKind = iota
	lineVariable
	lineRule
	lineExpansion // nothing but references: $(eval ...), $(info ...)
)

// kind tells what a line outside of recipes is, comment removed.
func kind(s string) lineKind {
	if i := indexOutside(s, "#"); i >= 0 {
		s = s[:i]
	}
	if _, _, ok := assignment(s); ok {
		return lineVariable
	}
	if indexOutside(s, ":") >= 0 {
		return lineRule
	}
	if strings.TrimSpace(s) != "" && onlyReferences(s) {
		return lineExpansion
	}
	return lineBad
}

// onlyReferences says whether a line holds no text of its own. What its references expand to, make
// reads as makefile text.
func onlyReferences(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '$' {
			i = reference(s, i) - 1
		} else if s[i] != ' ' && s[i] != '\t' {
			return false
		}
	}
	return true
}

// assignment finds the operator of a variable definition: what comes first outside of references
// decides whether a line is one or a rule.
func assignment(s string) (at int, op string, ok bool) {
	i := indexOutside(s, ":=")
	if i < 0 {
		return 0, "", false
	}
	if s[i] == '=' {
		if i > 0 && strings.IndexByte("?+!", s[i-1]) >= 0 {
			return i - 1, s[i-1 : i+1], true
		}
		return i, "=", true
	}
	colons := i
	for colons < len(s) && s[colons] == ':' {
		colons++
	}
	if n := colons - i; n <= 3 && colons < len(s) && s[colons] == '=' {
		return i, s[i : colons+1], true
	}
	return 0, "", false
}

// statement reads a line that is no comment and no conditional. It returns the rule that lines below
// it may add to.
func (p *parser) statement(whole shell.Text, span source.Span, next int) *Rule {
	f := p.file
	s := whole.String()
	comment := ""
	// A comment ends the line, but for the recipe behind ";", which is the shell's.
	if i := indexOutside(s, "#;"); i >= 0 && s[i] == '#' || isVariable(s) && indexOutside(s, "#") >= 0 {
		i = indexOutside(s, "#")
		comment = s[i:]
		whole = whole.Slice(0, i)
	}
	if p.directive(whole, span) {
		return nil
	}
	if p.variable(whole, span, nil, modifiers{}) {
		return nil
	}
	switch kind(whole.String()) {
	case lineRule:
		return p.rule(whole, comment, span, next)
	case lineExpansion:
		f.hasEval = true
		return nil
	}
	what := "missing separator"
	if f.text[span.Start] == f.prefix && !p.seen {
		what = "recipe commences before first target"
	}
	p.problem(what, span)
	return p.open
}

func isVariable(s string) bool { _, _, ok := assignment(s); return ok }

// rule reads "targets: prerequisites ; recipe".
func (p *parser) rule(t shell.Text, comment string, span source.Span, next int) *Rule {
	f := p.file
	r := &Rule{Header: span, Span: source.Span{Start: span.Start, End: next}, Guards: p.guards()}
	s := t.String()
	i := indexOutside(s, ":")
	end := i
	for end < len(s) && s[end] == ':' && end < i+2 {
		end++
	}
	r.DoubleColon = end == i+2
	targets := t.Slice(0, i)
	if strings.HasSuffix(targets.String(), "&") {
		r.Grouped = true
		targets = targets.Slice(0, i-1)
	}
	r.colon = t.Use(i, end)
	if rest := t.Slice(end, len(s)); isVariable(cutAt(rest.String(), ";")) && !strings.HasPrefix(strings.TrimSpace(rest.String()), ";") {
		p.variable(rest, span, f.expandWords(targets, f.at(span.Start)), modifiers{})
		return nil
	}
	r.header = t
	rest := t.Slice(end, len(s))
	if semi := indexOutside(rest.String(), ";"); semi >= 0 {
		r.header = t.Slice(0, end+semi)
		at := rest.Use(semi, semi+1)
		lines := logical(f.text, span.Start)
		for len(lines) > 1 && lines[0].next <= at.Start {
			lines = lines[1:]
		}
		r.Recipe = []*Line{{Span: source.Span{Start: at.End, End: span.End}, Indent: at, Guards: p.guards(), text: recipe(f.text, lines, at.End, f.prefix)}}
		comment = ""
		rest = rest.Slice(0, semi)
	}
	ctx := f.at(span.Start)
	if stem := indexOutside(rest.String(), ":"); stem >= 0 {
		r.Stem = f.expandWords(rest.Slice(0, stem), ctx)
		rest = rest.Slice(stem+1, rest.Len())
	}
	order := shell.Text{}
	if bar := indexOutside(rest.String(), "|"); bar >= 0 {
		order = rest.Slice(bar+1, rest.Len())
		rest = rest.Slice(0, bar)
	}
	r.Targets, r.Prereqs, r.OrderOnly = f.expandWords(targets, ctx), f.expandWords(rest, ctx), f.expandWords(order, ctx)
	if doc, ok := strings.CutPrefix(comment, "##"); ok {
		r.Doc = strings.TrimSpace(doc)
	} else if len(p.docs) > 0 {
		r.Doc = strings.Join(p.docs, " ")
	}
	if len(r.Targets) == 1 && special[r.Targets[0].Value] {
		r.Special = r.Targets[0].Value
	}
	for _, needed := range r.Prereqs {
		for _, t := range r.Targets[:min(len(r.Targets), maxNesting)] {
			if needed.Constant && t.Constant && len(f.neededBy[needed.Value]) < maxNesting {
				f.neededBy[needed.Value] = append(f.neededBy[needed.Value], t.Value)
			}
		}
	}
	f.Rules = append(f.Rules, r)
	p.seen = true
	return r
}

func cutAt(s, chars string) string {
	if i := indexOutside(s, chars); i >= 0 {
		return s[:i]
	}
	return s
}

// special are the targets with a meaning of their own (GNU make manual, 4.9).
var special = map[string]bool{
	".PHONY": true, ".SUFFIXES": true, ".DEFAULT": true, ".PRECIOUS": true, ".INTERMEDIATE": true, ".NOTINTERMEDIATE": true,
	".SECONDARY": true, ".SECONDEXPANSION": true, ".DELETE_ON_ERROR": true, ".IGNORE": true, ".LOW_RESOLUTION_TIME": true,
	".SILENT": true, ".EXPORT_ALL_VARIABLES": true, ".NOTPARALLEL": true, ".ONESHELL": true, ".POSIX": true, ".WAIT": true,
}
