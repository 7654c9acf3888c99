package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"refit/internal/source"
)

// simple runs one simple command from one state.
func (f *frame) simple(c *syntax.CallExpr, s *syntax.Stmt, st *state) []*state {
	f.steps++
	words := make([]Word, 0, len(c.Args))
	if cap(f.pieces)-len(f.pieces) < len(c.Args) {
		f.pieces = make([]Piece, 0, len(c.Args))
	}
	for _, a := range c.Args {
		words = f.words(words, a, st)
	}
	redirects := f.newRedirects(s.Redirs, []*state{st})
	var env []Assignment
	for _, a := range c.Assigns {
		env = append(env, f.assignment(a, st))
	}
	if len(words) == 0 {
		for i, a := range env {
			a.Exported = st.exported[a.Name] || st.allexport
			f.assign(a, c.Assigns[i], st)
			f.trace.Assignments = append(f.trace.Assignments, a)
		}
		f.trace.Redirects = append(f.trace.Redirects, redirects...)
		return []*state{st}
	}
	cmd := Command{Words: words, Env: env, Redirects: redirects, Span: f.text.Use(offset(c.Pos()), f.end(c))}
	f.emit(cmd, st)
	return f.effect(cmd, st)
}

// effect is what a command does to what is known.
func (f *frame) effect(cmd Command, st *state) []*state {
	name := ""
	if w := cmd.Words[0]; w.Constant {
		name = w.Value
	}
	args := cmd.Words[1:]
	if fn := f.funcs[name]; fn != nil && !fn.active && f.depth < maxDepth && !f.tired() {
		return f.callWith(fn, args, st)
	}
	if run := builtin(name); run != nil {
		return run(f, args, st)
	}
	if f.capture != nil {
		f.capture.add(output(cmd, st))
	}
	f.nested(cmd, st)
	return []*state{st}
}

// assignment evaluates NAME=value.
func (f *frame) assignment(a *syntax.Assign, st *state) Assignment {
	out := Assignment{Append: a.Append, Span: f.text.Use(offset(a.Pos()), f.end(a))}
	if a.Name != nil {
		out.Name = a.Name.Value
	}
	out.Value = f.word(a.Value, st)
	if a.Array != nil {
		for _, e := range a.Array.Elems {
			if e.Value != nil {
				out.Items = f.words(out.Items, e.Value, st)
			}
		}
	}
	return out
}

// assign carries an assignment out.
func (f *frame) assign(a Assignment, n *syntax.Assign, st *state) {
	if a.Name == "" {
		return
	}
	old, had := st.vars[a.Name]
	unknown := scalar(UnknownAt(a.Span))
	switch {
	case n.Index != nil: // one element: the array is no longer known
		st.set(a.Name, unknown)
	case n.Array != nil:
		list, known := texts(a.Items)
		if a.Append && had && known {
			list = append(append([]Text(nil), old.elems...), list...)
		}
		if known = known && (!a.Append || had); !known || len(list) > maxVars {
			st.set(a.Name, unknown)
			return
		}
		st.set(a.Name, value{elems: list, array: true})
	case a.Append && (!had || old.array || old.text().Len() > maxScript):
		st.set(a.Name, unknown)
	case a.Append:
		st.set(a.Name, scalar(Join(old.text(), a.Value.Parts)))
	default:
		st.set(a.Name, scalar(a.Value.Parts))
	}
}

// declaration runs export, declare, local, readonly and typeset as the parser knows them.
func (f *frame) declaration(c *syntax.DeclClause, in []*state) []*state {
	for _, st := range in {
		f.steps++
		exports, local := c.Variant.Value == "export", c.Variant.Value != "export" && c.Variant.Value != "readonly"
		for _, n := range c.Args {
			if n.Naked && n.Name == nil {
				w := f.word(n.Value, st)
				exports = exports || strings.HasPrefix(w.Value, "-") && strings.Contains(w.Value, "x")
				local = local && !(strings.HasPrefix(w.Value, "-") && strings.Contains(w.Value, "g"))
				continue
			}
			if local {
				st.local(n.Name.Value)
			}
			if exports {
				st.export(n.Name.Value)
			}
			if n.Naked {
				continue
			}
			a := f.assignment(n, st)
			a.Exported = exports || st.exported[a.Name]
			f.assign(a, n, st)
			f.trace.Assignments = append(f.trace.Assignments, a)
		}
	}
	return in
}

// test lists [[ ... ]] as a command whose words are its operands and operators.
func (f *frame) test(c *syntax.TestClause, in []*state) []*state {
	span := f.text.Use(offset(c.Pos()), f.end(c))
	op := func(s string) Word { return NewWord(Literal(s), source.Span{}) }
	for _, st := range in {
		f.steps++
		words := []Word{op("[[")}
		syntax.Walk(c.X, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.UnaryTest:
				words = append(words, op(n.Op.String()))
			case *syntax.BinaryTest:
				words = append(words, op(n.Op.String()))
			case *syntax.Word:
				words = append(words, f.word(n, st))
				return false
			}
			return true
		})
		f.emit(Command{Words: append(words, op("]]")), Span: span}, st)
	}
	return in
}

func (f *frame) newRedirects(redirs []*syntax.Redirect, in []*state) []Redirect {
	if len(redirs) == 0 || len(in) == 0 {
		return nil
	}
	var out []Redirect
	for _, st := range in {
		for _, n := range redirs {
			if n.Word == nil {
				continue
			}
			r := Redirect{Op: n.Op.String(), Target: f.word(n.Word, st), Span: f.text.Use(offset(n.Pos()), f.end(n.Word))}
			if n.Hdoc != nil {
				r.Body = f.word(n.Hdoc, st).Parts
			}
			out = append(out, r)
		}
	}
	return out
}

// writesStdout says whether a statement's output goes somewhere else than to its $(...).
func writesStdout(redirs []*syntax.Redirect) bool {
	for _, r := range redirs {
		if r.N != nil && r.N.Value != "1" {
			continue
		}
		switch r.Op {
		case syntax.RdrIn, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		default:
			return true
		}
	}
	return false
}
