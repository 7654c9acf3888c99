package shell

import (
	"regexp"
	"slices"

	"mvdan.cc/sh/v3/pattern"
	"mvdan.cc/sh/v3/syntax"
)

func (f *frame) branch(c *syntax.IfClause, in []*state) []*state {
	if len(c.Cond) == 0 { // else
		return f.exec(c.Then, in)
	}
	cond := f.exec(c.Cond, in)
	other := clones(cond)
	then := f.exec(c.Then, cond)
	if c.Else != nil {
		other = f.branch(c.Else, other)
	}
	return union(f.limit(), then, other)
}

func (f *frame) choose(c *syntax.CaseClause, in []*state) []*state {
	var out []*state
	for _, st := range in {
		subject := f.word(c.Word, st)
		rest := true // no pattern is sure to match
		for _, item := range c.Items {
			match, sure := f.matches(item.Patterns, subject, st)
			if !match {
				continue
			}
			out = append(out, f.exec(item.Stmts, []*state{st.clone()})...)
			if sure && item.Op == syntax.Break {
				rest = false
				break
			}
		}
		if rest {
			out = append(out, st)
		}
	}
	return union(f.limit(), out)
}

// matches says whether one of the patterns of a case may match, and whether it must.
func (f *frame) matches(patterns []*syntax.Word, subject Word, st *state) (may, must bool) {
	for _, p := range patterns {
		w := f.word(p, st)
		if w.Is("*") {
			return true, true
		}
		if !subject.Constant || subject.Overridable || !w.Constant || len(w.Value) > 200 || len(subject.Value) > 4096 {
			may = true
			continue
		}
		expr, err := pattern.Regexp(w.Value, pattern.EntireString)
		if err != nil {
			may = true
			continue
		}
		re, err := regexp.Compile(expr)
		if err != nil {
			may = true
			continue
		}
		if re.MatchString(subject.Value) {
			return true, true
		}
	}
	return may, false
}

// maxTurns bounds how many turns of "for x in a b c" are followed one by one.
const maxTurns = 16

func (f *frame) loopFor(c *syntax.ForClause, in []*state) []*state {
	iter, ok := c.Loop.(*syntax.WordIter)
	if !ok {
		return f.loop(c.Do, in, assigned(c))
	}
	var out []*state
	for _, st := range in {
		items, known := f.items(iter, st)
		if !known || len(items) > maxTurns || f.tired() {
			st.set(iter.Name.Value, scalar(UnknownAt(Nowhere)))
			out = append(out, f.loop(c.Do, []*state{st}, assigned(c))...)
			continue
		}
		cur := []*state{st}
		g := *f
		var broken []*state
		for _, item := range items {
			for _, s := range cur {
				s.set(iter.Name.Value, scalar(item.Parts))
			}
			var again []*state
			g.brk, g.cont = &broken, &again
			cur = union(f.limit(), g.exec(c.Do, cur), again)
		}
		out = append(out, cur...)
		out = append(out, broken...)
	}
	return union(f.limit(), out)
}

// items are the words that a for loop goes over; known is false when a run decides.
func (f *frame) items(iter *syntax.WordIter, st *state) (items []Word, known bool) {
	if !iter.InPos.IsValid() { // for x; do: over "$@"
		for _, a := range st.args {
			items = append(items, NewWord(a, f.text.Use(0, 0)))
		}
		return items, st.argsKnown
	}
	known = true
	for _, w := range iter.Items {
		items = f.words(items, w, st)
	}
	for _, item := range items {
		known = known && item.Constant && !item.Glob && !item.Open
	}
	return items, known
}

// loop runs a body until no turn leads to anything new; names are the variables that it sets.
func (f *frame) loop(body []*syntax.Stmt, in []*state, names map[string]bool) []*state {
	var broken []*state
	g := *f
	seen := clones(in)
	cur := in
	for range 3 {
		var again []*state
		g.brk, g.cont = &broken, &again
		cur = union(f.limit(), g.exec(body, cur), again)
		fresh := fresh(seen, cur)
		if len(fresh) == 0 {
			return union(f.limit(), seen, broken)
		}
		seen = append(seen, clones(fresh)...)
		cur = fresh
	}
	// Every turn adds something (FILES="$FILES -f $x"): what the body sets is not known.
	st := merge(seen)
	for name := range names {
		st.set(name, scalar(UnknownAt(Nowhere)))
	}
	g.brk, g.cont = &broken, new([]*state)
	out := g.exec(body, []*state{st.clone()})
	return []*state{merge(append(append(out, st), broken...))}
}

func fresh(seen, cur []*state) []*state {
	keys := map[string]bool{}
	for _, s := range seen {
		keys[s.key()] = true
	}
	return slices.DeleteFunc(slices.Clone(cur), func(s *state) bool { return keys[s.key()] })
}

// assigned are the variables that a part of the script may set.
func assigned(n syntax.Node) map[string]bool {
	names := map[string]bool{}
	syntax.Walk(n, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Assign:
			if n.Name != nil {
				names[n.Name.Value] = true
			}
		case *syntax.WordIter:
			names[n.Name.Value] = true
		case *syntax.UnaryArithm:
			if w, ok := n.X.(*syntax.Word); ok && (n.Op == syntax.Inc || n.Op == syntax.Dec) {
				names[w.Lit()] = true
			}
		case *syntax.BinaryArithm:
			if w, ok := n.X.(*syntax.Word); ok {
				names[w.Lit()] = true
			}
		case *syntax.CallExpr:
			if len(n.Args) > 1 && setsNames[n.Args[0].Lit()] {
				for _, a := range n.Args[1:] {
					names[a.Lit()] = true
				}
			}
		}
		return true
	})
	delete(names, "")
	return names
}

// setsNames are the builtins that set the variables whose names they are given.
var setsNames = map[string]bool{"read": true, "mapfile": true, "readarray": true, "getopts": true, "unset": true}
