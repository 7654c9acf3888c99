// Package edit holds changes to files as pure values: byte patches, whole-file operations, how
// sets of them merge, and what they look like as a diff. It does no I/O.
package edit

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"refit/internal/source"
)

// Edit replaces the bytes [Start, End) of a file's baseline by New; with Start == End it inserts.
type Edit struct {
	Start, End int
	New        string
	// Addr names what the edit writes, in the terms of the format: "services.db.user",
	// "stage:production/USER", "env:POSTGRES_PASSWORD". Two different edits with one address
	// clash even when their bytes don't touch. Empty for an edit that writes nothing nameable.
	Addr string
}

// Replace is an edit that puts text in the place of a span.
func Replace(s source.Span, text, addr string) Edit {
	return Edit{Start: s.Start, End: s.End, New: text, Addr: addr}
}

// Insert is an edit that adds text before the byte at offset.
func Insert(offset int, text, addr string) Edit {
	return Edit{Start: offset, End: offset, New: text, Addr: addr}
}

// Delete is an edit that takes a span away.
func Delete(s source.Span, addr string) Edit { return Edit{Start: s.Start, End: s.End, Addr: addr} }

// Kind is what an Op does.
type Kind string

// The kinds of operations.
const (
	KindText   Kind = "edit"   // byte edits of an existing file
	KindCreate Kind = "create" // a new file; it is an error when one stands there
	KindDelete Kind = "delete" // the file goes away
	KindRename Kind = "rename" // the file moves to To; edits of it go on naming the old path
	KindChmod  Kind = "chmod"  // permission bits
)

// Op is one operation on one file. Path is always the path in the baseline (for KindCreate: the new
// path), so that edits and a rename of one file compose whatever their order.
type Op struct {
	Kind    Kind
	Path    string
	Edits   []Edit      // KindText
	To      string      // KindRename
	Content string      // KindCreate
	Mode    fs.FileMode // KindCreate and KindChmod: permission bits
}

// Text is an op that edits a file.
func Text(path string, edits ...Edit) Op { return Op{Kind: KindText, Path: path, Edits: edits} }

// Create is an op that makes a file.
func Create(path, content string, mode fs.FileMode) Op {
	return Op{Kind: KindCreate, Path: path, Content: content, Mode: mode}
}

// Rename is an op that moves a file.
func Rename(from, to string) Op { return Op{Kind: KindRename, Path: from, To: to} }

// Remove is an op that deletes a file.
func Remove(path string) Op { return Op{Kind: KindDelete, Path: path} }

// Chmod is an op that sets a file's permission bits.
func Chmod(path string, mode fs.FileMode) Op { return Op{Kind: KindChmod, Path: path, Mode: mode} }

// Patch applies edits, which may come in any order, to text. It returns an error when they lie
// outside of text or overlap; edits that insert at one point are applied in the order given.
func Patch(text []byte, edits []Edit) ([]byte, error) {
	sorted := slices.Clone(edits)
	slices.SortStableFunc(sorted, compareRanges)
	var out strings.Builder
	at := 0
	for _, e := range sorted {
		if e.Start < at || e.End < e.Start || e.End > len(text) {
			return nil, fmt.Errorf("edit [%d,%d) %q of %d bytes overlaps another or lies outside", e.Start, e.End, e.Addr, len(text))
		}
		out.Write(text[at:e.Start])
		out.WriteString(e.New)
		at = e.End
	}
	out.Write(text[at:])
	return []byte(out.String()), nil
}
