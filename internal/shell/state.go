package shell

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// maxVars bounds how many variables a state follows; hand-written scripts have fewer.
const maxVars = 400

// maxStates bounds how many ways through a script are told apart at one time.
const maxStates = 12

// maxValue bounds what one variable holds, in bytes and in pieces. A variable that grows without end
// (A=$A$A) is not known.
const maxValue = 64 << 10

// value is what a variable holds: one text, or the elements of an array.
type value struct {
	elems []Text
	array bool
}

func scalar(t Text) value { return value{elems: []Text{t}} }

// text is the value as $NAME gives it: the first element.
func (v value) text() Text {
	if len(v.elems) == 0 {
		return Text{}
	}
	return v.elems[0]
}

type place struct {
	path  string
	known bool
}

// state is what is known at one point of a script, on one way through it.
type state struct {
	dir, old  place
	stack     []place          // pushd
	vars      map[string]value // nil as long as there are none, as is exported
	exported  map[string]bool
	errexit   bool
	allexport bool
	args      []Text
	argsKnown bool
	scopes    []map[string]*value // of the functions being called: what their locals hide; nil: unset
}

func (s *state) clone() *state {
	c := *s
	c.vars, c.exported = maps.Clone(s.vars), maps.Clone(s.exported)
	c.stack = slices.Clone(s.stack)
	c.scopes = make([]map[string]*value, len(s.scopes))
	for i, scope := range s.scopes {
		c.scopes[i] = maps.Clone(scope)
	}
	return &c
}

func clones(in []*state) []*state {
	out := make([]*state, len(in))
	for i, s := range in {
		out[i] = s.clone()
	}
	return out
}

func (s *state) set(name string, v value) {
	if _, ok := s.vars[name]; !ok && len(s.vars) >= maxVars {
		return
	}
	size := 0
	for _, e := range v.elems {
		size += len(e.all) + 64*len(e.pieces)
	}
	if size > maxValue {
		v = scalar(UnknownAt(Nowhere))
	}
	s.put(name, v)
	if s.allexport {
		s.export(name)
	}
}

func (s *state) put(name string, v value) {
	if s.vars == nil {
		s.vars = map[string]value{}
	}
	s.vars[name] = v
}

func (s *state) export(name string) {
	if s.exported == nil {
		s.exported = map[string]bool{}
	}
	s.exported[name] = true
}

// local makes name a variable of the innermost function.
func (s *state) local(name string) {
	if len(s.scopes) == 0 {
		return
	}
	scope := s.scopes[len(s.scopes)-1]
	if _, ok := scope[name]; ok {
		return
	}
	scope[name] = nil
	if v, ok := s.vars[name]; ok {
		scope[name] = &v
	}
}

// leave ends the innermost function: what its locals hid comes back.
func (s *state) leave() {
	scope := s.scopes[len(s.scopes)-1]
	s.scopes = s.scopes[:len(s.scopes)-1]
	for name, v := range scope {
		if v == nil {
			delete(s.vars, name)
		} else {
			s.put(name, *v)
		}
	}
}

// enter moves to a folder as cd does.
func (s *state) enter(target Word) {
	s.dir, s.old = s.at(target), s.dir
}

// at is the folder that a word means from here.
func (s *state) at(target Word) place {
	v := target.Value
	switch {
	case !target.Constant || target.Glob || v == "":
		return place{}
	case v == "-":
		return s.old
	case strings.HasPrefix(v, Root):
		rest := v[len(Root):]
		if strings.Contains(rest, Root) || rest != "" && rest[0] != '/' {
			return place{}
		}
		return place{path.Join(".", strings.TrimLeft(rest, "/")), true}
	case strings.Contains(v, Root):
		return place{}
	case v[0] == '/':
		return place{path.Clean(v), true}
	case !s.dir.known:
		return place{}
	}
	return place{path.Join(s.dir.path, v), true}
}

// absolute is the folder as $PWD says it.
func (p place) absolute() Text {
	switch {
	case !p.known:
		return UnknownAt(Nowhere)
	case p.path == ".":
		return Literal(Root)
	case strings.HasPrefix(p.path, "/"):
		return Literal(p.path)
	}
	return Literal(Root + "/" + p.path)
}

// key is equal for states that can't be told apart.
func (s *state) key() string {
	var b strings.Builder
	fmt.Fprint(&b, s.dir, s.old, s.stack, s.errexit, s.allexport, s.argsKnown, len(s.scopes))
	for _, a := range s.args {
		fmt.Fprint(&b, a.pieces)
	}
	for _, name := range slices.Sorted(maps.Keys(s.vars)) {
		v := s.vars[name]
		fmt.Fprint(&b, "\n", name, s.exported[name], v.array)
		for _, e := range v.elems {
			fmt.Fprint(&b, e.pieces)
		}
	}
	return b.String()
}

// same says whether two states can't be told apart, as by their keys.
func (s *state) same(o *state) bool {
	if s.dir != o.dir || s.old != o.old || s.errexit != o.errexit || s.allexport != o.allexport || s.argsKnown != o.argsKnown {
		return false
	}
	return len(s.scopes) == len(o.scopes) && slices.Equal(s.stack, o.stack) && equalTexts(s.args, o.args) && len(s.vars) == len(o.vars) && s.sameVars(o)
}

func (s *state) sameVars(o *state) bool {
	for name, v := range s.vars {
		w, ok := o.vars[name]
		if !ok || v.array != w.array || s.exported[name] != o.exported[name] || !equalTexts(v.elems, w.elems) {
			return false
		}
	}
	return true
}

// merge is one state that claims only what all of them agree on.
func merge(states []*state) *state {
	out := states[0].clone()
	for _, s := range states[1:] {
		if s.dir != out.dir {
			out.dir = place{}
		}
		if s.old != out.old {
			out.old = place{}
		}
		if !slices.Equal(s.stack, out.stack) {
			out.stack = nil
		}
		out.errexit = out.errexit && s.errexit
		out.argsKnown = out.argsKnown && s.argsKnown && equalTexts(out.args, s.args)
		for name, v := range out.vars {
			if o, ok := s.vars[name]; !ok || o.array != v.array || !equalTexts(o.elems, v.elems) {
				out.put(name, scalar(UnknownAt(Nowhere)))
			}
		}
		for name := range s.vars {
			if _, ok := out.vars[name]; !ok {
				out.put(name, scalar(UnknownAt(Nowhere)))
			}
		}
	}
	return out
}

func equalTexts(a, b []Text) bool {
	return slices.EqualFunc(a, b, func(x, y Text) bool { return slices.Equal(x.pieces, y.pieces) })
}

// union joins the ways that lead to one point, without repeats.
func union(limit int, lists ...[]*state) []*state {
	if len(lists) == 1 && len(lists[0]) < 2 {
		return lists[0]
	}
	var out []*state
	for _, l := range lists {
		out = append(out, l...)
	}
	if len(out) < 2 {
		return out
	}
	if len(out) == 2 { // nearly always
		if out[0] == out[1] || out[0].same(out[1]) {
			return out[:1]
		}
		return bounded(limit, out)
	}
	seen := map[string]bool{}
	out = slices.DeleteFunc(out, func(s *state) bool {
		k := s.key()
		again := seen[k]
		seen[k] = true
		return again
	})
	return bounded(limit, out)
}

// bounded is the ways, or one for all of them when there are too many.
func bounded(limit int, ways []*state) []*state {
	if len(ways) > limit {
		return []*state{merge(ways)}
	}
	return ways
}
