package dockerfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/command"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"refit/internal/source"
)

// newInstruction joins BuildKit's node with the bytes it was read from. The error says where the two
// disagree; that would be a defect of this package.
func newInstruction(f *File, node *parser.Node, fo *fold, count int) (*Instruction, error) {
	if fo.text != node.Original {
		return nil, fmt.Errorf("its lines are not the %d bytes that BuildKit folds them to", len(node.Original))
	}
	in, err := newPart(f, node, fo, cut{0, len(fo.text)})
	if err != nil {
		return nil, err
	}
	in.Line, in.EndLine = node.StartLine, node.EndLine
	if err := in.readHeredocs(node, count); err != nil {
		return nil, err
	}
	in.Span.End = in.endOffset()
	if in.Trigger != nil {
		in.Trigger.Heredocs, in.Trigger.Span.End = in.Heredocs, in.Span.End
		in.Trigger.Line, in.Trigger.EndLine = in.Line, in.EndLine
		in.Trigger.Lead = source.Span{Start: in.Trigger.Span.Start, End: in.Trigger.Span.Start}
		in.Trigger.readCopy()
	}
	in.readCopy()
	return in, nil
}

// newPart reads one instruction, or the one behind ONBUILD, from a range of the folded text.
func newPart(f *File, node *parser.Node, fo *fold, at cut) (*Instruction, error) {
	at = trim(fo.text, at)
	key := keyword(fo.text, at)
	rest := cut{key.hi, at.hi}
	for rest.lo < rest.hi && isBlank(fo.text[rest.lo]) {
		rest.lo++
	}
	if got := fo.text[key.lo:key.hi]; got != node.Value {
		return nil, fmt.Errorf("its keyword is %q, to BuildKit %q", got, node.Value)
	}
	flags, lo := flagWords(fo.text, rest, rune(f.Escape))
	in := &Instruction{
		Keyword:     strings.ToUpper(node.Value),
		KeywordSpan: fo.span(key.lo, key.hi),
		Span:        fo.span(at.lo, at.hi),
		JSON:        node.Attributes["json"],
		file:        f,
		fold:        fo,
		args:        trim(fo.text, cut{lo, rest.hi}),
	}
	in.Args = fo.span(in.args.lo, in.args.hi)
	if len(flags) != len(node.Flags) {
		return nil, fmt.Errorf("it has %d flags, to BuildKit %d", len(flags), len(node.Flags))
	}
	if len(flags) > 0 {
		in.Flags = make([]Flag, len(flags))
	}
	for i, c := range flags {
		in.Flags[i] = newFlag(fo, c, node.Flags[i])
	}
	return in, in.readArgs(node)
}

func newFlag(fo *fold, c cut, text string) Flag {
	name, value, _ := strings.Cut(strings.TrimPrefix(text, "--"), "=")
	f := Flag{Name: name, Value: value, Span: fo.span(c.lo, c.hi), value: cut{c.hi, c.hi}}
	if i := strings.IndexByte(fo.text[c.lo:c.hi], '='); i >= 0 {
		f.value.lo = c.lo + i + 1
	}
	f.ValueSpan = fo.span(f.value.lo, f.value.hi)
	return f
}

// readArgs finds the words and pairs of the arguments and checks them against the node's.
func (in *Instruction) readArgs(node *parser.Node) error {
	switch in.Keyword {
	case "RUN", "CMD", "ENTRYPOINT", "SHELL":
		if !in.JSON {
			return nil
		}
	}
	count := 0
	for n := node.Next; n != nil; n = n.Next {
		count++
	}
	values := make([]string, 0, count)
	for n := node.Next; n != nil; n = n.Next {
		values = append(values, n.Value)
	}
	text := in.fold.text
	var cuts []cut
	switch in.Keyword {
	case "ONBUILD":
		if node.Next == nil || len(node.Next.Children) != 1 {
			return nil // BuildKit rejects it when it looks at the meaning
		}
		trigger, err := newPart(in.file, node.Next.Children[0], in.fold, in.args)
		if err != nil {
			return err
		}
		in.Trigger = trigger
		cmd, _ := typed(node.Next.Children[0]) // what is wrong with it shows when it fires
		trigger.health, _ = cmd.(*instructions.HealthCheckCommand)
		return nil
	case "ENV", "LABEL":
		return in.readPairs(values)
	case "ARG":
		return in.readArgPairs(values)
	case "FROM", "EXPOSE", "COPY", "ADD", "VOLUME":
		cuts = blankWords(text, in.args)
	case "RUN", "CMD", "ENTRYPOINT", "SHELL": // their JSON form, see below
	case "HEALTHCHECK":
		cuts = healthWords(text, in.args)
		if !in.JSON {
			values = values[:min(len(values), 1)]
			cuts = cuts[:min(len(cuts), 1)]
		}
	default:
		if _, known := command.Commands[strings.ToLower(in.Keyword)]; !known {
			return nil // behind ONBUILD, where BuildKit finds out only when the trigger fires
		}
		if in.args.hi > in.args.lo {
			cuts = []cut{in.args}
		}
	}
	if in.JSON {
		var first []cut
		at := in.args
		if in.Keyword == "HEALTHCHECK" {
			first, at = cuts[:1], cut{cuts[0].hi, at.hi}
		}
		cuts = slices.Concat(first, jsonWords(text, at))
	}
	if len(cuts) != len(values) {
		return fmt.Errorf("it has %d words, to BuildKit %d", len(cuts), len(values))
	}
	if len(cuts) > 0 {
		in.Words = make([]Word, 0, len(cuts))
	}
	for i, c := range cuts {
		if !in.JSON && text[c.lo:c.hi] != values[i] {
			return fmt.Errorf("its word %d is %q, to BuildKit %q", i+1, text[c.lo:c.hi], values[i])
		}
		in.Words = append(in.Words, Word{Value: values[i], Span: in.fold.span(c.lo, c.hi)})
	}
	return nil
}

// readPairs reads ENV and LABEL; values are BuildKit's triples of name, value and separator.
func (in *Instruction) readPairs(values []string) error {
	text := in.fold.text
	words := shellWords(text, in.args, rune(in.file.Escape))
	if len(words) > 0 && !strings.Contains(text[words[0].lo:words[0].hi], "=") {
		name := blankWords(text, in.args)[0]
		value := cut{name.hi, in.args.hi}
		for value.lo < value.hi && isBlank(text[value.lo]) {
			value.lo++
		}
		if len(values) != 3 || values[0] != text[name.lo:name.hi] || values[1] != text[value.lo:value.hi] {
			return fmt.Errorf("its name and value are not BuildKit's")
		}
		in.Pairs = []Pair{in.newPair(name, value, values[0], values[1], true)}
		in.Pairs[0].Legacy = true
		return nil
	}
	if len(values) != 3*len(words) {
		return fmt.Errorf("it has %d pairs, to BuildKit %d", len(words), len(values)/3)
	}
	if len(words) > 0 {
		in.Pairs = make([]Pair, 0, len(words))
	}
	for i, w := range words {
		eq := strings.IndexByte(text[w.lo:w.hi], '=')
		if eq < 0 {
			return fmt.Errorf("its pair %d has no value", i+1)
		}
		name, value := cut{w.lo, w.lo + eq}, cut{w.lo + eq + 1, w.hi}
		in.Pairs = append(in.Pairs, in.newPair(name, value, values[3*i], values[3*i+1], true))
	}
	return nil
}

func (in *Instruction) readArgPairs(values []string) error {
	text := in.fold.text
	words := shellWords(text, in.args, rune(in.file.Escape))
	if len(values) != len(words) {
		return fmt.Errorf("it declares %d arguments, to BuildKit %d", len(words), len(values))
	}
	if len(words) > 0 {
		in.Pairs = make([]Pair, 0, len(words))
	}
	for i, w := range words {
		key, val, has := strings.Cut(values[i], "=")
		name, value := w, cut{w.hi, w.hi}
		if eq := strings.IndexByte(text[w.lo:w.hi], '='); eq >= 0 {
			name, value = cut{w.lo, w.lo + eq}, cut{w.lo + eq + 1, w.hi}
		}
		in.Pairs = append(in.Pairs, in.newPair(name, value, key, val, has))
	}
	return nil
}

func (in *Instruction) newPair(name, value cut, key, val string, has bool) Pair {
	return Pair{
		Name: key, Value: val, HasValue: has,
		Span:      in.fold.span(name.lo, max(value.hi, name.hi)),
		NameSpan:  in.fold.span(name.lo, name.hi),
		ValueSpan: in.fold.span(value.lo, value.hi),
	}
}

// healthWords cuts the type off a HEALTHCHECK's arguments.
func healthWords(text string, c cut) []cut {
	end := c.lo
	for end < c.hi && !isSpaceByte(text[end]) {
		end++
	}
	if end == c.lo {
		return nil
	}
	return []cut{{c.lo, end}, {end, c.hi}}
}

// isSpaceByte is unicode.IsSpace of a single byte, as the parser asks it.
func isSpaceByte(b byte) bool {
	return isBlank(b) || b == '\n' || b == 0x85 || b == 0xA0
}

// endOffset is where the instruction's last byte ends.
func (in *Instruction) endOffset() int {
	if n := len(in.Heredocs); n > 0 {
		return in.Heredocs[n-1].Mark.End
	}
	end := in.file.Lines.Span(in.EndLine).End
	if len(in.fold.dangling) == 0 {
		for end > in.Span.Start && (in.file.Text[end-1] == ' ' || in.file.Text[end-1] == '\t') {
			end--
		}
	}
	return max(end, in.Span.Start)
}

// typed is BuildKit's typed view of a node, or its reason to reject it. The linter is there because
// BuildKit v0.34.2 panics without one on an instruction under a "# check=" comment.
func typed(node *parser.Node) (any, error) {
	return instructions.ParseInstructionWithLinter(node, silentLinter)
}

// silentLinter warns nobody, so that nothing ever changes in it.
var silentLinter = linter.New(&linter.Config{})
