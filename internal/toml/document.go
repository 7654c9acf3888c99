// Package toml reads a TOML file with the place of every table, key, value and comment, so that parts of
// it can be edited while the bytes of the others stay as they are.
package toml

import (
	"errors"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"refit/internal/source"
)

// Document is a file: what stands before the first header, then its tables in order.
type Document struct {
	Text   []byte
	Tables []*Table // the first is the one without a header, which may be empty
}

// Table is a header with what stands below it, up to the comments of the next one.
type Table struct {
	Key     []string    // of the header; nil for the one without
	Array   bool        // [[key]]
	Lead    source.Span // comment lines directly above the header, line ends included
	Header  source.Span // the header's line without its line end; empty for the one without
	Span    source.Span // from the header's line to behind its last entry's or comment's line
	Entries []*Entry
	Rest    source.Span // comments and blank lines behind the last entry that belong to no header below
}

// Entry is one key and its value.
type Entry struct {
	Key      []string // of a dotted key, all parts
	KeySpan  source.Span
	Value    any // as go-toml decodes it: string, bool, int64, []any, map[string]any, ...
	ValueAt  source.Span
	Elements []source.Span // of an array: where its elements stand
	Lead     source.Span   // blank lines and comment lines above, line ends included
	Tail     source.Span   // the comment behind the value, empty for none
	Line     source.Span   // from the start of the key's line to behind the line end of the value's
}

// Parse reads a file. The error is go-toml's: the whole file is checked first.
func Parse(text []byte) (*Document, error) {
	if err := source.TooLong("", text); err != nil {
		return nil, err
	}
	var all map[string]any
	if err := toml.Unmarshal(slices.Clone(text), &all); err != nil {
		return nil, err
	}
	d := &reading{doc: &Document{Text: text}, lines: source.NewLines(text)}
	d.table = &Table{}
	d.doc.Tables = []*Table{d.table}
	p := unstable.Parser{KeepComments: true}
	p.Reset(text)
	for p.NextExpression() {
		if err := d.expression(p.Expression()); err != nil {
			return nil, err
		}
	}
	if err := p.Error(); err != nil {
		return nil, err
	}
	d.close(len(text))
	return d.doc, nil
}

// Table is the table with the key; nil when there is none.
func (d *Document) Table(key ...string) *Table {
	for _, t := range d.Tables {
		if !t.Array && slices.Equal(t.Key, key) && t.Key != nil {
			return t
		}
	}
	return nil
}

// Below are the tables whose key starts with prefix, the one with that key included.
func (d *Document) Below(prefix ...string) []*Table {
	var list []*Table
	for _, t := range d.Tables {
		if len(t.Key) >= len(prefix) && slices.Equal(t.Key[:len(prefix)], prefix) {
			list = append(list, t)
		}
	}
	return list
}

// Entry is the table's entry with the key; nil when there is none.
func (t *Table) Entry(key ...string) *Entry {
	for _, e := range t.Entries {
		if slices.Equal(e.Key, key) {
			return e
		}
	}
	return nil
}

// reading is a document on its way.
type reading struct {
	doc   *Document
	lines *source.Lines
	table *Table
	at    int // behind the last line that is taken
}

var errShape = errors.New("the parser tells no place for a part of it")

func (r *reading) expression(e *unstable.Node) error {
	switch e.Kind {
	case unstable.Comment:
		return nil // belongs to what follows, or to the rest
	case unstable.KeyValue:
		return r.entry(e)
	case unstable.Table, unstable.ArrayTable:
		return r.header(e)
	}
	return nil
}

func (r *reading) header(e *unstable.Node) error {
	key, span := keyOf(e.Key())
	if len(key) == 0 {
		return errShape
	}
	line := r.lines.Position(span.Start).Line
	whole := r.lines.SpanWithEnd(line)
	lead := r.leadOf(line)
	r.close(lead.Start)
	r.table = &Table{Key: key, Array: e.Kind == unstable.ArrayTable, Header: r.lines.Span(line), Lead: lead, Span: source.Span{Start: whole.Start}}
	r.doc.Tables = append(r.doc.Tables, r.table)
	r.at = whole.End
	return nil
}

// leadOf are the comment lines directly above a line.
func (r *reading) leadOf(line int) source.Span {
	start := r.lines.Span(line).Start
	span := source.Span{Start: start, End: start}
	for l := line - 1; l >= 1; l-- {
		s := r.lines.Span(l)
		if s.Start < r.at || !strings.HasPrefix(strings.TrimSpace(string(s.Of(r.doc.Text))), "#") {
			break
		}
		span.Start = s.Start
	}
	return span
}

// close ends the table that is open.
func (r *reading) close(at int) {
	r.table.Rest = source.Span{Start: r.at, End: max(at, r.at)}
	r.table.Span.End = r.table.Rest.End
}

func (r *reading) entry(e *unstable.Node) error {
	whole := spanOf(e.Raw)
	key, span := keyOf(e.Key())
	if whole.Len() == 0 || len(key) == 0 {
		return errShape
	}
	text := r.doc.Text
	at := span.End
	for at < whole.End && (text[at] == ' ' || text[at] == '\t') {
		at++
	}
	if at >= whole.End || text[at] != '=' {
		return errShape
	}
	for at++; at < whole.End && (text[at] == ' ' || text[at] == '\t'); at++ {
	}
	n := &Entry{Key: key, KeySpan: span, ValueAt: source.Span{Start: at, End: whole.End}}
	var decoded struct{ V any }
	if err := toml.Unmarshal([]byte("V = "+string(n.ValueAt.Of(text))), &decoded); err != nil {
		return err
	}
	n.Value = decoded.V
	if e.Value().Kind == unstable.Array {
		n.Elements = elements(e.Value())
	}
	if tail := e.Next(); tail != nil && tail.Kind == unstable.Comment {
		n.Tail = spanOf(tail.Raw)
	}
	start := r.lines.SpanWithEnd(r.lines.Position(span.Start).Line).Start
	n.Line = source.Span{Start: start, End: r.lines.SpanWithEnd(r.lines.Position(whole.End).Line).End}
	n.Lead = source.Span{Start: r.at, End: start}
	r.at = n.Line.End
	r.table.Entries = append(r.table.Entries, n)
	return nil
}

// elements are the places of an array's strings and other scalars; an element of another kind has the empty span.
func elements(array *unstable.Node) []source.Span {
	var list []source.Span
	for it := array.Children(); it.Next(); {
		if n := it.Node(); n.Kind != unstable.Comment {
			list = append(list, spanOf(n.Raw))
		}
	}
	return list
}

func keyOf(it unstable.Iterator) (key []string, span source.Span) {
	for it.Next() {
		part := spanOf(it.Node().Raw)
		if len(key) == 0 {
			span = part
		}
		span.End = part.End
		key = append(key, string(it.Node().Data))
	}
	return key, span
}

func spanOf(r unstable.Range) source.Span {
	return source.Span{Start: int(r.Offset), End: int(r.Offset) + int(r.Length)}
}
