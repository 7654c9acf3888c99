package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// function is a function of the script. Its body belongs to the text it was found in.
type function struct {
	name           string
	body           *syntax.Stmt
	frame          *frame
	called, active bool
	mentioned      bool // some command of the script has its name
}

// declare finds the functions of a script before it runs, since one may call another that stands
// further down.
func (f *frame) declare(stmts []*syntax.Stmt) {
	if len(f.funcs) == 0 && !strings.Contains(f.text.all, "(") && !strings.Contains(f.text.all, "function") {
		return // by far the most
	}
	for _, stmt := range stmts {
		syntax.Walk(stmt, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.FuncDecl:
				if n.Name != nil && n.Body != nil {
					home := *f
					fn := &function{name: n.Name.Value, body: n.Body, frame: &home}
					if f.funcs == nil {
						f.funcs = map[string]*function{}
					}
					f.funcs[fn.name] = fn
					f.order = append(f.order, fn)
				}
			case *syntax.CallExpr:
				if len(n.Args) > 0 {
					if fn := f.funcs[n.Args[0].Lit()]; fn != nil {
						fn.mentioned = true
					}
				}
			}
			return true
		})
	}
}

// uncalled runs the functions that nothing called, as "$@" or a user who sources the file may.
func (r *runner) uncalled(ends []*state) {
	for _, alsoMentioned := range []bool{false, true} {
		for i := 0; i < len(r.order); i++ {
			fn := r.order[i]
			if fn.called || fn.mentioned && !alsoMentioned {
				continue
			}
			st := merge(ends)
			st.args, st.argsKnown = nil, false
			r.call(fn, st)
		}
	}
}

// call runs a function's body; the arguments are in the state already.
func (r *runner) call(fn *function, st *state) []*state {
	fn.called, fn.active = true, true
	defer func() { fn.active = false }()
	f := *fn.frame
	var returned []*state
	f.depth++
	f.function, f.ret, f.gone, f.brk, f.cont, f.capture = fn.name, &returned, new([]*state), nil, nil, nil
	st.scopes = append(st.scopes, map[string]*value{})
	out := f.stmt(fn.body, []*state{st})
	out = append(out, returned...)
	for _, o := range out {
		o.leave()
	}
	return union(r.limit(), out)
}

// callWith calls a function with arguments, and gives the caller its own back.
func (f *frame) callWith(fn *function, args []Word, st *state) []*state {
	if f.capture != nil {
		f.capture.unknown = true
	}
	before, known := st.args, st.argsKnown
	st.args, st.argsKnown = texts(args)
	f.depth++
	home := fn.frame.depth
	fn.frame.depth = f.depth
	out := f.call(fn, st)
	fn.frame.depth = home
	f.depth--
	for _, o := range out {
		o.args, o.argsKnown = before, known
	}
	if len(out) == 0 { // it exits on every way
		*f.gone = []*state{st}
	}
	return out
}

// texts are words as arguments; known is false when their number is not.
func texts(words []Word) (list []Text, known bool) {
	list = []Text{}
	for _, w := range words {
		if w.Open || w.Glob {
			return nil, false
		}
		list = append(list, w.Parts)
	}
	return list, true
}
