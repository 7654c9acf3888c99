package dockerfile

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/shell"
	"refit/internal/source"
)

// Package lists outlive their RUN: a later install without an update of its own reads them. Whoever
// deletes them gives that install its own, in the same fix, or the next build stops at "unable to locate
// package".

// updateFirst is what an install on other RUNs' lists needs before it.
const updateFirst = "apt-get update && "

// relying are the later RUNs that install from the lists which this one leaves: of its stage, and of the
// stages that build on it.
func (a *aptRun) relying() (list []*aptRun) {
	for _, in := range a.d.File.Instructions {
		if in.Keyword != "RUN" || in.Span.Start <= a.in.Span.Start || !descends(in.Stage, a.in.Stage) {
			continue
		}
		other := &aptRun{d: a.d, in: in}
		other.read()
		if other.borrows.Words != nil && !other.cachedLists() {
			list = append(list, other)
		}
	}
	return list
}

// descends says whether a stage is the other one, or builds on it.
func descends(s, on *dockerfile.Stage) bool {
	for range s.Index + 1 { // no stage builds on a later one, so that this ends in a hostile file too
		if s == on {
			return true
		}
		if s = s.Parent(nil); s == nil {
			return false
		}
	}
	return false
}

// lender says whether an earlier RUN that this one's stage builds on updates the lists and leaves them.
func (a *aptRun) lender() bool {
	return slices.ContainsFunc(a.d.File.Instructions, func(in *dockerfile.Instruction) bool {
		if in.Keyword != "RUN" || in.Span.Start >= a.in.Span.Start || !descends(a.in.Stage, in.Stage) {
			return false
		}
		other := aptRun{d: a.d, in: in}
		other.read()
		return other.updates && !other.cleans && !other.cachedLists()
	})
}

// ownLists puts an update before the install that borrows its lists; ok is false where its place in the
// script does not allow that.
func (a *aptRun) ownLists() (e edit.Edit, ok bool) {
	c, text := a.borrows, string(a.d.File.Text)
	start := c.Words[0].Span.Start
	if c.Span.Start != start || !c.Words[0].Is("apt-get") && !c.Words[0].Is("apt") { // behind sudo, env or an assignment
		return e, false
	}
	before := strings.TrimRight(text[a.in.Span.Start:start], " \t\r\n"+string(rune(a.d.File.Escape)))
	if !startsCommand.MatchString(before) {
		return e, false
	}
	return edit.Insert(start, updateFirst, a.in.Addr()+"/apt/update"), true
}

// startsCommand is what a command may follow, so that two commands joined by && may stand there too.
// "a || b" is not: "a || b && c" means something else.
var startsCommand = regexp.MustCompile(`(^RUN( --\S+)*|&&|;|\bthen|\bdo|\belse|<<-?['"]?\w+['"]?)$`)

// script is a file of the repository that a later RUN runs and that installs without an update, "" when
// there is none. What it needs stands in no Dockerfile, so the lists stay.
func (a *aptRun) script(p *project.Project) string {
	for _, in := range a.d.File.Instructions {
		if in.Keyword != "RUN" || in.Span.Start <= a.in.Span.Start || !descends(in.Stage, a.in.Stage) {
			continue
		}
		for _, c := range commands(in) {
			for _, w := range c.Words {
				if f := a.borrowingScript(p, w); f != "" {
					return f
				}
			}
		}
	}
	return ""
}

func (a *aptRun) borrowingScript(p *project.Project, w shell.Word) string {
	base := path.Base(w.Value)
	if base == "." || base == "/" || strings.HasPrefix(w.Value, "-") {
		return ""
	}
	for _, file := range p.Files.Under(a.d.Context()) {
		if path.Base(file) != base {
			continue
		}
		if text := readSmall(p.Files, file); installsDebian.MatchString(text) && !updatesDebian.MatchString(text) {
			return file
		}
	}
	return ""
}

var (
	installsDebian = regexp.MustCompile(`\bapt(-get)?\s[^\n]*\binstall\b`)
	updatesDebian  = regexp.MustCompile(`\bapt(-get)?\s[^\n]*\bupdate\b`)
)

// readSmall is the text of a file that may be a script: regular, and not large.
func readSmall(files *source.Snapshot, file string) string {
	if e, ok := files.Entry(file); !ok || !e.IsRegular() || e.Size > 1<<18 {
		return ""
	}
	text, err := files.Read(file)
	if err != nil {
		return ""
	}
	return string(text)
}
