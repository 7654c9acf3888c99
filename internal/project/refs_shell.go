package project

import (
	"path"
	"slices"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// script finds what a shell script names and runs.
func (x *extraction) script(s *shell.Script, start shell.Start) {
	trace := shell.Run(s, start)
	for _, c := range trace.Commands {
		if x.kind == RefDocs {
			x.cloned(c)
			c.Dir, x.clone = x.inClone(c.Dir)
		}
		x.command(c)
	}
	x.clone = ""
	for _, a := range trace.Assignments {
		x.assigned(a, start.Dir)
	}
	for _, r := range trace.Redirects {
		x.word(shell.FileWord{Word: r.Target, Role: shell.RoleRead, Dir: start.Dir, DirKnown: true})
	}
}

// command finds what one command names, and the call that it is.
func (x *extraction) command(c shell.Command) {
	copies, sends := copying(c), sending(c)
	for _, w := range shell.FileWords(c) {
		before, name := x.unsure, path.Base(w.Value)
		switch {
		case x.unsure != "":
		case copies && isComposeName(name):
			x.unsure = "the command copies it, and paths in a Compose file start from the folder of the copy"
		case sends && isEnvFileName(name):
			x.unsure = "the command copies it to another place, where what reads it looks for it by the name it has now"
		}
		x.copied = copies || w.Role == shell.RoleWrite
		x.word(w)
		x.unsure, x.copied = before, false
	}
	for _, a := range c.Env {
		x.assigned(a, c.Dir)
	}
	x.hereDocuments(c)
	x.call(c)
	x.packageCall(c)
}

// copying says whether a command writes what it reads to another file: cp, and what filters a text into one.
func copying(c shell.Command) bool {
	inner := c.Unwrapped()
	switch inner.Name() {
	case "cp", "mv", "ln", "install", "rsync", "scp", "sftp":
		return true
	case "cat", "sed", "awk", "envsubst", "yq", "head", "tail", "grep":
		return slices.ContainsFunc(c.Redirects, func(r shell.Redirect) bool { return r.Writes() })
	}
	return false
}

// sending says whether a command copies files, mostly to another machine. A Compose file that goes along names its
// env file by a path that holds there too.
func sending(c shell.Command) bool {
	switch c.Unwrapped().Name() {
	case "rsync", "scp", "sftp":
		return true
	}
	return false
}

// hereDocuments reads what a command gets on its standard input: a shell runs it, cat prints it.
func (x *extraction) hereDocuments(c shell.Command) {
	inner := c.Unwrapped()
	silent := true // nothing of it goes to a file
	for _, r := range c.Redirects {
		silent = silent && !r.Writes()
	}
	name := inner.Name()
	switch name {
	case "echo", "printf":
		if silent {
			x.prose = append(x.prose, c.Span)
		}
		return
	case "cat", "sh", "bash", "dash", "zsh", "ksh":
	default:
		return
	}
	for _, r := range c.Redirects {
		switch {
		case r.Body.Len() == 0:
		case name == "cat" && silent:
			x.prose = append(x.prose, r.Body.Use(0, r.Body.Len()))
		case name != "cat" && onlyOptions(inner.Words[1:]):
			x.script(shell.ParseText(r.Body, shell.Bash), shell.Start{Dir: c.Dir})
		}
	}
}

func onlyOptions(words []shell.Word) bool {
	for _, w := range words {
		if !strings.HasPrefix(w.Value, "-") || w.Value == "-c" {
			return false
		}
	}
	return true
}

// word notes a word of a command that may name a file.
func (x *extraction) word(w shell.FileWord) {
	m := mention{Reference: Reference{Copied: x.copied}, weight: asOperand, keep: keeps(w.Role, w.Value)}
	if w.Role == shell.RoleMaybe && !strings.ContainsAny(w.Value, "./") {
		m.fileOnly = true
	}
	if w.Role == shell.RoleScript {
		m.runs, m.dir = true, w.Dir
	}
	x.place(m, w.Word, w.Dir, w.DirKnown)
}

// keeps says whether the word names a file for sure, so that one which is not there is missing.
func keeps(role shell.Role, value string) bool {
	switch role {
	case shell.RoleCompose, shell.RoleEnvFile, shell.RoleDockerfile:
		return true
	case shell.RoleMaybe, shell.RoleRead, shell.RoleWrite, shell.RoleBind:
		return notable(path.Base(value))
	}
	return false
}

// assigned notes a variable's value that is a path, or a list of them as COMPOSE_FILE is.
func (x *extraction) assigned(a shell.Assignment, dir string) {
	words := append([]shell.Word{}, a.Items...)
	switch a.Name {
	case "COMPOSE_FILE":
		words = append(words, a.Value.Split(":")...)
	case "COMPOSE_ENV_FILES":
		words = append(words, a.Value.Split(",")...)
	default:
		words = append(words, a.Value)
	}
	for _, w := range words {
		x.place(mention{weight: asValue, fileOnly: !strings.Contains(w.Value, "/")}, w, dir, true)
	}
}

// place adds the mention of the file that a word names in a folder: the part of the word that is
// written in one place, behind a prefix that is a folder.
func (x *extraction) place(m mention, w shell.Word, dir string, known bool) {
	if len(w.Value) > 1000 || strings.ContainsAny(w.Value, "\n") || w.Value == "" {
		return
	}
	if !w.Constant || w.Glob {
		x.open(m, w, dir, known)
		return
	}
	to, ok := shell.Command{Dir: dir, DirKnown: known}.Resolve(w)
	if !ok {
		return
	}
	pieces := w.Parts.Pieces()
	last := pieces[len(pieces)-1]
	if last.Span.Start < 0 || last.Span.Len() != len(last.Text) {
		x.open(m, w, dir, known)
		return
	}
	m.To, m.Span, m.Raw, m.Base = to, last.Span, last.Text, dir
	if prefix := w.Value[:len(w.Value)-len(last.Text)]; prefix != "" {
		if m.Raw != "" && m.Raw[0] == '/' {
			m.Raw, m.Span.Start = m.Raw[1:], m.Span.Start+1
		} else if !strings.HasSuffix(prefix, "/") {
			x.open(m, w, dir, known)
			return
		}
		if m.Base, ok = shell.Resolve(dir, prefix); !ok || m.Raw == "" {
			return
		}
	}
	x.add(m)
}

// open adds the mention of the files that a word may name of which a part is not known or is a
// pattern: only the folder in front of its last element can be written anew.
func (x *extraction) open(m mention, w shell.Word, dir string, known bool) {
	cut := strings.LastIndexByte(w.Value, '/') + 1
	folder, name := w.Value[:cut], w.Value[cut:]
	pattern := strings.ReplaceAll(name, shell.Unknown, "*")
	if len(strings.Trim(pattern, "*?.[]")) < 3 || strings.Contains(name, shell.Root) {
		return
	}
	base, ok := shell.Resolve(dir, folder)
	if !ok || !known && !strings.HasPrefix(folder, shell.Root) {
		return
	}
	m.Span, m.Raw, m.To, m.keep = w.Parts.Use(cut, len(w.Value)), "", "", false
	m.Base, m.Escape, m.pattern = base, EscapePattern, path.Join(base, pattern)
	if !writtenFrom(w.Parts, cut) {
		m.Span, m.Unsure = w.Span, "its name is put together from several places"
	}
	x.add(m)
}

// writtenFrom says whether the part of a text behind an offset begins in a place of its own, so that
// a folder can be written in front of it, and is not all out of a variable.
func writtenFrom(t shell.Text, cut int) bool {
	rest := t.Slice(cut, t.Len()).Pieces()
	direct := func(p shell.Piece) bool { return p.Span.Start >= 0 && p.Use == p.Span }
	at := 0
	for _, p := range t.Pieces() {
		if at < cut && cut < at+len(p.Text) && !direct(p) {
			return false
		}
		at += len(p.Text)
	}
	for _, p := range rest {
		if direct(p) {
			return true
		}
	}
	return false
}

// verbatim is the text of a span as a word of a command line.
func (x *extraction) verbatim(at source.Span) shell.Word {
	return shell.NewWord(shell.Verbatim(x.text, at), at)
}
