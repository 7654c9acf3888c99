package project

import (
	"bytes"
	"strings"

	"refit/internal/shell"
	"refit/internal/source"
)

// justVariable reads a line NAME := "value" of a justfile.
func justVariable(text []byte, line source.Span) (name string, value source.Span, ok bool) {
	left, right, ok := strings.Cut(string(line.Of(text)), ":=")
	if !ok {
		return "", source.Span{}, false
	}
	name = strings.TrimPrefix(strings.TrimSpace(left), "export ")
	trimmed := strings.TrimSpace(right)
	if len(trimmed) < 2 || trimmed[0] != '"' && trimmed[0] != '\'' || strings.IndexByte(trimmed[1:], trimmed[0]) != len(trimmed)-2 {
		return "", source.Span{}, false
	}
	start := line.Start + len(left) + 2 + strings.Index(right, trimmed) + 1
	return name, source.Span{Start: start, End: start + len(trimmed) - 2}, true
}

// filledIn is a line of a recipe as the shell gets it: variables of the file in the place of {{ }},
// the prefixes @ and - taken off.
func (x *extraction) filledIn(line source.Span, vars map[string]shell.Text) shell.Text {
	at := line.Start
	for at < line.End && strings.IndexByte(" \t@-", x.text[at]) >= 0 {
		at++
	}
	var parts []shell.Text
	for at < line.End {
		rest := x.text[at:line.End]
		open := bytes.Index(rest, []byte("{{"))
		shut := bytes.Index(rest, []byte("}}"))
		if open < 0 || shut < open {
			break
		}
		parts = append(parts, shell.Verbatim(x.text, source.Span{Start: at, End: at + open}))
		use := source.Span{Start: at + open, End: at + shut + 2}
		if v, ok := vars[strings.TrimSpace(string(rest[open+2:shut]))]; ok {
			parts = append(parts, v.UsedAt(use, false))
		} else {
			parts = append(parts, shell.UnknownAt(use))
		}
		at = use.End
	}
	return shell.Join(append(parts, shell.Verbatim(x.text, source.Span{Start: at, End: line.End}))...)
}
