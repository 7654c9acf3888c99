package equivalence

import "refit/internal/change"

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
	c.values(change.AspectMake, subject, "targets", before, after)
}
