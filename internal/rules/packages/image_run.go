package packages

import (
	"path"
	"regexp"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/shell"
)

// run works through a RUN's parts.
func (i *image) run(in *dockerfile.Instruction) {
	if i.listInstalled(in) {
		return
	}
	script, ok := in.Script()
	if !ok {
		i.start(in)
		return
	}
	parsed := shell.ParseText(textOf(script), shell.POSIX)
	links, cut := parsed.Links()
	all := shell.Commands(parsed, shell.Start{})
	verdicts := make([]verdict, len(links))
	var edits []edit.Edit
	touched, syncs := false, false
	for k, l := range links {
		v, some, why, sync := i.link(in, l, all)
		verdicts[k], syncs = v, syncs || sync
		switch v {
		case unsure:
			i.fail(in, "%s", why)
			return
		case changed, tool:
			touched = true
			edits = append(edits, some...)
		}
	}
	switch {
	case !touched:
		return
	case !cut:
		i.fail(in, "the commands of this RUN can't be told apart")
	case onlyTools(links, verdicts, in.File().Text):
		i.dropRun(in, all)
	default:
		i.replace(in, edits...)
		i.dropLinks(in, links, verdicts, all)
	}
	if syncs {
		for _, e := range i.early {
			if inChain(in.Stage, e.Stage) {
				i.fail(e, "it installs packages that `uv sync` would take away again; add them to the project")
			}
		}
		i.syncing = append(i.syncing, in)
		i.mount(in)
	}
}

// link says what becomes of one part of a RUN.
func (i *image) link(in *dockerfile.Instruction, l shell.Link, all []shell.Command) (v verdict, edits []edit.Edit, why string, syncs bool) {
	text := string(l.Span.Of(in.File().Text))
	if installerOfPoetry.MatchString(text) {
		return tool, nil, "", false
	}
	for _, c := range all {
		if c.Span.Start < l.Span.Start || c.Span.End > l.Span.End {
			continue
		}
		o := i.keeping(in, c, i.m.outcome(c, all, inImage))
		if c.Name() == "poetry" && len(c.Words) > 1 && c.Words[1].Is("export") {
			o = i.ofExport(in, c)
		}
		if o.verdict == foreign {
			o = i.added(in, c)
		}
		if o.verdict == foreign && i.scripted(c) {
			o = outcome{verdict: changed, syncs: true}
		}
		switch {
		case o.verdict == unsure:
			return unsure, nil, o.why, false
		case o.verdict != foreign:
			v, syncs = max(v, o.verdict), syncs || o.syncs
			edits = append(edits, o.edits...)
			if o.syncs {
				i.declare(in, c)
			}
		}
	}
	if name, _, _ := strings.Cut(strings.TrimSpace(text), " "); v != foreign && (name == "sh" || name == "bash") {
		i.say("run."+name+" -c *", "", "", "dependencies are installed by uv")
	}
	if v == foreign && aboutPoetry.MatchString(text) && setsUp.MatchString(text) {
		return tool, nil, "", false
	}
	return v, edits, "", syncs
}

var (
	installerOfPoetry = regexp.MustCompile(`install\.python-poetry\.org|python-poetry/poetry/`)
	aboutPoetry       = regexp.MustCompile(`(?i)poetry`)
	setsUp            = regexp.MustCompile(`^\s*(ln|export|chmod|mv|\.|source|rm)\s`)
	neutral           = regexp.MustCompile(`^\s*(cd\s|set -|true$|:$)`)
)

// onlyTools says whether a RUN does nothing but set up the package manager.
func onlyTools(links []shell.Link, verdicts []verdict, text []byte) bool {
	some := false
	for k, v := range verdicts {
		if v != tool && !(v == foreign && neutral.Match(links[k].Span.Of(text))) {
			return false
		}
		some = some || v == tool
	}
	return some
}

// dropRun takes a RUN away that sets up the package manager; the first becomes the place where uv comes in.
func (i *image) dropRun(in *dockerfile.Instruction, all []shell.Command) {
	for _, c := range all {
		i.declare(in, c)
	}
	i.gone = append(i.gone, in)
	if i.setUp == nil {
		i.setUp = in
	}
}

// dropLinks takes the parts away that set up the package manager, with what joins them.
func (i *image) dropLinks(in *dockerfile.Instruction, links []shell.Link, verdicts []verdict, all []shell.Command) {
	text := in.File().Text
	for k, l := range links {
		if verdicts[k] != tool {
			continue
		}
		s := l.Span
		if k > 0 {
			s.Start = links[k-1].Span.End
		} else {
			s.End = links[1].Span.Start
		}
		for line := range strings.Lines(string(s.Of(text))) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
				i.comment(in, line)
			}
		}
		i.replace(in, edit.Delete(s, ""))
		for _, c := range all {
			if c.Span.Start >= l.Span.Start && c.Span.End <= l.Span.End {
				i.declare(in, c)
			}
		}
		if i.setUp == nil {
			i.setUp = in
		}
	}
}

// comment lets a comment go that speaks of the package manager; any other keeps the line from being changed.
func (i *image) comment(in *dockerfile.Instruction, line string) {
	if !aboutPoetry.MatchString(line) {
		i.fail(in, "the comment %q stands between commands that go away", line)
		return
	}
	words := strings.Fields(strings.NewReplacer("#", "", "`", "").Replace(line))
	last := words[len(words)-1]
	i.declares = append(i.declares, change.Declared{Aspect: change.AspectComment, Subject: i.d.Path, Addr: "*" + strings.Trim(last, ":.,") + "*", Why: "it speaks of the package manager that is gone"})
}

// declare lets a command of the package manager's go.
func (i *image) declare(_ *dockerfile.Instruction, c shell.Command) {
	why := "the package manager itself; uv comes from its image"
	words := argv(c)
	i.say("run."+path.Base(words[0])+strings.Repeat(" ", min(1, len(words)-1))+strings.Join(words[1:], " "), "runs", "", why)
	i.say("install.*", "", "", "dependencies are installed by uv")
	if in, ok := shell.Installs(c); ok {
		for _, r := range in.Requirements {
			i.say("requirements."+path.Clean(r.Value), "*", "", "pyproject.toml and uv.lock say it")
		}
		for _, p := range in.Packages {
			i.say("packages."+p.Value, "*", "", why)
		}
	}
	for _, w := range c.Words {
		if !w.Constant { // options that a substitution prints
			i.say("run.echo *", "", "", "options of the install")
		}
	}
	inner := c.Unwrapped()
	if len(inner.Words) != len(c.Words) || inner.Name() == "poetry" {
		i.say("run."+strings.Join(argv(inner), " "), "runs", "", why)
	}
	if inner.Name() == "poetry" && len(inner.Words) > 2 && inner.Words[1].Is("run") {
		i.say("run."+strings.Join(argv(inner)[2:], " "), "runs", "", why)
	}
}

// mount gives an install uv's cache, as root the only one who can write where it is.
func (i *image) mount(in *dockerfile.Instruction) {
	root := isRoot(i.d.File.StateAt(in, nil).User.Value)
	clean := i.m.p.Config.Build.Cache == "clean" || !root
	for _, mount := range in.Mounts() {
		if mount.Type != "cache" || !cacheOf.MatchString(mount.Target) {
			if (mount.Type == "bind") && path.Base(mount.Source) == "poetry.lock" {
				i.try(in, func() ([]edit.Edit, error) {
					return in.ReplaceFlag(mount.Flag, strings.ReplaceAll(mount.Flag.Value, "poetry.lock", "uv.lock"))
				})
			}
			continue
		}
		if clean && root {
			i.try(in, func() ([]edit.Edit, error) { return in.DeleteFlag(mount.Flag) })
			continue
		}
		target := "type=cache,target=/root/.cache/uv"
		if !root {
			i.fail(in, "a cache is mounted for a user that isn't root, so that where uv's own may be can't be told")
		}
		i.try(in, func() ([]edit.Edit, error) { return in.ReplaceFlag(mount.Flag, target) })
		return
	}
	if !clean {
		i.try(in, func() ([]edit.Edit, error) { return in.AddFlag("mount", "type=cache,target=/root/.cache/uv") })
	}
}

var cacheOf = regexp.MustCompile(`(?i)pip|poetry|\.cache`)
