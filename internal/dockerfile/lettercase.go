package dockerfile

import (
	"regexp"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// Cased gives the keywords of new instructions the letter case of most of the file's: BuildKit's own check asks for one
// in a file. A text that BuildKit can't read alone stays as it is.
func (f *File) Cased(text string) string {
	if !f.lowerCase() {
		return text
	}
	head := f.escapeHead(text)
	res, err := parser.Parse(strings.NewReader(head + text))
	if err != nil {
		return text
	}
	lines := strings.Split(text, "\n")
	for _, node := range res.AST.Children {
		line := &lines[node.StartLine-1-strings.Count(head, "\n")]
		at := strings.Index(*line, node.Value)
		if at < 0 { // the parser's keyword is as written
			continue
		}
		keyword := strings.ToLower(node.Value)
		rest := (*line)[at+len(keyword):]
		if keyword == "from" {
			rest = asWord.ReplaceAllStringFunc(rest, strings.ToLower)
		}
		*line = (*line)[:at] + keyword + rest
	}
	return strings.Join(lines, "\n")
}

// As is what stands between a FROM's image and the name of its stage, in the file's letter case.
func (f *File) As() string {
	if f.lowerCase() {
		return " as "
	}
	return " AS "
}

// asWord is the AS of a FROM, which BuildKit wants in FROM's case.
var asWord = regexp.MustCompile(`\sAS\s`)

// lowerCase says whether most keywords of the file are in lower case.
func (f *File) lowerCase() bool {
	lower := 0
	for _, in := range f.Instructions {
		if raw := string(in.KeywordSpan.Of(f.Text)); raw == strings.ToLower(raw) {
			lower++
		}
	}
	return 2*lower > len(f.Instructions)
}
