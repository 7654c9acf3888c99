package shell

import (
	"iter"
	"sort"
	"strings"

	"refit/internal/source"
)

// Two bytes that no shell text holds stand for what is only known when the script runs. They make a
// value that is not complete unlike every file name, so that a forgotten check fails safe.
const (
	// Unknown stands for text that only a run knows: $1, $(date), an undefined variable.
	Unknown = "\x01"
	// Root stands for the absolute path of the repository's root, as in $PWD or
	// $(git rev-parse --show-toplevel). Resolve turns what follows it into a repo-relative path.
	Root = "\x02"
)

// Nowhere is the Span of a Piece whose bytes stand in no file.
var Nowhere = source.Span{Start: -1, End: -1}

// Piece is a run of text and where it comes from.
type Piece struct {
	Text string
	// Span is where the bytes stand in the file; Nowhere when an expansion made them. When its
	// length is that of Text, the file's bytes are Text; a longer one holds an escape ("$$" for "$").
	Span source.Span
	// Use is where the text takes effect: for text out of a variable the place that names the
	// variable, otherwise Span.
	Use source.Span
	// Unknown marks a part that only a run knows; its Text is the constant Unknown.
	Unknown bool
	// Default marks text that the environment may override: ${VAR:-text}, or make's VAR ?= text.
	Default bool

	start int // its offset in the Text that it is a piece of
}

func (p Piece) exact() bool { return !p.Unknown && p.Span.Start >= 0 && p.Span.Len() == len(p.Text) }

// cut is the part [a, b) of the piece. Text that is not byte for byte in the file keeps the whole
// span, which is what has to be replaced to change any of it.
func (p Piece) cut(a, b int) Piece {
	if a == 0 && b == len(p.Text) {
		return p
	}
	if p.exact() {
		if p.Use == p.Span {
			p.Use = source.Span{Start: p.Span.Start + a, End: p.Span.Start + b}
		}
		p.Span = source.Span{Start: p.Span.Start + a, End: p.Span.Start + b}
	}
	p.Text = p.Text[a:b]
	return p
}

// Text is text together with where each of its bytes stands: a script that make, YAML or a quoted
// word has unwrapped still knows its places in the file. The zero value is empty.
type Text struct {
	pieces []Piece
	all    string
}

// NewText joins pieces; neighbours that also stand next to each other in the file become one.
func NewText(pieces ...Piece) Text {
	if len(pieces) == 1 && pieces[0].Text != "" { // by far the most
		p := pieces[0]
		p.start = 0
		return Text{pieces: []Piece{p}, all: p.Text}
	}
	var t Text
	var all strings.Builder
	exact := false // the last piece is byte for byte in the file
	for _, p := range pieces {
		if p.Text == "" && !p.Unknown {
			continue
		}
		if n := len(t.pieces); n > 0 && exact && p.exact() && adjoin(t.pieces[n-1], p) {
			last := &t.pieces[n-1]
			last.Span.End = p.Span.End
			last.Use.End = p.Use.End
		} else {
			p.start = all.Len()
			t.pieces = append(t.pieces, p)
			exact = p.exact()
		}
		all.WriteString(p.Text)
	}
	t.all = all.String()
	for i := range t.pieces {
		end := len(t.all)
		if i+1 < len(t.pieces) {
			end = t.pieces[i+1].start
		}
		t.pieces[i].Text = t.all[t.pieces[i].start:end]
	}
	return t
}

// Placed is a text that stands in a file in runs, each in one piece and no two of them side by side.
func Placed(all string, runs iter.Seq2[string, source.Span]) Text {
	t := Text{all: all}
	at := 0
	for run, span := range runs {
		t.pieces = append(t.pieces, Piece{Text: run, Span: span, Use: span, start: at})
		at += len(run)
	}
	return t
}

// adjoin says whether b can be joined to a without losing a place.
func adjoin(a, b Piece) bool {
	if a.Span.End != b.Span.Start || a.Default != b.Default {
		return false
	}
	direct := a.Use == a.Span && b.Use == b.Span
	return direct || a.Use == b.Use && a.Use != a.Span && b.Use != b.Span
}

// Verbatim is the part of a file that a span covers, as it stands.
func Verbatim(file []byte, at source.Span) Text {
	return NewText(Piece{Text: string(at.Of(file)), Span: at, Use: at})
}

// Literal is text that stands in no file, such as a value given on the outside.
func Literal(s string) Text { return NewText(Piece{Text: s, Span: Nowhere, Use: Nowhere}) }

// Join puts texts one after another.
func Join(texts ...Text) Text {
	var pieces []Piece
	for _, t := range texts {
		pieces = append(pieces, t.pieces...)
	}
	return NewText(pieces...)
}

// String is the text itself, with Unknown and Root where they stand.
func (t Text) String() string { return t.all }

// Len is the number of bytes.
func (t Text) Len() int { return len(t.all) }

// Pieces are the runs that the text is made of. The caller must not change them.
func (t Text) Pieces() []Piece { return t.pieces }

// Known says whether no part is left to a run.
func (t Text) Known() bool {
	for _, p := range t.pieces {
		if p.Unknown {
			return false
		}
	}
	return true
}

// Overridable says whether some part is a default that the environment may override.
func (t Text) Overridable() bool {
	for _, p := range t.pieces {
		if p.Default {
			return true
		}
	}
	return false
}

// cost is how much work it is to copy the text, in steps of the runner.
func (t Text) cost() int { return len(t.pieces)/8 + len(t.all)/256 }

// Slice is the text between two offsets, which are clamped to it.
func (t Text) Slice(a, b int) Text {
	a, b = max(a, 0), min(b, len(t.all))
	if a >= b {
		return Text{}
	}
	if p, ok := t.piece(a, b); ok {
		return NewText(p)
	}
	var pieces []Piece
	for i := t.at(a); i < len(t.pieces) && t.pieces[i].start < b; i++ {
		p := t.pieces[i]
		pieces = append(pieces, p.cut(max(a-p.start, 0), min(b-p.start, len(p.Text))))
	}
	return NewText(pieces...)
}

// piece is what stands between two offsets, the second behind the first; ok is false when it is not in one piece.
func (t Text) piece(a, b int) (p Piece, ok bool) {
	i := t.at(a)
	if i+1 < len(t.pieces) && b > t.pieces[i+1].start {
		return Piece{}, false
	}
	p = t.pieces[i].cut(a-t.pieces[i].start, b-t.pieces[i].start)
	p.start = 0
	return p, true
}

// at is the index of the piece that holds the byte at offset.
func (t Text) at(offset int) int {
	if len(t.pieces) <= 1 { // nearly always
		return 0
	}
	return max(sort.Search(len(t.pieces), func(i int) bool { return t.pieces[i].start > offset })-1, 0)
}

// Origin is the place of the whole text in the file. ok is false when the text does not stand
// there byte for byte in one place, so that replacing the span would not replace just the text.
func (t Text) Origin() (at source.Span, ok bool) {
	if len(t.pieces) != 1 || !t.pieces[0].exact() {
		return source.Span{}, false
	}
	return t.pieces[0].Span, true
}

// Use is the smallest span that holds every place where the text between two offsets takes effect;
// Nowhere when it has none. An empty range has the place before its byte.
func (t Text) Use(a, b int) source.Span {
	if len(t.pieces) == 0 {
		return Nowhere
	}
	a, b = max(a, 0), min(b, len(t.all))
	if a >= b {
		return t.point(a)
	}
	at := Nowhere
	for i := t.at(a); i < len(t.pieces) && t.pieces[i].start < b; i++ {
		start := t.pieces[i].start
		use := t.pieces[i].cut(max(a-start, 0), min(b-start, len(t.pieces[i].Text))).Use
		if use.Start < 0 {
			continue
		}
		if at.Start < 0 {
			at = use
			continue
		}
		at = source.Span{Start: min(at.Start, use.Start), End: max(at.End, use.End)}
	}
	return at
}

func (t Text) point(offset int) source.Span {
	i := t.at(offset)
	p := t.pieces[i]
	if p.Use.Start < 0 {
		return Nowhere
	}
	at := p.Use.Start
	if p.exact() && p.Use == p.Span {
		at += min(max(offset-p.start, 0), len(p.Text))
	} else if offset >= p.start+len(p.Text) {
		at = p.Use.End
	}
	return source.Span{Start: at, End: at}
}

// UsedAt is the text as an expansion puts it at another place: the bytes still stand where they
// stand, but take effect there. overridable marks it as a default.
func (t Text) UsedAt(use source.Span, overridable bool) Text {
	pieces := make([]Piece, len(t.pieces))
	for i, p := range t.pieces {
		p.Use = use
		p.Default = p.Default || overridable
		pieces[i] = p
	}
	return NewText(pieces...)
}

// UnknownAt is text that only a run knows, in the place of the given span of the file.
func UnknownAt(use source.Span) Text {
	return NewText(Piece{Text: Unknown, Span: Nowhere, Use: use, Unknown: true})
}
