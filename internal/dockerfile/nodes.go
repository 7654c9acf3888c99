package dockerfile

import (
	"bufio"
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"refit/internal/source"
)

// nodes are BuildKit's nodes of the file's instructions, each with its logical line.
func (f *File) nodes() ([]*parser.Node, []*fold, error) {
	if nodes, folds, ok := f.shortNodes(); ok {
		return nodes, folds, nil
	}
	res, err := parser.Parse(bytes.NewReader(f.Text))
	if err != nil {
		return nil, nil, err
	}
	f.Escape = byte(res.EscapeToken)
	fl, folds := newFolding(f), make([]*fold, len(res.AST.Children))
	for i, node := range res.AST.Children {
		folds[i] = fl.line(node.StartLine)
	}
	return res.AST.Children, folds, nil
}

// shortNodes is nodes, but for the comments above them, with less work for BuildKit, which looks for a continuation in each line by an expression: it is
// asked about logical lines, and what a shell will read, of which it takes no notice, is one letter there. From the first
// line that may have a here-document on it is asked about the file as it is. ok is false when anything is not as
// expected; then BuildKit has the whole file, and says what is wrong with it.
func (f *File) shortNodes() (nodes []*parser.Node, folds []*fold, ok bool) {
	f.Escape = parser.DefaultEscapeToken
	fl := newFolding(f)
	var short bytes.Buffer
	short.Grow(len(f.Text))
	line, asked := 1, 0 // the lines of the file, and of the short text
	for line <= fl.count {
		s := lineSpan(f.Text, f.Lines, line).Of(f.Text)
		content := bytes.TrimLeftFunc(s, unicode.IsSpace)
		inert := len(content) == 0 || content[0] == '#'
		if inert && len(folds) > 0 { // above the first instruction it may be a directive, or keep one from being read
			line++
			continue
		}
		if inert {
			short.Write(s)
			line++
		} else if fo := fl.line(line); fl.standsAlone(fo) {
			fo.writeShort(&short)
			folds = append(folds, fo)
			line = fo.last + 1
		} else {
			break
		}
		short.WriteByte('\n')
		asked++
	}
	if len(folds) == 0 {
		return nil, nil, false
	}
	short.Write(f.Text[f.Lines.SpanWithEnd(line).Start:])
	res, err := parser.Parse(&short)
	if err != nil || res.EscapeToken != parser.DefaultEscapeToken || len(res.AST.Children) < len(folds) {
		return nil, nil, false
	}
	for i, node := range res.AST.Children {
		if i >= len(folds) {
			node.StartLine, node.EndLine = node.StartLine+line-1-asked, node.EndLine+line-1-asked
			folds = append(folds, fl.line(node.StartLine))
		} else if !folds[i].complete(node) {
			return nil, nil, false
		}
	}
	return res.AST.Children, folds, true
}

// standsAlone says whether BuildKit reads the logical line alike when it stands on one line, and no other with it.
func (fl *folding) standsAlone(fo *fold) bool {
	if fl.lines.SpanWithEnd(fo.last).End-fl.lines.SpanWithEnd(fo.first).Start >= bufio.MaxScanTokenSize {
		return false // a line of it may be too long for BuildKit
	}
	first, _ := utf8.DecodeRuneInString(fo.text)
	_, more := cutContinuation([]byte(fo.text), source.Span{End: len(fo.text)}, parser.DefaultEscapeToken)
	return fo.text != "" && first != '#' && !unicode.IsSpace(first) && !more && !strings.Contains(fo.text, "<<")
}

// standIn is what BuildKit sees of what a shell will read.
const standIn = "x"

// writeShort writes the logical line as BuildKit is asked about it.
func (fo *fold) writeShort(out *bytes.Buffer) {
	at := trim(fo.text, cut{0, len(fo.text)})
	key := keyword(fo.text, at)
	args := cut{}
	switch strings.ToUpper(fo.text[key.lo:key.hi]) {
	case "RUN", "CMD", "ENTRYPOINT":
		args = behindFlags(fo.text, key, at)
	case "HEALTHCHECK":
		if words := healthWords(fo.text, behindFlags(fo.text, key, at)); len(words) == 2 {
			args = trim(fo.text, words[1])
		}
	}
	if args.hi == args.lo || fo.text[args.lo] == '[' {
		out.WriteString(fo.text)
		return
	}
	fo.unasked = args
	out.WriteString(fo.text[:args.lo])
	out.WriteString(standIn)
}

// behindFlags is what stands behind the keyword and the flags of the instruction that is text[at.lo:at.hi].
func behindFlags(text string, key, at cut) cut {
	_, lo := flagWords(text, cut{key.hi, at.hi}, parser.DefaultEscapeToken)
	return trim(text, cut{lo, at.hi})
}

// complete gives a node what BuildKit was not asked about. ok is false when it is not the node of this line.
func (fo *fold) complete(node *parser.Node) (ok bool) {
	node.StartLine, node.EndLine = fo.first, fo.last
	if fo.unasked.hi == 0 {
		return node.Original == fo.text
	}
	last := node
	for last.Next != nil {
		last = last.Next
	}
	head, ok := strings.CutSuffix(node.Original, standIn)
	if !ok || head != fo.text[:fo.unasked.lo] || last == node || last.Value != standIn {
		return false
	}
	node.Original, last.Value = fo.text, fo.text[fo.unasked.lo:fo.unasked.hi]
	return true
}
