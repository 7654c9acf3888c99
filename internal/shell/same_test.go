package shell

import "testing"

// States are compared part by part where there are two of them, and by their keys where there are more.
func TestSameStates(t *testing.T) {
	make := func(change func(*state)) *state {
		s := &state{dir: place{"a", true}, vars: map[string]value{"A": scalar(Literal("x"))}, exported: map[string]bool{}}
		change(s)
		return s
	}
	states := []*state{
		make(func(*state) {}),
		make(func(*state) {}),
		make(func(s *state) { s.dir.known = false }),
		make(func(s *state) { s.old = s.dir }),
		make(func(s *state) { s.stack = []place{s.dir} }),
		make(func(s *state) { s.errexit = true }),
		make(func(s *state) { s.allexport = true }),
		make(func(s *state) { s.args = []Text{Literal("x")} }),
		make(func(s *state) { s.args, s.argsKnown = []Text{Literal("x")}, true }),
		make(func(s *state) { s.scopes = append(s.scopes, nil) }),
		make(func(s *state) { s.vars["A"] = scalar(Literal("y")) }),
		make(func(s *state) { s.vars["A"] = value{elems: []Text{Literal("x")}, array: true} }),
		make(func(s *state) { s.exported["A"] = true }),
		make(func(s *state) { s.exported["B"] = true }),
		make(func(s *state) { s.vars["B"] = scalar(Literal("")) }),
	}
	for i, a := range states {
		for j, b := range states {
			if got, want := a.same(b), a.key() == b.key(); got != want {
				t.Errorf("states %d and %d: %v, by their keys %v", i, j, got, want)
			}
		}
	}
}
