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
	shell    bool // it is the shell form
	foreign  bool // a here-document that says that another program reads it
}

func ofInstruction(in *dockerfile.Instruction) *run {
	return in.Runs.Recall(func() any {
		r := &run{}
		r.read(in)
		return r
	}).(*run)
}

// Installs says, by the index of Commands, what a command asks of a package manager: nil for the commands that
// ask none. The caller must not change it.
func Installs(in *dockerfile.Instruction) []*shell.Install {
	r := ofInstruction(in)
	return r.installs.Recall(func() []*shell.Install { return installs(r.commands) })
}

func installs(list []shell.Command) []*shell.Install {
	found := make([]*shell.Install, len(list))
	for n, c := range list {
		if i, ok := shell.Installs(c); ok {
			kept := i // only those that are kept cost memory
			found[n] = &kept
		}
	}
	return found
}

func (r *run) read(in *dockerfile.Instruction) {
	if script, ok := in.Script(); ok {
		r.shell, r.foreign = true, script.Interpreter != ""
		if !r.foreign || IsShell(strings.Fields(script.Interpreter)[0]) {
			r.commands = asShell(script)
		}
		return
	}
	if !in.JSON {
		return
	}
	words := make([]shell.Word, 0, len(in.Words))
	for _, w := range in.Words {
		words = append(words, shell.NewWord(shell.NewText(shell.Piece{Text: w.Value, Span: w.Span, Use: w.Span}), w.Span))
	}
	if in.Keyword == "HEALTHCHECK" && len(words) > 0 {
		words = words[1:]
	}
	r.commands = Of(words)
}

// AsShell are the commands of a shell form as a shell reads them, also of a here-document that says that another
// program reads it; ok is false for other instructions. The caller must not change them.
func AsShell(in *dockerfile.Instruction) (list []shell.Command, ok bool) {
	r := ofInstruction(in)
	if !r.foreign {
		return r.commands, r.shell
	}
	return source.Recall(&in.File().Memo, asShellKey{in}, func() []shell.Command {
		script, _ := in.Script()
		return asShell(script)
	}), true
}

// asShellKey is the key of the commands of what another program reads.
type asShellKey struct{ in *dockerfile.Instruction }

// InstallsAsShell is Installs for the commands of AsShell.
func InstallsAsShell(in *dockerfile.Instruction) []*shell.Install {
	if r := ofInstruction(in); r.foreign {
		list, _ := AsShell(in)
		return installs(list)
	}
	return Installs(in)
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
	return shell.Placed(s.Text, s.Parts())
}
