package project

import (
	"bytes"
	"regexp"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// commandWords is where a command line that may name Docker files begins, in whatever file it stands.
var commandWords = regexp.MustCompile(`\b(?:docker-compose|docker|podman-compose|podman|nerdctl)\s+(?:compose\b|build\b|buildx\b|image\b|run\b|create\b|stack\b|-{1,2}[a-z]|up\b|down\b|pull\b|exec\b|ps\b|logs\b|config\b)|^[ \t]+(?:\$ )?poetry (?:run|install|sync|shell|lock|add)\b`)

// foreign are bytes that other shells than POSIX ones read in a way of their own: %NAME%, ^, a backslash
// in paths, a backtick.
const foreign = "%^`\\"

// commandLines finds the command lines of a file that no parser of ours reads: one to a line, from the name
// of the program to the end of the line or of the string that it stands in. dirs are the folders in which
// they may run, the likeliest first. A line in another shell's notation is left to the tokens.
func (x *extraction) commandLines(dirs ...string) {
	for at := 0; at < len(x.text); {
		line := lineAt(x.text, at)
		at = line.End + 1
		if line.Len() > 4000 {
			continue
		}
		m := commandWords.FindIndex(line.Of(x.text))
		if m == nil {
			continue
		}
		span := x.commandSpan(line, line.Start+m[0])
		if bytes.ContainsAny(span.Of(x.text), foreign) {
			continue
		}
		x.docScript(shell.Verbatim(x.text, span), dirs)
	}
}

// commandSpan is the command line that starts at an offset: up to the quote that ends the string in which it
// stands, or to the end of the line.
func (x *extraction) commandSpan(line source.Span, start int) source.Span {
	end := line.End
	for end > start && strings.IndexByte(" \t\r", x.text[end-1]) >= 0 {
		end--
	}
	for i, quote := line.Start, byte(0); i < end; i++ {
		b := x.text[i]
		switch {
		case quote == 0 && (b == '"' || b == '\'' || b == '`') && i < start:
			quote = b
		case quote != 0 && b == quote && i < start:
			quote = 0
		case quote != 0 && b == quote:
			return source.Span{Start: start, End: i}
		case b == '<' && i > start && bytes.HasPrefix(x.text[i:end], []byte("</")):
			return source.Span{Start: start, End: i}
		}
	}
	return source.Span{Start: start, End: end}
}

// dirs are the folders that a path in the file may start from: the root, its own.
func (x *extraction) dirs() []string {
	if x.dir() == "." {
		return []string{"."}
	}
	return []string{".", x.dir()}
}

// otherScript finds the command lines of a script in a language that refit does not read (PowerShell, batch,
// fish), of a Procfile, a Jenkinsfile, a tox.ini.
func (x *extraction) otherScript() {
	x.kind = RefScript
	x.commandLines(x.dirs()...)
	x.keyedPaths()
	x.tokens(tokenRules{code: true, loose: "refit can't tell what reads it here"})
}

// elsewhere finds the command lines of a file that is carried out on another machine or in another folder:
// a systemd unit, a crontab, a playbook, a template.
func (x *extraction) elsewhere() {
	x.kind = RefScript
	x.unsure = "it runs in a folder that refit does not know"
	x.commandLines(x.dirs()...)
	x.unsure = ""
	x.tokens(tokenRules{comment: anywhere, loose: "it is read in a folder that refit does not know"})
}

// document finds the command lines and names of a document that is not Markdown.
func (x *extraction) document() {
	x.kind = RefDocs
	if keepsHistory(x.at) {
		return
	}
	dirs := x.dirs()
	if len(dirs) > 1 {
		dirs[0], dirs[1] = dirs[1], dirs[0]
	}
	before := len(x.calls)
	x.commandLines(dirs...)
	if !x.shows() {
		x.calls = x.calls[:before]
	}
	x.proseIn([]source.Span{{End: len(x.text)}})
}

// shows says whether the format is one in which commands are shown in blocks of their own, so that what a
// line runs can be told from a sentence about it.
func (x *extraction) shows() bool {
	for _, mark := range []string{"::", "----", "<code", "<pre"} {
		if bytes.Contains(x.text, []byte(mark)) {
			return true
		}
	}
	return false
}
