package packages

import (
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/shell"
	"refit/internal/stack"
)

// selection is what one `uv sync` of an image installs, by the options that choose groups.
type selection struct {
	in      *dockerfile.Instruction
	groups  []string // that it asks for
	without []string // options that leave something out
}

// keeping lets an install keep what an earlier one of the image installed: pip and `poetry install` add, `uv sync` also
// takes away what its own options don't ask for.
func (i *image) keeping(in *dockerfile.Instruction, c shell.Command, o outcome) outcome {
	inner := c.Unwrapped().Words
	exact := slices.ContainsFunc(inner, func(w shell.Word) bool {
		return w.Is("sync") || w.Is("--sync") || w.Is("--remove-untracked")
	})
	if !o.syncs || len(o.edits) == 0 {
		return o
	}
	text := in.File().Text
	after, err := edit.Patch(text, o.edits)
	if err != nil || len(inner) == 0 {
		return o
	}
	tail := len(text) - inner[len(inner)-1].Span.End
	now := selectionOf(in, strings.Fields(string(after[inner[0].Span.Start:len(after)-tail])))
	for _, before := range i.selected {
		if exact || before.in == in || !inChain(in.Stage, before.in.Stage) || now.holds(before) {
			continue
		}
		o.edits = slices.Clone(o.edits)
		for k := range o.edits {
			if strings.HasPrefix(o.edits[k].New, "sync") || strings.HasPrefix(o.edits[k].New, "uv sync") {
				o.edits[k].New = strings.Replace(o.edits[k].New, "sync", "sync --inexact", 1)
			}
		}
		break
	}
	i.selected = append(i.selected, now)
	return o
}

// selectionOf reads the options of `uv sync`: https://docs.astral.sh/uv/reference/cli/#uv-sync.
func selectionOf(in *dockerfile.Instruction, words []string) selection {
	s := selection{in: in}
	for k, w := range words {
		switch w {
		case "--group", "--extra", "--only-group", "--no-group":
			if k+1 < len(words) {
				w += " " + words[k+1]
			}
			if words[k] == "--group" || words[k] == "--extra" {
				s.groups = append(s.groups, w)
			} else {
				s.without = append(s.without, w)
			}
		case "--all-extras", "--all-groups":
			s.groups = append(s.groups, w)
		case "--no-dev", "--no-default-groups":
			s.without = append(s.without, w)
		}
	}
	return s
}

// holds says whether all is installed that another one installs.
func (s selection) holds(o selection) bool {
	for _, w := range s.without {
		if !slices.Contains(o.without, w) {
			return false
		}
	}
	for _, g := range o.groups {
		if !slices.Contains(s.groups, g) {
			return false
		}
	}
	for _, w := range o.without {
		name, only := strings.CutPrefix(w, "--only-group ")
		byDefault := name == "dev" && len(s.without) == 0
		if only && !byDefault && !slices.Contains(s.without, w) && !slices.Contains(s.groups, "--group "+name) {
			return false
		}
	}
	return true
}

// systemPackages refuses an image whose Python finds packages of the distribution's: an environment of uv's doesn't. The Python of
// the image "python" is another one, which never found them.
func (i *image) systemPackages() {
	if i.err != nil || len(i.syncing) == 0 {
		return
	}
	for s := i.syncing[0].Stage; s != nil; s = s.Parent(nil) {
		if pythonImage.MatchString(s.BaseName(nil)) {
			return
		}
	}
	for _, in := range i.d.File.Instructions {
		if in.Keyword != "RUN" || !inChain(in.Stage, i.syncing[0].Stage) && !inChain(i.syncing[0].Stage, in.Stage) {
			continue
		}
		for _, c := range commands(in) {
			p, ok := shell.Installs(c)
			for _, w := range p.Packages {
				if ok && p.Manager != "pip" && moduleOfSystem.MatchString(w.Value) && !withPython.MatchString(w.Value) {
					i.fail(in, "the distribution's %s is found by its own Python and not in an environment of uv's", w.Value)
				}
			}
		}
	}
}

var (
	moduleOfSystem = regexp.MustCompile(`^(?:python3|py3)-[a-z0-9]`)
	withPython     = regexp.MustCompile(`^(?:python3|py3)-(?:pip|dev|devel|venv|virtualenv|setuptools|wheel|full|minimal|distutils|libs?|config|doc|dbg|poetry)\b`)
)

// git refuses an image without git where a dependency comes from a repository: Poetry brings a client of its own (dulwich), uv
// calls git. https://python-poetry.org/docs/configuration/#system-git-client
func (i *image) git() {
	if i.err != nil || len(i.syncing) == 0 || !slices.ContainsFunc(i.m.out.sources, func(s string) bool { return strings.Contains(s, "{ git = ") }) {
		return
	}
	at := i.syncing[0]
	for s := at.Stage; s != nil; s = s.Parent(nil) {
		if base, external := s.ExternalBase(nil); external {
			if image, known := stack.Lookup(base); known && image.Programs["git"] != "" {
				return
			}
		}
		for _, in := range s.Instructions {
			for _, c := range commands(in) {
				p, _ := shell.Installs(c)
				if slices.ContainsFunc(p.Packages, func(w shell.Word) bool { return w.Is("git") }) {
					return
				}
			}
		}
	}
	i.fail(at, "a dependency comes from a git repository, and the image has no git, which uv calls; install it before")
}
