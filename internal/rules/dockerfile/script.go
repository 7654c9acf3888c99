package dockerfile

import (
	"bytes"
	"encoding/json"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/rules/dockerfile/script"
	"refit/internal/shell"
)

// commands are the commands of an instruction, see script.Commands.
func commands(in *dockerfile.Instruction) []shell.Command { return script.Commands(in) }

// installs are what those commands ask of package managers, see script.Installs.
func installs(in *dockerfile.Instruction) []*shell.Install { return script.Installs(in) }

// isShell says whether the program is a shell, see script.IsShell.
func isShell(program string) bool { return script.IsShell(program) }

// argvCommands are the commands of an argument list that stands in no file.
func argvCommands(argv []string) []shell.Command {
	words := make([]shell.Word, 0, len(argv))
	for _, a := range argv {
		words = append(words, shell.NewWord(shell.Literal(a), shell.Nowhere))
	}
	return script.Of(words)
}

// argv is a command's words as text; parts that only a run knows are "?".
func argv(c shell.Command) []string {
	var list []string
	for _, w := range c.Words {
		list = append(list, strings.ReplaceAll(w.Value, shell.Unknown, "?"))
	}
	return list
}

// jsonForm is the exec form of an argument list.
func jsonForm(words []string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('[')
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		_ = e.Encode(w)         // a string always encodes
		b.Truncate(b.Len() - 1) // the line end
	}
	b.WriteByte(']')
	return b.String()
}
