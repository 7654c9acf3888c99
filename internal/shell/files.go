package shell

import (
	"path"
	"strings"
)

// Role is what a command does with a file that it names.
type Role string

// The roles.
const (
	RoleCompose    Role = "compose file"
	RoleEnvFile    Role = "env file"
	RoleDockerfile Role = "dockerfile"
	RoleContext    Role = "build context"
	RoleBake       Role = "bake file"
	RoleBind       Role = "bind mount"
	RoleScript     Role = "script"
	RoleMakefile   Role = "makefile"
	RoleFolder     Role = "folder" // cd, make -C, --project-directory
	RoleRead       Role = "read"
	RoleWrite      Role = "write"
	RoleMaybe      Role = "perhaps a file" // an operand of a program that refit doesn't know
)

// FileWord is a word that may name a file of the repository.
type FileWord struct {
	Word
	Role Role
	// Dir is the folder against which the name is resolved: the command's own but for make -C and
	// its like. It means nothing unless DirKnown.
	Dir      string
	DirKnown bool
}

// Resolve is the repo-relative path that the word means; ok is false when that is not known or
// leaves the repository.
func (w FileWord) Resolve() (p string, ok bool) {
	return Command{Dir: w.Dir, DirKnown: w.DirKnown}.Resolve(w.Word)
}

// FileWords are the words of a command that may name files of the repository, in no special order.
// For a program that refit doesn't know every operand is listed, as RoleMaybe: the caller looks
// whether such a file exists. Scripts given by -c are not looked into: Run lists their commands.
func FileWords(c Command) []FileWord {
	l := &fileList{dir: c.Dir, known: c.DirKnown}
	for _, r := range c.Redirects {
		switch {
		case r.Writes():
			l.add(RoleWrite, r.Target)
		case r.Reads():
			l.add(RoleRead, r.Target)
		}
	}
	inner := c.Unwrapped()
	if n := len(c.Words) - len(inner.Words); n > 0 { // dotenv -f .env -- cmd
		for _, o := range c.Words[1:n] {
			l.maybe(o)
		}
	}
	if strings.Contains(inner.Words[0].Value, "/") {
		l.add(RoleScript, inner.Words[0])
	}
	if l.docker(inner) {
		return l.words
	}
	l.program(inner)
	return l.words
}

type fileList struct {
	words []FileWord
	dir   string
	known bool
}

func (l *fileList) add(role Role, words ...Word) {
	for _, w := range words {
		if w.Value != "" && w.Value != "-" && !strings.Contains(w.Value, "://") {
			l.words = append(l.words, FileWord{Word: w, Role: role, Dir: l.dir, DirKnown: l.known})
		}
	}
}

func (l *fileList) opt(role Role, w *Word) {
	if w != nil {
		l.add(role, *w)
	}
}

// maybe adds what could be a file's name: the word, or what follows "=" in it.
func (l *fileList) maybe(w Word) {
	v := w.Value
	if name, value, ok := strings.Cut(v, "="); ok && (strings.HasPrefix(name, "-") || isName(name)) {
		w, v = w.Cut(len(name)+1, len(v)), value
	}
	if v == "" || strings.HasPrefix(v, "-") || len(v) > 500 || strings.ContainsAny(v, "\n\"'`;|<>") {
		return
	}
	l.add(RoleMaybe, w)
}

// docker lists the files of docker's own command lines.
func (l *fileList) docker(c Command) bool {
	if copy, ok := AsCopy(c); ok {
		l.copy(copy)
	}
	if compose, ok := AsCompose(c); ok {
		l.compose(c, compose)
		return true
	}
	if build, ok := AsBuild(c); ok {
		l.opt(RoleContext, build.Context)
		l.opt(RoleDockerfile, build.File)
		for _, w := range build.Contexts {
			l.afterEqual(RoleContext, w)
		}
		for _, w := range build.Secrets {
			fields := fieldsOf(w)
			l.add(RoleRead, fields["src"], fields["source"])
		}
		l.add(RoleWrite, given(build.Options, "--iidfile", "--metadata-file")...)
		return true
	}
	if bake, ok := AsBake(c); ok {
		l.add(RoleBake, bake.Files...)
		return true
	}
	if run, ok := AsRun(c); ok {
		l.volumes(run.Volumes)
		l.add(RoleEnvFile, run.EnvFiles...)
		l.add(RoleRead, given(run.Options, "--label-file")...)
		return true
	}
	if stack, ok := AsStackDeploy(c); ok {
		l.add(RoleCompose, stack.Files...)
		return true
	}
	return l.engine(c)
}

// engine lists the files of docker's other subcommands.
func (l *fileList) engine(c Command) bool {
	words, ok := engineCommand(c)
	if !ok {
		return engines[c.Name()]
	}
	opts, args, _ := options(words[1:], wordSet("-i --input -o --output -l --label -d --driver --template-driver -e --env --env-file -u --user -w --workdir --detach-keys -c --change -m --message --platform"), words[0].Is("exec"))
	switch words[0].Value {
	case "secret", "config":
		if len(args) == 3 && args[0].Is("create") {
			l.add(RoleRead, args[2])
		}
	case "load":
		l.add(RoleRead, given(opts, "-i", "--input")...)
	case "save", "export":
		l.add(RoleWrite, given(opts, "-o", "--output")...)
	case "import":
		if len(args) > 0 {
			l.add(RoleRead, args[0])
		}
	case "exec":
		l.add(RoleEnvFile, given(opts, "--env-file")...)
	}
	return true
}

func (l *fileList) copy(c Copy) {
	if !InContainer(c.From) {
		l.add(RoleRead, c.From)
	}
	if !InContainer(c.To) {
		l.add(RoleWrite, c.To)
	}
}

func (l *fileList) compose(c Command, compose Compose) {
	l.add(RoleCompose, compose.FileList(c)...)
	l.add(RoleEnvFile, compose.EnvFileList(c)...)
	l.opt(RoleFolder, compose.ProjectDirectory)
	switch compose.Subcommand.Value {
	case "run":
		opts, _, _ := options(compose.Args, composeRunOptions, true)
		l.volumes(volumes(opts))
		l.add(RoleEnvFile, given(opts, "--env-from-file")...)
	case "config", "convert":
		opts, _, _ := options(compose.Args, wordSet("-o --output --format --hash"), false)
		l.add(RoleWrite, given(opts, "-o", "--output")...)
	case "export":
		opts, _, _ := options(compose.Args, wordSet("-o --output --index"), false)
		l.add(RoleWrite, given(opts, "-o", "--output")...)
	}
}

// composeRunOptions take a value. Source: docker compose run --help, Compose 2.39.
var composeRunOptions = wordSet("--cap-add --cap-drop --entrypoint -e --env --env-from-file -l --label --name -p --publish --pull -u --user -v --volume -w --workdir")

func (l *fileList) volumes(list []Volume) {
	for _, v := range list {
		if v.Bind {
			l.add(RoleBind, v.Source)
		}
	}
}

func (l *fileList) afterEqual(role Role, w Word) {
	if name, value, ok := strings.Cut(w.Value, "="); ok && !strings.Contains(value, ":") {
		l.add(role, w.Cut(len(name)+1, len(w.Value)))
	}
}

// in is the list as it goes on in another folder.
func (l *fileList) in(dir Word) *fileList {
	st := &state{dir: place{l.dir, l.known}}
	at := st.at(dir)
	return &fileList{dir: at.path, known: at.known}
}

// Make is a call of make.
type Make struct {
	Dir     *Word // -C
	Files   []Word
	Targets []Word
	Vars    []Assignment // NAME=value on the command line
}

// makeOptions take a value. Source: make --help, GNU Make 4.3.
var makeOptions = wordSet("-C --directory -f --file --makefile -I --include-dir -o --old-file --assume-old -W --what-if --new-file --assume-new --eval")

// AsMake reads a command as a call of make.
func AsMake(c Command) (Make, bool) {
	c = c.Unwrapped()
	switch c.Name() {
	case "make", "gmake", "mingw32-make":
	default:
		return Make{}, false
	}
	opts, args, _ := options(c.Words[1:], makeOptions, false)
	m := Make{Dir: lastGiven(opts, "-C", "--directory"), Files: given(opts, "-f", "--file", "--makefile")}
	for _, w := range args {
		if name, _, ok := strings.Cut(w.Value, "="); ok {
			name = strings.TrimRight(name, ":?+")
			if isName(name) {
				at := strings.IndexByte(w.Value, '=') + 1
				m.Vars = append(m.Vars, Assignment{Name: name, Value: w.Cut(at, len(w.Value)), Span: w.Span})
				continue
			}
		}
		m.Targets = append(m.Targets, w)
	}
	return m, true
}

// isScript says whether an operand looks like the script that an interpreter is to run.
func isScript(w Word) bool { return path.Ext(w.Value) != "" || strings.Contains(w.Value, "/") }
