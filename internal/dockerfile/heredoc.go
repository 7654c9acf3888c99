package dockerfile

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// readHeredocs finds the bodies behind the logical line.
func (in *Instruction) readHeredocs(node *parser.Node, count int) error {
	line := in.fold.last
	words := heredocWords(in.fold)
	for i, h := range node.Heredocs {
		doc := Heredoc{Name: h.Name, Expand: h.Expand, Chomp: h.Chomp, Content: h.Content}
		if i < len(words) {
			doc.Word = in.fold.span(words[i].lo, words[i].hi)
		}
		doc.Body.Start = in.file.Lines.SpanWithEnd(line + 1).Start
		for {
			line++
			if line > count {
				return fmt.Errorf("its here-document %s does not end", h.Name)
			}
			mark := in.file.Lines.Span(line)
			s := mark.Of(in.file.Text)
			if h.Chomp {
				s = bytes.TrimLeft(s, "\t")
			}
			if string(s) == h.Name {
				doc.Body.End, doc.Mark = in.file.Lines.SpanWithEnd(line).Start, mark
				break
			}
		}
		if string(doc.Body.Of(in.file.Text)) != h.Content {
			return fmt.Errorf("the body of its here-document %s is not BuildKit's", h.Name)
		}
		in.Heredocs = append(in.Heredocs, doc)
	}
	if line != node.EndLine {
		return fmt.Errorf("it ends on line %d, to BuildKit on line %d", line, node.EndLine)
	}
	return nil
}

// heredocWords finds the "<<NAME" words of a logical line, in order.
func heredocWords(fo *fold) []cut {
	if !strings.Contains(fo.text, "<<") {
		return nil
	}
	lex := shell.NewLex('\\')
	lex.RawQuotes, lex.RawEscapes, lex.SkipUnsetEnv = true, true, true
	words, _ := lex.ProcessWords(fo.text, noEnv{})
	var out []cut
	at := 0
	for _, w := range words {
		i := strings.Index(fo.text[at:], w)
		found := i >= 0
		c := cut{}
		if found {
			c = cut{at + i, at + i + len(w)}
			at = c.hi
		}
		if h, err := parser.ParseHeredoc(w); err == nil && h != nil {
			out = append(out, c)
		}
	}
	return out
}

// noEnv is an environment without variables.
type noEnv struct{}

func (noEnv) Get(string) (string, bool) { return "", false }
func (noEnv) Keys() []string            { return nil }
