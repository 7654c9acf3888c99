// Package script reads what the instructions of a Dockerfile run: once for each version of a file, since nearly every
// rule asks.
package script

import (
	"path"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/shell"
	"refit/internal/source"
)

// Commands are the commands of a RUN, CMD, ENTRYPOINT or HEALTHCHECK; the spans of their words are
// places in the file. The exec form is one command, "sh -c" in it is looked into. The caller must not change them.
func Commands(in *dockerfile.Instruction) []shell.Command {
	return ofInstruction(in).commands
}

// run is what an instruction runs.
type run struct {
	commands []shell.Command
	installs source.Slot[[]*shell.Install]
	asShell  source.Slot[[]shell.Command]
}

func ofInstruction(in *dockerfile.Instruction) *run {
	return in.Runs.Recall(func() any { return &run{commands: read(in)} }).(*run)
}

// Installs says, by the index of Commands, what a command asks of a package manager: nil for the commands that
// ask none. The caller must not change it.
func Installs(in *dockerfile.Instruction) []*shell.Install {
	r := ofInstruction(in)
	return r.installs.Recall(func() []*shell.Install {
		found := make([]*shell.Install, len(r.commands))
		for n, c := range r.commands {
			if i, ok := shell.Installs(c); ok {
				kept := i // only those that are kept cost memory
				found[n] = &kept
			}
		}
		return found
	})
}

func read(in *dockerfile.Instruction) []shell.Command {
	if script, ok := in.Script(); ok {
		if script.Interpreter != "" && !IsShell(strings.Fields(script.Interpreter)[0]) {
			return nil
		}
		return asShell(script)
	}
	if !in.JSON {
		return nil
	}
	var words []shell.Word
	for _, w := range in.Words {
		words = append(words, shell.NewWord(shell.NewText(shell.Piece{Text: w.Value, Span: w.Span, Use: w.Span}), w.Span))
	}
	if in.Keyword == "HEALTHCHECK" && len(words) > 0 {
		words = words[1:]
	}
	return Of(words)
}

// AsShell are the commands of a shell form as a shell reads them, also of a here-document that says that another
// program reads it; ok is false for other instructions. The caller must not change them.
func AsShell(in *dockerfile.Instruction) (list []shell.Command, ok bool) {
	script, ok := in.Script()
	if !ok || script.Interpreter == "" {
		return Commands(in), ok
	}
	return ofInstruction(in).asShell.Recall(func() []shell.Command { return asShell(script) }), true
}

func asShell(s dockerfile.Script) []shell.Command {
	return shell.Commands(shell.ParseText(text(s), shell.POSIX), shell.Start{})
}

// Of are the commands of an argument list.
func Of(words []shell.Word) []shell.Command {
	if len(words) == 0 {
		return nil
	}
	if len(words) >= 3 && IsShell(words[0].Value) && strings.HasPrefix(words[1].Value, "-") && strings.HasSuffix(words[1].Value, "c") {
		return shell.Commands(shell.ParseText(words[2].Parts, shell.POSIX), shell.Start{})
	}
	return []shell.Command{{Words: words, DirKnown: true}}
}

// IsShell says whether the program is a shell that reads scripts as the POSIX one does.
func IsShell(program string) bool {
	switch path.Base(program) {
	case "sh", "bash", "ash", "dash":
		return true
	}
	return false
}

// text is a script with the places of its bytes in the file.
func text(s dockerfile.Script) shell.Text {
	var pieces []shell.Piece
	for part, span := range s.Parts() {
		pieces = append(pieces, shell.Piece{Text: part, Span: span, Use: span})
	}
	return shell.NewText(pieces...)
}
