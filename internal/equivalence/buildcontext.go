package equivalence

import (
	"refit/internal/change"
	"refit/internal/project"
)

// contexts compares the files that every build receives, under the ignore file that Docker uses.
func (c *comparison) contexts() {
	c.sideBySide(len(c.before.Dockerfiles), func(c *comparison, i int) {
		before := c.before.Dockerfiles[i]
		after := c.after.Dockerfile(c.now(before.Path))
		if after == nil {
			return
		}
		seen := map[string]bool{}
		for _, b := range before.Builds {
			if !seen[b.Context] {
				seen[b.Context] = true
				c.context(before, after, b.Context)
			}
		}
	})
}

func (c *comparison) context(before, after *project.Dockerfile, dir string) {
	sent := c.before.BuildContext(before.Path, dir)
	now := c.after.BuildContext(after.Path, dir)
	had, has := map[string]string{}, map[string]string{}
	for _, p := range sent {
		had[c.now(p)] = "sent"
	}
	for _, p := range now {
		has[p] = "sent"
	}
	equal := 0
	for _, p := range keys(had, has) {
		if had[p] == has[p] {
			equal++
			continue
		}
		c.differs(change.AspectContext, dir, c.was(p), had[p], has[p])
	}
	c.same(change.AspectContext, dir, "%d files that a build of %s receives", equal, before.Path)
}
