package against

import (
	"fmt"
	"path"
	"strings"
)

// compareFiles compares what images hold: packages by name, other files by path.
func (c *comparison) compareFiles(service string, before, after *fileSystem) {
	if before == nil || after == nil {
		c.notShown(service, "its files could not be read")
		return
	}
	c.comparePackages(service, "system", before.packages, after.packages, func(d Difference) (string, string, bool) { return c.declared.systemPackage(d, before, after) })
	c.comparePackages(service, "python", before.python, after.python, c.declared.languagePackage)
	for _, at := range keys(before.entries, after.entries) {
		c.compareFile(service, at, before, after)
	}
}

func (c *comparison) comparePackages(service, kind string, before, after map[string]string, find func(Difference) (string, string, bool)) {
	for _, name := range keys(before, after) {
		if before[name] == after[name] {
			c.result.Same++
			continue
		}
		c.differs(Difference{Area: Files, Service: service, Addr: kind + " package " + name, Before: before[name], After: after[name]}, find)
	}
}

// compareFile compares what stands at a path. Where the work directory moved, so did what is in it.
func (c *comparison) compareFile(service, at string, before, after *fileSystem) {
	b, a := before.entries[at], after.entries[at]
	switch {
	case b != nil && a != nil:
		c.compareAttributes(service, at, b, a, before.partOf(at))
		return
	case b != nil && before.partOf(at) == project:
		moved := path.Join(after.workdir, strings.TrimPrefix(at, before.workdir))
		if other := after.entries[moved]; other != nil && moved != at {
			c.compareAttributes(service, at, b, other, project)
			return
		}
	case a != nil && after.partOf(at) == project && before.workdir != after.workdir:
		if before.entries[path.Join(before.workdir, strings.TrimPrefix(at, after.workdir))] != nil {
			return
		}
	}
	holder, d := before, Difference{Area: Files, Service: service, Addr: "/" + at, Before: kindOf(b), After: kindOf(a)}
	if b == nil {
		holder = after
	}
	parent := holder.entries[path.Dir(at)]
	switch holder.partOf(at) {
	case project:
		c.differs(d, func(d Difference) (string, string, bool) {
			return c.declared.projectFile(d, strings.Trim(strings.TrimPrefix(at, holder.workdir), "/"), c)
		})
	case other:
		if parent != nil && path.Dir(at) != "." && (before.entries[path.Dir(at)] == nil) != (after.entries[path.Dir(at)] == nil) && holder.partOf(path.Dir(at)) == other {
			return // its folder is listed
		}
		c.differs(d, c.declared.path)
	}
}

func kindOf(e *entry) string {
	switch {
	case e == nil:
		return ""
	case e.kind == '5':
		return "folder"
	case e.kind == '2':
		return "link"
	}
	return fmt.Sprintf("file, %d bytes", e.size)
}

// compareAttributes compares owner and mode. What a project's files hold is the change of the repository itself.
func (c *comparison) compareAttributes(service, at string, b, a *entry, p part) {
	if p == generated || p == packages || p == system && b.uid == a.uid {
		return
	}
	if b.uid == a.uid && b.gid == a.gid && (b.mode == a.mode || b.kind == '2') && (b.kind == '5') == (a.kind == '5') {
		c.result.Same++
		return
	}
	if b.uid != a.uid || b.gid != a.gid {
		c.differs(Difference{Area: Files, Service: service, Addr: "/" + at + " owner", Before: fmt.Sprintf("%d:%d", b.uid, b.gid), After: fmt.Sprintf("%d:%d", a.uid, a.gid)}, c.declared.owner)
	}
	if b.mode != a.mode && b.kind != '2' {
		c.differs(Difference{Area: Files, Service: service, Addr: "/" + at + " mode", Before: fmt.Sprintf("%04o", b.mode), After: fmt.Sprintf("%04o", a.mode)}, c.declared.owner)
	}
}
