package shell

import (
	"maps"
	"math"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"refit/internal/source"
)

// Start is what is known when a script starts.
type Start struct {
	// Dir is the folder in which it is started, repo-relative; "" means ".". Commands' folders are
	// relative to the same place.
	Dir string
	// Path is the script's own repo-relative path, for $0 and ${BASH_SOURCE[0]}; "" when it has none.
	Path string
	// Vars are exported variables that are set on the outside, such as env: in a workflow.
	Vars map[string]Text
	// Args are $1 and so on; nil when they are not known.
	Args []Text
}

// Trace is what a script may do, in the order in which it does it; what stands in a function that
// nothing in the script calls comes last.
type Trace struct {
	Commands    []Command
	Assignments []Assignment // those that are not in front of a command
	Redirects   []Redirect   // those of whole blocks: { ...; } > file, done < file
}

// maxSteps bounds the work on one script. Behind it branches are no longer told apart and functions
// no longer followed into: commands are still all listed, with less known about them.
const maxSteps = 20_000

// maxDepth bounds how deep functions, sh -c and substitutions nest.
const maxDepth = 8

// Commands are the commands of Run alone.
func Commands(s *Script, start Start) []Command { return Run(s, start).Commands }

// Run follows every way through a script without running anything. Programs are taken to succeed
// unless they are tests; a variable that the script never sets is Unknown.
func Run(s *Script, start Start) Trace {
	if start.Dir == "" {
		start.Dir = "."
	}
	return newRunner(start).run(s)
}

func newRunner(start Start) *runner { return &runner{start: start, furthest: math.MinInt} }

func (r *runner) run(s *Script) Trace {
	start := r.start
	st := &state{dir: place{start.Dir, true}, args: start.Args, argsKnown: start.Args != nil}
	for name, t := range start.Vars {
		st.put(name, scalar(t))
		st.export(name)
	}
	if n := len(s.stmts); n > 0 { // a && b && c is one statement
		r.trace.Commands = make([]Command, 0, n+strings.Count(s.text.all, "&&"))
	}
	f := &frame{runner: r, text: s.text}
	f.declare(s.stmts)
	last := []*state{st}
	f.gone = &last
	out := f.exec(s.stmts, []*state{st})
	if len(out) == 0 {
		out = last
	}
	r.uncalled(out)
	return r.trace
}

type runner struct {
	start Start
	trace Trace
	// furthest is where the command stands that stands behind all others. As long as each new one stands behind it, none
	// is there twice, and what follows is nil.
	furthest int
	seen     map[source.Span]int // the last command listed of each place: its index
	older    []int               // by the index of a command, the one listed before it of the same place; -1 for none

	pieces []Piece // room for those of plain words, so that not each has to be made for itself

	funcs map[string]*function // nil as long as there are none
	order []*function
	steps int
}

// frame is where execution stands: the text that is read and where jumps out of it lead.
type frame struct {
	*runner
	text       Text
	depth      int
	function   string
	backquotes bool
	capture    *capture  // of $(...); nil outside
	gone       *[]*state // the last state before an exit
	ret        *[]*state // return
	brk, cont  *[]*state // break, continue
}

// inner is a frame for a part that runs in a process of its own: jumps don't leave it.
func (f *frame) inner() *frame {
	c := *f
	c.gone, c.ret, c.brk, c.cont = new([]*state), nil, nil, nil
	c.capture = nil
	return &c
}

func (r *runner) tired() bool { return r.steps > maxSteps }

func (r *runner) limit() int {
	if r.tired() {
		return 1
	}
	return maxStates
}

func (f *frame) exec(stmts []*syntax.Stmt, in []*state) []*state {
	cur := in
	dead := false
	g := f
	for _, stmt := range stmts {
		if len(cur) == 0 {
			// Nothing gets here, yet a reference in dead code is still a reference.
			if len(*g.gone) == 0 {
				return nil
			}
			g = g.inner()
			cur = clones(*f.gone)
			dead = true
		}
		cur = g.stmt(stmt, cur)
	}
	if dead {
		return nil
	}
	return cur
}

func (f *frame) stmt(s *syntax.Stmt, in []*state) []*state {
	if s == nil || len(in) == 0 {
		return in
	}
	if s.Background || s.Coprocess || s.Disown {
		f.inner().command(s, clones(in))
		return in
	}
	if f.capture != nil && (len(in) > 1 || writesStdout(s.Redirs)) {
		g := *f
		g.capture = &capture{}
		f.capture.unknown = f.capture.unknown || len(in) > 1
		return g.command(s, in)
	}
	return f.command(s, in)
}

func (f *frame) command(s *syntax.Stmt, in []*state) []*state {
	if call, ok := s.Cmd.(*syntax.CallExpr); ok {
		if len(in) == 1 {
			return union(f.limit(), f.simple(call, s, in[0]))
		}
		var out [][]*state
		for _, st := range in {
			out = append(out, f.simple(call, s, st))
		}
		return union(f.limit(), out...)
	}
	f.trace.Redirects = append(f.trace.Redirects, f.newRedirects(s.Redirs, in)...)
	switch c := s.Cmd.(type) {
	case *syntax.BinaryCmd:
		return f.binary(c, in)
	case *syntax.Subshell:
		g := f.inner()
		g.capture = f.capture
		g.exec(c.Stmts, clones(in))
		return in
	case *syntax.Block:
		return f.exec(c.Stmts, in)
	case *syntax.TimeClause:
		return f.stmt(c.Stmt, in)
	case *syntax.CoprocClause:
		f.inner().stmt(c.Stmt, clones(in))
		return in
	case *syntax.TestDecl:
		f.inner().stmt(c.Body, clones(in))
		return in
	case *syntax.DeclClause:
		return f.declaration(c, in)
	case *syntax.TestClause:
		return f.test(c, in)
	}
	if f.capture != nil {
		f.capture.unknown = true
	}
	switch c := s.Cmd.(type) {
	case *syntax.IfClause:
		return f.branch(c, in)
	case *syntax.CaseClause:
		return f.choose(c, in)
	case *syntax.ForClause:
		return f.loopFor(c, in)
	case *syntax.WhileClause:
		return f.loop(append(slices.Clone(c.Cond), c.Do...), in, assigned(c))
	case *syntax.ArithmCmd, *syntax.LetClause:
		for name := range assigned(c) {
			for _, st := range in {
				st.set(name, scalar(UnknownAt(Nowhere)))
			}
		}
	}
	return in // a function declaration, or nothing but redirections
}

func (f *frame) binary(c *syntax.BinaryCmd, in []*state) []*state {
	switch c.Op {
	case syntax.AndStmt:
		x := f.stmt(c.X, in)
		var failed []*state
		if mayFail(c.X) {
			failed = clones(x)
		}
		return union(f.limit(), f.stmt(c.Y, x), failed)
	case syntax.OrStmt:
		before := clones(in)
		x := f.stmt(c.X, in)
		g := *f
		if g.capture != nil {
			g.capture = &capture{}
		}
		return union(f.limit(), x, g.stmt(c.Y, before))
	default: // a pipe: each side is a process of its own
		if f.capture != nil {
			f.capture.unknown = true
		}
		f.inner().stmt(c.X, clones(in))
		f.inner().stmt(c.Y, clones(in))
		return in
	}
}

// mayFail says whether the way on which a command fails is worth following: a test is there to fail.
func mayFail(s *syntax.Stmt) bool {
	if s == nil {
		return false
	}
	if s.Negated {
		return true
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) == 0 {
			return false
		}
		switch c.Args[0].Lit() {
		case "test", "[", "command", "type", "which", "hash", "grep", "egrep", "fgrep", "diff", "cmp", "false", "read":
			return true
		}
	case *syntax.TestClause, *syntax.ArithmCmd, *syntax.LetClause:
		return true
	case *syntax.BinaryCmd:
		if c.Op == syntax.AndStmt {
			return mayFail(c.X) || mayFail(c.Y)
		}
		return mayFail(c.Y)
	}
	return false
}

// emit lists a command unless the same one is listed already.
func (f *frame) emit(c Command, st *state) {
	c.Dir, c.DirKnown, c.ErrExit, c.Function = st.dir.path, st.dir.known, st.errexit, f.function
	for _, name := range sortedNames(st.exported) {
		if v, ok := st.vars[name]; ok {
			c.Exported = append(c.Exported, Assignment{Name: name, Value: NewWord(v.text(), v.text().Use(0, v.text().Len())), Exported: true})
		}
	}
	f.steps += len(c.Exported) / 8
	if f.seen == nil && c.Span.Start > f.furthest {
		f.furthest = c.Span.Start
		f.trace.Commands = append(f.trace.Commands, c)
		return
	}
	if f.seen == nil {
		f.seen = map[source.Span]int{}
		for _, before := range f.trace.Commands {
			f.note(before)
		}
	}
	last, listed := f.seen[c.Span]
	for n := last; listed && n >= 0; n = f.older[n] {
		if c.same(f.trace.Commands[n]) {
			return
		}
	}
	f.note(c)
	f.trace.Commands = append(f.trace.Commands, c)
}

// note remembers the place of the command that is listed next.
func (r *runner) note(c Command) {
	last, listed := r.seen[c.Span]
	if !listed {
		last = -1
	}
	r.seen[c.Span] = len(r.older)
	r.older = append(r.older, last)
}

// sortedNames are the names in order.
func sortedNames(set map[string]bool) []string {
	if len(set) == 0 {
		return nil // nearly always
	}
	return slices.Sorted(maps.Keys(set))
}

// same says whether a command that stands at the same place runs in the same folder with the same words and variables.
func (c Command) same(o Command) bool {
	word := func(a, b Word) bool { return slices.Equal(a.Parts.pieces, b.Parts.pieces) }
	set := func(a, b Assignment) bool { return a.Name == b.Name && word(a.Value, b.Value) }
	return c.Dir == o.Dir && c.DirKnown == o.DirKnown && slices.EqualFunc(c.Words, o.Words, word) &&
		slices.EqualFunc(c.Env, o.Env, set) && slices.EqualFunc(c.Exported, o.Exported, set)
}
