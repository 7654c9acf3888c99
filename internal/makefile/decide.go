package makefile

import (
	"strings"

	"refit/internal/shell"
)

// maxWays bounds how many combinations of branches are told apart for one recipe.
const maxWays = 16

// holds says whether what stands under the guards is read, given what is decided.
func (c *context) holds(guards []Guard) bool {
	for _, g := range guards {
		for i, b := range g.Conditional.Branches[:g.Branch+1] {
			plain := b.Text == ""
			taken := plain || c.decide(b.test) != b.test.negated
			if taken != (i == g.Branch) {
				return false
			}
		}
	}
	return true
}

// decide is the outcome of a test: as given, as it follows from what is given, or as make would
// find it without variables from the outside.
func (c *context) decide(t test) bool {
	key := t.key()
	if v, ok := c.given[key]; ok {
		return v
	}
	if !t.set && !strings.Contains(t.right.String(), "$") { // $(E) equals one thing, so it does not equal another
		prefix := "ifeq " + t.left.String() + "\x00"
		for other, equal := range c.given {
			if right, same := strings.CutPrefix(other, prefix); same && equal && !strings.Contains(right, "$") {
				return false
			}
		}
	}
	natural := c.truth(t)
	if c.ask != nil && !c.ask.open {
		*c.ask = question{open: true, key: key, natural: natural}
	}
	return natural
}

// truth is what make finds when nothing is set on the outside. Text that only a run knows counts as
// empty, which it is for a variable that nothing defines.
func (c *context) truth(t test) bool {
	if c.depth > maxDepth || !c.spend(1) {
		return false
	}
	d := c.deeper()
	d.ask, d.before = nil, t.at
	if t.set {
		name := strings.TrimSpace(d.expand(t.left).String())
		v, ok := d.lookup(name)
		return ok && v.Len() > 0
	}
	return known(d.expand(t.left)) == known(d.expand(t.right))
}

func known(t shell.Text) string { return strings.ReplaceAll(t.String(), shell.Unknown, "") }

// question is the first test on a way that nothing decides.
type question struct {
	open    bool
	key     string
	natural bool // its outcome when nothing is set on the outside
}

// ways gives what do makes of every combination of outcomes of the tests that it comes across. The
// way that make takes on its own is the first. Of more than maxWays the rest are left out.
func ways[T any](c *context, do func(c *context) T) []T {
	var out []T
	var follow func(given map[string]bool)
	follow = func(given map[string]bool) {
		if len(out) >= maxWays {
			return
		}
		d := *c
		budget := maxExpansion
		d.given, d.budget, d.ask = given, &budget, &question{}
		if len(given) > maxWays {
			d.ask = nil // too many to tell apart: as make would
		}
		result := do(&d)
		if d.ask == nil || !d.ask.open {
			out = append(out, result)
			return
		}
		for _, outcome := range []bool{d.ask.natural, !d.ask.natural} {
			next := map[string]bool{d.ask.key: outcome}
			for k, v := range given {
				next[k] = v
			}
			follow(next)
		}
	}
	follow(map[string]bool{})
	return out
}
