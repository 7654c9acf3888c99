package multistage

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/shell"
	"refit/internal/source"
	"refit/internal/stack"
)

// step is a command of an install and where it stands: in the RUN or in a script of the repository that it calls.
type step struct {
	shell.Command
	script string // the script's path in the repository, "" in the RUN itself
}

// steps are the commands of a RUN, those of the repository's scripts in their place.
func (a *Apart) steps(in *dockerfile.Instruction) []step {
	list, _ := commands(in)
	all := make([]step, 0, len(list))
	for _, c := range list {
		file := a.script(in, c)
		if file == "" {
			all = append(all, step{c, ""})
			continue
		}
		text, err := a.project.Files.Read(file)
		if err != nil {
			all = append(all, step{c, ""})
			continue
		}
		for _, inner := range shell.Commands(shell.ParseText(shell.Verbatim(text, source.Span{End: len(text)}), shell.Bash), shell.Start{}) {
			all = append(all, step{inner, file})
		}
	}
	return all
}

// script is the shell script of the repository that a command calls: what a copy above brings to its place.
func (a *Apart) script(in *dockerfile.Instruction, c shell.Command) string {
	word := c.Words[0]
	if len(c.Words) > 1 && slices.Contains([]string{"sh", "bash"}, c.Name()) {
		word = c.Words[1]
	}
	if !word.Constant || !strings.Contains(word.Value, "/") {
		return ""
	}
	file := a.inContext(a.absolute(in, word.Value), in)
	e, ok := a.project.Files.Entry(file)
	if file == "" || !ok || !e.IsRegular() || e.Size > 1<<16 {
		return ""
	}
	text, err := a.project.Files.Read(file)
	if first, _, _ := strings.Cut(string(text), "\n"); err != nil || !shebang.MatchString(first) {
		return ""
	}
	return file
}

var shebang = regexp.MustCompile(`^#!.*\b(sh|bash)\b`)

// absolute is a path as the RUN's work directory gives it.
func (a *Apart) absolute(in *dockerfile.Instruction, name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join("/", a.Dockerfile.File.StateAt(in, nil).WorkingDir.Value, name)
}

// inContext is the file of the repository that a COPY above brings to a path of the image, "" when none does.
func (a *Apart) inContext(at string, before *dockerfile.Instruction) string {
	for _, in := range a.Stage.Instructions {
		if in == before {
			return ""
		}
		c, ok := in.Copy()
		if !ok || c.From != "" {
			continue
		}
		to, unproven := c.Target(a.Dockerfile.File.StateAt(in, nil))
		if len(unproven) > 0 {
			continue
		}
		for _, src := range c.Sources {
			from := path.Join(a.contextDir, src.Value)
			folder := path.Join(to, path.Base(src.Value))
			if at == folder && !whole(c) {
				return from
			}
			if rest, inside := strings.CutPrefix(at, strings.TrimSuffix(path.Clean(to), "/")+"/"); inside {
				if file := path.Join(from, rest); a.isFolder(from) {
					return file
				}
			}
		}
	}
	return ""
}

// isFolder says whether a path of the repository is a folder.
func (a *Apart) isFolder(at string) bool {
	return path.Clean(at) == path.Clean(a.contextDir) || a.project.Files.IsDir(at)
}

// installing says whether a RUN installs a language's dependencies, itself or by a script.
func (a *Apart) installing(in *dockerfile.Instruction) bool {
	known, asked := a.installers[in]
	if !asked {
		known = slices.ContainsFunc(a.steps(in), func(s step) bool {
			k := commandKind(s.Command)
			return k == installKind || addsPython(s.Command) || makesVenv(s.Command) != ""
		})
		a.installers[in] = known
	}
	return known
}

// addsPython says whether a command installs packages of Python by their names.
func addsPython(c shell.Command) bool {
	i, ok := shell.Installs(c)
	return ok && i.Action == shell.ActionAdd && (i.Manager == "pip" || i.Manager == "uv") && len(i.Packages)+len(i.Requirements) > 0
}

// makesVenv is the folder of the virtual environment that a command makes, "" when it makes none.
func makesVenv(c shell.Command) string {
	var words []string
	for _, w := range c.Words[1:] {
		if !w.Constant {
			return ""
		}
		if !strings.HasPrefix(w.Value, "-") || w.Value == "-m" {
			words = append(words, w.Value)
		}
	}
	switch {
	case strings.HasPrefix(c.Name(), "python") && len(words) == 3 && words[0] == "-m" && words[1] == "venv",
		c.Name() == "uv" && len(words) == 2 && words[0] == "venv", c.Name() == "virtualenv" && len(words) == 1:
		return words[len(words)-1]
	}
	return ""
}

// outputsOf notes the folders that an install fills. Every other command of it has to be one that leaves nothing else.
func (a *Apart) outputsOf(in *dockerfile.Instruction) error {
	for _, s := range a.steps(in) {
		where, err := a.output(in, s)
		if err != nil {
			return err
		}
		if where != "" && !slices.Contains(a.outputs, where) {
			a.outputs = append(a.outputs, where)
		}
	}
	for _, s := range a.steps(in) {
		if err := a.leavesNothing(in, s); err != nil {
			return err
		}
	}
	return nil
}

// output is the folder that a command installs into, "" when it installs nothing.
func (a *Apart) output(in *dockerfile.Instruction, s step) (string, error) {
	if dir := makesVenv(s.Command); dir != "" {
		return a.absolute(in, dir), nil
	}
	i, ok := shell.Installs(s.Command)
	if !ok || i.Action == shell.ActionClean {
		return "", nil
	}
	if i.Manager != "uv" && i.Manager != "pip" || i.Action != shell.ActionAdd && i.Action != shell.ActionRestore {
		return "", fmt.Errorf("line %d runs %s; where that installs to is not known to refit", in.Line, spoken(s.Command))
	}
	for _, o := range i.Options {
		switch o.Name {
		case "-t", "--target", "--prefix", "--root", "--src", "--python", "-p", "--system", "--active", "--project", "--directory", "--package", "-e", "--editable":
			return "", fmt.Errorf("line %d gives %s the option %s, so where it installs to can't be told", in.Line, i.Manager, o.Name)
		}
	}
	state := a.Dockerfile.File.StateAt(in, nil)
	if i.Manager == "uv" && i.Action == shell.ActionRestore {
		if err := a.projectApart(in, s.Command); err != nil {
			return "", err
		}
		return a.setFolder(state, "UV_PROJECT_ENVIRONMENT", ".venv")
	}
	if i.Manager == "uv" { // uv pip
		return a.setFolder(state, "VIRTUAL_ENV", ".venv")
	}
	return a.pipFolder(in, s, state)
}

// setFolder is the folder that a variable names, another under the work directory where it is not set.
func (a *Apart) setFolder(state dockerfile.State, name, otherwise string) (string, error) {
	v, ok := state.Env.Get(name)
	if !ok || v.Value == "" {
		return path.Join("/", state.WorkingDir.Value, otherwise), nil
	}
	if len(v.Unproven) > 0 {
		return "", fmt.Errorf("%s depends on what is known only when it is built", name)
	}
	if path.IsAbs(v.Value) {
		return path.Clean(v.Value), nil
	}
	return path.Join("/", state.WorkingDir.Value, v.Value), nil
}

// projectApart refuses a sync that installs the project itself from its source: what it leaves there isn't in the environment.
func (a *Apart) projectApart(in *dockerfile.Instruction, c shell.Command) error {
	if says(c, "--no-install-project", "--no-editable", "--no-install-workspace") {
		return nil
	}
	for _, u := range a.project.Units {
		if u.Language == stack.Python && (u.Dir == a.contextDir || strings.HasPrefix(u.Dir, a.contextDir+"/") || a.contextDir == ".") && (u.Package || u.Workspace) {
			return fmt.Errorf("line %d installs the project itself as it stands in the source", in.Line)
		}
	}
	return nil
}

// pipFolder is where pip installs to: the environment whose pip it is, the account's own folder, or the interpreter's.
func (a *Apart) pipFolder(in *dockerfile.Instruction, s step, state dockerfile.State) (string, error) {
	program := s.Words[0].Value
	if path.IsAbs(program) && strings.HasSuffix(path.Dir(program), "/bin") {
		return a.prefix(in, path.Dir(path.Dir(program)))
	}
	user, _ := state.Env.Get("PIP_USER")
	if says(s.Command, "--user") || user.Value == "1" || user.Value == "true" {
		if base, ok := state.Env.Get("PYTHONUSERBASE"); ok {
			return path.Clean(base.Value), nil
		}
		home := a.home(state)
		if home == "" {
			return "", fmt.Errorf("line %d installs into the home folder of an account of which that is not known", in.Line)
		}
		return path.Join(home, ".local"), nil
	}
	for _, dir := range strings.Split(envValue(state, "PATH"), ":") {
		if venv := path.Dir(path.Clean(dir)); path.Base(dir) == "bin" && slices.Contains(a.outputs, venv) {
			return venv, nil
		}
	}
	if a.underAccount(in) {
		return "", fmt.Errorf("line %d installs as an account that is not root, and where that goes can't be told", in.Line)
	}
	return a.prefix(in, path.Dir(path.Dir(a.image.Programs["python3"])))
}

// prefix is a folder that pip fills; a part of the system's own is none that could be copied.
func (a *Apart) prefix(in *dockerfile.Instruction, dir string) (string, error) {
	if dir != "/usr/local" && !slices.Contains(a.outputs, dir) {
		return "", fmt.Errorf("line %d installs into %s, which is not the installs' alone", in.Line, dir)
	}
	return dir, nil
}

func envValue(state dockerfile.State, name string) string {
	v, _ := state.Env.Get(name)
	return v.Value
}

// home is the home folder of the account that a RUN runs as, "" when that is not known.
func (a *Apart) home(state dockerfile.State) string {
	if v, ok := state.Env.Get("HOME"); ok && len(v.Unproven) == 0 {
		return v.Value
	}
	name, _, _ := strings.Cut(state.User.Value, ":")
	if name == "" || name == "root" || name == "0" {
		return "/root"
	}
	made, _ := a.madeAccounts()
	for _, m := range made {
		if m.Name == name && makesHome(m.by) && !says(m.by, "-d", "--home", "--home-dir") && !strings.Contains(spoken(m.by), "--home-dir=") {
			return "/home/" + name
		}
	}
	return ""
}

// quiet are commands that leave nothing but what they say.
var quiet = strings.Fields("set test [ [[ echo printf true : cd exit export return")

// leavesNothing refuses a command of an install that may leave something outside of what is copied.
func (a *Apart) leavesNothing(in *dockerfile.Instruction, s step) error {
	where := fmt.Sprintf("line %d", in.Line)
	if s.script != "" {
		where += " starts " + s.script + ", which"
	}
	for _, r := range s.Redirects {
		if r.Writes() && !r.Target.Is("/dev/null") && !r.Target.Is("/dev/stderr") && !r.Target.Is("/dev/stdout") && !a.broughtAgain(in, r.Target) {
			return fmt.Errorf("%s writes a file besides the install", where)
		}
	}
	_, installs := shell.Installs(s.Command)
	switch name := s.Name(); {
	case installs, makesVenv(s.Command) != "", slices.Contains(quiet, name):
		return nil
	case name == "uv" && len(s.Words) > 1 && (s.Words[1].Is("--version") || s.Words[1].Is("cache")):
		return nil
	case name == "uv" && len(s.Words) > 1 && s.Words[1].Is("lock") && a.broughtAgain(in, shell.Word{Value: "uv.lock", Constant: true}):
		return nil
	case (name == "pip" || name == "pip3") && len(s.Words) > 1 && slices.Contains([]string{"freeze", "list", "check", "--version", "cache", "config"}, s.Words[1].Value):
		return nil
	case slices.Contains([]string{"chmod", "chown", "rm", "mkdir", "find"}, name):
		for _, w := range operands(s.Command) {
			if !a.broughtAgain(in, w) {
				return fmt.Errorf("%s runs %s besides the install", where, spoken(s.Command))
			}
		}
		return nil
	}
	return fmt.Errorf("%s runs %s besides the install", where, spoken(s.Command))
}

// operands are the files that a command is about.
func operands(c shell.Command) []shell.Word {
	var list []shell.Word
	for _, w := range c.Words[1:] {
		if !strings.HasPrefix(w.Value, "-") {
			list = append(list, w)
		}
	}
	switch name := c.Name(); {
	case len(list) > 0 && (name == "chmod" || name == "chown"):
		return list[1:]
	case len(list) > 0 && name == "find":
		return list[:1]
	}
	return list
}

// broughtAgain says whether what stands at a path after the install doesn't matter: it is copied with the install, or
// a later copy of the whole source brings it again from the repository.
func (a *Apart) broughtAgain(in *dockerfile.Instruction, w shell.Word) bool {
	name := w.Value
	if i := strings.IndexAny(name, "*?["); i >= 0 {
		name = path.Dir(name[:i] + "x")
	}
	if strings.Contains(name, shell.Unknown) {
		return false
	}
	at := a.absolute(in, name)
	if inside(at, "/tmp") || slices.ContainsFunc(a.outputs, func(dir string) bool { return inside(at, dir) }) {
		return true
	}
	root, ok := a.wholeCopy()
	if !ok || !inside(at, root) {
		return false
	}
	file := path.Join(a.contextDir, strings.TrimPrefix(strings.TrimPrefix(at, root), "/"))
	_, exists := a.project.Files.Entry(file)
	return exists || a.isFolder(file)
}

// wholeCopy is where the whole source is copied to behind the install.
func (a *Apart) wholeCopy() (root string, ok bool) {
	for _, in := range a.Stage.Instructions[a.last+1:] {
		c, is := in.Copy()
		if !is || c.From != "" || !whole(c) || len(c.Exclude) > 0 {
			continue
		}
		if to, unproven := c.Target(a.Dockerfile.File.StateAt(in, nil)); len(unproven) == 0 {
			return path.Clean(to), true
		}
	}
	return "", false
}

// interpreter refuses an install by uv that may fetch an interpreter of its own, which would have to be copied too.
func (a *Apart) interpreter() error {
	state := a.Dockerfile.File.StateAt(a.Stage.Instructions[a.last], nil)
	uses := slices.ContainsFunc(a.Stage.Instructions[a.cut:a.last+1], func(in *dockerfile.Instruction) bool {
		return in.Keyword == "RUN" && slices.ContainsFunc(a.steps(in), func(s step) bool { return s.Name() == "uv" })
	})
	downloads := envValue(state, "UV_PYTHON_DOWNLOADS")
	if !uses || path.IsAbs(envValue(state, "UV_PYTHON")) || downloads == "never" || downloads == "manual" || downloads == "0" || downloads == "false" {
		return nil
	}
	for _, u := range a.project.Units {
		if u.Language != stack.Python || u.Dir != a.contextDir && a.contextDir != "." {
			continue
		}
		if !a.image.Runs(u) {
			return fmt.Errorf("uv may fetch another Python than the image's, as %s asks; set UV_PYTHON_DOWNLOADS=never where it need not", u.Manifests[0])
		}
	}
	return nil
}
