package project

import (
	"path"
	"strings"

	"refit/internal/dockerignore"
	"refit/internal/dotenv"
	"refit/internal/gitrepo"
	"refit/internal/markdown"
	"refit/internal/shell"
	"refit/internal/source"
)

// shellScript finds what a shell script names. It is started in the root or in its own folder.
func (x *extraction) shellScript() {
	x.kind = RefScript
	d, _ := shell.DialectOf(x.text)
	s := shell.Parse(x.text, d)
	x.script(s, shell.Start{Dir: ".", Path: x.at})
	if dir := x.dir(); dir != "." {
		x.variant = 1
		x.script(s, shell.Start{Dir: dir, Path: x.at})
		x.variant = 0
	}
	x.tokens(tokenRules{comment: anywhere, loose: "refit can't tell what reads it here"})
}

// markdown finds the commands, code and links of a document. Commands are meant for the document's
// folder or for the root.
func (x *extraction) markdown() {
	x.kind = RefDocs
	d := markdown.Parse(x.text)
	dirs := []string{x.dir()}
	if dirs[0] != "." {
		dirs = append(dirs, ".")
	}
	for _, b := range d.Blocks {
		if script, sure, ok := b.Shell(); ok && sure {
			x.docScript(script, dirs)
		}
	}
	for _, c := range d.CodeSpans {
		text := c.Text.String()
		if !strings.ContainsAny(strings.TrimSpace(text), " \t") {
			for i, dir := range dirs {
				x.variant = i
				w := shell.NewWord(c.Text, c.Span)
				x.place(mention{weight: asValue, fileOnly: !strings.Contains(text, "/")}, w, dir, true)
			}
			x.variant = 0
			continue
		}
		if first, _, _ := strings.Cut(strings.TrimLeft(text, "$ "), " "); runnable[first] {
			x.docScript(c.Shell(), dirs)
		}
	}
	for _, l := range d.Links {
		if to, at, ok := l.Path(); ok {
			base, own := x.dir(), true
			if strings.HasPrefix(to, "/") {
				base, own = ".", false
				to, at.Start = to[1:], at.Start+1
			}
			x.path(at, to, base, own, asOperand, false)
		}
	}
	x.markdownProse(d)
}

// runnable are programs by which a code span is known for a command line.
var runnable = map[string]bool{
	"docker": true, "docker-compose": true, "podman": true, "podman-compose": true, "cp": true, "mv": true, "make": true,
	"source": true, "cat": true, "sh": true, "bash": true, "sudo": true, "vi": true, "vim": true, "nano": true, "cd": true, "poetry": true,
}

func (x *extraction) docScript(t shell.Text, dirs []string) {
	for i, dir := range dirs {
		x.variant = i
		x.script(shell.ParseText(t, shell.Bash), shell.Start{Dir: dir})
	}
	x.variant = 0
}

// envFile finds the values of a dotenv file that name files.
func (x *extraction) envFile() {
	x.kind = RefEnv
	f, err := dotenv.Parse(x.at, x.text)
	if err != nil {
		return
	}
	for _, v := range f.Vars {
		at := v.ValueSpan
		if n := len(v.Raw); n >= 2 && v.Raw[0] == v.Raw[n-1] && (v.Raw[0] == '"' || v.Raw[0] == '\'') {
			at = source.Span{Start: at.Start + 1, End: at.End - 1}
		}
		if string(at.Of(x.text)) != v.Value {
			continue
		}
		w := shell.NewWord(shell.Verbatim(x.text, at), at)
		switch v.Key {
		case "COMPOSE_FILE":
			x.list(w, separatorOf(f), x.dir())
		case "COMPOSE_ENV_FILES":
			x.list(w, ",", x.dir())
		default:
			if notable(path.Base(v.Value)) {
				x.unsure = "refit can't tell who reads the variable"
				x.place(mention{weight: asValue, fileOnly: true}, w, ".", true)
				x.unsure = ""
			}
		}
	}
	x.tokens(tokenRules{comment: wholeLines})
}

func separatorOf(f *dotenv.File) string {
	if v, ok := f.Get("COMPOSE_PATH_SEPARATOR"); ok && v.Value != "" {
		return v.Value
	}
	return ":"
}

// splitList cuts the value of COMPOSE_FILE of an env file into its files.
func splitList(value string, e *EnvFile) []string {
	var files []string
	for f := range strings.SplitSeq(value, separatorOf(e.File)) {
		if f = strings.TrimSpace(f); f != "" {
			files = append(files, f)
		}
	}
	return files
}

func (x *extraction) list(w shell.Word, separator, dir string) {
	for _, part := range w.Split(separator) {
		x.place(mention{weight: asOperand, keep: true}, part, dir, true)
	}
}

// dockerignore finds the patterns that name just one file of the build context. They start at its root.
func (x *extraction) dockerignore() {
	x.kind = RefIgnore
	context := x.dir()
	if path.Base(x.at) != ".dockerignore" {
		x.tokens(tokenRules{comment: firstColumn})
		return // the context of its Dockerfile is not known here
	}
	for _, p := range dockerignore.Parse(x.at, x.text).Patterns {
		x.ignored(p.Span, p.Text, context)
	}
	x.tokens(tokenRules{comment: firstColumn})
}

func (x *extraction) ignored(at source.Span, text, base string) {
	if rest, ok := strings.CutPrefix(text, "!"); ok {
		text, at.Start = rest, at.Start+1
	}
	if !isPattern(text) {
		to := path.Join(base, strings.TrimPrefix(text, "/"))
		x.add(mention{Reference: Reference{Span: at, Raw: text, To: to, Base: base, OwnBase: base == x.dir()}, weight: asOperand})
	}
}

// gitPatterns finds the patterns of .gitignore, .gitattributes and CODEOWNERS that name just one
// file. A pattern without a slash matches in every folder, so a move does not change what it does.
func (x *extraction) gitPatterns() {
	x.kind = RefIgnore
	base := x.dir()
	if name := path.Base(x.at); strings.EqualFold(name, "CODEOWNERS") {
		base = "."
	}
	for _, p := range gitrepo.ParseIgnore(x.at, x.text).Patterns {
		text, _, _ := strings.Cut(strings.TrimRight(p.Text, " \t"), " ")
		at := source.Span{Start: p.Span.Start, End: p.Span.Start + len(text)}
		name := strings.TrimPrefix(text, "!")
		if strings.Contains(strings.TrimSuffix(name, "/"), "/") {
			x.ignored(at, text, base)
		}
	}
	x.tokens(tokenRules{comment: firstColumn})
}

// editorconfig finds the sections that name one file by its path; a name without a slash is meant in every folder.
// https://spec.editorconfig.org/#glob-expressions
func (x *extraction) editorconfig() {
	x.kind = RefIgnore
	for at := 0; at < len(x.text); {
		line := lineAt(x.text, at)
		at = line.End + 1
		text := strings.TrimSpace(string(line.Of(x.text)))
		if name, ok := strings.CutPrefix(text, "["); ok && strings.Contains(name, "/") && strings.HasSuffix(name, "]") {
			name = strings.TrimSuffix(name, "]")
			start := line.Start + strings.Index(string(line.Of(x.text)), name)
			x.ignored(source.Span{Start: start, End: start + len(name)}, name, x.dir())
		}
	}
	x.tokens(tokenRules{comment: firstColumn})
}

// settings finds the strings of TOML and INI files that are a path from their folder, and the
// commands under the keys of task runners.
func (x *extraction) settings() {
	x.kind = RefPackage
	section := ""
	for at := 0; at < len(x.text); {
		line := lineAt(x.text, at)
		at = line.End + 1
		text := strings.TrimSpace(string(line.Of(x.text)))
		if strings.HasPrefix(text, "[") && !strings.Contains(text, "=") {
			section = strings.Trim(text, "[] ")
			continue
		}
		if strings.HasPrefix(text, "#") || strings.HasPrefix(text, ";") {
			continue
		}
		for _, s := range quoted(x.text, line) {
			value := string(s.Of(x.text))
			if strings.ContainsAny(value, " ") && taskSection(section) {
				x.script(shell.ParseText(shell.Verbatim(x.text, s), shell.POSIX), shell.Start{Dir: x.dir()})
				continue
			}
			if notable(path.Base(value)) {
				x.path(s, value, x.dir(), true, asValue, false)
			}
		}
	}
	x.tokens(tokenRules{comment: anywhere, loose: "refit can't tell what reads it here"})
}

// taskSection says whether a section of pyproject.toml or mise.toml holds commands.
func taskSection(section string) bool {
	for _, s := range []string{"tool.poe.tasks", "tool.taskipy.tasks", "tool.pdm.scripts", "tool.rye.scripts", "tool.hatch.envs", "tool.pixi.tasks", "tasks", "tool.just", "scripts"} {
		if section == s || strings.HasPrefix(section, s+".") {
			return true
		}
	}
	return false
}

// dockerfileComments and composeComments read what the graph of paths leaves: comments.
func (x *extraction) dockerfileComments() {
	x.kind = RefDocs
	x.tokens(tokenRules{comment: wholeLines})
}

func (x *extraction) composeComments() {
	x.kind = RefDocs
	x.tokens(tokenRules{comment: anywhere})
}
