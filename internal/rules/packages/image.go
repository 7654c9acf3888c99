package packages

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/change"
	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

// image is a Dockerfile on its way to uv.
type image struct {
	m        *move
	d        *project.Dockerfile
	edits    []edit.Edit
	declares []change.Declared
	err      error

	setUp    *dockerfile.Instruction // where uv comes in and its settings are made
	syncing  []*dockerfile.Instruction
	gone     []*dockerfile.Instruction // what is taken away whole
	venv     string                    // the environment's folder in the image
	named    bool                      // uv has to be told the folder: it is not the project's .venv
	selected []selection
	early    []*dockerfile.Instruction // what installs packages before the dependencies are
	exported []*export                 // lists that Poetry writes for pip
}

// convertImage is the edits of a Dockerfile that installs the unit.
func (m *move) convertImage(d *project.Dockerfile) (edits []edit.Edit, declares []change.Declared, err error) {
	i := &image{m: m, d: d}
	i.environment()
	i.findExports()
	for _, in := range d.File.Instructions {
		i.instruction(in)
	}
	i.settings()
	i.copies()
	i.leads()
	i.leftovers()
	return i.edits, i.declares, i.err
}

// fail notes the first reason against it, with its line.
func (i *image) fail(in *dockerfile.Instruction, why string, args ...any) {
	if i.err == nil {
		i.err = fmt.Errorf("%s:%d: %s", i.d.Path, in.Line, fmt.Sprintf(why, args...))
	}
}

func (i *image) say(addr, before, after, why string) {
	i.declares = append(i.declares, change.Declared{Aspect: change.AspectImage, Subject: i.d.Path + ":*", Addr: addr, Before: before, After: after, Why: why})
}

// replace gives the edits addresses of their own and keeps them.
func (i *image) replace(in *dockerfile.Instruction, edits ...edit.Edit) {
	for _, e := range edits {
		if e.Addr == "" {
			e.Addr = fmt.Sprintf("%s/uv/%d", in.Addr(), e.Start)
		}
		if !slices.Contains(i.edits, e) {
			i.edits = append(i.edits, e)
		}
	}
}

// environment decides where the environment is: where it was, if the file says so.
func (i *image) environment() {
	i.venv, i.named = stack.VenvDir, true
	for _, in := range i.d.File.Instructions {
		inProject := false
		for _, p := range in.Pairs {
			value := strings.Trim(p.Value, `"'`)
			inProject = inProject || in.Keyword == "ENV" && p.Name == "POETRY_VIRTUALENVS_IN_PROJECT" && (value == "1" || strings.EqualFold(value, "true"))
		}
		for _, c := range commands(in) {
			w := c.Words
			inProject = inProject || c.Name() == "poetry" && len(w) > 3 && w[1].Is("config") && w[2].Is("virtualenvs.in-project") && w[3].Is("true")
			if strings.HasPrefix(c.Name(), "python") && len(w) == 4 && w[1].Is("-m") && w[2].Is("venv") {
				if dir, unproven := i.d.File.StateAt(in, nil).Expand(sourceOf(in, w[3])); len(unproven) == 0 && path.IsAbs(dir) {
					i.venv = path.Clean(dir)
				}
			}
		}
		if inProject {
			i.named = false
		}
	}
}

// sourceOf is a word as it stands in the file, without its quotes.
func sourceOf(in *dockerfile.Instruction, w shell.Word) string {
	return strings.Trim(string(w.Span.Of(in.File().Text)), `"'`)
}

func (i *image) instruction(in *dockerfile.Instruction) {
	switch in.Keyword {
	case "RUN":
		i.run(in)
	case "COPY", "ADD":
		i.copied(in)
	case "ENV", "ARG":
		i.variables(in)
	case "CMD", "ENTRYPOINT", "HEALTHCHECK":
		i.start(in)
	}
}

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

func (i *image) try(in *dockerfile.Instruction, change func() ([]edit.Edit, error)) {
	edits, err := change()
	if err != nil {
		i.fail(in, "%v", err)
		return
	}
	i.replace(in, edits...)
}

func isRoot(user string) bool {
	name, _, _ := strings.Cut(user, ":")
	return name == "" || name == "root" || name == "0"
}

// leads lets the comments above what changed speak of uv.
func (i *image) leads() {
	for _, in := range i.d.File.Instructions {
		lead := in.Lead.Of(i.d.File.Text)
		edited := slices.ContainsFunc(i.edits, func(e edit.Edit) bool { return e.Start >= in.Span.Start && e.End <= in.Span.End && e.Start < e.End })
		if !edited || !aboutPoetry.Match(lead) || i.overlaps(in.Lead) {
			continue
		}
		for _, at := range namesPoetry.FindAllIndex(lead, -1) {
			text := "uv"
			if name := string(lead[at[0]:at[1]]); strings.Contains(name, ".lock") {
				text = "uv.lock"
			}
			i.replace(in, edit.Replace(source.Span{Start: in.Lead.Start + at[0], End: in.Lead.Start + at[1]}, text, ""))
		}
		for line := range strings.Lines(string(lead)) {
			if aboutPoetry.MatchString(line) {
				i.comment(in, strings.TrimSpace(line))
			}
		}
	}
}

var namesPoetry = regexp.MustCompile(`(?i)\bpoetry(?:\.lock\*|\.lock\b|\b)`)

func (i *image) overlaps(s source.Span) bool {
	return slices.ContainsFunc(i.edits, func(e edit.Edit) bool { return e.Start < s.End && s.Start < e.End })
}

// leftovers refuses a file in which something of the old package manager would stay.
func (i *image) leftovers() {
	if i.err != nil || len(i.edits) == 0 {
		return
	}
	after, err := edit.Patch(i.d.File.Text, i.edits)
	if err != nil {
		i.err = fmt.Errorf("%s: %w", i.d.Path, err)
		return
	}
	now, err := dockerfile.Parse(i.d.Path, after)
	if err != nil {
		i.err = fmt.Errorf("%s would not be read any more: %w", i.d.Path, err)
		return
	}
	for _, in := range now.Instructions {
		for _, file := range i.m.names() {
			if strings.Contains(codeOf(in), file) {
				i.err = fmt.Errorf("%s: %s would stay in %s, and what becomes of it can't be told", i.d.Path, file, in.Keyword)
				return
			}
		}
		line := staying.FindString(codeOf(in))
		if line == "" && slices.Contains([]string{"CMD", "ENTRYPOINT", "HEALTHCHECK"}, in.Keyword) {
			line = outside.FindString(codeOf(in))
		}
		if line != "" {
			i.err = fmt.Errorf("%s: `%s` would stay in %s, and what becomes of it can't be told", i.d.Path, strings.TrimSpace(line), in.Keyword)
			return
		}
	}
	i.systemPackages()
	i.git()
	if len(i.syncing) == 0 {
		i.err = errors.New(i.d.Path + ": no command in it installs the dependencies as a whole")
	}
}

// names are the project's requirements files by their names.
func (m *move) names() (names []string) {
	if m.lists != nil {
		for _, file := range m.lists.all {
			names = append(names, path.Base(file))
		}
	}
	return names
}

// codeOf is an instruction without the comments in it.
func codeOf(in *dockerfile.Instruction) string {
	var lines []string
	for line := range strings.Lines(in.Source()) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// staying are words that only the old package manager gives a meaning, and folders that its installs would be in.
var staying = regexp.MustCompile(`(?i)\S*poetry\S*|/usr/local/bin/(?:gunicorn|uvicorn|celery|flask|alembic|pytest|hypercorn|daphne|fastapi|django-admin)\b|\S*site-packages\S*`)

// outside are programs of the image's own Python by their paths, which don't find what is in the environment.
var outside = regexp.MustCompile(`/usr/(?:local/)?bin/(?:python[\d.]*|gunicorn|uvicorn|celery|flask|alembic|pytest|hypercorn|daphne|fastapi|django-admin)\b`)

// textOf is a script with the places of its bytes in the file.
func textOf(s dockerfile.Script) shell.Text {
	var pieces []shell.Piece
	for lo := 0; lo < len(s.Text); {
		hi := lo + 1
		for hi < len(s.Text) && s.Offset(hi) == s.Offset(hi-1)+1 {
			hi++
		}
		span := source.Span{Start: s.Offset(lo), End: s.Offset(hi-1) + 1}
		pieces = append(pieces, shell.Piece{Text: s.Text[lo:hi], Span: span, Use: span})
		lo = hi
	}
	return shell.NewText(pieces...)
}

// commands are the commands of a RUN in shell form.
func commands(in *dockerfile.Instruction) []shell.Command {
	script, ok := in.Script()
	if !ok {
		return nil
	}
	return shell.Commands(shell.ParseText(textOf(script), shell.POSIX), shell.Start{})
}

// argv is a command's words as text; parts that only a run knows are "?".
func argv(c shell.Command) []string {
	var list []string
	for _, w := range c.Words {
		list = append(list, strings.ReplaceAll(w.Value, shell.Unknown, "?"))
	}
	return list
}
