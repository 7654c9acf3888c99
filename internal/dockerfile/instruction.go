package dockerfile

import (
	"github.com/moby/buildkit/frontend/dockerfile/instructions"

	"refit/internal/source"
)

// Instruction is one instruction of a Dockerfile. All its spans are offsets into the file's bytes.
// A span whose part is continued over several lines also covers the continuation characters and the
// comment lines in between; Value is then the folded text.
type Instruction struct {
	// Keyword is the instruction's name in upper case: "FROM", "RUN".
	Keyword string
	// KeywordSpan is where the name stands; write there to change its case.
	KeywordSpan source.Span
	// Span reaches from the first byte of the keyword to the last byte of the instruction, here-document
	// bodies and their end marks included, the final line end and trailing blanks excluded.
	Span source.Span
	// Lead is the block of comment lines directly above the instruction (no blank line between), line
	// ends included, without parser directives. Without such a block it is the empty span at the start of
	// the instruction's own first line, so Lead.Start is always where a new instruction can go before it.
	Lead source.Span
	// Args is what follows the keyword and the flags, without here-document bodies. Empty at the end of
	// the instruction when there are none.
	Args source.Span
	// Flags are the leading --name=value words, in order.
	Flags []Flag
	// Words are the arguments one by one:
	//   FROM                  the words: image [AS name]
	//   COPY, ADD             sources, then the destination (list and JSON form)
	//   EXPOSE, VOLUME        one per port or path
	//   RUN, CMD, ENTRYPOINT  the JSON elements of the exec form; none in the shell form (see Script)
	//   SHELL                 the JSON elements
	//   HEALTHCHECK           "CMD" or "NONE" as written, then the JSON elements of the exec form
	//   USER, WORKDIR, STOPSIGNAL, MAINTAINER   the one argument
	// ENV, ARG and LABEL have Pairs instead, ONBUILD has Trigger.
	Words []Word
	// Pairs are the assignments of ENV, ARG and LABEL.
	Pairs []Pair
	// JSON says that the arguments are a JSON array (the exec form).
	JSON bool
	// Heredocs are the here-documents in the order of their bodies.
	Heredocs []Heredoc
	// Line and EndLine are the first and the last line, counted from 1, as BuildKit reports them.
	Line, EndLine int
	// Stage is the stage that the instruction belongs to; nil for an ARG before the first FROM.
	Stage *Stage
	// Trigger is the instruction that an ONBUILD registers, nil for other instructions. It has the
	// ONBUILD's here-documents, lines and stage, and an empty Lead.
	Trigger *Instruction

	// Runs is what others work out of what the instruction runs.
	Runs source.Slot[any]

	file *File
	fold *fold
	args cut // of fold.text
	// health is BuildKit's typed HEALTHCHECK, nil for other instructions; never handed out, since expanding it changes it.
	health *instructions.HealthCheckCommand
	before source.Slot[*evaluation] // the state before it without build arguments, shared by those behind it that it holds for
	// copies is the view of a COPY or ADD, nil for other instructions.
	copies *Copy
}

// Flag is one --name or --name=value of an instruction.
type Flag struct {
	Name  string // without the dashes
	Value string // as BuildKit understands it: quotes and escapes taken off; "" when the flag has none
	Span  source.Span
	// ValueSpan is what stands behind the "=", quotes included; empty at the flag's end when it has no value.
	ValueSpan source.Span

	value cut // of the fold's text
}

// Word is one argument.
type Word struct {
	// Value is the word as BuildKit's parser gives it: JSON elements are decoded; in other forms quotes,
	// escapes and $variables still stand in it (State.Expand resolves them).
	Value string
	// Span is where the word stands, the quotes of a JSON element included.
	Span source.Span
}

// Pair is one assignment of ENV, ARG or LABEL.
type Pair struct {
	Name  string
	Value string // raw: quotes, escapes and $variables still stand in it
	// HasValue is false for an ARG without a default.
	HasValue bool
	// Legacy says that the form is "ENV name value", with a blank instead of "=".
	Legacy bool
	// Span covers the name and the value.
	Span, NameSpan source.Span
	// ValueSpan is empty behind the name (or the "=") when there is no value.
	ValueSpan source.Span
}

// Heredoc is one here-document of a RUN, COPY or ADD.
type Heredoc struct {
	Name   string // the end mark, without quotes: the file name in COPY and ADD
	Expand bool   // BuildKit (COPY, ADD) or the shell (RUN) replaces variables in the body
	Chomp  bool   // "<<-": leading tabs of the body are dropped
	// Word is where "<<NAME" stands; the zero span when it is put together by a substitution.
	Word source.Span
	// Body is the lines between, line ends included.
	Body source.Span
	// Mark is the line of the end mark, without its line end.
	Mark source.Span
	// Content is the body's text as it stands in the file, before tabs are dropped.
	Content string
}

// Flag is the flag of that name; of several (--mount, --exclude) the first.
func (in *Instruction) Flag(name string) (Flag, bool) {
	for _, f := range in.Flags {
		if f.Name == name {
			return f, true
		}
	}
	return Flag{}, false
}

// Pair is the last assignment to name, which is the one that counts.
func (in *Instruction) Pair(name string) (Pair, bool) {
	for i := len(in.Pairs) - 1; i >= 0; i-- {
		if in.Pairs[i].Name == name {
			return in.Pairs[i], true
		}
	}
	return Pair{}, false
}

// ArgsText is the arguments with their continuations folded, as BuildKit's parser sees them.
func (in *Instruction) ArgsText() string { return in.fold.text[in.args.lo:in.args.hi] }

// Position is the line and column at which the instruction's keyword stands.
func (in *Instruction) Position() source.Position { return in.file.Lines.Position(in.Span.Start) }

// File is the file that the instruction stands in.
func (in *Instruction) File() *File { return in.file }

// Source is the instruction as written, from its keyword to its last byte.
func (in *Instruction) Source() string { return string(in.Span.Of(in.file.Text)) }
