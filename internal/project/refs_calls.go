package project

import (
	"strings"

	"refit/internal/edit"
	"refit/internal/shell"
	"refit/internal/source"
)

// command is a call on its way: what it names is not looked up yet.
type command struct {
	Call
	kind     RefKind // of a reference that the call implies
	variant  int
	patterns []string // for each of Files: a pattern in its place, "" for a known one
	listed   bool     // files are named
	clone    string   // mention.clone
}

// call notes the command when it runs docker compose or docker build.
func (x *extraction) call(c shell.Command) {
	if compose, ok := shell.AsCompose(c); ok {
		x.composeCall(c, compose)
	} else if build, ok := shell.AsBuild(c); ok {
		x.buildCall(c, build)
	}
}

func (x *extraction) newCommand(c shell.Command, kind CallKind) command {
	return command{
		Call: Call{
			Kind: kind, From: x.at, Span: x.within(c.Span), Dir: c.Dir, Target: x.target, Certain: c.DirKnown && x.unsure == "",
		},
		kind: x.kind, variant: x.variant, clone: x.clone,
	}
}

func (x *extraction) within(s source.Span) source.Span {
	if s.Of(x.text) == nil {
		return source.Span{}
	}
	return s
}

func (x *extraction) composeCall(c shell.Command, compose shell.Compose) {
	call := x.newCommand(c, CallCompose)
	call.V1 = compose.V1
	call.Certain = call.Certain && !compose.Open
	inner := c.Unwrapped()
	call.Program, call.Quote = x.program(inner, compose)
	for _, w := range compose.FileList(c) {
		call.listed = true
		if at, ok := c.Resolve(w); ok {
			call.Files, call.patterns = append(call.Files, at), append(call.patterns, "")
			continue
		}
		call.Certain = false
		call.Files, call.patterns = append(call.Files, ""), append(call.patterns, openPath(c, w))
	}
	for _, w := range compose.EnvFileList(c) {
		if at, ok := c.Resolve(w); ok {
			call.EnvFiles = append(call.EnvFiles, at)
		} else {
			call.Certain = false
		}
	}
	if w := compose.Project(c); w != nil {
		if call.ProjectName = known(*w); call.ProjectName == "" {
			call.Certain = false
		}
	}
	if w := compose.ProjectDirectory; w != nil {
		at, ok := c.Resolve(*w)
		call.ProjectDir, call.Certain = at, call.Certain && ok
	}
	call.Subcommand = known(compose.Subcommand)
	call.Args = values(compose.Args)
	call.After = x.after(compose.Options, compose.Name.End, "-f", "--file")
	x.calls = append(x.calls, call)
}

func (x *extraction) buildCall(c shell.Command, build shell.Build) {
	call := x.newCommand(c, CallBuild)
	inner := c.Unwrapped()
	call.Program = x.within(inner.Words[0].Span)
	if o := inner.Words[0].Origin(); !o.IsZero() {
		call.Program = o
	}
	remote := false
	if build.Context != nil {
		at, ok := c.Resolve(*build.Context)
		if remote = strings.Contains(build.Context.Value, "://") || build.Context.Value == "-"; remote {
			at = ""
		}
		call.Context, call.Certain = at, call.Certain && ok && !remote
	} else {
		call.Certain = false
	}
	switch {
	case build.File != nil:
		at, ok := c.Resolve(*build.File)
		call.Dockerfile, call.Certain = at, call.Certain && ok
	case call.Context != "":
		call.Dockerfile, call.Implicit = joined(call.Context, "Dockerfile"), true
	}
	if build.Target != nil {
		call.Stage = known(*build.Target)
	}
	// docker build, docker buildx build, docker image build: options go behind the last of these words.
	end := inner.Words[0].Span.End
	for _, w := range inner.Words[1:] {
		end = w.Span.End
		if w.Is("build") || w.Is("b") {
			break
		}
	}
	call.After = x.after(build.Options, end, "-f", "--file")
	call.Subcommand = "build"
	for i, w := range inner.Words {
		if i > 0 {
			call.Args = append(call.Args, known(w))
		}
	}
	x.calls = append(x.calls, call)
}

func joined(dir, name string) string {
	if dir == "." {
		return name
	}
	return dir + "/" + name
}

func known(w shell.Word) string {
	if !w.Constant {
		return ""
	}
	return strings.ReplaceAll(w.Value, shell.Root, ".")
}

func values(words []shell.Word) []string {
	var out []string
	for _, w := range words {
		out = append(out, strings.ReplaceAll(strings.ReplaceAll(w.Value, shell.Root, "."), shell.Unknown, "?"))
	}
	return out
}

// openPath is the pattern of the files that a word may mean, "" when anything.
func openPath(c shell.Command, w shell.Word) string {
	cut := strings.LastIndexByte(w.Value, '/') + 1
	base, ok := shell.Resolve(c.Dir, w.Value[:cut])
	name := strings.ReplaceAll(w.Value[cut:], shell.Unknown, "*")
	if !ok || !c.DirKnown || len(strings.Trim(name, "*?.[]")) < 3 {
		return ""
	}
	return joined(base, name)
}

// program is where "docker compose" or "docker-compose" is written, in a variable's definition when
// it came from there. quote says that two words need quotes there.
func (x *extraction) program(c shell.Command, compose shell.Compose) (at source.Span, quote bool) {
	first := c.Words[0]
	at = x.within(compose.Name)
	if first.Origin().IsZero() || first.Origin().Of(x.text) == nil {
		return at, false
	}
	if compose.V1 {
		at = first.Origin()
		before := byte(' ')
		if at.Start > 0 {
			before = x.text[at.Start-1]
		}
		return at, before == '=' && x.kind != RefMake && at != first.Span
	}
	for _, w := range c.Words[1:] {
		if w.Is("compose") {
			if o := w.Origin(); o.Start > first.Origin().End && o.Start-first.Origin().End < 200 && o.Of(x.text) != nil {
				at = source.Span{Start: first.Origin().Start, End: o.End}
			}
			break
		}
	}
	return at, false
}

// after is the offset behind the last of some options, where it is written: in a variable's
// definition when the option came from there. otherwise is the place when none of them is given.
func (x *extraction) after(opts []shell.Option, otherwise int, names ...string) int {
	at := otherwise
	for _, o := range opts {
		if o.Name != names[0] && o.Name != names[1] || !o.Given {
			continue
		}
		flag := *o.Word
		pieces := flag.Parts.Pieces()
		if len(pieces) == 0 || pieces[0].Span.Start < 0 {
			continue
		}
		if pieces[0].Use == pieces[0].Span && o.Value.Span.End > flag.Span.Start {
			at = max(flag.Span.End, o.Value.Span.End)
			continue
		}
		at = x.optionEnd(pieces[0].Span.Start, o.Value.Value != "" && strings.HasSuffix(flag.Value, o.Value.Value))
	}
	if at < 0 || at > len(x.text) {
		return 0
	}
	return at
}

// optionEnd is where an option that is written at an offset ends together with its value.
func (x *extraction) optionEnd(at int, joined bool) int {
	at = x.wordEnd(at)
	if joined {
		return at
	}
	for at < len(x.text) && (x.text[at] == ' ' || x.text[at] == '\t') {
		at++
	}
	return x.wordEnd(at)
}

// wordEnd is the end of the word at an offset: quotes and brackets of expansions hold it together.
func (x *extraction) wordEnd(at int) int {
	depth, quote := 0, byte(0)
	for ; at < len(x.text); at++ {
		b := x.text[at]
		switch {
		case b == '\n' || b == '\r':
			return at
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '$' && at+1 < len(x.text) && (x.text[at+1] == '(' || x.text[at+1] == '{'):
			depth++
			at++
		case depth > 0:
			if b == ')' || b == '}' {
				depth--
			}
		case b == ' ' || b == '\t':
			return at
		case b == '"' || b == '\'':
			if !closes(x.text[at+1:], b) {
				return at // it closes the definition, not the word
			}
			quote = b
		}
	}
	return at
}

// closes says whether a quote is closed on the same line before a blank.
func closes(rest []byte, quote byte) bool {
	for _, b := range rest {
		switch b {
		case quote:
			return true
		case '\n', ' ', '\t':
			return false
		}
	}
	return false
}

// Insert is the edit that adds an option with a value to the call, behind its last -f.
func (c Call) Insert(option, value string) edit.Edit {
	text := " " + option + " " + value
	switch {
	case c.ahead:
		text = `"` + option + `", "` + value + `", `
	case c.Argv:
		text = `, "` + option + `", "` + value + `"`
	}
	return edit.Insert(c.After, text, "")
}

// Upgrade is the edit that makes docker compose of docker-compose; ok is false when there is nothing
// to do or no place where it can be done.
func (c Call) Upgrade() (e edit.Edit, ok bool) {
	if !c.V1 || c.Program.Len() == 0 || c.Argv {
		return edit.Edit{}, false
	}
	text := "docker compose"
	if c.Quote {
		text = `"docker compose"`
	}
	return edit.Replace(c.Program, text, ""), true
}
