// Package equivalence compares a repository before and after a plan: what is the same, what a fix
// declared to change, and what could not be shown. It runs nothing and needs no Docker Engine.
package equivalence

import (
	"fmt"
	"sort"

	"refit/internal/change"
	"refit/internal/parallel"
	"refit/internal/project"
)

// Compare judges after against before. moves maps baseline paths to where the files are now;
// declared are the differences that fixes make on purpose, their subjects by baseline path.
func Compare(before, after *project.Project, moves map[string]string, declared []change.Declared) change.Comparison {
	parts := []func(*comparison){(*comparison).environments, (*comparison).images, (*comparison).contexts,
		(*comparison).makeTargets, (*comparison).comments}
	whole := &comparison{before: before, after: after, moves: moves, origin: inverse(moves)}
	whole.sideBySide(len(parts), func(c *comparison, i int) { parts[i](c) })
	return whole.judge(declared)
}

// sideBySide calls see for 0 to n-1 on all cores, each with a comparison of its own, and collects in order what they saw.
func (c *comparison) sideBySide(n int, see func(c *comparison, i int)) {
	seen := make([]*comparison, n)
	parallel.Do(n, func(i int) {
		seen[i] = &comparison{before: c.before, after: c.after, moves: c.moves, origin: c.origin}
		see(seen[i], i)
	})
	for _, part := range seen {
		c.preserved = append(c.preserved, part.preserved...)
		c.differences = append(c.differences, part.differences...)
		c.unproven = append(c.unproven, part.unproven...)
	}
}

// comparison collects what one part sees.
type comparison struct {
	before, after *project.Project
	moves         map[string]string // baseline path -> path afterwards
	origin        map[string]string // path afterwards -> baseline path
	preserved     []change.Preserved
	differences   []change.Difference
	unproven      []change.Difference
}

func inverse(moves map[string]string) map[string]string {
	inv := make(map[string]string, len(moves))
	for from, to := range moves {
		inv[to] = from
	}
	return inv
}

// now is where a baseline path is afterwards.
func (c *comparison) now(p string) string { return change.Relocated(p, c.moves) }

// was is the baseline path of a file afterwards; a created file keeps its path.
func (c *comparison) was(p string) string { return change.Relocated(p, c.origin) }

func (c *comparison) same(a change.Aspect, subject, format string, args ...any) {
	c.preserved = append(c.preserved, change.Preserved{Aspect: a, Subject: subject, What: fmt.Sprintf(format, args...)})
}

func (c *comparison) differs(a change.Aspect, subject, addr, before, after string) {
	c.differences = append(c.differences, change.Difference{Aspect: a, Subject: subject, Addr: addr, Before: before, After: after})
}

func (c *comparison) cannotShow(a change.Aspect, subject, addr, why string) {
	c.unproven = append(c.unproven, change.Difference{Aspect: a, Subject: subject, Addr: addr, Why: why})
}

// values compares two flat maps key by key and says how many values are the same.
func (c *comparison) values(a change.Aspect, subject, what string, before, after map[string]string) {
	equal := 0
	for _, key := range keys(before, after) {
		b, inBefore := before[key]
		x, inAfter := after[key]
		switch {
		case inBefore && inAfter && b == x:
			equal++
		default:
			c.differs(a, subject, key, shown(b, inBefore), shown(x, inAfter))
		}
	}
	if equal > 0 {
		c.same(a, subject, "%d %s", equal, what)
	}
}

// shown is a value as a difference prints it: a present but empty one must not look like none.
func shown(value string, present bool) string {
	if present && value == "" {
		return `""`
	}
	return value
}

func keys(maps ...map[string]string) []string {
	seen := map[string]bool{}
	var list []string
	for _, m := range maps {
		for k := range m {
			if !seen[k] {
				seen[k] = true
				list = append(list, k)
			}
		}
	}
	sort.Strings(list)
	return list
}

// judge sorts the differences into declared and undeclared ones, each once: several environments may
// build the same image.
func (c *comparison) judge(declared []change.Declared) change.Comparison {
	result := change.Comparison{Preserved: unique(c.preserved), Unproven: unique(c.unproven)}
	known, found := indexed(declared), unique(c.differences)
	covered := make([]*change.Declared, len(found))
	parallel.Do(len(found), func(i int) { covered[i] = known.covering(found[i]) })
	for i, d := range found {
		if by := covered[i]; by != nil {
			d.Why, d.Rule = by.Why, by.Rule
			result.Declared = append(result.Declared, d)
		} else {
			result.Undeclared = append(result.Undeclared, d)
		}
	}
	return result
}

func unique[T comparable](list []T) []T {
	seen := make(map[T]bool, len(list))
	var out []T
	for _, x := range list {
		if !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}
