package makefile

import (
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// test is the condition of a branch. ifneq and ifndef are the others negated.
type test struct {
	set         bool // ifdef; otherwise ifeq
	left, right shell.Text
	negated     bool
	at          int
}

// key is equal for tests that ask the same.
func (t test) key() string {
	if t.set {
		return "ifdef " + t.left.String()
	}
	return "ifeq " + t.left.String() + "\x00" + t.right.String()
}

// conditional reads ifeq, ifneq, ifdef, ifndef, else and endif. They don't end a rule: a recipe may go
// on behind them.
func (p *parser) conditional(whole shell.Text, span source.Span, next int) bool {
	s := whole.String()
	word := directive(s)
	switch word {
	case "ifeq", "ifneq", "ifdef", "ifndef":
		if len(p.conds) >= maxNesting {
			p.problem("conditionals nest too deeply", span)
			return true
		}
		c := &Conditional{Span: source.Span{Start: span.Start, End: next}}
		p.branch(c, word, after(whole), span)
		p.file.Conditionals = append(p.file.Conditionals, c)
		p.conds = append(p.conds, Guard{Conditional: c})
	case "else":
		if len(p.conds) == 0 {
			p.problem("extraneous else", span)
			return true
		}
		top := &p.conds[len(p.conds)-1]
		rest := after(whole)
		p.branch(top.Conditional, directive(rest.String()), after(rest), span)
		top.Branch = len(top.Conditional.Branches) - 1
	case "endif":
		if len(p.conds) == 0 {
			p.problem("extraneous endif", span)
			return true
		}
		p.conds[len(p.conds)-1].Conditional.Span.End = next
		p.conds = p.conds[:len(p.conds)-1]
	default:
		return false
	}
	return true
}

func (p *parser) branch(c *Conditional, word string, rest shell.Text, span source.Span) {
	b := Branch{Span: span}
	switch word {
	case "ifeq", "ifneq":
		left, right, ok := operands(rest)
		if !ok {
			p.problem("invalid syntax in conditional", span)
		}
		b.test = test{left: left, right: right, negated: word == "ifneq", at: span.Start}
		b.Text = word + " " + rest.String()
	case "ifdef", "ifndef":
		b.test = test{set: true, left: trim(rest.Slice(0, len(cutAt(rest.String(), "#")))), negated: word == "ifndef", at: span.Start}
		b.Text = word + " " + rest.String()
	}
	c.Branches = append(c.Branches, b)
}

// operands are the two sides of (a,b) or "a" "b".
func operands(t shell.Text) (left, right shell.Text, ok bool) {
	s := t.String()
	if s == "" {
		return t, t, false
	}
	if s[0] == '(' {
		comma := indexOutside(s, ",")
		end := -1
		depth := 0
		for i := 0; i < len(s); i++ { // the matching parenthesis, references skipped
			switch s[i] {
			case '$':
				i = reference(s, i) - 1
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					end = i
				}
			}
			if end >= 0 {
				break
			}
		}
		if comma < 0 || end < comma {
			return t, shell.Text{}, false
		}
		return trim(t.Slice(1, comma)), trim(t.Slice(comma+1, end)), true
	}
	if s[0] != '"' && s[0] != '\'' {
		return t, shell.Text{}, false
	}
	end := strings.IndexByte(s[1:], s[0]) + 1
	if end == 0 {
		return t, shell.Text{}, false
	}
	rest := trim(t.Slice(end+1, len(s)))
	r := rest.String()
	if r == "" || r[0] != '"' && r[0] != '\'' {
		return t.Slice(1, end), shell.Text{}, false
	}
	stop := strings.IndexByte(r[1:], r[0]) + 1
	if stop == 0 {
		return t.Slice(1, end), shell.Text{}, false
	}
	return t.Slice(1, end), rest.Slice(1, stop), true
}
