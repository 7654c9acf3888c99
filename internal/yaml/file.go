package yaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"refit/internal/source"
)

// File is one parsed YAML file.
type File struct {
	Path string
	Text []byte
	// Docs are the roots of the documents; a document without content has a null of no bytes.
	// A file of nothing but comments has none.
	Docs []*Node
	// Comments are all comments of the file, from "#" to before the line end, in order.
	Comments []Comment

	lines  *source.Lines
	starts []int // of the lines
}

// Comment is one comment.
type Comment struct {
	Span source.Span
	// Alone says that nothing but white space stands before it on its line.
	Alone bool
}

// Root is the root of the first document, or nil when the file has none.
func (f *File) Root() *Node {
	if len(f.Docs) == 0 {
		return nil
	}
	return f.Docs[0]
}

// Position is the line and column of a byte offset.
func (f *File) Position(offset int) source.Position { return f.lines.Position(offset) }

// Slice is the text of a span.
func (f *File) Slice(s source.Span) string { return string(s.Of(f.Text)) }

// At is the innermost node whose span (anchor and tag included) holds the byte at offset, or nil.
func (f *File) At(offset int) *Node {
	var found *Node
	for _, doc := range f.Docs {
		doc.Walk(func(n *Node) bool {
			if !n.Full.Contains(offset) {
				return false
			}
			found = n
			return true
		})
	}
	return found
}

// Comments are all comments of a YAML text; nil when it can't be parsed.
func Comments(text []byte) []Comment {
	f, err := Parse("", text)
	if err != nil {
		return nil
	}
	return f.Comments
}

// Parse reads a YAML text of any number of documents in UTF-8, with or without a byte order mark.
// The error is a *source.Problem: a syntax error, a key that is defined twice, an alias without an
// anchor, nesting deeper than 1000, or text whose bytes could not be matched to its nodes.
// Aliases are kept as such: nothing is expanded, so that the cost follows the size of the text.
func Parse(path string, text []byte) (*File, error) {
	if err := source.TooLong(path, text); err != nil {
		return nil, err
	}
	f := &File{Path: path, Text: text, lines: source.NewLines(text), starts: lineStarts(text)}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, f.problem(0, "the file is UTF-16", "it can't be edited byte by byte", "save it as UTF-8")
	}
	docs, err := f.load()
	if err != nil {
		return nil, err
	}
	a := newAligner(f)
	if err := a.stream(docs); err != nil {
		return nil, err
	}
	if err := f.unique(); err != nil {
		return nil, err
	}
	f.attach()
	return f, nil
}

// load has the library parse the text.
func (f *File) load() (docs []*yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			docs, err = nil, f.problem(0, fmt.Sprintf("the YAML parser failed: %v", r), "", "")
		}
	}()
	loader, err := yaml.NewLoader(bytes.NewReader(f.Text), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	if err != nil {
		return nil, f.syntax(err)
	}
	for {
		var n yaml.Node
		if err := loader.Load(&n); errors.Is(err, io.EOF) {
			return docs, nil
		} else if err != nil {
			return nil, f.syntax(err)
		}
		docs = append(docs, &n)
	}
}

// syntax turns the library's error into one at a place in the file.
func (f *File) syntax(err error) error {
	p := &source.Problem{Path: f.Path, What: "not valid YAML: " + err.Error(), Original: err,
		Why: "nothing in the file can be relied on", Advice: "mend the syntax at or just before this place"}
	var le *yaml.LoadError
	if errors.As(err, &le) {
		p.What = "not valid YAML: " + le.Message
		if le.ContextMsg != "" {
			p.What += " (" + le.ContextMsg + ")"
		}
		p.At = source.Position{Line: le.Mark.Line, Column: le.Mark.Column}
	}
	return p
}

func (f *File) problem(offset int, what, why, advice string) error {
	return &source.Problem{Path: f.Path, At: f.lines.Position(offset), What: what, Why: why, Advice: advice}
}

// unique refuses keys that are defined twice in one mapping, as every reader of Compose files and
// workflows does.
func (f *File) unique() error {
	var err error
	for _, doc := range f.Docs {
		doc.Walk(func(n *Node) bool {
			if n.Kind != Mapping || err != nil {
				return err == nil
			}
			seen := make(map[string]*Node, len(n.Entries))
			for i := range n.Entries {
				k := n.Entries[i].Key
				if k.Kind != Scalar {
					continue
				}
				id := k.Tag + "\x00" + k.Value
				if first := seen[id]; first != nil {
					err = f.problem(k.Full.Start,
						fmt.Sprintf("key %q is defined twice, first at %s", k.Value, f.lines.Position(first.Full.Start)),
						"only one of the two values can count", "remove one")
					return false
				}
				seen[id] = k
			}
			return true
		})
	}
	return err
}
