package dockerfile

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"sync"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"refit/internal/source"
)

// File is a parsed Dockerfile. It is immutable; all spans are offsets into Text.
type File struct {
	Path  string // repo-relative
	Text  []byte // as it was read, byte order mark and line ends included
	Lines *source.Lines
	// Escape is the character that continues lines and escapes: '\\', or '`' by "# escape=`".
	Escape byte
	// Directives are the parser directives, inert ones included.
	Directives []Directive
	// Preamble is the ARG instructions before the first FROM.
	Preamble []*Instruction
	// Stages are in the order of the file; there is at least one.
	Stages []*Stage
	// Instructions are all of them, in the order of the file, the preamble and the FROMs included.
	Instructions []*Instruction

	before source.Slot[preamble] // what FROM can refer to without build arguments
	byName map[string]*Stage     // lower-case name to the last stage of that name
	// Memo keeps what others work out of the file; it is immutable, so that stays true.
	Memo source.Memo
}

// Parse reads a Dockerfile. The error is a *source.Problem at the line and column at which BuildKit v0.34
// rejects the file, be it for its syntax or for what an instruction says; that includes files
// without a stage and lines longer than 65535 bytes.
func Parse(path string, text []byte) (*File, error) {
	if err := source.TooLong(path, text); err != nil {
		return nil, err
	}
	f := &File{Path: path, Text: text, Lines: source.NewLines(text), byName: map[string]*Stage{}}
	nodes, folds, err := f.nodes()
	if err != nil {
		return nil, f.rejected(err, 0)
	}
	count := lineCount(text, f.Lines)
	for i, node := range nodes {
		cmd, err := view(node)
		if err != nil {
			return nil, f.rejected(err, node.StartLine)
		}
		in, err := newInstruction(f, node, folds[i], count)
		if err != nil {
			return nil, &source.Problem{
				Path: path, At: f.lineStart(node.StartLine), Original: err,
				What:   "refit reads this instruction differently from BuildKit: " + err.Error(),
				Advice: "please report it with this instruction",
			}
		}
		in.health, _ = cmd.(*instructions.HealthCheckCommand)
		if err := f.add(in, cmd); err != nil {
			return nil, f.rejected(err, node.StartLine)
		}
	}
	if len(f.Stages) == 0 {
		return nil, f.rejected(errors.New("no FROM: the file has no stage to build"), 0)
	}
	f.readDirectives()
	f.attachLeads()
	return f, nil
}

// maxStages bounds the stages of one file. Real ones have a dozen.
const maxStages = 300

// add sorts an instruction, of which cmd is BuildKit's view, into its stage.
func (f *File) add(in *Instruction, cmd any) error {
	if st, ok := cmd.(*instructions.Stage); ok {
		if len(f.Stages) == maxStages {
			return fmt.Errorf("more than %d stages; refit works each one out from those before it", maxStages)
		}
		in.Stage = &Stage{Index: len(f.Stages), Name: st.Name, Base: st.BaseName, From: in, file: f}
		f.Stages = append(f.Stages, in.Stage)
		if st.Name != "" {
			f.byName[st.Name] = in.Stage
		}
	} else if n := len(f.Stages); n > 0 {
		in.Stage = f.Stages[n-1]
	} else if in.Keyword != "ARG" {
		return fmt.Errorf("%s stands before the first FROM; only ARG may", in.Keyword)
	} else {
		f.Preamble = append(f.Preamble, in)
	}
	if in.Trigger != nil {
		in.Trigger.Stage = in.Stage
	}
	if in.Stage != nil {
		in.Stage.Instructions = append(in.Stage.Instructions, in)
	}
	f.Instructions = append(f.Instructions, in)
	return nil
}

// attachLeads finds the comment block above each instruction.
func (f *File) attachLeads() {
	directive := map[int]bool{}
	for _, d := range f.Directives {
		directive[d.Line] = true
	}
	free := 1 // the first line behind the previous instruction
	for _, in := range f.Instructions {
		first := in.Line
		for first > free && !directive[first-1] && isComment(lineSpan(f.Text, f.Lines, first-1).Of(f.Text)) {
			first--
		}
		in.Lead = source.Span{
			Start: lineSpan(f.Text, f.Lines, first).Start,
			End:   lineSpan(f.Text, f.Lines, in.Line).Start,
		}
		free = in.EndLine + 1
	}
}

func isComment(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 0 && line[0] == '#'
}

// lineStart is the position of the first byte of a line that is no space.
func (f *File) lineStart(line int) source.Position {
	if line < 1 {
		return source.Position{Line: 1, Column: 1}
	}
	s := lineSpan(f.Text, f.Lines, line)
	b := s.Of(f.Text)
	return f.Lines.Position(s.Start + len(b) - len(bytes.TrimLeft(b, " \t")))
}

// quoted matches what BuildKit's messages quote from the file.
var quoted = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"[^"]*"`) })

// rejected is BuildKit's error at its place. An assignment is not repeated: its value may be a secret.
func (f *File) rejected(err error, line int) error {
	var at *parser.LocationError
	if errors.As(err, &at) && len(at.Locations) > 0 && len(at.Locations[0]) > 0 {
		line = at.Locations[0][0].Start.Line
	}
	what := err.Error()
	p := f.lineStart(line)
	if s := bytes.ToUpper(bytes.TrimLeft(f.Lines.Span(p.Line).Of(f.Text), " \t")); !bytes.HasPrefix(s, []byte("FROM")) {
		what = quoted().ReplaceAllString(what, `"..."`)
	}
	return &source.Problem{
		Path: f.Path, At: p, Original: err,
		What: what, Why: "docker build stops here", Advice: "correct the Dockerfile",
	}
}
