// Package dotenv reads and edits environment files in the dialect of Docker Compose, byte for byte:
// every variable knows where its name, value and comments stand, and an edit touches nothing else.
// The meaning of a file is what compose-go's dotenv package makes of it; the tests hold the two
// against one another. DialectProblems tells where other readers of such files see something else.
package dotenv

import (
	"bytes"
	"fmt"

	"refit/internal/source"
)

// MaxSize is the largest environment file that Parse takes, in bytes.
const MaxSize = 1 << 20

// Quote is how a value is quoted.
type Quote byte

// The quotes of a value.
const (
	Unquoted Quote = 0
	Single   Quote = '\''
	Double   Quote = '"'
)

// Var is one assignment, or a bare name that passes the caller's own variable on.
type Var struct {
	Key    string
	Raw    string // the value as written, quotes included
	Value  string // unquoted, escapes resolved; references such as ${OTHER} are left as written
	Quote  Quote
	Export bool // written as "export KEY=..."
	Bare   bool // "KEY" without "=": the value comes from the environment of whoever reads the file
	Colon  bool // written as "KEY: value", which Compose accepts

	Line      int         // of the name, counted from 1
	Span      source.Span // from "export" or the name to the end of the value
	KeySpan   source.Span
	ValueSpan source.Span // quotes included; empty, behind the "=", when there is no value
	Comment   source.Span // the comment behind the value, from its "#"; zero when there is none
	Lead      source.Span // the comment lines directly above, last line end included; zero when there are none

	template string // the value before interpolation, in the form "$$" for a literal dollar
}

// Kind is what a line is.
type Kind int

// The kinds of lines.
const (
	Blank      Kind = iota
	Comment         // nothing but a comment
	Assignment      // at least one variable
	Broken          // neither; a problem says why
)

// Line is one line of the file, or several when a quoted value spans them.
type Line struct {
	Kind Kind
	Span source.Span // line end included
	Vars []*Var      // more than one only for `A="1" B="2"`, which Compose accepts
}

// File is one environment file. It is never changed.
type File struct {
	Path  string
	Text  []byte
	Lines []Line
	Vars  []*Var // in the order of the file, duplicates included
	// Problems are the places that Compose rejects or misreads; the variables beside them are usable.
	Problems []*source.Problem

	table  *source.Lines
	unsaid int // problems beyond maxProblems
}

// maxProblems is how many problems of one file are told apart: a file that is no environment file has one at every word.
const maxProblems = 100

// Parse reads an environment file. A broken line becomes one of File.Problems and the rest is read
// on. The error, a *source.Problem, says that the file is no text in the first place: too large,
// or with a NUL byte in it (UTF-16).
func Parse(path string, text []byte) (*File, error) {
	if len(text) > MaxSize {
		return nil, &source.Problem{Path: path, What: fmt.Sprintf("environment file of %d bytes", len(text)),
			Why: "files of more than 1 MiB are not read", Advice: "check that this is an environment file"}
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return nil, &source.Problem{Path: path, At: source.NewLines(text).Position(i), What: "NUL byte",
			Why: "no environment variable can hold one, and the file may be UTF-16", Advice: "save the file as UTF-8"}
	}
	f := &File{Path: path, Text: text, table: source.NewLines(text)}
	s := scanner{file: f, text: string(text)}
	s.run()
	f.sumUp()
	f.groupLines(s.broken)
	return f, nil
}

// Get is the variable that counts for key: its last assignment. ok is false when there is none.
func (f *File) Get(key string) (v *Var, ok bool) {
	for i := len(f.Vars) - 1; i >= 0; i-- {
		if f.Vars[i].Key == key {
			return f.Vars[i], true
		}
	}
	return nil, false
}

// Keys lists the names in the order of their first appearance, each once.
func (f *File) Keys() []string {
	var keys []string
	seen := map[string]bool{}
	for _, v := range f.Vars {
		if !seen[v.Key] {
			seen[v.Key] = true
			keys = append(keys, v.Key)
		}
	}
	return keys
}

// Position is the line and column of a byte offset into the file.
func (f *File) Position(offset int) source.Position { return f.table.Position(offset) }

func (f *File) problem(offset int, what, why, advice string) {
	if len(f.Problems) == maxProblems {
		f.unsaid++
		return
	}
	f.Problems = append(f.Problems, &source.Problem{
		Path: f.Path, At: f.table.Position(offset), What: what, Why: why, Advice: advice})
}

// sumUp says how many problems were left out.
func (f *File) sumUp() {
	if f.unsaid > 0 {
		f.Problems = append(f.Problems, &source.Problem{Path: f.Path, What: fmt.Sprintf("%d more problems", f.unsaid),
			Why: "Compose rejects the whole file", Advice: "check that this is an environment file"})
	}
}

// groupLines sorts the physical lines into File.Lines and gives every variable its lead comment.
// broken holds an offset inside each line that could not be read.
func (f *File) groupLines(broken []int) {
	next, lead := 0, source.Span{}
	for n := 1; n <= f.table.Count(); n++ {
		span := f.table.SpanWithEnd(n)
		if span.Len() == 0 && n > 1 {
			break // behind the last line end
		}
		line := Line{Span: span}
		for next < len(f.Vars) && f.Vars[next].Span.Start < line.Span.End {
			v := f.Vars[next]
			next++
			line.Vars = append(line.Vars, v)
			for v.Span.End > line.Span.End { // a value of several lines
				n++
				line.Span.End = f.table.SpanWithEnd(n).End
			}
		}
		for len(broken) > 0 && broken[0] < line.Span.End {
			broken = broken[1:]
			line.Kind = Broken
		}
		if len(line.Vars) > 0 {
			line.Kind = Assignment
		} else if line.Kind != Broken {
			line.Kind = blankOrComment(line.Span.Of(f.Text))
		}
		lead = f.attachLead(line, lead)
		f.Lines = append(f.Lines, line)
	}
}

// attachLead hands the comment block above to the line's first variable and returns the block as
// it stands behind the line.
func (f *File) attachLead(line Line, lead source.Span) source.Span {
	switch line.Kind {
	case Comment:
		if lead.IsZero() {
			return line.Span
		}
		return source.Span{Start: lead.Start, End: line.Span.End}
	case Assignment:
		line.Vars[0].Lead = lead
	}
	return source.Span{}
}

func blankOrComment(line []byte) Kind {
	line = bytes.TrimPrefix(line, []byte("\uFEFF"))
	if len(bytes.TrimSpace(line)) == 0 {
		return Blank
	}
	return Comment
}
