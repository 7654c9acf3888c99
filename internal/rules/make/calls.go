package make

import (
	"strconv"

	"refit/internal/project"
	"refit/internal/rule"
)

// callSubjects names calls in a way that survives edits around them: who runs it, what it does, and a
// number where that is the same.
type callSubjects map[string]int

func (s callSubjects) of(c project.Call) string {
	name := "call:" + c.Subcommand
	if c.Target != "" {
		name = c.Target + "/" + c.Subcommand
	}
	key := c.From + "\x00" + name
	s[key]++
	if n := s[key]; n > 1 {
		name += "#" + strconv.Itoa(n)
	}
	return name
}

// place is where a call stands, or the program's name when the call is put together from several places.
func place(c project.Call) rule.Location {
	if c.Span.Len() > 0 {
		return rule.Location{Path: c.From, Span: c.Span}
	}
	return rule.Location{Path: c.From, Span: c.Program}
}
