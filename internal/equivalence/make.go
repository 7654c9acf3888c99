package equivalence

import (
	"refit/internal/change"
	"refit/internal/project"
)

// makeTargets compares what the Makefile offers.
func (c *comparison) makeTargets() {
	before, after := targets(c.before.Makefile), targets(c.after.Makefile)
	if len(before)+len(after) == 0 {
		return
	}
	subject := "Makefile"
	if c.before.Makefile != nil {
		subject = c.before.Makefile.Path
	}
	c.values(change.AspectMake, subject, "targets", c.movedTargets(before), after)
}

// targets are the targets that a Makefile offers; those that make a file go by its name.
func targets(m *project.Makefile) map[string]string {
	offered := map[string]string{}
	if m != nil {
		for _, t := range m.File.Targets() {
			if len(t.Rules) > 0 { // a name that only .PHONY still has does nothing
				offered[t.Name] = "offered"
			}
		}
	}
	return offered
}

// movedTargets maps file targets through the moves: the rule that makes .env.dev makes env/.env.dev.
func (c *comparison) movedTargets(before map[string]string) map[string]string {
	out := make(map[string]string, len(before))
	for name, offered := range before {
		out[c.now(name)] = offered
	}
	return out
}
