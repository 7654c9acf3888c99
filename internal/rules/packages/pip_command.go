package packages

import (
	"path"
	"slices"
	"strings"

	"refit/internal/edit"
	"refit/internal/project"
	"refit/internal/shell"
	"refit/internal/source"
)

// nothingToSync are options of `pip install` that uv needs no counterpart of.
var nothingToSync = []string{"-r", "--requirement", "-c", "--constraint", "-U", "--upgrade", "--user", "--no-warn-script-location", "-q", "--quiet",
	"--disable-pip-version-check", "--require-hashes", "--root-user-action", "--no-cache-dir", "--no-cache", "--no-input", "--progress-bar", "--default-timeout", "--timeout", "--retries", "--prefer-binary"}

// ofPip says what becomes of a command of pip's.
func (m *move) ofPip(c shell.Command, i shell.Install, at place) outcome {
	files := slices.Clone(i.Requirements)
	switch {
	case i.Action == shell.ActionAdd && len(files) == 0 && onlyPip(i.Packages):
		if at == inImage {
			return outcome{verdict: tool}
		}
		return outcome{}
	case i.Action != shell.ActionRestore && len(files) == 0:
		return outcome{}
	}
	groups, main, ours := m.groupsOf(c, files, at)
	if ours == 0 {
		return outcome{}
	}
	if ours < len(files) || len(i.Packages) > 0 {
		return refuse("it installs more than the project's lists")
	}
	command := "uv sync"
	if why := m.elsewhere(c, at); why != "" {
		return refuse("%s", why)
	}
	locked, cache := false, ""
	for _, o := range i.Options {
		if !slices.Contains(nothingToSync, o.Name) {
			return refuse("%s has no certain counterpart in `uv sync`", o.Name)
		}
		locked = locked || (o.Name == "-c" || o.Name == "--constraint") && m.lists.lock != "" && path.Base(o.Value.Value) == path.Base(m.lists.lock)
		if (o.Name == "-c" || o.Name == "--constraint") && !locked {
			return refuse("the constraints %s are none of the project's", o.Value.Value)
		}
		if o.Name == "--no-cache-dir" && at == inScript {
			cache = " --no-cache"
		}
	}
	switch {
	case at == inImage || at == inCI:
		command += " --locked"
	case locked:
		command += " --frozen"
	}
	command += cache
	if main && len(groups) == 0 || m.hasDev() && !slices.Contains(groups, "dev") {
		command += " --no-dev" // uv installs this group unless it is told not to
	}
	for _, g := range groups {
		if g != "dev" {
			command += " --group " + g
		}
	}
	if dir := project.RelativePath(c.Dir, m.unit.Dir); at != inImage && c.DirKnown && dir != "." {
		command += " --project " + dir
	}
	if at == inCI {
		command = "UV_PROJECT_ENVIRONMENT=$pythonLocation " + command + " --inexact"
	}
	w := c.Unwrapped().Words
	return outcome{verdict: changed, syncs: true, edits: []edit.Edit{edit.Replace(source.Span{Start: w[0].Span.Start, End: w[len(w)-1].Span.End}, command, "")}}
}

// hasDev says whether one of the lists became the group that uv installs by default.
func (m *move) hasDev() bool {
	for _, g := range m.lists.groups {
		if g == "dev" {
			return true
		}
	}
	return false
}

// elsewhere is why an install outside of an image can't be uv's: pip installs into the Python that is active, and what follows
// finds its programs there. In a workflow that is the one of actions/setup-python, into which uv can install as well; a script is
// known by the image that runs it.
func (m *move) elsewhere(c shell.Command, at place) string {
	switch {
	case at == inCI && m.python == "":
		return "the job sets up no Python by actions/setup-python that uv could install into"
	case at == inScript && !m.started:
		return "it installs into whatever Python is active where it is started; `uv sync` makes an environment of its own"
	case at != inImage && !c.DirKnown:
		return "the folder in which it runs is not known"
	}
	return ""
}

// groupsOf are the groups whose lists a command installs, and how many of the files are the project's.
func (m *move) groupsOf(c shell.Command, files []shell.Word, at place) (groups []string, main bool, ours int) {
	for _, w := range files {
		for _, file := range m.lists.all {
			if !m.means(c, w, file, at) {
				continue
			}
			ours++
			if g := m.lists.groups[file]; g != "" {
				groups = append(groups, g)
			}
			main = main || file == m.lists.main || file == m.lists.lock
			break
		}
	}
	return groups, main, ours
}

// means says whether a word names a file of the project: in the repository by its path, in an image by its name.
func (m *move) means(c shell.Command, w shell.Word, file string, at place) bool {
	if !w.Constant {
		return false
	}
	if at == inImage {
		relative := strings.TrimPrefix(file, m.unit.Dir+"/")
		return path.Clean(w.Value) == relative || strings.HasSuffix(path.Clean(w.Value), "/"+relative)
	}
	to, ok := c.Resolve(w)
	return ok && to == file
}

// onlyPip says whether the packages are pip and what it builds with.
func onlyPip(packages []shell.Word) bool {
	for _, p := range packages {
		name := strings.FieldsFunc(p.Value, func(r rune) bool { return strings.ContainsRune("=<>~![", r) })
		if len(name) == 0 || !slices.Contains([]string{"pip", "setuptools", "wheel"}, name[0]) {
			return false
		}
	}
	return len(packages) > 0
}
