package dockerfile

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"refit/internal/source"
)

// Directive is a parser directive: "# syntax=", "# escape=" or "# check=" at the top of the file.
type Directive struct {
	Name  string // "syntax", "escape" or "check"
	Value string
	Line  int
	// Span is the comment, from its "#" to its last byte; ValueSpan is the value in it.
	Span, ValueSpan source.Span
	// Inert says that BuildKit takes it for a plain comment: something that is no directive stands
	// before it. A "# check=" further down is not listed: above an instruction it is a pragma for it.
	Inert bool
	// BlockedBy is the first line that keeps an inert directive from being read: a comment, a blank
	// line, an instruction. When the directive is merely indented, it is its own line.
	BlockedBy source.Span
}

// directivePattern is compiled on first use, so that loading the package costs nothing.
var directivePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^[ \t]*#\s*(syntax|escape|check)\s*=\s*(\S+(?:.*\S)?)\s*$`)
})

// Directive is the directive of that name that is in force.
func (f *File) Directive(name string) (Directive, bool) {
	for _, d := range f.Directives {
		if d.Name == name && !d.Inert {
			return d, true
		}
	}
	return Directive{}, false
}

// readDirectives lists the directives above the first FROM. BuildKit reads "escape" while it parses,
// and may find it indented; "syntax" and "check" it looks up beforehand, in lines that begin with "#",
// a shebang skipped (parser.DetectSyntax, parser.ParseDirective).
func (f *File) readDirectives() {
	list := f.directiveComments()
	if len(list) == 0 {
		return // as most files have none, BuildKit is not asked
	}
	escape, blocked := f.escapeLine()
	inForce := map[string]int{"escape": escape}
	for _, d := range list {
		switch _, known := inForce[d.Name]; {
		case known:
		case d.Name == "syntax":
			inForce[d.Name] = f.directiveLine(parser.DetectSyntax(f.Text))
		default:
			inForce[d.Name] = f.directiveLine(parser.ParseDirective(d.Name, f.Text))
		}
	}
	for _, d := range list {
		if d.Inert = inForce[d.Name] != d.Line; d.Inert {
			if d.Name == "check" || d.Name == "escape" && d.Value != "`" && d.Value != `\` || strings.ContainsAny(d.Value, " \t") {
				continue // prose or a pragma
			}
			d.BlockedBy = f.Lines.Span(min(blocked, d.Line))
		}
		f.Directives = append(f.Directives, d)
	}
}

// directiveComments are the comments above the first FROM that look like directives.
func (f *File) directiveComments() (list []Directive) {
	skip := map[int]bool{}
	for _, in := range f.Preamble {
		for n := in.Line; n <= in.EndLine; n++ {
			skip[n] = true
		}
	}
	for line := 1; line < f.Stages[0].From.Line; line++ {
		s := lineSpan(f.Text, f.Lines, line)
		text := s.Of(f.Text)
		hash := bytes.IndexByte(text, '#')
		if skip[line] || hash < 0 || bytes.IndexByte(text, '=') < hash {
			continue
		}
		if m := directivePattern().FindSubmatchIndex(text); m != nil {
			list = append(list, Directive{
				Name:      strings.ToLower(string(text[m[2]:m[3]])),
				Value:     string(text[m[4]:m[5]]),
				Line:      line,
				Span:      source.Span{Start: s.Start + hash, End: s.Start + m[5]},
				ValueSpan: source.Span{Start: s.Start + m[4], End: s.Start + m[5]},
			})
		}
	}
	return list
}

// directiveLine is the line at which BuildKit found a directive, or 0.
func (f *File) directiveLine(_, _ string, at []parser.Range, ok bool) int {
	if !ok || len(at) == 0 {
		return 0
	}
	return at[0].Start.Line
}

// escapeLine follows parser.Parse: where it found "escape" (or 0), and the line at which it stopped
// to look for directives.
func (f *File) escapeLine() (escape, blocked int) {
	var p parser.DirectiveParser
	for line := 1; ; line++ {
		text := bytes.TrimLeftFunc(lineSpan(f.Text, f.Lines, line).Of(f.Text), unicode.IsSpace)
		d, err := p.ParseLine(text)
		if err != nil || d == nil {
			return escape, line
		}
		if d.Name == "escape" {
			escape = line
		}
	}
}
