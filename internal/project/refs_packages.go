package project

import (
	"cmp"
	"slices"
	"strings"

	"refit/internal/shell"
)

// PackageCall is a command line that runs a package manager of Python, outside of Dockerfiles and Compose files.
type PackageCall struct {
	From    string // the file
	Kind    RefKind
	Command shell.Command // its folder is repo-relative
	// Certain says that the folder in which it runs is known.
	Certain bool

	variant int
	clone   string
}

// pythonManagers are the programs whose calls are noted.
var pythonManagers = map[string]bool{"poetry": true, "pip": true, "pip3": true, "pipx": true, "uv": true, "curl": true, "wget": true}

// packageCall notes the command when it runs a package manager of Python, or fetches one.
func (x *extraction) packageCall(c shell.Command) {
	inner := c.Unwrapped()
	name := inner.Name()
	switch {
	case name == "curl" || name == "wget":
		if !slices.ContainsFunc(inner.Words, func(w shell.Word) bool { return strings.Contains(w.Value, "install.python-poetry.org") }) {
			return
		}
	case strings.HasPrefix(name, "python"):
		if len(inner.Words) < 3 || !inner.Words[1].Is("-m") || !pythonManagers[inner.Words[2].Value] {
			return
		}
	case !pythonManagers[name]:
		return
	}
	if s := inner.Words[0].Span; s.Of(x.text) == nil || s.Len() <= 0 || len(x.packages) >= maxMentions {
		return
	}
	c.Exported = nil // the environment says nothing of it, and takes room
	x.packages = append(x.packages, PackageCall{From: x.at, Kind: x.kind, Command: c, Certain: c.DirKnown && x.unsure == "", variant: x.variant, clone: x.clone})
}

// packageCalls are a file's calls, each place once: as it is read in the likeliest folder.
func (s *settler) packageCalls(f *found) []PackageCall {
	list := slices.DeleteFunc(slices.Clone(f.packages), func(c PackageCall) bool { return !s.own(c.clone) })
	slices.SortStableFunc(list, func(a, b PackageCall) int {
		return cmp.Or(cmp.Compare(a.Command.Span.Start, b.Command.Span.Start), cmp.Compare(a.variant, b.variant))
	})
	return slices.CompactFunc(list, func(a, b PackageCall) bool { return a.Command.Span == b.Command.Span })
}
