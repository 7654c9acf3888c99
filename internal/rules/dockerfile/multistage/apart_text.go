package multistage

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/source"
)

// Edits take the stage apart: three places of it change, the rest stays byte for byte.
func (a *Apart) Edits() []edit.Edit {
	from := a.Stage.From
	named := edit.Insert(from.Span.End, a.Dockerfile.File.As()+a.common(), "stage:"+StageName(a.Stage)+"/name")
	if a.Stage.Name != "" {
		named = edit.Replace(from.Words[len(from.Words)-1].Span, a.common(), "stage:"+StageName(a.Stage)+"/name")
	}
	edits := []edit.Edit{named}
	begin := a.begin()
	for _, p := range a.build {
		if a.hoisted[p.in] || p.in.Span.Start > a.Stage.Instructions[begin-1].Span.End {
			continue
		}
		if run := a.runtimePackages(p); run != "" {
			edits = append(edits, edit.Replace(p.in.Span, run, p.in.Addr()))
		} else {
			edits = append(edits, p.in.Delete(true)...)
		}
	}
	span := source.Span{Start: a.Stage.Instructions[begin-1].Span.End, End: a.Stage.Instructions[a.last].Span.End}
	eol := source.EOL(a.Dockerfile.File.Text)
	text := strings.ReplaceAll(a.Dockerfile.File.Cased(strings.ReplaceAll(a.text(), "\r\n", "\n")), "\n", eol)
	return append(edits, edit.Replace(span, text, "stage:"+StageName(a.Stage)))
}

// begin is the first instruction that is written anew: the cut, or the first of the RUNs right above it of which nothing
// is left.
func (a *Apart) begin() int {
	i := a.cut
	for a.emptied(a.Stage.Instructions[i-1]) {
		i--
	}
	return i
}

// emptied says whether a RUN installs only what building needs.
func (a *Apart) emptied(in *dockerfile.Instruction) bool {
	i := slices.IndexFunc(a.build, func(p part) bool { return p.in == in })
	return i >= 0 && a.runtimePackages(a.build[i]) == ""
}

// text is what takes the place of everything from the cut to the last install.
func (a *Apart) text() string {
	var common, build, kept strings.Builder
	for i := a.cut; i <= a.last; i++ {
		in := a.Stage.Instructions[i]
		chunk := string(a.Dockerfile.File.Text[a.Stage.Instructions[i-1].Span.End:in.Span.End])
		switch {
		case a.hoisted[in]:
			common.WriteString(a.hoistedText(in, chunk))
		case in.Keyword == "RUN":
			build.WriteString(chunk)
		case a.onlyRuns(in):
			kept.WriteString(chunk)
		default:
			build.WriteString(chunk)
			if !a.coveredCopy(in) {
				kept.WriteString("\n" + in.Source())
			}
		}
	}
	var w strings.Builder
	w.WriteString(common.String())
	w.WriteString("\n\n# Compilers and headers, and what is built with them: of that only the result reaches what runs\n")
	fmt.Fprintf(&w, "FROM %s AS %s\n", a.common(), a.BuildStage())
	for _, p := range a.build {
		if a.emptied(p.in) {
			w.WriteString(p.notes)
		}
		if run := a.buildPackages(p); run != "" {
			fmt.Fprintf(&w, "RUN %s\n", run)
		}
	}
	w.WriteString(strings.TrimPrefix(build.String(), "\n"))
	fmt.Fprintf(&w, "\n\nFROM %s", a.common())
	if a.Stage.Name != "" {
		w.WriteString(" AS " + a.Stage.Name)
	}
	w.WriteString(kept.String())
	for _, dir := range a.outputs {
		chown := ""
		if a.owner != "" {
			chown = "--chown=" + a.owner + " "
		}
		fmt.Fprintf(&w, "\nCOPY --from=%s %s%s %s", a.BuildStage(), chown, dir, dir)
	}
	return w.String()
}

// hoistedText is a common instruction from behind the cut; the packages that only a build needs are taken out of it.
func (a *Apart) hoistedText(in *dockerfile.Instruction, chunk string) string {
	i := slices.IndexFunc(a.build, func(p part) bool { return p.in == in })
	switch {
	case i < 0:
		return chunk
	case a.emptied(in):
		return ""
	}
	return strings.TrimSuffix(chunk, in.Source()) + a.runtimePackages(a.build[i])
}

// onlyRuns says whether an instruction is about running, not about building.
func (a *Apart) onlyRuns(in *dockerfile.Instruction) bool {
	return slices.Contains([]string{"LABEL", "MAINTAINER", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL"}, in.Keyword)
}

// coveredCopy says whether a later copy of the whole source brings all that a copy in front of the install brings.
func (a *Apart) coveredCopy(in *dockerfile.Instruction) bool {
	c, ok := in.Copy()
	root, later := a.wholeCopy()
	if !ok || !later || c.From != "" || len(c.Sources) == 0 {
		return false
	}
	to, unproven := c.Target(a.Dockerfile.File.StateAt(in, nil))
	if len(unproven) > 0 {
		return false
	}
	for _, src := range c.Sources {
		name := path.Clean(src.Value)
		folder := a.project.Files.IsDir(path.Join(a.contextDir, name))
		switch {
		case src.Heredoc != nil || src.IsRemote() || strings.Contains(name, "$"):
			return false
		case folder && path.Join(root, name) == path.Clean(to), name == "." && path.Clean(to) == root:
		case !folder && path.Join(root, path.Dir(name)) == path.Clean(to), !folder && path.Join(root, name) == to && !strings.HasSuffix(c.Dest.Value, "/"):
		default:
			return false
		}
	}
	return true
}

// Libraries are the run-time packages that take the place of headers.
func (a *Apart) Libraries() []string {
	var list []string
	for _, p := range a.build {
		packages := a.words(p.in)
		list = append(list, a.counterparts(a.buildOnly(packages), packages)...)
	}
	return list
}

// Packages are those that only building needs, for which all the build stage is there.
func (a *Apart) Packages() []string {
	var list []string
	for _, p := range a.build {
		for _, w := range a.buildOnly(a.words(p.in)) {
			list = append(list, w.Value)
		}
	}
	return list
}

// Declares are the differences that are made on purpose.
func (a *Apart) Declares() []change.Declared {
	var list []change.Declared
	say := func(addr, before, after, why string) {
		list = append(list, change.Declared{Aspect: change.AspectImage, Subject: a.Dockerfile.Path + ":" + StageName(a.Stage), Addr: addr, Before: before, After: after, Why: why})
	}
	for _, name := range a.Packages() {
		say("packages."+name, "*", "", "only building needs it: it stays in the stage "+a.BuildStage())
	}
	for _, name := range a.Libraries() {
		say("packages."+name, "", "*", "the run-time library of the headers that stay behind")
	}
	for _, in := range a.Stage.Instructions[a.cut : a.last+1] {
		c, ok := in.Copy()
		if ok && a.coveredCopy(in) {
			for _, src := range c.Sources {
				say("files."+src.Value+" -> *", "copied", "", "the later copy of the source brings it")
			}
		}
		for _, w := range a.words(in) { // of Python, where the build stage has them
			if in.Keyword == "RUN" && !a.hoisted[in] {
				say("packages."+w.Value, "*", "", "it is installed in the stage "+a.BuildStage()+" and copied with the others")
			}
		}
	}
	for _, dir := range a.outputs {
		say("files."+a.BuildStage()+":"+dir+" -> *", "", "copied", "what "+a.BuildStage()+" installs")
	}
	return list
}
