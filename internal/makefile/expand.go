package makefile

import (
	"maps"
	"path"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// context is where an expansion takes place: what is defined there and which branches hold.
type context struct {
	file   *File
	before int             // definitions that start behind this offset don't exist yet
	given  map[string]bool // tests whose outcome is decided
	ask    *question       // takes the first test that nothing decides; nil: not asked for
	target string          // $@, "" outside of recipes
	via    []string        // targets whose own variables hold, outermost first
	rule   *Rule
	args   []shell.Text // $(1) and so on, inside of $(call)
	depth  int
	budget *int // what is left to do, in pieces and references
}

// maxExpansion bounds the work of one expansion; a makefile can ask for 2^n words in n lines.
const maxExpansion = 20_000

// maxDepth bounds how deep variables refer to one another: A = $(A) has no end.
const maxDepth = 40

func (f *File) at(before int) *context {
	budget := maxExpansion
	return &context{file: f, before: before, budget: &budget}
}

func (c *context) spend(n int) bool {
	*c.budget -= n
	return *c.budget > 0
}

// Expand is text with its variable references replaced as they stand at the end of the file, default
// branches taken. vars come before the file's own, like those of make's command line. What only a
// run knows is shell.Unknown.
func (f *File) Expand(text shell.Text, vars map[string]shell.Text) shell.Text {
	c := f.at(len(f.text))
	return c.with(vars).expand(text)
}

func (c *context) with(vars map[string]shell.Text) *context {
	f := *c.file
	f.byName = maps.Clone(c.file.byName)
	for name, value := range vars {
		f.byName[name] = []*Variable{{Name: name, Op: OpSimple, Value: value}}
	}
	c.file = &f
	return c
}

// expandWords cuts text into words and expands each.
func (f *File) expandWords(t shell.Text, c *context) []shell.Word {
	var out []shell.Word
	for _, w := range splitOutside(t) {
		use := w.Use(0, w.Len())
		for _, part := range split(c.expand(w)) {
			out = append(out, shell.NewWord(part, use))
		}
	}
	return out
}

// splitOutside cuts text at blanks that stand in no reference.
func splitOutside(t shell.Text) []shell.Text {
	var out []shell.Text
	s := t.String()
	for at := 0; at < len(s); {
		if s[at] == ' ' || s[at] == '\t' || s[at] == '\n' || s[at] == '\r' {
			at++
			continue
		}
		n := indexOutside(s[at:], " \t\n\r")
		if n < 0 {
			n = len(s) - at
		}
		out = append(out, t.Slice(at, at+n))
		at += n
	}
	return out
}

// split cuts text at blanks.
func split(t shell.Text) []shell.Text {
	var out []shell.Text
	s := t.String()
	for at := 0; at < len(s); {
		n := strings.IndexAny(s[at:], " \t\n")
		if n < 0 {
			n = len(s) - at
		}
		if n > 0 {
			out = append(out, t.Slice(at, at+n))
		}
		at += n + 1
	}
	return out
}

func unknown(use source.Span) shell.Text { return shell.UnknownAt(use) }

// expand replaces every reference in the text.
func (c *context) expand(t shell.Text) shell.Text {
	s := t.String()
	if strings.IndexByte(s, '$') < 0 {
		return t
	}
	if c.depth > maxDepth || !c.spend(1) {
		return unknown(t.Use(0, len(s)))
	}
	var parts []shell.Text
	at := 0
	for i := 0; i < len(s); {
		if s[i] != '$' {
			i++
			continue
		}
		parts = append(parts, t.Slice(at, i))
		end := reference(s, i)
		use := t.Use(i, end)
		switch {
		case end > i+1 && s[i+1] == '$':
			parts = append(parts, shell.NewText(shell.Piece{Text: "$", Span: use, Use: use}))
		case end == i+1: // a lone "$" at the end
		default:
			inner := t.Slice(i+1, end)
			if end > i+2 {
				inner = t.Slice(i+2, end-1)
			}
			value := c.reference(inner)
			if !c.spend(1 + len(value.Pieces()) + value.Len()/64) {
				value = unknown(use)
			}
			parts = append(parts, value.UsedAt(use, false))
		}
		i = end
		at = end
	}
	return shell.Join(append(parts, t.Slice(at, len(s)))...)
}

func (c *context) deeper() *context {
	d := *c
	d.depth++
	return &d
}

// reference is what $(inner) gives.
func (c *context) reference(inner shell.Text) shell.Text {
	s := inner.String()
	d := c.deeper()
	if n := strings.IndexAny(s, " \t"); n > 0 {
		if v, ok := d.function(s[:n], trim(inner.Slice(n, len(s)))); ok {
			return v
		}
	}
	name := d.expand(inner)
	if !name.Known() {
		return unknown(shell.Nowhere)
	}
	return d.value(name.String())
}

// value is what $(name) gives.
func (c *context) value(name string) shell.Text {
	if v, ok := c.automatic(name); ok {
		return v
	}
	if strings.Contains(name, ":") { // a substitution reference: $(A:.c=.o)
		return unknown(shell.Nowhere)
	}
	v, ok := c.lookup(name)
	if ok {
		return v
	}
	switch name {
	case "CURDIR", "PWD":
		return c.curdir()
	case "MAKE":
		return shell.Literal("make")
	case "RM":
		return shell.Literal("rm -f")
	case "SHELL":
		return shell.Literal("/bin/sh")
	case "MAKEFILE_LIST":
		if path.Dir(c.file.Path) == c.file.Dir {
			return shell.Literal(path.Base(c.file.Path))
		}
		return shell.Literal(shell.Root + "/" + c.file.Path)
	}
	return unknown(shell.Nowhere)
}

func (c *context) curdir() shell.Text {
	if c.file.Dir == "." || c.file.Dir == "" {
		return shell.Literal(shell.Root)
	}
	return shell.Literal(shell.Root + "/" + c.file.Dir)
}

// automatic are the variables that a recipe and $(call) set.
func (c *context) automatic(name string) (shell.Text, bool) {
	if c.args != nil && len(name) == 1 && name[0] >= '0' && name[0] <= '9' {
		if n := int(name[0] - '0'); n < len(c.args) {
			return c.args[n], true
		}
		return shell.Text{}, true
	}
	if c.rule == nil {
		return shell.Text{}, false
	}
	switch name {
	case "@":
		for _, t := range c.rule.Targets {
			if t.Value == c.target {
				return t.Parts, true
			}
		}
		return shell.Literal(c.target), true
	case "@D":
		return dir(shell.Literal(c.target), false), true
	case "@F":
		return notdir(shell.Literal(c.target)), true
	case "<":
		if len(c.rule.Prereqs) > 0 && c.rule.Prereqs[0].Constant {
			return c.rule.Prereqs[0].Parts, true
		}
	case "^", "+":
		return joinWords(c.rule.Prereqs), true
	case "|":
		return joinWords(c.rule.OrderOnly), true
	case "?", "*", "%", "<D", "<F", "^D", "^F", "*D", "*F":
	default:
		return shell.Text{}, false
	}
	return unknown(shell.Nowhere), true
}

func joinWords(words []shell.Word) shell.Text {
	var parts []shell.Text
	for i, w := range words {
		if i > 0 {
			parts = append(parts, shell.Literal(" "))
		}
		parts = append(parts, w.Parts)
	}
	return shell.Join(parts...)
}

// run is a part of a value: text that is expanded already, or that is to be when it is used.
type run struct {
	text shell.Text
	lazy bool
}

// lookup is the value of a variable where the context stands.
func (c *context) lookup(name string) (shell.Text, bool) {
	var runs []run
	found, simple, overridable, forced, named := false, false, false, false, false
	apply := func(v *Variable) {
		if v.Span.Start >= c.before && c.before < len(c.file.text) || !c.holds(v.Guards) || forced && !v.Override {
			return
		}
		forced = v.Override
		switch v.Op {
		case OpSimple:
			found, simple, overridable = true, true, false
			runs = []run{{text: c.back(v).expand(v.Value)}}
		case OpRecursive:
			found, simple, overridable = true, false, false
			runs = []run{{text: v.Value, lazy: true}}
		case OpConditional:
			if !found && !named {
				found, overridable = true, true
				runs = []run{{text: v.Value, lazy: true}}
			}
		case OpAppend:
			if named && !found {
				runs = []run{{text: unknown(shell.Nowhere)}}
			} else if found {
				runs = append(runs, run{text: shell.Literal(" ")})
			}
			if simple {
				runs = append(runs, run{text: c.back(v).expand(v.Value)})
			} else {
				runs = append(runs, run{text: v.Value, lazy: true})
			}
			found = true
		case OpShell:
			found, simple = true, true
			runs = []run{{text: unknown(shell.Nowhere)}}
		case opNamed:
			named = true
		}
	}
	for _, v := range c.file.byName[name] {
		apply(v)
	}
	forced = false // of the global one
	for _, target := range c.via {
		for _, v := range c.file.byTargets[target] {
			if v.Name == name {
				apply(v)
			}
		}
	}
	var parts []shell.Text
	for _, r := range runs {
		if r.lazy {
			r.text = c.expand(r.text)
		}
		if !c.spend(1 + len(r.text.Pieces())) {
			return unknown(shell.Nowhere), true
		}
		parts = append(parts, r.text)
	}
	text := shell.Join(parts...)
	if overridable {
		text = text.UsedAt(shell.Nowhere, true)
	}
	return text, found
}

// back is the context at a definition, where an immediate value is expanded.
func (c *context) back(v *Variable) *context {
	d := c.deeper()
	if v.Targets == nil || v.Span.Start < d.before {
		d.before = min(d.before, v.Span.Start)
	}
	return d
}
