package dockerfile

import (
	"encoding/json"
	"path"
	"strings"

	"refit/internal/dockerfile"
	"refit/internal/shell"
	"refit/internal/source"
)

// commands are the commands of a RUN, CMD, ENTRYPOINT or HEALTHCHECK; the spans of their words are
// places in the file. The exec form is one command, "sh -c" in it is looked into.
func commands(in *dockerfile.Instruction) []shell.Command {
	return source.Recall(&in.File().Memo, commandsKey{in}, func() []shell.Command { return readCommands(in) })
}

// commandsKey is the key of an instruction's commands, which nearly every rule asks for.
type commandsKey struct{ in *dockerfile.Instruction }

func readCommands(in *dockerfile.Instruction) []shell.Command {
	if script, ok := in.Script(); ok {
		if script.Interpreter != "" && !isShell(strings.Fields(script.Interpreter)[0]) {
			return nil
		}
		return shell.Commands(shell.ParseText(textOf(script), shell.POSIX), shell.Start{})
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
	return commandsOf(words)
}

// commandsOf are the commands of an argument list.
func commandsOf(words []shell.Word) []shell.Command {
	if len(words) == 0 {
		return nil
	}
	if len(words) >= 3 && isShell(words[0].Value) && strings.HasPrefix(words[1].Value, "-") && strings.HasSuffix(words[1].Value, "c") {
		return shell.Commands(shell.ParseText(words[2].Parts, shell.POSIX), shell.Start{})
	}
	return []shell.Command{{Words: words, DirKnown: true}}
}

// argvCommands are the commands of an argument list that stands in no file.
func argvCommands(argv []string) []shell.Command {
	var words []shell.Word
	for _, a := range argv {
		words = append(words, shell.NewWord(shell.Literal(a), shell.Nowhere))
	}
	return commandsOf(words)
}

func isShell(program string) bool {
	switch path.Base(program) {
	case "sh", "bash", "ash", "dash":
		return true
	}
	return false
}

// textOf is a script with the places of its bytes in the file.
func textOf(s dockerfile.Script) shell.Text {
	var pieces []shell.Piece
	for lo := 0; lo < len(s.Text); {
		hi := lo + 1
		for hi < len(s.Text) && s.Offset(hi) == s.Offset(hi-1)+1 {
			hi++
		}
		span := source.Span{Start: s.Offset(lo), End: s.Offset(hi-1) + 1}
		pieces = append(pieces, shell.Piece{Text: s.Text[lo:hi], Span: span, Use: span})
		lo = hi
	}
	return shell.NewText(pieces...)
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
	var list []string
	for _, w := range words {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(w) // a string always encodes
		list = append(list, strings.TrimSuffix(b.String(), "\n"))
	}
	return "[" + strings.Join(list, ", ") + "]"
}
