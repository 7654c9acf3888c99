package yaml

import (
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"refit/internal/source"
)

// aligner walks the text along the nodes of the library. It only moves forward; what it passes is
// either a token that the structure demands, white space, or a comment. Where the two disagree it
// stops with an error rather than guess.
type aligner struct {
	file   *File
	text   []byte
	pos    int
	line   int // the start of the line of pos
	places *places
	nodes  map[*yaml.Node]*Node
	seen   int // comments that start before this offset are recorded already
}

func newAligner(f *File) *aligner {
	p := newPlaces(f.Text)
	start := p.starts[0]
	return &aligner{file: f, text: f.Text, pos: start, line: start, places: p, nodes: map[*yaml.Node]*Node{}}
}

func (a *aligner) lost() error {
	return a.file.problem(a.pos, "this YAML is read in a way that can't be followed byte by byte",
		"an edit of this file would be a guess", "simplify the syntax at this place")
}

func (a *aligner) peek() byte {
	if a.pos < len(a.text) {
		return a.text[a.pos]
	}
	return 0
}

// at says whether the indicator c is here, followed by white space or the end.
func (a *aligner) at(c byte) bool { return a.peek() == c && isBlankOrEnd(a.text, a.pos+1) }

// trivia passes white space, line breaks and comments.
func (a *aligner) trivia() {
	for a.pos < len(a.text) {
		c := a.text[a.pos]
		switch w := lineBreak(a.text, a.pos); {
		case w > 0:
			a.pos += w
			a.line = a.pos
		case isBlank(c):
			a.pos++
		case c == '#' && (a.pos == a.line || isBlank(a.text[a.pos-1])):
			a.comment()
		default:
			return
		}
	}
}

// comment passes one comment and records it.
func (a *aligner) comment() {
	start := a.pos
	for a.pos < len(a.text) && lineBreak(a.text, a.pos) == 0 {
		a.pos++
	}
	if start < a.seen {
		return
	}
	a.seen = a.pos
	alone := true
	for _, c := range a.text[a.line:start] {
		alone = alone && isBlank(c)
	}
	a.file.Comments = append(a.file.Comments, Comment{source.Span{Start: start, End: a.pos}, alone})
}

// moveTo goes on to an offset; the text between may hold line breaks.
func (a *aligner) moveTo(offset int) {
	for i := a.pos; i < offset; {
		if w := lineBreak(a.text, i); w > 0 {
			i += w
			a.line = i
		} else {
			i++
		}
	}
	a.pos = offset
}

// column is the column of an offset of the current line, counted in characters from 0.
func (a *aligner) column(offset int) int { return utf8.RuneCount(a.text[a.line:offset]) }

// stream aligns all documents.
func (a *aligner) stream(docs []*yaml.Node) error {
	for _, d := range docs {
		a.prefix()
		if len(d.Content) != 1 {
			return a.lost()
		}
		root, err := a.node(d.Content[0], -1)
		if err != nil {
			return err
		}
		a.file.Docs = append(a.file.Docs, root)
	}
	for a.trivia(); a.marker("..."); a.trivia() {
		a.pos += 3
	}
	if a.pos < len(a.text) {
		if a.peek() == 0 {
			return nil // the library stops at a NUL too
		}
		return a.lost()
	}
	return nil
}

// prefix passes directives and the marker before a document.
func (a *aligner) prefix() {
	for {
		a.trivia()
		switch {
		case a.marker("..."):
			a.pos += 3
		case a.marker("---"):
			a.pos += 3
			return
		case a.peek() == '%' && a.pos == a.line:
			for a.pos < len(a.text) && lineBreak(a.text, a.pos) == 0 {
				if a.text[a.pos] == '#' && isBlank(a.text[a.pos-1]) {
					a.comment()
					break
				}
				a.pos++
			}
		default:
			return
		}
	}
}

func (a *aligner) marker(m string) bool {
	return a.pos == a.line && a.pos+3 <= len(a.text) && string(a.text[a.pos:a.pos+3]) == m && isBlankOrEnd(a.text, a.pos+3)
}

// node aligns one node. indent is the column of the innermost block collection around it, -1 for none.
func (a *aligner) node(y *yaml.Node, indent int) (*Node, error) {
	n := &Node{Value: y.Value, Tag: y.ShortTag(), Tagged: y.Style&yaml.TaggedStyle != 0, Anchor: y.Anchor, file: a.file}
	a.nodes[y] = n
	if absent(y) {
		return n, a.absent(n, y)
	}
	n.head = a.pos
	a.trivia()
	start := a.pos
	if want := a.places.at(y.Line, y.Column); want != start {
		return nil, a.lost()
	}
	if y.Kind != yaml.AliasNode && !a.propsOfKey(y) {
		// What stands before a block mapping may be its first key's.
		greedy := y.Kind != yaml.MappingNode || y.Style&yaml.FlowStyle != 0
		if !a.props(y, greedy) {
			return nil, a.lost()
		}
		if a.pos > start {
			n.head = a.pos
		}
		a.trivia()
	}
	n.Span.Start = a.pos
	var err error
	switch y.Kind {
	case yaml.ScalarNode:
		err = a.scalar(n, y, indent)
	case yaml.AliasNode:
		err = a.alias(n, y)
	case yaml.MappingNode:
		err = a.mapping(n, y, indent)
	case yaml.SequenceNode:
		err = a.sequence(n, y, indent)
	default:
		err = a.lost()
	}
	n.Span.End = a.pos
	n.Full = source.Span{Start: start, End: a.pos}
	return n, err
}

// absent says whether a node has no text of its own: "key:", "- ", or only an anchor or a tag.
func absent(y *yaml.Node) bool {
	const written = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	return y.Kind == yaml.ScalarNode && y.Value == "" && y.Style&written == 0
}

func (a *aligner) absent(n *Node, y *yaml.Node) error {
	n.Kind = Scalar
	start := a.pos
	if y.Anchor != "" || n.Tagged || y.Tag == "!" {
		a.trivia()
		start = a.pos
		if !a.props(y, false) {
			return a.lost()
		}
	}
	n.head = a.pos
	n.Span = source.Span{Start: a.pos, End: a.pos}
	n.Full = source.Span{Start: start, End: a.pos}
	return nil
}

// propsOfKey says whether an anchor or tag at the start of a block mapping belongs to its first key:
// then the mapping and the key start at one place.
func (a *aligner) propsOfKey(y *yaml.Node) bool {
	if y.Kind != yaml.MappingNode || len(y.Content) == 0 {
		return false
	}
	k := y.Content[0]
	return k.Line == y.Line && k.Column == y.Column
}

// props passes the anchor and the tag of a node; it stops behind the last one. When the node has text
// of its own (greedy) everything that looks like one is its; else only what the library says it has.
func (a *aligner) props(y *yaml.Node, greedy bool) bool {
	anchor := y.Anchor != ""
	tag := greedy || y.Style&yaml.TaggedStyle != 0 || y.Tag == "!"
	for {
		pos, line := a.pos, a.line
		a.trivia()
		switch c := a.peek(); {
		case c == '&' && anchor:
			name := y.Anchor
			if a.pos+1+len(name) > len(a.text) || string(a.text[a.pos+1:a.pos+1+len(name)]) != name {
				return false
			}
			a.pos += 1 + len(name)
			anchor = false
		case c == '!' && tag:
			a.tag()
			tag = false
		default:
			a.pos, a.line = pos, line
			return !anchor
		}
	}
}

// tag passes "!x", "!!x" or "!<x>".
func (a *aligner) tag() {
	verbatim := a.pos+1 < len(a.text) && a.text[a.pos+1] == '<'
	for a.pos < len(a.text) && !isBlankOrEnd(a.text, a.pos) {
		c := a.text[a.pos]
		if verbatim && c == '>' {
			a.pos++
			return
		}
		if !verbatim && (c == ',' || c == '[' || c == ']' || c == '{' || c == '}') {
			return
		}
		a.pos++
	}
}

func (a *aligner) alias(n *Node, y *yaml.Node) error {
	n.Kind = Alias
	end := a.pos + 1 + len(y.Value)
	if a.peek() != '*' || end > len(a.text) || string(a.text[a.pos+1:end]) != y.Value {
		return a.lost()
	}
	target := a.nodes[y.Alias]
	if target == nil {
		return a.lost()
	}
	n.Alias, n.Tag = target, target.Tag
	target.Users = append(target.Users, n)
	a.pos = end
	return nil
}
