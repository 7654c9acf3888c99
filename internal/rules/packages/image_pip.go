package packages

import (
	"path"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/shell"
	"refit/internal/source"
)

// copiedLists puts pyproject.toml and the lock in the place of the lists that a COPY brings.
func (i *image) copiedLists(in *dockerfile.Instruction, c dockerfile.Copy) {
	first := true
	for k, w := range c.Sources {
		dir, files := i.listsIn(w.Value)
		if len(files) == 0 {
			continue
		}
		if in.JSON {
			i.fail(in, "a COPY in the form of a list brings the requirements")
			return
		}
		for _, file := range files {
			i.say("requirements.*"+path.Base(file), "*", "", "pyproject.toml and uv.lock say it")
		}
		i.say("files."+w.Value+" -> *", "copied", "", "the project's lists are in pyproject.toml")
		if !first {
			i.replace(in, edit.Delete(source.Span{Start: c.Sources[k-1].Span.End, End: w.Span.End}, ""))
			continue
		}
		first = false
		text := dir + "pyproject.toml " + dir + "uv.lock"
		if slices.ContainsFunc(c.Sources, func(o dockerfile.CopySource) bool { return path.Base(o.Value) == "pyproject.toml" }) {
			text = dir + "uv.lock"
		}
		i.replace(in, edit.Replace(w.Span, text, ""))
		i.say("files."+dir+"* -> *", "", "copied", "what uv reads")
		i.destination(in, c, files)
	}
}

// listsIn are the project's lists that a source of a COPY means, and the folder as it is written.
func (i *image) listsIn(value string) (dir string, files []string) {
	clean := path.Clean(strings.TrimPrefix(value, "/"))
	for _, context := range i.d.Contexts() {
		for _, file := range i.m.lists.all {
			if ok, _ := path.Match(path.Join(context, clean), file); ok && !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	// The manifests lie in the project's folder, wherever the lists do.
	for up := path.Dir(clean); len(files) > 0; up = path.Dir(up) {
		for _, context := range i.d.Contexts() {
			if path.Join(context, up) == i.m.unit.Dir {
				if up == "." {
					return strings.TrimSuffix(value, path.Base(value))[:boolInt(strings.HasPrefix(value, "./"))*min(2, len(value))], files
				}
				return up + "/", files
			}
		}
		if up == "." {
			break
		}
	}
	return "", nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// destination is the work directory, where uv looks for the project.
func (i *image) destination(in *dockerfile.Instruction, c dockerfile.Copy, files []string) {
	state := i.d.File.StateAt(in, nil)
	target, _ := c.Target(state)
	workdir := path.Clean(path.Join("/", state.WorkingDir.Value))
	isFile := slices.ContainsFunc(files, func(f string) bool { return path.Base(f) == path.Base(target) })
	if path.Clean(target) != workdir || isFile || !strings.HasSuffix(c.Dest.Value, "/") {
		if len(c.Sources) > len(files) && path.Clean(target) != workdir {
			i.fail(in, "it brings more than the requirements to a folder that is not the work directory")
		}
		i.replace(in, edit.Replace(c.Dest.Span, "./", ""))
		i.say("files.* -> *", "", "copied", "what uv reads")
	}
}

// added lets packages that an image adds by pip go into the environment. uv takes away what was added before.
func (i *image) added(in *dockerfile.Instruction, c shell.Command) (o outcome) {
	p, ok := shell.Installs(c)
	if !ok || p.Manager != "pip" || p.Action != shell.ActionAdd || onlyPip(p.Packages) || len(p.Requirements) > 0 {
		return o
	}
	if len(i.syncing) == 0 || !inChain(in.Stage, i.syncing[0].Stage) {
		i.early = append(i.early, in)
		return o
	}
	for _, option := range p.Options {
		if !slices.Contains([]string{"--no-cache-dir", "-U", "--upgrade", "-q", "--quiet", "--no-deps"}, option.Name) {
			return refuse("%s has no certain counterpart in `uv pip install`", option.Name)
		}
	}
	for _, w := range p.Packages {
		i.say("packages."+w.Value, "pip", "uv", "it goes into the environment")
	}
	dir := i.venv
	if !i.named {
		dir = ".venv"
	}
	return replaced(source.Span{Start: c.Unwrapped().Words[0].Span.Start, End: p.Word.Span.End}, "uv pip install --python "+dir)
}

// scripted says whether a command starts a script that installs the project's dependencies.
func (i *image) scripted(c shell.Command) bool { return startsOne(i.d, c, i.m.scripts) }

// startsOne says whether a command of an image starts one of the scripts, which it has by a COPY from the build context.
func startsOne(d *project.Dockerfile, c shell.Command, scripts map[string]bool) bool {
	for _, w := range c.Unwrapped().Words[:min(2, len(c.Unwrapped().Words))] {
		for file := range scripts {
			relative := strings.TrimPrefix(file, d.Context()+"/")
			if p := path.Clean(w.Value); w.Constant && (p == relative || strings.HasSuffix(p, "/"+relative)) {
				return true
			}
		}
	}
	return false
}
