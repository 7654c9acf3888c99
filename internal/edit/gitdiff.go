package edit

import (
	"bytes"
	"fmt"
	"io/fs"
	"strings"
)

// Diff is the delta as a section of a patch in git's form, which `git apply` and `patch` take:
// renames, new and deleted files, modes and links included. A binary file is only named.
func (d Delta) Diff(context int) string {
	oldPath, newPath := d.Source(), d.Path
	if oldPath == "" {
		oldPath = newPath
	}
	var out strings.Builder
	fmt.Fprintf(&out, "diff --git %s %s\n", quoted("a/"+oldPath), quoted("b/"+newPath))
	oldName, newName := named("a/"+oldPath), named("b/"+newPath)
	switch {
	case d.Op == KindCreate:
		fmt.Fprintf(&out, "new file mode %s\n", gitMode(d.Mode))
		oldName = "/dev/null"
	case d.Op == KindDelete:
		fmt.Fprintf(&out, "deleted file mode %s\n", gitMode(d.Was))
		newName = "/dev/null"
	case gitMode(d.Was) != gitMode(d.Mode):
		fmt.Fprintf(&out, "old mode %s\nnew mode %s\n", gitMode(d.Was), gitMode(d.Mode))
	}
	if d.Op == KindRename {
		fmt.Fprintf(&out, "similarity index %d%%\nrename from %s\nrename to %s\n", similarity(d.Old, d.New), quoted(oldPath), quoted(newPath))
	}
	if bytes.IndexByte(d.Old, 0) >= 0 || bytes.IndexByte(d.New, 0) >= 0 {
		if !bytes.Equal(d.Old, d.New) {
			fmt.Fprintf(&out, "Binary files %s and %s differ\n", oldName, newName)
		}
		return out.String()
	}
	out.WriteString(Unified(d.Old, d.New, oldName, newName, context))
	return out.String()
}

// gitMode is the mode as git knows it: only whether the owner may execute the file.
func gitMode(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "120000"
	case mode&0o100 != 0:
		return "100755"
	}
	return "100644"
}

// similarity is the share of the bytes in lines that both texts have, in percent; 100 only when equal.
func similarity(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 100
	}
	oldLines, newLines := splitLines(a), splitLines(b)
	same := 0
	for _, m := range matchLines(oldLines, newLines) {
		for _, line := range oldLines[m.i : m.i+m.n] {
			same += len(line)
		}
	}
	return min(99, 100*same/max(len(a), len(b), 1))
}

// named is a file name as the lines "---" and "+++" hold it: a tab behind one with a space tells
// `patch` where it ends.
func named(p string) string {
	q := quoted(p)
	if q == p && strings.Contains(p, " ") {
		return q + "\t"
	}
	return q
}

// quoted is a path as git writes it: in C quotes when it holds quotes, backslashes, control
// characters or bytes beyond ASCII.
func quoted(p string) string {
	plain := true
	var out strings.Builder
	for _, b := range []byte(p) {
		switch {
		case b == '"' || b == '\\':
			out.WriteByte('\\')
			out.WriteByte(b)
		case b == '\t':
			out.WriteString(`\t`)
		case b == '\n':
			out.WriteString(`\n`)
		case b < ' ' || b >= 0x7f:
			fmt.Fprintf(&out, `\%03o`, b)
		default:
			out.WriteByte(b)
			continue
		}
		plain = false
	}
	if plain {
		return p
	}
	return `"` + out.String() + `"`
}
