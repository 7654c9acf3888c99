package packages

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

// copied gives a COPY of the old lock the new one's name.
func (i *image) copied(in *dockerfile.Instruction) {
	c, ok := in.Copy()
	if i.listInstalled(in) || !ok || c.From != "" || len(in.Heredocs) > 0 {
		return
	}
	if i.m.lists != nil {
		i.copiedLists(in, c)
		return
	}
	replaced := false
	for _, w := range c.Sources {
		base := path.Base(w.Value)
		if base != "poetry.lock" && base != "poetry.lock*" && base != "*.lock" {
			continue
		}
		name := strings.TrimSuffix(w.Value, base) + "uv.lock"
		if base == "*.lock" {
			continue // it is among them
		}
		i.say("files."+w.Value+" -> *", "copied", "", "poetry.lock is gone")
		i.say("files."+name+" -> *", "", "copied", "the lock that uv asserts")
		i.try(in, func() ([]edit.Edit, error) { return in.SetWord(w.Word, name) })
		replaced = true
	}
	if replaced && strings.HasSuffix(c.Dest.Value, "poetry.lock") {
		i.fail(in, "the lock is copied to a file of its name")
	}
}

// variables takes the settings of Poetry away.
func (i *image) variables(in *dockerfile.Instruction) {
	var ours []int
	for k, p := range in.Pairs {
		switch {
		case strings.HasPrefix(p.Name, "POETRY_"):
			ours = append(ours, k)
			i.say("env."+p.Name, "*", "", "a setting of Poetry's")
		case p.Name == "PATH" && in.Keyword == "ENV":
			i.path(in, p)
		}
	}
	switch {
	case len(ours) == 0:
	case len(ours) == len(in.Pairs):
		i.gone = append(i.gone, in)
	default:
		i.deletePairs(in, ours)
	}
}

// path takes the folder of Poetry's program off the PATH.
func (i *image) path(in *dockerfile.Instruction, p dockerfile.Pair) {
	value := ofPoetry.ReplaceAllString(p.Value, "")
	if value == p.Value {
		return
	}
	i.say("env.PATH", "*", "*", "the folder of Poetry's program is gone")
	if strings.Trim(value, `"'`) == "$PATH" || strings.Trim(value, `"'`) == "${PATH}" {
		if len(in.Pairs) == 1 {
			i.gone = append(i.gone, in)
			return
		}
	}
	i.try(in, func() ([]edit.Edit, error) { return in.SetPair("PATH", value) })
}

var ofPoetry = regexp.MustCompile(`[^:"']*(?i:poetry)[^:"']*/bin:|:[^:"']*(?i:poetry)[^:"']*/bin`)

// deletePairs takes some assignments out of an instruction, with the comments that speak of them.
func (i *image) deletePairs(in *dockerfile.Instruction, ours []int) {
	text := in.File().Text
	for n := 0; n < len(ours); n++ {
		first := ours[n]
		for n+1 < len(ours) && ours[n+1] == ours[n]+1 {
			n++
		}
		last := ours[n]
		s := source.Span{Start: in.Pairs[first].Span.Start, End: in.Pairs[last].Span.End}
		if first > 0 {
			s.Start = in.Pairs[first-1].Span.End
		} else {
			s.End = in.Pairs[last+1].Span.Start
		}
		for line := range strings.Lines(string(s.Of(text))) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
				i.comment(in, line)
			}
		}
		i.replace(in, edit.Delete(s, ""))
	}
}

// start lets what the image starts do without `poetry run`.
func (i *image) start(in *dockerfile.Instruction) {
	if in.JSON {
		words := in.Words
		if in.Keyword == "HEALTHCHECK" && len(words) > 0 {
			words = words[1:]
		}
		if len(words) > 2 && words[0].Value == "poetry" && words[1].Value == "run" {
			i.replace(in, edit.Delete(source.Span{Start: words[0].Span.Start, End: words[2].Span.Start}, ""))
			i.started(in)
		}
		return
	}
	script, ok := in.Script()
	if !ok {
		return
	}
	all := shell.Commands(shell.ParseText(textOf(script), shell.POSIX), shell.Start{})
	for _, c := range all {
		o := i.m.outcome(c, all, inImage)
		switch {
		case o.verdict == unsure:
			i.fail(in, "%s", o.why)
		case o.verdict == changed && !o.syncs:
			i.replace(in, o.edits...)
			i.started(in)
		case o.verdict != foreign:
			i.fail(in, "it installs when the container starts")
		}
	}
}

func (i *image) started(in *dockerfile.Instruction) {
	i.say(strings.ToLower(in.Keyword), "*", "*", "the environment's programs are on PATH, so that they are called by their names")
}

// settings brings uv in, and tells it where the environment is.
func (i *image) settings() {
	if i.err != nil || len(i.syncing) == 0 {
		i.removeGone(nil, "")
		return
	}
	at := i.setUp
	if at == nil || !inChain(i.syncing[0].Stage, at.Stage) {
		at = i.before(i.syncing[0])
	}
	i.user()
	text := "COPY --from=" + stack.UVImage + " /uv /uvx /usr/local/bin/\n" + i.env()
	for _, s := range i.syncing[1:] {
		if !inChain(s.Stage, at.Stage) {
			i.fail(s, "another stage installs as well, which the settings for uv would not reach")
		}
	}
	for _, prefix := range []string{"UV_", "PATH"} {
		i.say("env."+prefix+"*", "", "", "where uv installs, and how")
	}
	i.say("files."+stack.UVImage+":* -> *", "", "copied", "uv itself, from its image")
	i.say("run.uv sync *", "", "runs", "dependencies are installed by uv")
	i.removeGone(at, strings.TrimRight(text, "\n"))
	if !slices.Contains(i.gone, at) {
		if lead := i.d.File.Lines; lead != nil {
			i.replace(at, at.InsertBefore(text)...)
		}
	}
}

// env is the ENV of uv's settings.
func (i *image) env() string {
	state := i.d.File.StateAt(i.syncing[0], nil)
	lines := []string{"UV_COMPILE_BYTECODE=1", "UV_LINK_MODE=copy"}
	dir := i.venv
	if i.named {
		lines = append(lines, "UV_PROJECT_ENVIRONMENT="+dir)
	} else {
		dir = path.Join(state.WorkingDir.Value, ".venv")
	}
	lines = append(lines, "UV_PYTHON_DOWNLOADS=never")
	if p, _ := state.Env.Get("PATH"); !slices.Contains(strings.Split(p.Value, ":"), dir+"/bin") {
		lines = append(lines, `PATH="`+dir+`/bin:$PATH"`)
	}
	return "ENV " + i.d.File.Multiline(lines...)
}

// removeGone takes instructions away; the one at which uv comes in is replaced.
func (i *image) removeGone(at *dockerfile.Instruction, text string) {
	for _, in := range i.gone {
		if in == at {
			i.replace(in, in.Replace(text)...)
			continue
		}
		i.replace(in, in.Delete(false)...)
		lead := string(in.Lead.Of(in.File().Text))
		if lead != "" && aboutPoetry.MatchString(lead) {
			i.edits = i.edits[:len(i.edits)-1]
			i.replace(in, in.Delete(true)...)
			for line := range strings.Lines(lead) {
				i.comment(in, strings.TrimSpace(line))
			}
		}
	}
}

// before is the instruction in front of which uv comes in, where nothing brought the old manager in: the COPY of the
// manifests, or the install itself.
func (i *image) before(sync *dockerfile.Instruction) *dockerfile.Instruction {
	at := sync
	for k := len(sync.Stage.Instructions) - 1; k >= 0; k-- {
		in := sync.Stage.Instructions[k]
		if in.Span.Start >= at.Span.Start {
			continue
		}
		if c, ok := in.Copy(); !ok || c.From != "" {
			break
		}
		at = in
	}
	return at
}

// user lets whoever installs write the environment's folder.
func (i *image) user() {
	sync := i.syncing[0]
	state := i.d.File.StateAt(sync, nil)
	if isRoot(state.User.Value) || !i.named {
		return
	}
	at := state.User.At
	if at == nil || at.Stage == nil {
		i.fail(sync, "it installs as a user of the base image")
		return
	}
	owner := string(at.Args.Of(at.File().Text))
	i.replace(at, at.InsertBefore("RUN mkdir -p "+i.venv+" && chown "+owner+" "+i.venv)...)
	i.say("run.mkdir -p "+i.venv, "", "runs", "the environment's folder belongs to who installs")
	i.say("run.chown *", "", "runs", "the environment's folder belongs to who installs")
}

// copies brings the environment into the stages that take their packages from the one that installs.
func (i *image) copies() {
	if i.err != nil || len(i.syncing) == 0 {
		return
	}
	from := i.syncing[0].Stage
	for _, s := range i.d.File.Stages {
		if inChain(s, from) {
			continue
		}
		var takes *dockerfile.Instruction // what it has from the stage that installs, and whether the environment is among it
		given := false
		for _, in := range s.Find("COPY") {
			c, ok := in.Copy()
			if !ok || c.From == "" || len(c.Sources) != 1 {
				continue
			}
			other, isStage := i.d.File.Stage(c.From)
			if !isStage || !inChain(other, from) {
				continue
			}
			takes = in
			dir := i.directory()
			value, _ := i.d.File.StateAt(in, nil).Expand(c.Sources[0].Value)
			switch {
			case i.isExported(in) || inside(dir, path.Clean(value)):
				given = true
				continue
			case !strings.Contains(value, "site-packages") && !(i.users() && strings.HasSuffix(value, "/.local")):
				continue
			}
			given = true
			flags := ""
			for _, f := range in.Flags {
				flags += " " + string(f.Span.Of(in.File().Text))
			}
			i.replace(in, in.Replace("COPY"+flags+" "+dir+" "+dir+"\nENV PATH=\""+dir+"/bin:$PATH\"")...)
			i.say("files."+c.From+":"+value+" -> *", "copied", "", "the environment is what is copied")
			i.say("files."+c.From+":"+dir+" -> *", "", "copied", "the environment is what is copied")
			if from.From.Words[0].Value != s.From.Words[0].Value {
				i.fail(in, "the environment would be copied to another base image (%s) than it was made in (%s)", s.From.Words[0].Value, from.From.Words[0].Value)
			}
		}
		if takes != nil && !given {
			i.fail(takes, "what this stage takes from the one that installs is not its environment, so that the packages would be missing; copy %s as well", i.directory())
		}
	}
}

// directory is the environment's folder, wherever it is.
func (i *image) directory() string {
	if i.named {
		return i.venv
	}
	return path.Join("/", i.d.File.StateAt(i.syncing[0], nil).WorkingDir.Value, ".venv")
}

// isExported says whether a COPY brings a list in whose place the environment comes.
func (i *image) isExported(in *dockerfile.Instruction) bool {
	return slices.ContainsFunc(i.exported, func(e *export) bool { return slices.Contains(e.copies, in) })
}

// users says whether an install puts packages into the home folder of its user, which is what other stages copy then.
func (i *image) users() bool {
	for _, in := range i.syncing {
		for _, c := range commands(in) {
			if slices.ContainsFunc(c.Words, func(w shell.Word) bool { return w.Is("--user") }) {
				return true
			}
		}
	}
	return false
}

// inChain says whether stage is s or one that it builds FROM.
func inChain(s, stage *dockerfile.Stage) bool {
	for at := s; at != nil; at = at.Parent(nil) {
		if at == stage {
			return true
		}
	}
	return false
}
